#include "core/model/efficiency.h"

#include "core/model/shipped_fit.h"

#include <algorithm>
#include <cmath>

namespace headroom {
namespace {

using C = Coefficient;

/// Starts are set by hand, from published fits and single kernels. Ceilings are those of the H100, and the power law carries
/// them: large products of ops/gemm.csv reach 0.61 of the 8-bit peak on H100, B200 and RTX PRO 6000 alike once it is taken
/// out, and 0.74 of the 16-bit one (serving steps 0.65: their shapes are smaller); 4 bit is 0.41 to 0.43 of a B200. The
/// exponent is theirs too (0.87 of the peak on A100, 0.75 on H100, 0.66 on B200), the bandwidth of decode attention that
/// of ops/attention_decode.csv.
struct Shared {
    CoefficientInfo info;
    double start;
};
constexpr std::array<Shared, kCoefficients> kShared{{
    {{C::compute16, "compute16", "", 0.2, 0.95}, 0.65},
    {{C::compute8, "compute8", "", 0.2, 0.95}, 0.6},
    {{C::compute4, "compute4", "", 0.1, 0.95}, 0.47},
    {{C::computeWeightOnly, "compute_weight_only", "", 0.3, 1.2}, 0.85},
    {{C::computeServing, "compute_serving", "", 0.5, 1.3}, 1},
    {{C::computePower, "compute_power", "", 0.01, 0.6}, 0.27},
    {{C::ramp16, "ramp16", "rows", 1, 64}, 24},
    {{C::ramp8, "ramp8", "rows", 1, 64}, 32},
    {{C::ramp4, "ramp4", "rows", 1, 64}, 40},
    {{C::bandwidth16, "bandwidth16", "", 0.3, 0.92}, 0.78},
    {{C::bandwidth8, "bandwidth8", "", 0.3, 0.92}, 0.72},
    {{C::bandwidth4, "bandwidth4", "", 0.2, 0.92}, 0.65},
    {{C::expertCompute, "expert_compute", "", 0.2, 1.5}, 0.8},
    {{C::expertRamp, "expert_ramp", "rows", 0.5, 300}, 24},
    {{C::expertBandwidth, "expert_bandwidth", "", 0.2, 1.3}, 0.85},
    {{C::expertWidth, "expert_width", "columns", 1, 3000}, 100},
    {{C::expertPopularity, "expert_popularity", "", 0.2, 50}, 1},
    {{C::expertImbalance, "expert_imbalance", "", 1, 3}, 1.25},
    {{C::attentionPrefill, "attention_prefill", "", 0.05, 0.9}, 0.4},
    {{C::attentionOf2023, "attention_2023", "", 0.1, 1.5}, 0.6},
    {{C::attentionTile, "attention_tile", "keys", 1, 2000}, 64},
    {{C::attentionDecodeBandwidth, "attention_decode_bandwidth", "", 0.2, 0.95}, 0.85},
    {{C::attentionWideGroups, "attention_wide_groups", "", 0.1, 1}, 0.9},
    {{C::attentionDecodeCompute, "attention_decode_compute", "", 0.02, 0.9}, 0.3},
    {{C::attentionSequence, "attention_sequence", "s", 1e-10, 1e-6}, 2e-8},
    {{C::elementBandwidth, "element_bandwidth", "", 0.1, 1}, 0.7},
    {{C::layerLatency, "layer_latency", "s", 1e-6, 1e-4}, 1e-5},
    {{C::quantizeLatency, "quantize_latency", "s", 1e-7, 5e-5}, 7e-6},
    {{C::expertLatency, "expert_latency", "s", 1e-6, 2e-4}, 2e-5},
    {{C::linkBandwidth, "link_bandwidth", "", 0.1, 0.95}, 0.52},
    {{C::linkLatency, "link_latency", "s", 1e-6, 1e-4}, 1e-5},
    {{C::linkLatencyPerRank, "link_latency_per_rank", "s", 1e-7, 1e-5}, 8e-7},
    {{C::hostLinkBandwidth, "host_link_bandwidth", "", 0.1, 0.5}, 0.4},
    {{C::hostLinkLatency, "host_link_latency", "s", 1e-6, 2e-4}, 2e-5},
    {{C::hostLinkLatencyPerRank, "host_link_latency_per_rank", "s", 1e-7, 2e-5}, 2e-6},
    {{C::networkBandwidth, "network_bandwidth", "", 0.2, 1}, 0.7},
    {{C::networkLatency, "network_latency", "s", 1e-6, 2e-4}, 2.5e-5},
    {{C::stepVllm, "step_vllm", "s", 1e-4, 1e-2}, 1.4e-3},
    {{C::stepSglang, "step_sglang", "s", 1e-4, 1e-2}, 1.3e-3},
    {{C::stepTensorrtLlm, "step_tensorrt_llm", "s", 1e-4, 1e-2}, 1e-3},
    {{C::stepAsync, "step_async", "", 0.1, 1}, 0.3},
    {{C::stepOf2023, "step_2023", "s", 1e-4, 5e-2}, 8e-3},
    {{C::sequenceVllm, "sequence_vllm", "s", 1e-7, 1e-4}, 5e-6},
    {{C::sequenceSglang, "sequence_sglang", "s", 1e-7, 1e-4}, 4e-6},
    {{C::sequenceTensorrtLlm, "sequence_tensorrt_llm", "s", 1e-7, 1e-4}, 2e-6},
    {{C::promptVllm, "prompt_vllm", "s", 1e-6, 2e-2}, 1e-3},
    {{C::promptSglang, "prompt_sglang", "s", 1e-6, 2e-2}, 1e-3},
    {{C::promptTensorrtLlm, "prompt_tensorrt_llm", "s", 1e-6, 2e-2}, 3e-4},
    {{C::layerEager, "layer_eager", "s", 1e-6, 1e-3}, 6e-5},
}};

constexpr bool inOrder()
{
    for (std::size_t i = 0; i < kCoefficients; ++i)
        if (kShared[i].info.coefficient != static_cast<Coefficient>(i))
            return false;
    return true;
}
static_assert(inOrder(), "a row for each coefficient, in the order of the enumeration");

Coefficient byBits(int bits, Coefficient sixteen, Coefficient eight, Coefficient four)
{
    return bits == 16 ? sixteen : bits == 8 ? eight : four;
}

} // namespace

const std::array<CoefficientInfo, kCoefficients>& coefficientInfos()
{
    static const std::array<CoefficientInfo, kCoefficients> infos = [] {
        std::array<CoefficientInfo, kCoefficients> made{};
        for (std::size_t i = 0; i < kCoefficients; ++i)
            made[i] = kShared[i].info;
        return made;
    }();
    return infos;
}

const EfficiencyTable& startingEfficiency()
{
    static const EfficiencyTable table = [] {
        EfficiencyTable made;
        for (std::size_t i = 0; i < kCoefficients; ++i)
            made.shared[i] = kShared[i].start;
        for (auto& factors : made.factor)
            factors.fill(1);
        return made;
    }();
    return table;
}

const EfficiencyTable& shippedEfficiency()
{
    static const EfficiencyTable table = [] {
        EfficiencyTable made = startingEfficiency();
        std::ranges::copy(shippedShared(), made.shared.begin());
        for (const ShippedFactor& f : shippedFactors())
            for (std::size_t i = 0; i < kCoefficients; ++i)
                if (kShared[i].info.name == f.coefficient)
                    made.factor[static_cast<std::size_t>(f.architecture)][i] = f.value;
        return made;
    }();
    return table;
}

int storedBits(NumberFormat format)
{
    switch (format) {
    case NumberFormat::fp32:
    case NumberFormat::bf16:
    case NumberFormat::fp16:
        return 16;
    case NumberFormat::fp8:
    case NumberFormat::int8:
        return 8;
    case NumberFormat::int4:
    case NumberFormat::fp4:
    case NumberFormat::mxfp4:
        return 4;
    }
    return 16;
}

ComputeFormat computeFormat(const GpuSpec& gpu, NumberFormat weightFormat)
{
    const double flopPerJoule = gpu.powerWatts > 0 ? gpu.fp16.si() / gpu.powerWatts : 0;
    const auto in = [&](FlopRate peak, NumberFormat format) {
        return ComputeFormat{peak, format, false, flopPerJoule};
    };
    const auto wide = [&] { return ComputeFormat{gpu.fp16, NumberFormat::bf16, true, flopPerJoule}; };
    switch (weightFormat) {
    case NumberFormat::fp32:
        return in(0.5 * gpu.fp16, NumberFormat::fp32); // TF32 runs at half the 16-bit rate
    case NumberFormat::bf16:
    case NumberFormat::fp16:
        return in(gpu.fp16, weightFormat);
    case NumberFormat::fp8:
        return gpu.fp8 ? in(*gpu.fp8, weightFormat) : wide();
    case NumberFormat::int8:
        return gpu.int8 ? in(*gpu.int8, weightFormat) : wide();
    case NumberFormat::int4:
        return wide();
    case NumberFormat::fp4:
        return gpu.fp4 ? in(*gpu.fp4, weightFormat) : wide();
    case NumberFormat::mxfp4:
        // Blackwell multiplies mxfp4 weights with fp8 activations, at the fp8 rate (TensorRT-LLM, vLLM w4a8).
        return gpu.fp4 && gpu.fp8 ? in(*gpu.fp8, NumberFormat::fp8) : wide();
    }
    return wide();
}

namespace {

/// 16-bit FLOP per joule of the GPU that the exponent is about (H100 SXM: 989 TFLOP/s at 700 W).
constexpr double kReferenceFlopPerJoule = 1.413e12;

/// What a board's power lets its matrix units sustain: the more FLOP a joule must pay for, the further clocks fall under
/// matrix products. The datasheet says enough of it to carry ceilings from one GPU to another.
double sustained(const EfficiencyTable& t, GpuArchitecture a, const ComputeFormat& compute)
{
    return compute.flopPerJoule > 0 ? std::pow(compute.flopPerJoule / kReferenceFlopPerJoule, -t.at(C::computePower, a))
                                    : 1;
}

/// Kernels that widen weights multiply with the instructions of Ampere, which are all that exists there and on the
/// workstation parts. Hopper reaches 62 % of its peak with them (Luo et al., microbenchmarks of Hopper, mma against
/// wgmma; recalled). Data-centre Blackwell has twice Hopper's peak per multiprocessor for the other instructions only:
/// 0.4 is a guess between that and no loss, with no measurement behind it.
double wideningShare(GpuArchitecture a)
{
    return a == GpuArchitecture::hopper ? 0.62 : a == GpuArchitecture::blackwell ? 0.4 : 1;
}

/// Factor on the ceiling where weights are widened first, which shares the issue slots. The rows of the ramp shrink with it:
/// small products run on small tiles and take no longer than others.
double widening(const EfficiencyTable& t, GpuArchitecture a, const ComputeFormat& compute)
{
    return compute.weightOnly ? t.at(C::computeWeightOnly, a) * wideningShare(a) : 1;
}

constexpr double kHighestShare = 0.95; // no measured product does more

} // namespace

GemmEfficiency gemmEfficiency(
    const EfficiencyTable& t, GpuArchitecture a, const ComputeFormat& compute, NumberFormat stored)
{
    const int bits = storedBits(compute.format);
    GemmEfficiency e;
    e.compute = t.at(byBits(bits, C::compute16, C::compute8, C::compute4), a) * sustained(t, a, compute);
    e.compute = std::min(e.compute, kHighestShare);
    e.compute *= widening(t, a, compute);
    e.rampRows = t.at(byBits(bits, C::ramp16, C::ramp8, C::ramp4), a) * widening(t, a, compute);
    e.weightBandwidth = t.at(byBits(storedBits(stored), C::bandwidth16, C::bandwidth8, C::bandwidth4), a);
    return e;
}

GemmEfficiency expertEfficiency(
    const EfficiencyTable& t, GpuArchitecture a, const ComputeFormat& compute, NumberFormat stored, double width)
{
    const double narrow = width / (width + t.at(C::expertWidth, a));
    GemmEfficiency e = gemmEfficiency(t, a, compute, stored);
    e.compute *= t.at(C::expertCompute, a) * narrow;
    e.rampRows = t.at(C::expertRamp, a) * widening(t, a, compute);
    e.weightBandwidth *= t.at(C::expertBandwidth, a) * narrow;
    return e;
}

double hostSlowness(GpuArchitecture a) { return a <= GpuArchitecture::ampere ? 1.4 : 1; }

LinkEfficiency linkEfficiency(const EfficiencyTable& t, GpuArchitecture a, LinkTopology topology)
{
    if (topology == LinkTopology::pcie)
        return {t.at(C::hostLinkBandwidth, a), t.at(C::hostLinkLatency, a), t.at(C::hostLinkLatencyPerRank, a)};
    return {t.at(C::linkBandwidth, a), t.at(C::linkLatency, a), t.at(C::linkLatencyPerRank, a)};
}

LinkEfficiency betweenNodesEfficiency(const EfficiencyTable& t, GpuArchitecture a)
{
    return {t.at(C::networkBandwidth, a), t.at(C::networkLatency, a), 0.2 * t.at(C::networkLatency, a)};
}

namespace {

ErrorBand widened(ErrorBand b, double by) { return {1 / (1 + (1 / b.lo - 1) * by), 1 + (b.hi - 1) * by}; }

} // namespace

ErrorBand narrowestBand(
    std::span<const ShippedBand> bands, MeasuredRegime regime, int bits, GpuArchitecture architecture)
{
    ErrorBand narrowest;
    for (const ShippedBand& b : bands)
        if (b.regime == regime && (b.bits == 0 || b.bits == bits) &&
            (b.architecture < 0 || b.architecture == static_cast<int>(architecture)))
            narrowest = {b.lo, b.hi};
    return narrowest;
}

ErrorBand residualBand(MeasuredRegime regime, NumberFormat weightFormat, GpuArchitecture architecture)
{
    return narrowestBand(shippedBands(), regime, storedBits(weightFormat), architecture);
}

namespace {

constexpr std::array kMeasured{GpuArchitecture::ampere, GpuArchitecture::hopper, GpuArchitecture::blackwell,
    GpuArchitecture::blackwellWorkstation};

/// Nothing of this architecture was in the fit: what is known of all, wider, and around the band of each that was.
ErrorBand unmeasuredBand(MeasuredRegime regime, NumberFormat weightFormat, GpuArchitecture architecture)
{
    constexpr double kWider = 1.3;
    ErrorBand band = widened(residualBand(regime, weightFormat, architecture), kWider);
    for (const GpuArchitecture measured : kMeasured) {
        const ErrorBand one = residualBand(regime, weightFormat, measured);
        band = {std::min(band.lo, one.lo), std::max(band.hi, one.hi)};
    }
    return band;
}

} // namespace

ErrorBand bandFor(PredictedQuantity quantity, GpuArchitecture architecture, NumberFormat weightFormat)
{
    const bool measured = std::ranges::find(kMeasured, architecture) != kMeasured.end();
    const auto of = [&](MeasuredRegime regime) {
        return (measured ? residualBand : unmeasuredBand)(regime, weightFormat, architecture);
    };
    switch (quantity) {
    case PredictedQuantity::prompt:
        return of(MeasuredRegime::firstToken);
    case PredictedQuantity::tpot:
        return of(MeasuredRegime::closedLoopTpot);
    case PredictedQuantity::e2e:
        return widened(of(MeasuredRegime::closedLoopTpot), 1.1);
    case PredictedQuantity::throughput:
    case PredictedQuantity::capacity:
        break;
    }
    return of(MeasuredRegime::offlineThroughput);
}

} // namespace headroom
