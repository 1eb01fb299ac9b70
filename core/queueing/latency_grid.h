// A distribution of latency as a piecewise linear distribution function, made by adding many small ramps.
#pragma once

#include <array>
#include <cstddef>

namespace headroom {

/// Two even spacings: fine up to the knee, coarse from there to the end, so that a rare long wait does not blur the
/// median. Built by adding uniform pieces, then finished once; lookups are cheap.
class LatencyGrid {
public:
    static constexpr std::size_t kHalf = 160, kCells = 2 * kHalf;

    /// \param knee, end seconds, 0 < knee < end
    LatencyGrid(double knee, double end);
    /// Adds `weight` spread evenly over [from, to]; `waited` is the mean of a second quantity over it (the queue part).
    void add(double from, double to, double weight, double waited);
    /// Makes the sums. Weights must add up to one.
    void finish();

    double mean() const { return m_mean; }
    double end() const { return m_end; }
    /// Smallest t with F(t) >= p, linear between the knots.
    double quantile(double p) const;

    /// Values at one point: F(t), its integral from 0, and E[waited; X <= t].
    struct At {
        double cumulative, integral, waited;
    };
    At at(double t) const;

private:
    std::size_t cellOf(double t) const
    {
        return t < m_knee ? static_cast<std::size_t>(t * m_fine)
                          : kHalf + static_cast<std::size_t>((t - m_knee) * m_coarse);
    }
    double knot(std::size_t i) const
    {
        return i <= kHalf ? static_cast<double>(i) / m_fine : m_knee + static_cast<double>(i - kHalf) / m_coarse;
    }
    void bend(double t, double slope, double waitedSlope);

    double m_knee, m_end, m_fine, m_coarse, m_mean = 0;
    std::array<double, kCells + 2> m_cumulative{}, m_waited{}, m_integral{};
};

} // namespace headroom
