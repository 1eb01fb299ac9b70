// What share of its datasheet an architecture reaches, by number format, and what an engine adds (MODEL.md 11). Few
// coefficients, shared by all GPUs, with factors per architecture where measurements ask for them; never per GPU or
// model. A new GPU needs its datasheet only. Fitted by core/calibration; residuals and sources in shipped_fit.cpp.
#pragma once

#include "core/model/hardware.h"
#include "core/model/number_format.h"

#include <array>
#include <cstddef>
#include <string_view>

namespace headroom {

/// Names are those printed by `validate --coefficients`. Shares are of the datasheet peak; times are seconds.
enum class Coefficient {
    compute16,         ///< ceiling of 16-bit matrix products
    compute8,          ///< the same, 8 bit
    compute4,          ///< the same, 4 bit
    computeWeightOnly, ///< factor on compute16 where narrow weights are widened first
    computeServing,    ///< factor on dense products in SGLang, and in vLLM of 2024 and 2025
    computePower,      ///< exponent: the share falls as (16-bit FLOP per joule / H100's) to this power
    ramp16,            ///< rows at which a matrix product reaches half of its ceiling
    ramp8,
    ramp4,
    bandwidth16, ///< on weights stored in 16 bit
    bandwidth8,
    bandwidth4,
    expertCompute,    ///< factor on the ceiling, for routed experts
    expertRamp,       ///< rows per expert reached at which it is at half
    expertBandwidth,  ///< factor on the bandwidth of weights
    expertWidth,      ///< expert width (per GPU) at which experts reach half of both
    expertPopularity, ///< shape of its gamma distribution over experts: large, all are liked alike (ExpertChoice)
    expertImbalance,  ///< with expert parallelism: work of the busiest rank over the mean
    attentionPrefill, ///< of the 16-bit peak, on causal pairs
    attentionOf2023,  ///< factor on it for engines of 2023 (no fused kernel)
    attentionTile,    ///< extra keys that each query pays for (tiles cut by the diagonal)
    attentionDecodeBandwidth, ///< on KV bytes
    attentionWideGroups,      ///< factor on it for groups of 8 query heads or more in TensorRT-LLM before 1.0
    attentionDecodeCompute,   ///< of the 16-bit peak (MLA)
    attentionSequence,        ///< seconds per decoding sequence and layer
    elementBandwidth,         ///< of peak, for kernels that stream activations
    layerLatency,             ///< seconds per layer: starts and tails of its kernels
    quantizeLatency,          ///< more, where inputs of dense products are narrowed before each
    expertLatency,            ///< more for a layer of routed experts with eight choices a token; in proportion to them
    linkBandwidth,            ///< of the one-way peak, NVLink and other direct links
    linkLatency,              ///< per collective
    linkLatencyPerRank,
    hostLinkBandwidth, ///< the same through PCIe
    hostLinkLatency,
    hostLinkLatencyPerRank,
    networkBandwidth, ///< between nodes
    networkLatency,
    stepVllm, ///< host time of an engine, per step
    stepSglang,
    stepTensorrtLlm,
    stepAsync, ///< factor on it where the next step is scheduled while this one runs (vLLM since 0.14, TensorRT-LLM 1.0)
    stepOf2023,   ///< more, for the Python engines of 2023
    sequenceVllm, ///< per sequence in the step
    sequenceSglang,
    sequenceTensorrtLlm,
    promptVllm, ///< per prompt or chunk
    promptSglang,
    promptTensorrtLlm,
    layerEager, ///< per layer without CUDA graphs
    count_
};
inline constexpr std::size_t kCoefficients = static_cast<std::size_t>(Coefficient::count_);
inline constexpr std::size_t kArchitectures = static_cast<std::size_t>(GpuArchitecture::tpu) + 1;

struct CoefficientInfo {
    Coefficient coefficient;
    std::string_view name;
    std::string_view unit; ///< "" for a share or factor
    double least, most;    ///< what physics allows
};
const std::array<CoefficientInfo, kCoefficients>& coefficientInfos();

/// All coefficients of the step model: one value each, times a factor per architecture (1 where nothing is known).
struct EfficiencyTable {
    std::array<double, kCoefficients> shared{};
    std::array<std::array<double, kCoefficients>, kArchitectures> factor{};
    double at(Coefficient c, GpuArchitecture a) const
    {
        return shared[static_cast<std::size_t>(c)] * factor[static_cast<std::size_t>(a)][static_cast<std::size_t>(c)];
    }
    friend bool operator==(const EfficiencyTable&, const EfficiencyTable&) = default;
};
/// Where a fit starts, and the centre of its prior: set by hand from single kernels and published fits, before any
/// end-to-end measurement of ours.
const EfficiencyTable& startingEfficiency();
/// The table that ships: fitted from there to all open measurements.
const EfficiencyTable& shippedEfficiency();

/// What the tensor cores of a GPU multiply in when the weights are stored in a format.
struct ComputeFormat {
    FlopRate peak;           ///< dense peak
    NumberFormat format;     ///< of the multiplication
    bool weightOnly = false; ///< weights are widened to 16 bit before use
    double flopPerJoule = 0; ///< 16-bit peak over board power; 0 = power not stated
};
ComputeFormat computeFormat(const GpuSpec&, NumberFormat weightFormat);

/// Bits of a stored weight, as far as kernels tell formats apart: 16, 8 or 4.
int storedBits(NumberFormat);

/// Matrix products. Time of n rows: max(bytes / (bandwidth * weightBandwidth), flop * (1 + rampRows / n) / (peak *
/// compute)): half of the ceiling is reached at rampRows rows.
struct GemmEfficiency {
    double compute = 1, rampRows = 0, weightBandwidth = 1;
};
GemmEfficiency gemmEfficiency(const EfficiencyTable&, GpuArchitecture, const ComputeFormat&, NumberFormat stored);
/// Routed experts whose width on one GPU is `width`; rampRows counts rows per expert reached.
GemmEfficiency expertEfficiency(
    const EfficiencyTable&, GpuArchitecture, const ComputeFormat&, NumberFormat stored, double width);

/// Reached share of a link's one-way peak, and start-up times in seconds.
struct LinkEfficiency {
    double bandwidth = 1, latency = 0, latencyPerRank = 0;
};
/// Time that the hosts sold with an architecture take over that of today's: servers of the A100 and before have processors
/// whose single thread is about 1.4 times slower (EPYC 7002 and Xeon Scalable 1 and 2 against 4; recalled). Splitwise's
/// eager steps on the two hosts differ by as much (50 and 36 ms, 45 and 31 ms), which is how it was noticed.
double hostSlowness(GpuArchitecture);

LinkEfficiency linkEfficiency(const EfficiencyTable&, GpuArchitecture, LinkTopology);
LinkEfficiency betweenNodesEfficiency(const EfficiencyTable&, GpuArchitecture);

/// Nominal 80 % band as factors on a prediction: the measured value lies in [lo * predicted, hi * predicted].
struct ErrorBand {
    double lo = 1, hi = 1;
};
/// How something was measured, as far as errors differ by it.
enum class MeasuredRegime {
    offlineThroughput,
    offlineLatency, ///< of requests that are all there at once
    closedLoopTpot,
    closedLoopTtft, ///< many clients: behind each other's prompts
    firstToken,     ///< where hardly anything queues: static batches, and up to eight clients of a server
    batch,          ///< latencies of a static batch
};
inline constexpr std::size_t kMeasuredRegimes = static_cast<std::size_t>(MeasuredRegime::batch) + 1;
/// Band of rows like that, from residuals of fits that did not see them: those of the architecture where there are enough.
ErrorBand residualBand(MeasuredRegime, NumberFormat weightFormat, GpuArchitecture);
/// Of the inverse: a time where the band is of a rate, and the other way round.
constexpr ErrorBand inverse(ErrorBand b) { return {1 / b.hi, 1 / b.lo}; }

/// `prompt`: from the first of its steps to the first token, without the queue in front of it.
enum class PredictedQuantity { prompt, tpot, e2e, throughput, capacity };
/// Band of what a plan predicts. For architectures that no measurement of the fit came from it is wider, and at least as
/// wide as that of any that was measured.
ErrorBand bandFor(PredictedQuantity, GpuArchitecture, NumberFormat weightFormat);

} // namespace headroom
