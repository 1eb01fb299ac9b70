#include "core/placement.h"

#include "core/evaluate.h"
#include "core/model/efficiency.h"
#include "core/model/memory.h"
#include "core/plan/model_inputs.h"
#include "core/workload/workload.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace headroom {
namespace {

constexpr int kWeightSteps = 20;
constexpr std::array kCacheOnGpu{1.0, 0.5, 0.0};
/// Share of the cache that is not on the GPU, on the host.
constexpr std::array kCacheOnHost{1.0, 0.5, 0.0};

PlacementResult tried(const Evaluator& evaluator)
{
    const MemoryUse& memory = evaluator.memory();
    const WorkloadSummary& load = evaluator.workload();
    PlacementResult result;
    result.offload = evaluator.plan().deployment.offload;
    result.fits = memory.fits;
    if (!memory.fits)
        return result;
    result.seats = memory.seats;
    result.capacity = evaluator.capacity();
    result.output = TokenRate(result.capacity.si() * load.outputMean.si());
    result.step = evaluator.step().time(evaluator.step().decodeBatch(memory.seats, load.contextMean));
    const Plan& plan = evaluator.plan();
    const auto factors = [&](PredictedQuantity q) {
        return bandFor(q, plan.hardware.gpu.architecture, plan.model.weightFormat);
    };
    const auto band = [](double value, const ErrorBand& of) { return Band{value * of.lo, value * of.hi}; };
    result.capacityBand = band(result.capacity.si(), factors(PredictedQuantity::capacity));
    result.outputBand = band(result.output.si(), factors(PredictedQuantity::capacity));
    result.stepBand = band(result.step.si(), factors(PredictedQuantity::tpot));
    return result;
}

/// Of the weights that are not on the GPU, the share on the host: as far as it goes, which the cache there shares.
double restOnHost(const Plan& plan, double onGpu)
{
    const double all =
        weightBytes(plan.model.spec, plan.model.weightFormat, plan.layout()).total().si() * plan.layout().gpus();
    constexpr double kForCache = 0.9; ///< of the host, so that a cache has room beside them
    const double rest = (1 - onGpu) * all, room = kForCache * plan.hardware.host.memory.si();
    return rest <= room ? 1 : std::floor(room / rest * kWeightSteps) / kWeightSteps;
}

/// Every placement that is looked at, the less offloaded first.
std::vector<Offloading> candidates(const Plan& plan)
{
    std::vector<Offloading> all;
    for (int step = kWeightSteps; step >= 0; --step)
        for (const double cacheOnGpu : kCacheOnGpu)
            for (const double cacheOnHost : kCacheOnHost)
                for (const bool cpuAttention : {true, false})
                    for (const double activations : {1.0, 0.0}) {
                        if (cacheOnGpu == 1 && (cacheOnHost < 1 || !cpuAttention))
                            continue; // no cache elsewhere
                        Offloading o = plan.deployment.offload;
                        o.weightsOnGpu = static_cast<double>(step) / kWeightSteps;
                        o.restOfWeightsOnHost = restOnHost(plan, o.weightsOnGpu);
                        o.cacheOnGpu = cacheOnGpu;
                        o.restOfCacheOnHost = cacheOnHost;
                        o.cpuAttention = cpuAttention;
                        o.activationsOnGpu = activations;
                        o.enabled = !(step == kWeightSteps && cacheOnGpu == 1 && activations == 1);
                        all.push_back(o);
                    }
    return all;
}

} // namespace

PlacementResult tryPlacement(const Plan& plan, const Offloading& offload)
{
    Plan changed = plan;
    changed.deployment.offload = offload;
    return tried(Evaluator(changed));
}

std::optional<PlacementResult> bestPlacement(const Plan& plan)
{
    const Evaluator own(plan);
    std::optional<PlacementResult> best;
    Plan changed = plan;
    for (const Offloading& o : candidates(plan)) {
        changed.deployment.offload = o;
        if (!memoryUse(memoryInput(changed, own.workload())).fits) // a tenth of the time of the rest
            continue;
        const PlacementResult result = tried(Evaluator(changed, own));
        if (result.fits && (!best || result.capacity > best->capacity * (1 + 1e-9)))
            best = result;
    }
    return best;
}

} // namespace headroom
