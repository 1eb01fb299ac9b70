// Results of the simulator as JSON and as text, with the fixed keys of the command line contract.
#pragma once

#include "core/plan/plan.h"
#include "core/sim/result.h"

#include <optional>
#include <string>

namespace headroom::cli {

/// One object, compact. \param utilization offered load over capacity, from the closed forms; absent = null
std::string simulationJson(const sim::SimResult&, std::optional<double> utilization);
/// What a person wants to read first.
std::string simulationText(const Plan&, const sim::SimResult&, std::optional<double> utilization);

} // namespace headroom::cli
