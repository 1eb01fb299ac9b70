// Results of the simulator as JSON and as text, with the fixed keys of the command line contract.
#pragma once

#include "core/evaluate.h"
#include "core/plan/plan.h"
#include "core/sim/result.h"

#include <optional>
#include <string>

namespace headroom::cli {

/// One object, compact. \param utilization offered load over capacity, from the closed forms; absent = null
/// \param closed the closed forms of the same load, whose bands say how sure the steps are; null = not known
std::string simulationJson(const sim::SimResult&, std::optional<double> utilization, const PointEvaluation* closed);
/// What a person wants to read first.
std::string simulationText(
    const Plan&, const sim::SimResult&, std::optional<double> utilization, const PointEvaluation* closed);

} // namespace headroom::cli
