// Topics 4 (batching), 5 (memory) and 6 (parallelism).
#include "core/model/step_time.h"
#include "ui/topics/topic_rows.h"

#include <array>

namespace headroom::ui::rows {

namespace {

/// B decodes at the workload's mean context, with x prompt tokens in one chunk.
Seconds stepOf(const TopicInput& in, double decodes, double promptTokens)
{
    const StepModel& step = in.evaluator.step();
    StepBatch batch = step.decodeBatch(decodes, in.evaluator.workload().contextMean);
    if (promptTokens > 0)
        step.addPrompt(batch, promptTokens, 0);
    return step.time(batch);
}

TopicAnswer staticBatching(const TopicInput& in)
{
    const double batch = std::max(1.0, in.now.memory.seats), perReplicaRate = offered(in).si() / replicas(in);
    const Seconds wait = std::min(Seconds((batch - 1) / (2 * perReplicaRate)), in.plan.batching.staticTimeout);
    return {"(" + number(batch) + " − 1) / (2 × " + number(perReplicaRate) + " req/s), at most the time-out of " +
                duration(in.plan.batching.staticTimeout) + ": " + duration(wait),
        wait.si()};
}

TopicAnswer continuousBatching(const TopicInput& in)
{
    const double batch = std::max(1.0, in.now.stepDecodes), m = std::max(1e-9, in.evaluator.workload().decodeStepsMean);
    const Seconds d = stepOf(in, batch, 0), prompt = in.evaluator.station().promptService(batch);
    const Seconds tpot = d + prompt * ((batch - 1) / m);
    return {duration(d) + " + (" + number(batch) + " − 1)/" + number(m) + " × " + duration(prompt) + " = " +
                duration(tpot) + " at the mean batch",
        tpot.si(), asSteps(in, tpot.si())};
}

TopicAnswer batchEfficiency(const TopicInput& in)
{
    const double batch = std::max(1.0, in.now.stepDecodes);
    const Seconds d = stepOf(in, batch, 0);
    const double rateOf = d.si() > 0 ? batch / d.si() : 0;
    return {number(batch) + " / " + duration(d) + " = " + rate(TokenRate(rateOf)), rateOf,
        inInverseProportion(rateOf, in.now.step.total().si(), in.now.stepBand)};
}

TopicAnswer headOfLine(const TopicInput&)
{
    return simulatedOnly("No closed form: the simulator adds up, over each second of waiting, the share of seats held "
                         "by longer requests (simulate --head-of-line).");
}

TopicAnswer chunkedPrefill(const TopicInput& in)
{
    const double budget = in.plan.batching.tokenBudget.si(), batch = std::min(in.now.stepDecodes, budget - 1);
    const Seconds bound = stepOf(in, batch, budget - batch);
    return {"d(" + number(batch) + ", S, " + number(budget) + " − " + number(batch) + ") = " + duration(bound),
        bound.si(), asSteps(in, bound.si())};
}

TopicAnswer weightsOf(const TopicInput& in)
{
    const WeightBytes& w = in.now.memory.weights;
    return {bytes(w.embedding + w.head) + " embedding and head + " + bytes(w.attention) + " attention + " +
                bytes(w.dense) + " dense + " + bytes(w.routedExperts + w.sharedExperts) + " experts + " +
                bytes(w.norms + w.other) + " other = " + bytes(w.total()),
        w.total().si()};
}

TopicAnswer kvPerToken(const TopicInput& in)
{
    return {whole(in.now.kvBytesPerToken.si()) + " B summed over the layers of " + in.plan.model.spec.name,
        in.now.kvBytesPerToken.si()};
}

TopicAnswer workspaceOf(const TopicInput& in)
{
    return {bytes(in.now.memory.workspace) + " at a budget of " + number(in.plan.batching.tokenBudget.si()) +
                " tokens a step",
        in.now.memory.workspace.si()};
}

TopicAnswer concurrencyOf(const TopicInput& in)
{
    const MemoryUse& m = in.now.memory;
    if (in.plan.deployment.offload.enabled)
        return {"min(" + std::to_string(in.plan.batching.maxSequences) + ", " + bytes(m.kvReach) +
                    " on GPU, host and disk / " + bytes(m.kvPerRequest) + ") = " + number(m.seats),
            m.seats};
    return {"min(" + std::to_string(in.plan.batching.maxSequences) + ", (" + bytes(m.usable) + " − " +
                bytes(m.weights.total()) + " − " + bytes(m.workspace) + ") / " + bytes(m.kvPerRequest) +
                ") = " + number(m.seats),
        m.seats};
}

TopicAnswer fragmentationOf(const TopicInput& in)
{
    const Fragmentation& f = in.now.memory.fragmentation;
    const double sum = f.reserved + f.internal + f.external;
    return {
        percent(f.reserved) + " + " + percent(f.internal) + " + " + percent(f.external) + " = " + percent(sum), sum};
}

TopicAnswer tensorParallel(const TopicInput& in)
{
    const Seconds c = in.now.step.communication;
    return {in.plan.deployment.tp == 1 && in.plan.deployment.pp == 1
                ? "one GPU a replica: nothing is exchanged"
                : duration(c) + " of a decode step of " + duration(in.now.step.total()) + " at tp " +
                      std::to_string(in.plan.deployment.tp),
        c.si(), asSteps(in, c.si())};
}

TopicAnswer pipeline(const TopicInput& in)
{
    const double stages = in.plan.deployment.pp;
    const double bubble = (stages - 1) / (2 * stages - 1);
    return {
        "(" + number(stages) + " − 1) / (" + number(stages) + " + " + number(stages) + " − 1) = " + percent(bubble) +
            " while m = pp micro-batches fill and drain it; in steady serving none if they are equally long, else 1 − "
            "mean / longest",
        bubble};
}

TopicAnswer replicaArrivals(const TopicInput& in)
{
    const double ca = in.evaluator.workload().arrivalScv, r = replicas(in);
    switch (in.plan.deployment.router) {
    case Router::random:
        return {"1 + (" + number(ca) + " − 1)/" + number(r) + " = " + number(1 + (ca - 1) / r), 1 + (ca - 1) / r};
    case Router::roundRobin:
        return {number(ca) + "/" + number(r) + " = " + number(ca / r), ca / r};
    default:
        return {"one queue for " + counted(r, "replica", "replicas") + " with " + number(r * in.now.memory.seats) +
                    " seats: ca² = " + number(ca),
            ca};
    }
}

TopicAnswer phaseSplit(const TopicInput& in)
{
    const Plan& p = in.plan;
    const Bandwidth link =
        p.gpus() <= p.hardware.gpusPerNode ? p.hardware.gpu.inNode.perDirection : p.hardware.gpu.betweenNodes;
    const Bytes moved = in.evaluator.workload().promptMean * in.now.kvBytesPerToken;
    const double seconds = link.si() > 0 ? moved.si() / link.si() : std::numeric_limits<double>::infinity();
    return {number(in.evaluator.workload().promptMean.si()) + " tokens × " + whole(in.now.kvBytesPerToken.si()) +
                " B / " + bytes(link * Seconds(1)) + "/s = " + duration(Seconds(seconds)),
        seconds};
}

TopicAnswer networkShare(const TopicInput& in)
{
    const Seconds all = in.now.step.total();
    const double share = all.si() > 0 ? in.now.step.network / all : 0;
    return {duration(in.now.step.network) + " / " + duration(all) + " = " + percent(share), share};
}

constexpr std::array kTopics{
    Topic{"4.1", "Static batching", "forming a batch adds (B − 1) / (2λ), at most the time-out", "s",
        "FasterTransformer, as in Orca 6.2", "", true, &staticBatching},
    Topic{"4.2", "Continuous batching", "TPOT = d(B) + (B − 1)/m · T_p(B)", "s", "Orca, OSDI 2022", "batch_tpot", true,
        &continuousBatching},
    Topic{"4.3", "Batch efficiency", "Q(B) = B / d(B, B·c, 0)", "tok/s", "Roofline by operator group",
        "batch_throughput", true, &batchEfficiency},
    Topic{"4.4", "Head-of-line blocking", "∫ share of seats held by requests longer than the waiter dt", "s",
        "Measured by the simulator", "", true, &headOfLine},
    Topic{"4.5", "Chunked prefill", "ITL ≤ d(B, S, C − B)", "s", "Sarathi-Serve, OSDI 2024", "step_parts", true,
        &chunkedPrefill},
    Topic{"5.1", "Weights", "Σ over layer groups of parameters × bytes per weight / shards", "B", "Model configuration",
        "memory_per_gpu", false, &weightsOf},
    Topic{"5.2", "KV cache per token", "Σ layers 2 · n_kv · d_h · b_kv; MLA (r_kv + d_rope) · b_kv", "B",
        "PagedAttention, SOSP 2023; DeepSeek-V2", "kv_per_token", true, &kvPerToken},
    Topic{"5.3", "Workspace", "activations at the token budget + graphs + buffers + runtime", "B",
        "Measured engines, see the validation of steps", "memory_per_gpu", false, &workspaceOf},
    Topic{"5.4", "Concurrency", "N_max = min(max_sequences, ⌊(u·M − weights − workspace) / KV of a request⌋)", "seats",
        "PagedAttention, SOSP 2023", "seats_vs_context", true, &concurrencyOf},
    Topic{"5.5", "Fragmentation", "reserved but unused + last block + buddy", "1",
        "PagedAttention, SOSP 2023, figure 2", "fragmentation", true, &fragmentationOf},
    Topic{"6.1", "Tensor parallelism", "2 all-reduces a layer of tokens · H · b_a", "s", "Megatron-LM; NCCL",
        "step_vs_gpus", true, &tensorParallel},
    Topic{"6.2", "Pipeline parallelism", "bubble = (pp − 1) / (m + pp − 1)", "1", "GPipe 2019", "step_vs_gpus", true,
        &pipeline},
    Topic{"6.3", "Replicas", "ca² of one replica: random 1 + (ca² − 1)/R; round robin ca²/R; shortest: one queue", "1",
        "Whitt 1983", "", true, &replicaArrivals},
    Topic{"6.4", "Phase splitting", "transfer = n_in · KV bytes / link", "s", "Splitwise, ISCA 2024; DistServe", "",
        true, &phaseSplit},
    Topic{"6.5", "Network", "share of a step in α + n·β of its collectives", "1", "Hockney 1994", "network_share", true,
        &networkShare},
};

} // namespace

std::span<const Topic> engineAndMemory() { return kTopics; }

} // namespace headroom::ui::rows
