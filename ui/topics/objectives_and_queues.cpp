// Topics 1 (objectives), 2 (queueing) and 3 (latency).
#include "core/operations/operations.h"
#include "core/queueing/queueing.h"
#include "ui/topics/topic_rows.h"

#include <array>

namespace headroom::ui::rows {

namespace {

TopicAnswer userLatency(const TopicInput& in)
{
    const FixedLatency& f = in.plan.latency;
    const LatencyParts& p = in.now.partsMean;
    return {duration(f.network / 2 + f.frontend) + " + " + duration(f.retrieval) + " + " + duration(p.queue) + " + " +
                duration(p.prefill) + " = " + duration(in.now.ttft.mean) + " on average; p95 " +
                duration(in.now.ttft.p95),
        in.now.ttft.mean.si(), in.now.ttftMeanBand};
}

TopicAnswer goodput(const TopicInput& in)
{
    return {percent(in.now.sloAttainment) + " × " + rate(offered(in)) + " = " + rate(in.now.throughput.goodput) + "; " +
                rate(in.now.throughput.output) + " output tokens",
        in.now.throughput.goodput.si(), goodputBand(in.now, in.plan.targets)};
}

TopicAnswer costPerUsefulToken(const TopicInput& in)
{
    const TokenRate useful = in.now.throughput.goodput * (in.evaluator.workload().outputMean / Requests(1));
    const double hourly = (in.now.cost.fleet * hour).in(dollar);
    const double price = useful.si() > 0 ? hourly / (useful.si() * 3600) * 1e6
                         : hourly > 0    ? std::numeric_limits<double>::infinity()
                                         : 0;
    return {usd(hourly) + "/h / (" + rate(useful) + " of good requests × 3600) × 10⁶ = " + usd(price), price,
        inInverseProportion(price, in.now.throughput.goodput.si(), goodputBand(in.now, in.plan.targets))};
}

TopicAnswer quality(const TopicInput& in)
{
    return {"S = " + number(in.plan.cost.quality) + "; a change is admissible when |ΔS| ≤ " +
                number(in.plan.operations.qualityBound),
        in.plan.cost.quality};
}

TopicAnswer reliability(const TopicInput& in)
{
    const OperationsSpec& o = in.plan.operations;
    const double up = replicaAvailability(o.mtbfHours * hour, o.mttrHours * hour);
    const int needed = replicas(in) - in.plan.deployment.spareReplicas;
    const double fleet = fleetAvailability(replicas(in), std::max(needed, 0), up);
    return {"A = " + number(o.mtbfHours) + "/(" + number(o.mtbfHours) + " + " + number(o.mttrHours) +
                ") = " + number(up, 5) + "; P(at least " + std::to_string(needed) + " of " +
                std::to_string(replicas(in)) + " up) = " + number(fleet, 6),
        fleet};
}

TopicAnswer arrivals(const TopicInput& in)
{
    return {"λ = " + rate(offered(in)) + ", ca² = " + number(in.evaluator.workload().arrivalScv), offered(in).si()};
}

TopicAnswer serviceRate(const TopicInput& in)
{
    return {rate(in.now.capacity) + " / " + counted(replicas(in), "replica", "replicas") + " = " +
                rate(perReplica(in)) + " with all " + number(in.now.memory.seats) + " seats taken",
        perReplica(in).si(), inProportion(perReplica(in).si(), in.now.capacity.si(), in.now.capacityBand)};
}

TopicAnswer utilizationOf(const TopicInput& in)
{
    return {number(offered(in).si()) + " / (" + std::to_string(replicas(in)) + " × " + number(perReplica(in).si()) +
                " req/s) = " + number(in.now.utilization),
        in.now.utilization};
}

TopicAnswer little(const TopicInput& in)
{
    if (!in.now.stable)
        return {"More arrives than can leave: L and W grow without end.", std::numeric_limits<double>::infinity()};
    const LatencyParts& p = in.now.partsMean;
    const Seconds stay = p.queue + p.prefill + p.decode;
    const double inside = inSystem(in.now.throughput.requests, stay).si();
    return {rate(in.now.throughput.requests) + " × " + duration(stay) + " = " + number(inside) +
                " in the replicas; the chain counts " + number(in.now.meanConcurrency * replicas(in)),
        inside};
}

TopicAnswer percentiles(const TopicInput& in)
{
    const LatencySummary& e = in.now.e2e;
    return {
        "E2E p50 " + duration(e.p50) + ", p95 " + duration(e.p95) + ", p99 " + duration(e.p99), e.p95.si(), band(e)};
}

TopicAnswer queuePart(const TopicInput& in)
{
    return {number(in.now.meanQueue) + " wait in a replica; " + duration(in.now.partsMean.queue) + " on average",
        in.now.partsMean.queue.si(), in.now.partsMeanBand.of(&LatencyParts::queue)};
}

TopicAnswer prefillPart(const TopicInput& in)
{
    return {number(in.evaluator.workload().uncachedPromptMean.si()) +
                " prompt tokens to compute: " + duration(in.now.partsMean.prefill),
        in.now.partsMean.prefill.si(), in.now.partsMeanBand.of(&LatencyParts::prefill)};
}

TopicAnswer decodePart(const TopicInput& in)
{
    return {number(in.evaluator.workload().decodeStepsMean) + " gaps × TPOT, " + duration(in.now.tpot.mean) +
                " on average: " + duration(in.now.partsMean.decode),
        in.now.partsMean.decode.si(), in.now.partsMeanBand.of(&LatencyParts::decode)};
}

TopicAnswer fixedParts(const TopicInput& in)
{
    const LatencyParts& p = in.now.partsMean;
    const Seconds sum = p.network + p.retrieval + p.post;
    return {duration(p.network) + " + " + duration(p.retrieval) + " + " + duration(p.post) + " = " + duration(sum),
        sum.si()};
}

TopicAnswer endToEnd(const TopicInput& in)
{
    const LatencyParts& p = in.now.partsMean;
    return {duration(p.network) + " + " + duration(p.retrieval) + " + " + duration(p.queue) + " + " +
                duration(p.prefill) + " + " + duration(p.decode) + " + " + duration(p.post) + " = " +
                duration(p.total()),
        p.total().si(), in.now.e2eMeanBand};
}

constexpr std::string_view kOrca = "Orca, OSDI 2022", kChain = "Birth–death chain over the batch";

constexpr std::array kTopics{
    Topic{"1.1", "User latency", "TTFT = network in + frontend + retrieval + queue + prefill", "s", kChain,
        "latency_vs_load", true, &userLatency},
    Topic{"1.2", "Throughput and goodput", "goodput = attainment × λ served", "req/s", "DistServe, OSDI 2024",
        "throughput_vs_load", true, &goodput},
    Topic{"1.3", "Cost per useful token", "10⁶ · C_hour / (3600 · goodput · n_out)", "USD per million tokens",
        "Bill over tokens of good requests", "cost_vs_load", true, &priced<&costPerUsefulToken>},
    Topic{"1.4", "Quality", "admissible: |ΔS| ≤ bound", "1", "Score stated in the plan", "", false, &quality},
    Topic{"1.5", "Reliability", "Σ C(N, i) Aⁱ (1 − A)ᴺ⁻ⁱ for i ≥ N − k, A = MTBF/(MTBF + MTTR)", "1",
        "Binomial, independent failures", "", false, &reliability},
    Topic{"2.1", "Arrival process", "λ, and ca² = Var[gap] / E[gap]²", "req/s", "Workload of the plan", "", true,
        &arrivals},
    Topic{"2.2", "Service rate", "μ = B / (m · d(B, B·c, 0) + B · T_p(B)) at N_max", "req/s", kChain,
        "throughput_vs_load", true, &serviceRate},
    Topic{"2.3", "Utilization", "ρ = λ / (R · μ)", "1", kChain, "latency_vs_load", true, &utilizationOf},
    Topic{"2.4", "Little's law", "L = λ · W", "req", "Little 1961", "engine_vs_load", true, &little},
    Topic{"2.5", "Percentiles", "pP: the smallest x with F(x) ≥ P", "s", kChain, "latency_cdf", true, &percentiles},
    Topic{"3.1", "Queue", "wait for a seat + rest of the running step + wait behind prompts", "s", kChain,
        "latency_waterfall", true, &queuePart},
    Topic{"3.2", "Prefill", "first scheduled to first token", "s", "Roofline by operator group", "latency_waterfall",
        true, &prefillPart},
    Topic{"3.3", "Decode", "(n_out − 1) · TPOT", "s", "Roofline by operator group", "latency_waterfall", true,
        &decodePart},
    Topic{"3.4", "Fixed parts", "network and frontend + retrieval + post-processing", "s", "Stated in the plan",
        "time_parts", true, &fixedParts},
    Topic{"3.5", "End to end", "network + retrieval + queue + prefill + decode + post", "s", kOrca, "time_parts", true,
        &endToEnd},
};

} // namespace

std::span<const Topic> objectivesAndQueues() { return kTopics; }

} // namespace headroom::ui::rows
