// A run of equal steps in closed form (MODEL.md 12): k steps last k a + b k (k - 1) / 2.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace headroom::sim {

struct Leap {
    double start = 0;     ///< seconds since the start of the run
    double first = 0;     ///< duration of the first step, s
    double increment = 0; ///< by which each further step is longer, s
    std::int64_t steps = 0;

    /// Seconds that the first `n` steps take.
    double duration(std::int64_t n) const
    {
        const auto x = static_cast<double>(n);
        return x * first + increment * (0.5 * x * (x - 1));
    }
    double end() const { return start + duration(steps); }
    /// The fewest steps, 1 to `steps`, after which the time is at least `t`.
    std::int64_t stepsUntil(double t) const
    {
        const double span = t - start;
        const double p = first - 0.5 * increment;
        const double root = p + std::sqrt(p * p + 2 * increment * span); // stable for a small increment
        const double guess = root > 0 ? 2 * span / root : static_cast<double>(steps);
        std::int64_t n = steps;
        if (guess < static_cast<double>(steps)) {
            const auto whole = static_cast<std::int64_t>(guess); // rounded up without a call of std::ceil
            n = std::max<std::int64_t>(1, whole + static_cast<std::int64_t>(static_cast<double>(whole) < guess));
        }
        while (n > 1 && start + duration(n - 1) >= t)
            --n;
        while (n < steps && start + duration(n) < t)
            ++n;
        return n;
    }
};

} // namespace headroom::sim
