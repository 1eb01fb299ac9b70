// FRONT DOOR 2: the simulator (MODEL.md 12). Pure: the result depends on the scenario only, on any number of threads.
#pragma once

#include "core/sim/result.h"
#include "core/sim/scenario.h"

#include <cstdint>
#include <functional>
#include <stop_token>

namespace headroom::sim {

struct ProgressReport {
    double fraction = 0;                ///< of the requests of all replications
    const SimResult* partial = nullptr; ///< result of the replications done so far, when another one has ended
};
/// Called on the caller's thread or on a worker, never two at a time, at most some hundred times a second.
using Progress = std::function<void(const ProgressReport&)>;

/// Runs a scenario. A stop request is answered within 50 ms with what was simulated so far and `cancelled` set.
/// Overload, rejection and a model that does not fit are answers.
SimResult simulate(const Scenario&, std::stop_token = {}, const Progress& = {});

} // namespace headroom::sim
