// Results as text for people in a terminal.
#pragma once

#include "core/evaluate.h"
#include "core/model/efficiency.h"
#include "core/plan/plan.h"

#include <string>

namespace headroom::cli {

/// The answer first, then latency, memory, cost and what limits.
std::string evaluationText(const Plan&, const Evaluation&);
/// One engine step: its length within the band of the TPOT, and where it goes.
std::string stepText(const StepParts&, const ErrorBand&);

} // namespace headroom::cli
