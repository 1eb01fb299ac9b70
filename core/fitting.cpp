#include "core/fitting.h"

#include "core/model/memory.h"
#include "core/plan/model_inputs.h"
#include "core/plan/validate.h"

#include <algorithm>
#include <array>

namespace headroom {

namespace {

constexpr int kMostRanks = 1024; // as the field takes them

/// Whether heads and ranks can be cut this way: cheap, as nearly all degrees cannot.
bool cutsEvenly(const Plan& plan)
{
    const Deployment& d = plan.deployment;
    if (d.tp % std::max(1, d.attentionDp) != 0 || d.tp % std::max(1, d.ep) != 0)
        return false;
    const int split = d.tp / std::max(1, d.attentionDp);
    return std::ranges::all_of(plan.model.spec.groups,
        [split](const LayerGroup& g) { return g.attention.heads == 0 || g.attention.heads % split == 0; });
}

} // namespace

WaysToFit waysToFit(const Plan& plan)
{
    const WorkloadSummary workload = summarize(plan.workload);
    const auto holds = [&workload](const Plan& tried) {
        return memoryUse(memoryInput(tried, workload)).fits && validate(tried).empty();
    };
    WaysToFit ways;
    if (holds(plan))
        return {plan.deployment.tp, plan.model.weightFormat};
    Plan tried = plan;
    for (int tp = plan.deployment.tp + 1; tp <= kMostRanks && !ways.tp; ++tp) {
        tried.deployment.tp = tp;
        if (cutsEvenly(tried) && holds(tried))
            ways.tp = tp;
    }
    tried.deployment.tp = plan.deployment.tp;
    const GpuSpec& gpu = plan.hardware.gpu;
    const std::array narrower{NumberFormat::bf16, gpu.int8 && !gpu.fp8 ? NumberFormat::int8 : NumberFormat::fp8,
        gpu.fp4 ? NumberFormat::fp4 : NumberFormat::int4};
    const double present = info(plan.model.weightFormat).bytesPerWeight;
    for (const NumberFormat format : narrower) {
        tried.model.weightFormat = format;
        if (!ways.weightFormat && info(format).bytesPerWeight < present && holds(tried))
            ways.weightFormat = format;
    }
    return ways;
}

std::optional<FittingPlan> fittingPlan(const Plan& plan)
{
    const WaysToFit ways = waysToFit(plan);
    FittingPlan fitting{plan, {}};
    if (ways.tp) {
        fitting.plan.deployment.tp = *ways.tp;
        fitting.change = "tensor parallel " + std::to_string(*ways.tp);
    } else if (ways.weightFormat) {
        fitting.plan.model.weightFormat = *ways.weightFormat;
        fitting.change = std::string(info(*ways.weightFormat).name) + " weights";
    } else {
        return std::nullopt;
    }
    return fitting;
}

} // namespace headroom
