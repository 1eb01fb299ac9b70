// What a decode step must do at least: FLOP and bytes from shapes alone, without efficiencies (topic 4.3).
#pragma once

#include "core/model/hardware.h"
#include "core/model/parallelism.h"
#include "core/model/transformer.h"
#include "core/units.h"

namespace headroom {

struct StepWork {
    Flops flops; ///< of one GPU
    Bytes bytes; ///< read by one GPU: weights once, routed experts that are reached, KV of the contexts
    /// FLOP per byte; 0 for an empty step.
    double intensity() const { return bytes.si() > 0 ? flops.si() / bytes.si() : 0; }
};

struct WorkInput {
    const ModelSpec* model = nullptr;
    Layout layout{};
    NumberFormat weightFormat = NumberFormat::bf16;
    NumberFormat kvFormat = NumberFormat::bf16;
};

/// A step of `decodes` sequences with `meanContext` tokens each, on the busiest GPU of a replica. Two FLOP for each
/// active parameter and sequence, and four for each cached position and head width; experts are reached independently
/// and evenly (an upper bound under skew, MODEL.md 6.5).
StepWork decodeWork(const WorkInput&, double decodes, Tokens meanContext);

/// The dense peak the weights of a format are multiplied at on a GPU: native where there is one, else 16 bit.
FlopRate peakFor(const GpuSpec&, NumberFormat weightFormat);

} // namespace headroom
