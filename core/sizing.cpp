#include "core/sizing.h"

#include "core/headroom.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace headroom {

namespace {

constexpr int kMostStages = 8; // nodes in a replica; beyond that nobody buys them

/// Heads and KV groups are cut evenly, so a degree must divide the query heads of every attention.
bool divides(const ModelSpec& model, int tp)
{
    return std::all_of(model.groups.begin(), model.groups.end(),
        [tp](const LayerGroup& g) { return g.attention.heads == 0 || g.attention.heads % tp == 0; });
}

/// The plan on this GPU with the fewest replicas, expert ranks and attention ranks no wider than tp.
Plan planOn(const Plan& plan, const CatalogGpu& gpu, int tp, int pp)
{
    Plan on = plan;
    on.hardware.gpu = gpu.spec;
    on.hardware.gpusPerNode = gpu.gpusPerNode;
    if (plan.hardware.gpu.name != gpu.spec.name) { // the user may have edited that of the plan's own
        on.hardware.pricePerGpu = gpu.price.value_or(UsdRate(0));
        on.hardware.priceEdited = false;
    }
    on.deployment.tp = tp;
    on.deployment.pp = pp;
    on.deployment.ep = plan.deployment.ep > 1 ? tp : 1;
    on.deployment.attentionDp = plan.deployment.attentionDp > 1 ? tp : 1;
    on.deployment.replicas = fewestReplicas(plan);
    return on;
}

/// Takes the layout into the result if it holds the model and needs fewer GPUs.
void consider(GpuSizing& result, const Plan& plan, Plan on)
{
    const int gpus = on.deployment.tp * on.deployment.pp;
    const auto takesFewer = [&](int fleet) { return !result.meetsTargets || fleet < result.gpus; };
    if (!takesFewer(gpus * on.deployment.replicas)) // the fewest replicas of it are as many already
        return;
    const Evaluator single(on);
    if (!single.memory().fits)
        return;
    result.fits = true;
    const RequestRate rate = plan.workload.arrivalRate;
    const PointEvaluation present = single.withoutBandsAt(rate);
    const RequestRate found = targetRate(single, present);
    const std::optional<int> needed = replicasNeeded(single, found);
    if (needed ? !takesFewer(*needed * gpus) : result.meetsTargets)
        return;
    result.tp = on.deployment.tp;
    result.pp = on.deployment.pp;
    result.binding = findBinding(single, present, found).binding;
    if (!needed)
        return; // a wider replica is faster: it may still meet the targets
    on.deployment.replicas = *needed;
    const PointEvaluation sized = Evaluator(on).at(rate);
    result.meetsTargets = true;
    result.replicas = *needed;
    result.gpus = *needed * gpus;
    result.ttft = sized.ttft;
    result.tpot = sized.tpot;
    if (on.hardware.hasPrice()) {
        result.fleet = sized.cost.fleet;
        result.perOutputToken = sized.cost.perOutputToken;
        result.perOutputTokenBand = sized.costBand;
    }
}

} // namespace

GpuSizing sizeOn(const Plan& plan, const CatalogGpu& gpu)
{
    GpuSizing result;
    result.gpu = gpu.spec.name;
    result.binding = Binding::memory;
    const Layout own = plan.layout();
    const bool isOwn = gpu.spec.name == plan.hardware.gpu.name;
    if (isOwn) // first: another must take fewer
        consider(result, plan, planOn(plan, gpu, own.tp, own.pp));
    int widest = 0;
    for (int tp = 1; tp <= std::max(1, gpu.gpusPerNode); tp *= 2)
        if (divides(plan.model.spec, tp)) {
            widest = tp;
            if (!isOwn || tp != own.tp || own.pp > 1)
                consider(result, plan, planOn(plan, gpu, tp, 1));
        }
    // What no node holds is cut into stages, a node each.
    for (int pp = 2; !result.fits && widest > 0 && pp <= std::min(kMostStages, plan.model.spec.layers()); pp *= 2)
        consider(result, plan, planOn(plan, gpu, widest, pp));
    return result;
}

std::vector<GpuSizing> sizeOnEveryGpu(const Plan& plan, const std::stop_token& stop)
{
    std::vector<GpuSizing> all;
    all.reserve(catalogGpus().size());
    for (const CatalogGpu& gpu : catalogGpus()) {
        if (stop.stop_requested())
            return {};
        all.push_back(sizeOn(plan, gpu));
    }
    const auto key = [](const GpuSizing& s) {
        const double cost = s.fleet ? s.fleet->si() : std::numeric_limits<double>::max();
        return std::tuple(!s.meetsTargets, !s.fits, cost, s.gpus);
    };
    std::stable_sort(all.begin(), all.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
    return all;
}

} // namespace headroom
