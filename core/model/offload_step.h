// The step of an offloaded replica: what the GPU computes, and the chains of transfers that run beside it (FlexGen,
// sections 4.2 and A.3; PAPERS 4).
#pragma once

#include "core/model/offloading.h"
#include "core/model/step_law.h"

namespace headroom {

struct OffloadInput {
    Offloading policy;
    HostSpec host;
    Bandwidth link;         ///< of a GPU to its host, one way, peak
    double weightBytes = 0; ///< that pass through one GPU in a step, over all stages
    double hiddenBytes = 0; ///< activations of one row, over all layers, one way
    int hidden = 1;         ///< width of the model
    int gpus = 1;           ///< of the replica, which share disk and cores of the host
    double meanContext = 0; ///< tokens, of a decoding sequence of the workload
    PerReach cacheBytes{};  ///< of one cached token on one GPU, by reach
    PerReach reach{};       ///< in tokens
};

/// Turns the law of the GPU's part of a step into the law of the whole step.
class OffloadStep {
public:
    OffloadStep() = default;
    explicit OffloadStep(const OffloadInput&);

    bool isEnabled() const { return m_enabled; }
    /// Share of the decode attention that the GPU does itself.
    double attentionOnGpu() const { return m_attentionOnGpu; }
    /// Law of the whole step; finite and at least the GPU's part. Transfers overlap with compute as in the released
    /// engine: while it decodes, loading to the GPU stands before the rest; while it only prefills, disk and host form
    /// two chains beside compute. Which chain is longest is decided at the mean context of the workload, so that the
    /// law stays affine. \param gpu law of the GPU's own work, all attention on it
    StepLaw law(const StepLaw& gpu, double decodes, double prefillTokens, double prompts) const;

private:
    /// Seconds of one link: per load of the weights, per row, per cached or new token.
    struct Chain {
        double perLoad = 0, perRow = 0, perNewToken = 0;
        PerReach perContext{}, perPrefix{};
        StepLaw law(double loads, double rows, double newTokens) const;
    };
    double atMeanContext(const StepLaw&, double decodes, double prefillTokens, double prompts) const;

    bool m_enabled = false, m_overlap = true, m_zigzag = true;
    double m_gpuBatch = 1, m_attentionOnGpu = 1, m_meanContext = 0;
    PerReach m_reach{}, m_hostAttention{}; ///< s per cached token
    Chain m_toGpu, m_toHost, m_fromDisk, m_toDisk;
};

} // namespace headroom
