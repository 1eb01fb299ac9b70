#include "core/offload/offload.h"

#include <algorithm>
#include <array>

namespace headroom {
namespace {

constexpr std::array kGpuBatches{1, 2, 3, 4, 8, 12, 16, 20, 24, 32, 48, 64, 96, 128, 160, 256, 512};
constexpr std::array kBatches{1, 2, 3, 4, 6, 8, 12, 16};
constexpr int kWeightSteps = 20, kOtherSteps = 4;

/// What the GPU does not take goes to the host, and from there to the disk: the cache first (it is read at most once a
/// step where it lies), then weights.
std::optional<OffloadPolicy> placed(
    const ModelSpec& model, const OffloadMachine& machine, OffloadPolicy p, const OffloadJob& job)
{
    for (const double cacheToDisk : {0.0, 0.5, 1.0})
        for (const double weightsToDisk : {0.0, 0.25, 0.5, 0.75, 1.0}) {
            OffloadPolicy q = p;
            q.cache.disk = (1 - q.cache.gpu) * cacheToDisk;
            q.cache.host = 1 - q.cache.gpu - q.cache.disk;
            q.weights.disk = (1 - q.weights.gpu) * weightsToDisk;
            q.weights.host = 1 - q.weights.gpu - q.weights.disk;
            if (offloadMemory(model, q, job).fits(machine))
                return q;
        }
    return std::nullopt;
}

} // namespace

std::optional<OffloadPolicy> searchOffload(const ModelSpec& model, const OffloadMachine& machine, const OffloadJob& job)
{
    std::optional<OffloadPolicy> best;
    TokenRate rate(0);
    for (const int gpuBatch : kGpuBatches)
        for (const int batches : kBatches)
            for (int w = 0; w <= kWeightSteps; ++w)
                for (int c = 0; c <= kOtherSteps; ++c)
                    for (const double hidden : {0.0, 1.0}) {
                        OffloadPolicy p;
                        p.gpuBatch = gpuBatch;
                        p.batches = batches;
                        p.weights.gpu = static_cast<double>(w) / kWeightSteps;
                        p.cache.gpu = static_cast<double>(c) / kOtherSteps;
                        p.activations = {hidden, 1 - hidden, 0};
                        const auto fitting = placed(model, machine, p, job);
                        if (!fitting)
                            continue;
                        const TokenRate reached = offloadCost(model, machine, *fitting, job).throughput;
                        if (reached > rate) {
                            rate = reached;
                            best = fitting;
                        }
                    }
    return best;
}

} // namespace headroom
