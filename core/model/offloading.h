// A model that does not fit its GPUs: where weights, KV cache and activations lie, and what stands behind the GPUs
// (Sheng et al., FlexGen, ICML'23). What a step then takes is in model/offload_step.h, what it holds in model/memory.h.
#pragma once

#include "core/units.h"

namespace headroom {

/// Shares of one kind of data on the three levels; they add up to 1.
struct Placement {
    double gpu = 1, host = 0, disk = 0;
    friend bool operator==(const Placement&, const Placement&) = default;
};

/// When the weights of a layer are loaded: once for all sequences of a step (FlexGen's zig-zag block), or once for each
/// batch that the GPU computes at once.
enum class OffloadSchedule { zigzag, rowByRow };

/// How one replica is spread over its GPUs, their host and its disk: shares on the GPU, and of the rest the share on the
/// host; what is left lies on disk. So any values make sense together. Activations never lie on disk, as in FlexGen's
/// released engine.
struct Offloading {
    bool enabled = false;
    double weightsOnGpu = 1, restOfWeightsOnHost = 1;
    double cacheOnGpu = 1, restOfCacheOnHost = 1;
    double activationsOnGpu = 1;
    int gpuBatch = 64;        ///< sequences that the GPU computes at once
    bool cpuAttention = true; ///< decode attention where the cache lies; else that cache is moved to the GPU
    bool overlap = true;      ///< transfers and compute at the same time
    OffloadSchedule schedule = OffloadSchedule::zigzag;
    Placement weights() const { return placed(weightsOnGpu, restOfWeightsOnHost); }
    Placement cache() const { return placed(cacheOnGpu, restOfCacheOnHost); }
    Placement activations() const { return placed(activationsOnGpu, 1); }
    friend bool operator==(const Offloading&, const Offloading&) = default;

private:
    static Placement placed(double gpu, double restOnHost)
    {
        return {gpu, (1 - gpu) * restOnHost, (1 - gpu) * (1 - restOnHost)};
    }
};

/// What one replica has behind its GPUs. The link to a GPU is on the GPU's datasheet.
struct HostSpec {
    Bytes memory = 256 * gibibyte, disk = 2000 * gibibyte; ///< that the replica may use
    Bandwidth diskRead = 3 * gigabyte / second, diskWrite = 1.5 * gigabyte / second;
    /// KV cache that its cores attend to. 12.3 GB/s is what FlexGen's authors fitted for the host of a T4
    /// (experimental/cost_model.py: 0.0123 TFLOP/s at one FLOP a byte).
    Bandwidth attention = 12.3 * gigabyte / second;
    friend bool operator==(const HostSpec&, const HostSpec&) = default;
};

/// Share of its attention rate that a host keeps at small GPU batches of narrow models, 0.1 to 1 (same source).
/// \param gpuBatch at least 1 \param hidden width of the model, at least 1
double hostAttentionShare(int gpuBatch, double hidden);

/// Of the peak of the link between host and GPU, what transfers reach: FlexGen's fitted 12.89 GiB/s to the GPU, 0.97 and
/// 4.82 GiB/s from it (cache, activations), over the 15.75 GB/s of the T4's PCIe 3.0 x16.
inline constexpr double kLinkToGpu = 0.88, kLinkCacheToHost = 0.066, kLinkActivationsToHost = 0.33;

} // namespace headroom
