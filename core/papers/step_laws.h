// Step laws of published systems: their own fitted coefficients, or a roofline with a few stated constants. They stand
// in for the product's calibrated step model so that a row depends on what its paper states and on nothing fitted here.
#pragma once

#include "core/model/parallelism.h"
#include "core/model/transformer.h"
#include "core/sim/scenario.h"

#include <array>

namespace headroom::papers {

/// DistServe, appendix A, milliseconds. prefill: a + b t + c t2 (t tokens, t2 sum of squared lengths);
/// decode: a + b context + c batch, another set from `largeFrom` sequences on. A step with both takes the sum.
struct FittedLaw {
    std::array<double, 3> prefill{}, decode{}, decodeLarge{};
    double largeFrom = 95;
    double pipelineStages = 1; ///< prefill times are divided by it and gain a millisecond each
};
sim::Physics physicsOf(const FittedLaw&);

/// What a roofline needs beyond datasheets.
struct RooflineConstants {
    double bandwidth = 0.8;     ///< share of peak, weights and KV
    double compute = 0.5;       ///< share of peak, matrix products
    double perStep = 0;         ///< seconds a step and pipeline stage
    double perSequence = 0;     ///< seconds per decoding sequence
    double attentionSlower = 1; ///< factor on the time of decode attention
};
struct RooflineSystem {
    const ModelSpec* model = nullptr;
    const GpuSpec* gpu = nullptr;
    Layout layout{};
    RooflineConstants constants{};
};
/// Per stage: max(weight bytes, FLOP) + KV bytes + overhead; decodes are spread evenly over as many
/// batches in flight as there are stages, a prompt is in one of them (Orca, section 4.2).
sim::Physics physicsOf(const RooflineSystem&);

} // namespace headroom::papers
