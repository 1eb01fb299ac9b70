// A distribution of latency as a piecewise linear distribution function, made by adding many small ramps.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

namespace headroom {

/// Two even spacings: fine up to the knee, coarse from there to the end, so that a rare long wait does not blur the
/// median. Built by adding uniform pieces, then finished once; lookups are cheap.
class LatencyGrid {
public:
    static constexpr std::size_t kHalf = 192, kCells = 2 * kHalf;

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
    struct Knot {
        double cumulative = 0, waited = 0, integral = 0; ///< before finish(): changes of slope of the first two
    };
    /// Cells from 0, with the fraction inside the cell.
    double position(double t) const
    {
        return t < m_knee ? t * m_fine : static_cast<double>(kHalf) + (t - m_knee) * m_coarse;
    }
    double knot(std::size_t i) const
    {
        return i <= kHalf ? static_cast<double>(i) / m_fine : m_knee + static_cast<double>(i - kHalf) / m_coarse;
    }
    void bend(double t, double slope, double waitedSlope);

    double m_knee, m_end, m_fine, m_coarse, m_mean = 0;
    std::array<Knot, kCells + 2> m_knots{};
};

// These two are called some hundred times for one percentile.

// A change of slope at t, split over the two knots around it so that what follows is unchanged.
inline void LatencyGrid::bend(double t, double slope, double waitedSlope)
{
    const double at = std::min(position(t), static_cast<double>(kCells));
    const auto i = static_cast<std::size_t>(at);
    const double right = at - static_cast<double>(i);
    Knot &left = m_knots[i], &next = m_knots[i + 1];
    left.cumulative += slope * (1 - right);
    next.cumulative += slope * right;
    left.waited += waitedSlope * (1 - right);
    next.waited += waitedSlope * right;
}

inline void LatencyGrid::add(double from, double to, double weight, double waited)
{
    // A jump is a ramp over a millionth of the range: below any resolution, and finite.
    const double least = 1e-6 * m_end;
    const double start = std::clamp(from, 0.0, m_end - least), width = std::max(std::min(to, m_end) - start, least);
    const double slope = weight / width;
    m_mean += weight * (start + 0.5 * width);
    bend(start, slope, slope * waited);
    bend(start + width, -slope, -slope * waited);
}

} // namespace headroom
