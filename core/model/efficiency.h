// What share of its datasheet an architecture reaches, by number format, and what an engine adds (MODEL.md 11). Few
// coefficients per architecture and format, never per GPU or model, so that a new GPU needs its datasheet only.
#pragma once

#include "core/model/hardware.h"
#include "core/model/number_format.h"
#include "core/model/step_time.h"

namespace headroom {

/// What the tensor cores of a GPU multiply in when the weights are stored in a format.
struct ComputeFormat {
    FlopRate peak;           ///< dense peak
    NumberFormat format;     ///< of the multiplication
    bool weightOnly = false; ///< weights are widened to 16 bit before use
    double activationBytes;  ///< of one activation that enters a matrix product
};
ComputeFormat computeFormat(const GpuSpec&, NumberFormat weightFormat);

/// Matrix products. Time of n rows: max(bytes / (bandwidth * weightBandwidth), flop * (1 + rampRows / n) / (peak *
/// compute)): half of the ceiling is reached at rampRows rows.
struct GemmEfficiency {
    double compute = 0.6;
    double rampRows = 64;
    double weightBandwidth = 0.75;
};
GemmEfficiency gemmEfficiency(GpuArchitecture, const ComputeFormat&);

/// Routed experts, the same with rows per expert.
GemmEfficiency expertEfficiency(GpuArchitecture, const ComputeFormat&);

struct AttentionEfficiency {
    double prefillCompute = 0.5;   ///< of the 16-bit peak, on causal pairs
    double prefillTileTokens = 64; ///< extra keys each query pays for (tiles cut by the diagonal)
    double decodeBandwidth = 0.85; ///< on KV bytes
    double decodeCompute = 0.25;   ///< of the 16-bit peak (MLA)
    double perSequence = 2e-8;     ///< seconds per sequence and layer
    double perLayer = 4e-6;        ///< seconds per layer
};
AttentionEfficiency attentionEfficiency(GpuArchitecture);

/// Reached share of a link's one-way peak, and start-up times in seconds.
struct LinkEfficiency {
    double bandwidth = 0.6;
    double latency = 12e-6, latencyPerRank = 1e-6;
    double oneShotLatency = 8e-6, oneShotLatencyPerRank = 0.5e-6;
};
LinkEfficiency linkEfficiency(GpuArchitecture, LinkTopology);
LinkEfficiency betweenNodesEfficiency();

/// What an engine adds to the work of the GPU, in seconds.
struct EngineOverhead {
    double perStep = 1.4e-3;
    double perLayer = 5e-6;
    double perSequence = 4e-6;
    double perPrompt = 1e-4;
};
EngineOverhead engineOverhead(const EngineSpec&);

/// Nominal 80 % band as factors on a prediction: the measured value lies in [lo * predicted, hi * predicted].
struct ErrorBand {
    double lo = 1, hi = 1;
};
enum class PredictedQuantity { ttft, tpot, e2e, throughput, capacity, cost };
ErrorBand bandFor(PredictedQuantity, GpuArchitecture, NumberFormat weightFormat);

} // namespace headroom
