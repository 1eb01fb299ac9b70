#include "core/queueing/decode_time.h"

#include "core/workload/probability.h"

#include <algorithm>
#include <cmath>

namespace headroom {

namespace {

/// Shape of a gamma variable from mean and variance; so narrow a one that nobody sees its spread counts as fixed.
double shapeOf(double mean, double variance)
{
    constexpr double kNarrowest = 1e6;
    return mean * mean > kNarrowest * variance ? kNarrowest : mean * mean / variance;
}

} // namespace

double DecodeTime::mean(double gaps) const { return gaps * interval - start * std::expm1(-gaps / memory); }

double DecodeTime::variance(double gaps) const
{
    // Gaps are correlated over `memory` steps: exponential autocorrelation, summed.
    const double x = gaps / memory;
    const double shared = x < 1e-3 ? 1 - x / 3 : 2 * (x - 1 + std::exp(-x)) / (x * x);
    return gaps * gaps * (slow + fast * shared);
}

DecodeTime::Spread DecodeTime::spread(double gaps) const
{
    const double middle = mean(gaps), base = std::min(gaps * least, 0.97 * middle), above = middle - base;
    if (!(above > 0))
        return {middle, 0, 0};
    return {base, above, 1 / (3 * std::sqrt(shapeOf(above, variance(gaps))))};
}

double DecodeTime::meets(double gaps, double intervalLimit) const
{
    const Spread s = spread(gaps);
    const double x = gaps * intervalLimit;
    if (x <= s.base)
        return x < s.base ? 0 : 1;
    if (!(s.above > 0))
        return 1;
    return normalCumulative((std::cbrt((x - s.base) / s.above) - 1 + s.width * s.width) / s.width);
}

} // namespace headroom
