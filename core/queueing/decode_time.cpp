#include "core/queueing/decode_time.h"

#include "core/workload/probability.h"

#include <algorithm>
#include <cmath>

namespace headroom {

DecodeTime::Moments DecodeTime::moments(double gaps) const
{
    const double x = gaps / memory;
    constexpr double kForgotten = 40; // e^-40 is below rounding
    const double left = x < kForgotten ? std::exp(-x) : 0;
    // Gaps are correlated over `memory` steps: exponential autocorrelation, summed.
    const double shared = x < 1e-3 ? 1 - x / 3 : 2 * (x - 1 + left) / (x * x);
    return {gaps * interval + start * (1 - left), gaps * gaps * (slow + fast * shared)};
}

DecodeTime::Spread DecodeTime::spread(double gaps) const
{
    const auto [middle, variance] = moments(gaps);
    const double base = std::min(gaps * least, 0.97 * middle), above = middle - base;
    if (!(above > 0))
        return {middle, 0, 0};
    constexpr double kNarrowest = 1e-3; // 1 / sqrt(shape) of so narrow a variable that nobody sees its spread
    return {base, above, std::max(kNarrowest, std::sqrt(variance) / above) / 3};
}

double DecodeTime::meets(const Spread& s, double limit)
{
    if (limit <= s.base)
        return limit < s.base ? 0 : 1;
    if (!(s.above > 0))
        return 1;
    constexpr double kCertain = 6; // standard deviations: 1e-9
    if (limit >= s.at(kCertain))
        return 1;
    if (limit <= s.at(-kCertain))
        return 0;
    return normalCumulative((std::cbrt((limit - s.base) / s.above) - 1 + s.width * s.width) / s.width);
}

double DecodeTime::meets(double gaps, double intervalLimit) const { return meets(spread(gaps), gaps * intervalLimit); }

} // namespace headroom
