// A measured configuration made runnable: shapes, engine limits and lengths, with documented defaults for whatever the
// source does not say.
#pragma once

#include "core/calibration/measurements.h"
#include "core/model/hardware.h"
#include "core/model/memory.h"
#include "core/model/step_time.h"
#include "core/model/transformer.h"
#include "core/plan/plan.h"
#include "core/workload/workload.h"

#include <string>

namespace headroom {

/// How prompts and decodes share a step in the engine that was measured.
enum class PromptMixing {
    together,    ///< chunks of prompts fill up the steps of the decodes
    promptFirst, ///< steps of prompts only, then steps of decodes only (SGLang's default)
};

struct MeasuredCase {
    ModelSpec model;
    GpuSpec gpu;
    Layout layout;
    NumberFormat weightFormat = NumberFormat::bf16, kvFormat = NumberFormat::bf16;
    EngineSpec engine;
    LoadKind loadKind = LoadKind::offlineMax;
    PromptMixing mixing = PromptMixing::together;
    LengthDistribution input, output;
    double replicas = 1;
    double inFlight = 0;       ///< of one replica: batch, clients; offline: all requests
    double rate = 0;           ///< request_rate: offered to one replica, per second
    double requests = 0;       ///< of one replica, in the whole run
    double maxSequences = 256; ///< the engine's limit
    double tokenBudget = 8192;
    double kvTokens = 0;      ///< that one replica holds
    bool reservesAll = false; ///< prompt plus output are promised at admission (TensorRT-LLM)
    bool fits = true;
    bool assumed = false; ///< something that decides the result is not in the source (MLPerf lengths)

    StepModel stepModel(const EfficiencyTable& table) const
    {
        return StepModel(StepInput{.model = &model,
            .gpu = &gpu,
            .layout = layout,
            .weightFormat = weightFormat,
            .kvFormat = kvFormat,
            .engine = engine,
            .efficiency = &table});
    }
};

/// Whether a row states the lengths that its metric depends on. One without isl passes: the means of its benchmark are
/// assumed then, and MeasuredCase::assumed says so. Errors: osl missing beside isl, except for the TTFT of a static batch.
Result<void> statesItsLengths(const Measurement&);

/// The case of a row, or why it cannot be run (an unknown GPU, model, engine or number format, no lengths, no load). Defaults where the source is silent are those of the engines as shipped
/// (measured_case.cpp gives each with its reason).
/// \param own figures of a GPU that a plan brings: they count before the catalog's for rows of that name
Result<MeasuredCase> caseOf(const Measurement&, const HardwareChoice* own = nullptr);

} // namespace headroom
