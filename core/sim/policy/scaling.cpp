#include "core/sim/policy/scaling.h"

#include <array>

namespace headroom::sim {

namespace {

/// The fleet stays as it is.
int asItIs(const FleetView& v, ScalingState&) { return v.wanted; }

constexpr std::array<ScalingRow, 1> kScalings{{
    {"fixed", "Fixed", &asItIs},
}};

} // namespace

std::span<const ScalingRow> scalings() { return kScalings; }

} // namespace headroom::sim
