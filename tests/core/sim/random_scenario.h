// Random small scenarios for property tests: every knob that changes the course of a run.
#pragma once

#include "core/sim/scenario.h"

#include <cstdint>
#include <string>

namespace headroom::sim {

/// A scenario with a trace of some dozen requests; row recording on. The same seed gives the same scenario.
Scenario randomScenario(BatchPolicy, std::uint64_t seed);
/// Its knobs in one line, for failure messages.
std::string describe(const Scenario&);
/// An affine step law: base + perDecode * B + perToken * x + perContext * S + perPair * pairs + perPrefix * prefix.
Physics affinePhysics(
    double base, double perDecode, double perToken, double perContext, double perPair = 0, double perPrefix = 0);

} // namespace headroom::sim
