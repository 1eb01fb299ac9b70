// What would hold a model that does not fit its GPUs: more of them, or narrower weights.
#pragma once

#include "core/model/number_format.h"
#include "core/plan/plan.h"

#include <optional>
#include <string>

namespace headroom {

struct WaysToFit {
    std::optional<int> tp;                    ///< least tensor-parallel degree that holds it, all else as it is
    std::optional<NumberFormat> weightFormat; ///< widest format of weights that holds it on the GPUs it has
};

/// Both ways out for a plan that does not fit; a plan that fits gives its own degree and format. Only degrees that the
/// plan allows (they divide its heads and suit its expert and attention ranks) are tried, up to the largest there is.
/// Of formats with as many bits the one that the GPU multiplies natively.
WaysToFit waysToFit(const Plan&);

/// The plan changed in the first of these ways, so that it fits, and the change in words: "tensor parallel 2", "fp8 weights".
struct FittingPlan {
    Plan plan;
    std::string change;
};
/// Absent where neither way is there.
std::optional<FittingPlan> fittingPlan(const Plan&);

} // namespace headroom
