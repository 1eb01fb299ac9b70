// Where to put weights, cache and activations of a plan: the policy search of FlexGen (section 4.3) on the plan's own
// step and memory models.
#pragma once

#include "core/model/latency.h"
#include "core/plan/plan.h"

#include <optional>
#include <vector>

namespace headroom {

struct PlacementResult {
    Offloading offload; ///< not enabled: nothing is offloaded
    bool fits = false;
    double seats = 0;     ///< of one replica
    RequestRate capacity; ///< of the fleet
    TokenRate output;     ///< at capacity
    Seconds step;         ///< a decode step of all seats
    Band capacityBand, outputBand, stepBand;
};

/// How a plan does with some placement, all else as it is.
PlacementResult tryPlacement(const Plan&, const Offloading&);

/// The placement of the highest capacity: weights on the GPU in steps of 5 %, half or all or none of the cache there,
/// the rest on the host as far as it goes and then on disk; attention on either side. Ties go to the one that offloads
/// less. GPU batch, schedule and overlap stay the plan's. Absent when nothing fits. Some ten milliseconds.
std::optional<PlacementResult> bestPlacement(const Plan&);

} // namespace headroom
