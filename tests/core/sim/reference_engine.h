// A plain simulator that walks step by step and touches every sequence at every step. It shares with the product the
// scenario, the step law, the buddy allocator, random streams, samplers of lengths and the policy of a controller, and
// nothing else: what it says is the definition of right.
#pragma once

#include "core/sim/kv_blocks.h"
#include "core/sim/result.h"
#include "core/sim/scenario.h"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace headroom::sim::reference {

struct Outcome {
    std::vector<RequestRow> rows; ///< in order of request
    std::vector<double> gaps;     ///< between consecutive tokens of a request, s
    std::uint64_t steps = 0, preemptions = 0, swaps = 0;
    std::optional<double> headOfLineMean; ///< of completed requests, s; absent if there are none
    bool nearTie = false;                 ///< an event came within 1e-9 of a step boundary: the draw proves nothing
};

/// Runs a scenario with a trace, Poisson arrivals or a closed loop, to its end or to its horizon.
Outcome run(const Scenario&);

} // namespace headroom::sim::reference
