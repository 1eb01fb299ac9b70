// Step times of Yi-34B on two A100-80GB as Sarathi-Serve's artifact measured them, and a law fitted to them: an example
// of calibration from one's own measurements.
#pragma once

#include "core/sim/scenario.h"

#include <array>
#include <cstddef>
#include <optional>

namespace headroom::papers {

struct MeasuredStep {
    double size; ///< sequences of a decode step, or prompt tokens
    double milliseconds;
};
inline constexpr std::array<MeasuredStep, 8> kYiDecode{
    {{1, 46.8}, {2, 47.5}, {4, 48.8}, {8, 69.7}, {16, 77.3}, {32, 87.9}, {64, 127.8}, {128, 189.3}}};
inline constexpr std::array<MeasuredStep, 8> kYiPrefill{{{128, 48.1}, {256, 121.4}, {512, 105.6}, {1024, 214.3},
    {2048, 366.0}, {4096, 757.6}, {8192, 1863}, {16384, 4408}}};
/// The first batch of the run, slower than one of twice its size: left out of every fit.
inline constexpr std::size_t kYiOutlier = 1;

/// decode: base + more from `wide` sequences on + perSequence B (matrix products of few rows run other kernels);
/// prefill: fixed + perToken x + perSquare x^2, never below a decode of one.
struct YiLaw {
    static constexpr double kWide = 8;
    double base = 0, more = 0, perSequence = 0;
    double fixed = 0, perToken = 0, perSquare = 0;
    double decodeMilliseconds(double sequences) const;
    double prefillMilliseconds(double tokens) const;
};

struct LeftOut {
    std::optional<std::size_t> decode, prefill;
};
/// Least squares of the relative errors.
YiLaw fitYi(LeftOut);
/// Prompt tokens and decodes of a mixed step go through the same matrices; sequences add what they add to a decode.
sim::Physics physicsOf(const YiLaw&);

} // namespace headroom::papers
