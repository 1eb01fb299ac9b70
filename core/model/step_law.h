// The duration of an engine step as an affine function of what its sequences attend to (MODEL.md 11).
#pragma once

#include <array>

namespace headroom {

/// A model has at most this many different attention reaches: [0] the whole context, [1] and [2] two windows.
inline constexpr int kReaches = 3;
/// One number for each of them.
using PerReach = std::array<double, kReaches>;

/// For fixed decodes, prefillTokens and prompts a step is affine in the context, pair and prefix sums:
/// seconds = base + sum(perContext[i]*context[i] + perPair[i]*pairs[i] + perPrefix[i]*prefix[i]).
struct StepLaw {
    double base = 0;
    PerReach perContext{}, perPair{}, perPrefix{};
};

} // namespace headroom
