// How long a request takes from its first to its last token, as a distribution that depends on its length.
#pragma once

namespace headroom {

/// Mean and variance of the time for a number of gaps between tokens, as a gamma variable above what decode steps
/// without prompts take. Three things make it vary: the batch (slow), prompts in other steps (fast), and what the
/// request finds waiting when it starts. Seconds.
struct DecodeTime {
    double interval = 0; ///< mean time of a gap, far from the start
    double start = 0;    ///< added to the whole on average, because a request starts among prompts that came with it
    double memory = 1;   ///< steps after which the start and a long step are forgotten
    double slow = 0;     ///< variance of a request's mean gap, from changes of the batch
    double fast = 0;     ///< variance of a single gap, from prompts
    double least = 0;    ///< a gap without prompts

    struct Moments {
        double mean, variance; ///< seconds, seconds^2
    };
    Moments moments(double gaps) const;
    /// The gamma variable for one length, ready for many quantiles.
    struct Spread {
        double base, above, width; ///< seconds, seconds, and 1 / (3 sqrt(shape))
        /// Value at the standard normal quantile z (Wilson and Hilferty), not scaled to the mean.
        double at(double z) const
        {
            const double root = 1 - width * width + z * width;
            return root > 0 ? base + above * root * root * root : base;
        }
    };
    Spread spread(double gaps) const;
    /// P(time <= limit).
    static double meets(const Spread&, double limit);
    /// P(time / gaps <= intervalLimit).
    double meets(double gaps, double intervalLimit) const;
};

} // namespace headroom
