// Results as text for people in a terminal.
#pragma once

#include "core/evaluate.h"
#include "core/plan/plan.h"

#include <string>

namespace headroom::cli {

/// The answer first, then latency, memory, cost and what limits.
std::string evaluationText(const Plan&, const Evaluation&);
/// One engine step: its length and where it goes.
std::string stepText(const StepParts&);

} // namespace headroom::cli
