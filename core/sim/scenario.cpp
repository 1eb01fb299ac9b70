#include "core/sim/scenario.h"

#include "core/plan/model_inputs.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace headroom::sim {

namespace {

Physics physicsOf(const Plan& plan, const WorkloadSummary& workload)
{
    const StepModel model(stepInput(plan, workload));
    Physics physics;
    for (int i = 0; i < kReaches; ++i)
        physics.reach[static_cast<std::size_t>(i)] = model.reach(i);
    physics.law = [model](double decodes, double prefillTokens, double prompts) {
        return model.law(decodes, prefillTokens, prompts);
    };
    return physics;
}

KvMemory kvMemoryOf(const Plan& plan, const WorkloadSummary& workload)
{
    const auto use = memoryUse(memoryInput(plan, workload));
    KvMemory kv;
    kv.blockTokens = std::max(1, plan.batching.blockTokens);
    kv.blocks = static_cast<std::int64_t>(std::floor(use.kvCapacity.in(token) / kv.blockTokens));
    // What moves is what a sequence holds on each GPU, over the link of that GPU.
    const double tokens = std::max(1.0, workload.promptMean.in(token));
    const Bytes perGpu = kvBytesOnGpu(plan.model.spec, plan.model.kvFormat, plan.layout(), Tokens(tokens));
    const auto& gpu = plan.hardware.gpu;
    const bool oneNode = plan.gpus() <= plan.hardware.gpusPerNode;
    const Bandwidth link = oneNode || !(gpu.betweenNodes > Bandwidth(0)) ? gpu.inNode.perDirection : gpu.betweenNodes;
    if (link > Bandwidth(0))
        kv.transferSecondsPerToken = (perGpu / link).si() / tokens;
    if (gpu.host > Bandwidth(0))
        kv.swapSecondsPerToken = (perGpu / gpu.host).si() / tokens;
    return kv;
}

} // namespace

Physics ofMicroBatch(Physics all, int stages)
{
    if (stages <= 1)
        return all;
    Physics one;
    one.reach = all.reach;
    one.law = [law = std::move(all.law), n = static_cast<double>(stages)](
                  double decodes, double prefillTokens, double prompts) {
        StepLaw micro = law(n * decodes, n * prefillTokens, n * prompts);
        for (std::size_t r = 0; r < kReaches; ++r) {
            micro.perContext[r] *= n;
            micro.perPair[r] *= n;
            micro.perPrefix[r] *= n;
        }
        return micro;
    };
    return one;
}

Result<Scenario> makeScenario(const Plan& plan, std::shared_ptr<const Trace> trace)
{
    if (plan.workload.process == ArrivalProcess::trace && !trace)
        return fail(
            "workload.process", "the arrival process is a trace, but no trace was given (simulate --trace FILE)");
    const auto summary = summarize(plan.workload);
    Scenario s;
    s.workload = plan.workload;
    s.classes = summary.classes;
    // The members of a static batch are equally long: they are shared out evenly.
    s.stages = plan.batching.policy == BatchPolicy::static_ ? 1 : std::max(1, plan.deployment.pp);
    s.physics = ofMicroBatch(physicsOf(plan, summary), s.stages);
    s.kv = kvMemoryOf(plan, summary);
    s.maxContext = plan.model.maxContext;
    s.replicas = std::max(1, plan.deployment.replicas);
    s.router = plan.deployment.router;
    s.batching = plan.batching;
    s.scheduling = plan.scheduling;
    s.latency = plan.latency;
    s.targets = plan.targets;
    if (plan.batching.policy == BatchPolicy::disaggregated) {
        if (s.replicas < 2)
            return fail(
                "deployment.replicas", "1, but a disaggregated plan needs one replica to prefill and one to decode");
        s.prefillReplicas =
            std::clamp(static_cast<int>(std::lround(plan.batching.prefillShare * s.replicas)), 1, s.replicas - 1);
    }
    s.clients.retryBudget = plan.scheduling.retryBudget.value_or(s.clients.retryBudget);
    s.prefixCache = plan.batching.keepsPrefixes() && plan.workload.sharedPrefixes.count > 0;
    if (trace) {
        const bool hashes = plan.batching.keepsPrefixes() && trace->hashBlockTokens > 0;
        s.prefixCache = s.prefixCache || hashes;
        if (hashes && trace->hashBlockTokens % s.kv.blockTokens != 0)
            return fail("batching.block_tokens", std::to_string(s.kv.blockTokens) + " does not divide the " +
                                                     std::to_string(trace->hashBlockTokens) +
                                                     " tokens of a hash block of the trace");
        s.limits.requests = trace->requests.size();
        // A plan that names its trace plays it at the plan's rate, as the closed forms and sweeps take it.
        const bool isOwn = plan.workload.process == ArrivalProcess::trace && !plan.workload.traceFile.empty();
        if (const RequestRate own = rateOf(*trace); isOwn && own.si() > 0 && plan.workload.arrivalRate.si() > 0) {
            constexpr double kRounding = 1e-6; // of a rate that was read off this trace
            const double scale = plan.workload.arrivalRate / own;
            s.traceRateScale = std::abs(scale - 1) < kRounding ? 1 : scale;
        }
        s.trace = std::move(trace);
    }
    const bool hasLink = s.kv.transferSecondsPerToken > 0;
    if (s.router == Router::prefixFetching && s.prefixCache && hasLink)
        s.prefixFetch = {.secondsPerToken = s.kv.transferSecondsPerToken, .factor = 1};
    return s;
}

} // namespace headroom::sim
