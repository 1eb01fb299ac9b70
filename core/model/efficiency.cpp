#include "core/model/efficiency.h"

namespace headroom {
namespace {

bool isBlackwell(GpuArchitecture a)
{
    return a == GpuArchitecture::blackwell || a == GpuArchitecture::blackwellWorkstation;
}

} // namespace

ComputeFormat computeFormat(const GpuSpec& gpu, NumberFormat weightFormat)
{
    const auto wide = [&] { return ComputeFormat{gpu.fp16, NumberFormat::bf16, true, 2}; };
    switch (weightFormat) {
    case NumberFormat::fp32:
        return {0.5 * gpu.fp16, NumberFormat::fp32, false, 4}; // TF32 runs at half the 16-bit rate
    case NumberFormat::bf16:
    case NumberFormat::fp16:
        return {gpu.fp16, weightFormat, false, 2};
    case NumberFormat::fp8:
        return gpu.fp8 ? ComputeFormat{*gpu.fp8, weightFormat, false, 1} : wide();
    case NumberFormat::int8:
        return gpu.int8 ? ComputeFormat{*gpu.int8, weightFormat, false, 1} : wide();
    case NumberFormat::int4:
        return wide();
    case NumberFormat::fp4:
        return gpu.fp4 ? ComputeFormat{*gpu.fp4, weightFormat, false, 0.5625} : wide();
    case NumberFormat::mxfp4:
        // Blackwell multiplies mxfp4 weights with fp8 activations, at the fp8 rate (TensorRT-LLM, vLLM w4a8).
        return gpu.fp4 && gpu.fp8 ? ComputeFormat{*gpu.fp8, weightFormat, false, 1} : wide();
    }
    return wide();
}

// Set by hand from the open measurements in ../shared/validation/README.md, points 1 to 5: ceilings 0.55 to 0.71
// (16 bit), 0.50 to 0.57 (fp8), 0.41 to 0.43 (nvfp4); half value at 50 to 160 tokens; 0.56 to 0.83 on weights, 0.87 to
// 1.0 on KV.
GemmEfficiency gemmEfficiency(GpuArchitecture architecture, const ComputeFormat& compute)
{
    GemmEfficiency e;
    switch (compute.format) {
    case NumberFormat::fp8:
    case NumberFormat::int8:
    case NumberFormat::mxfp4:
        e = {0.54, 100, 0.72};
        break;
    case NumberFormat::fp4:
        e = {0.42, 130, 0.65};
        break;
    default:
        e = {0.65, 70, 0.78};
    }
    if (compute.weightOnly) {
        e.compute *= 0.9; // widening shares the issue slots
        e.weightBandwidth *= 0.9;
    }
    if (isBlackwell(architecture))
        e.compute *= 0.95;
    return e;
}

GemmEfficiency expertEfficiency(GpuArchitecture architecture, const ComputeFormat& compute)
{
    GemmEfficiency e = gemmEfficiency(architecture, compute);
    e.compute *= 0.8;
    e.rampRows = 32;
    e.weightBandwidth *= 0.85;
    return e;
}

AttentionEfficiency attentionEfficiency(GpuArchitecture architecture)
{
    AttentionEfficiency e;
    if (architecture == GpuArchitecture::ampere || architecture == GpuArchitecture::volta)
        e.decodeBandwidth = 0.80;
    return e;
}

// Point 2: 16 to 29 us each, 0.35 to 0.48 of the link's one-way peak.
LinkEfficiency linkEfficiency(GpuArchitecture, LinkTopology topology)
{
    if (topology == LinkTopology::pcie)
        return {0.42, 20e-6, 2e-6, 16e-6, 2e-6};
    return {0.48, 15e-6, 1e-6, 10e-6, 1e-6};
}

LinkEfficiency betweenNodesEfficiency() { return {0.7, 25e-6, 5e-6, 25e-6, 5e-6}; }

// Points 1 and 8; engines of 2023 prepared each step in Python before the GPU could start.
EngineOverhead engineOverhead(const EngineSpec& engine)
{
    EngineOverhead o;
    switch (engine.engine) {
    case Engine::tensorrtLlm:
        o = {1.0e-3, 4e-6, 2e-6, 5e-5};
        break;
    case Engine::sglang:
        o = {1.3e-3, 5e-6, 4e-6, 1e-4};
        break;
    case Engine::generic:
    case Engine::vllm:
        o = {1.4e-3, 5e-6, 5e-6, 1e-4};
        break;
    }
    if (engine.year <= 2023 && engine.engine != Engine::tensorrtLlm) {
        o.perStep += 4e-3;
        o.perSequence += 3e-5;
    }
    if (!engine.cudaGraphs)
        o.perLayer += 6e-5; // about ten kernels a layer, launched one by one
    return o;
}

// Provisional until the cross-validated residuals are in: medians of 10 to 14 % and 90th percentiles of 40 to 47 % of
// the reference fit in ../shared/validation/README.md; wider where nothing was measured.
ErrorBand bandFor(PredictedQuantity quantity, GpuArchitecture architecture, NumberFormat)
{
    const bool measured =
        architecture == GpuArchitecture::ampere || architecture == GpuArchitecture::hopper || isBlackwell(architecture);
    const double spread = measured ? 1.0 : 1.3;
    double factor = 1.28;
    switch (quantity) {
    case PredictedQuantity::ttft:
        factor = 1.40;
        break;
    case PredictedQuantity::e2e:
        factor = 1.32;
        break;
    case PredictedQuantity::tpot:
    case PredictedQuantity::throughput:
    case PredictedQuantity::capacity:
    case PredictedQuantity::cost:
        break;
    }
    factor = 1 + (factor - 1) * spread;
    return {1 / factor, factor};
}

} // namespace headroom
