// Distributions of latency as piecewise linear distribution functions, made by adding many small ramps.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

namespace headroom {

/// Two even spacings: fine up to the knee, coarse from there to the end, so that a rare long wait does not blur the
/// median. Built by adding uniform pieces, then finished once; lookups are cheap.
class LatencyGrid {
public:
    static constexpr std::size_t kHalf = 192;

    /// \param knee, end seconds, 0 < knee < end
    /// \param half cells on either side of the knee, up to kHalf
    LatencyGrid(double knee, double end, std::size_t half = kHalf);
    /// Adds `weight` spread evenly over [from, to]; `waited` is the mean of a second quantity over it (the queue part).
    void add(double from, double to, double weight, double waited);
    /// The same where the second quantity is never asked for.
    void add(double from, double to, double weight);
    /// The same for what lies inside the range, with 1 / width at hand.
    void addInside(double from, double width, double weight, double perWidth, double waited);
    void addInside(double from, double width, double weight, double perWidth);
    /// Makes the sums. Weights must add up to one.
    /// \param withWaited whether the second quantity is asked for
    void finish(bool withWaited = true);

    double mean() const { return m_mean; }
    double end() const { return m_end; }
    /// Smallest t with F(t) >= p, linear between the knots.
    double quantile(double p) const;

    /// Values at one point: F(t), its integral from 0, and E[waited; X <= t].
    struct At {
        double cumulative, integral, waited;
    };
    At at(double t) const;
    /// dF/dt at t.
    double density(double t) const;

private:
    struct Knot {
        double cumulative, waited, integral; ///< before finish(): changes of slope of the first two
    };
    /// Cells from 0, with the fraction inside the cell.
    double position(double t) const { return t < m_knee ? t * m_fine : m_halfCells + (t - m_knee) * m_coarse; }
    double knot(std::size_t i) const
    {
        return i <= m_half ? static_cast<double>(i) * m_fineCell
                           : m_knee + static_cast<double>(i - m_half) * m_coarseCell;
    }
    void bend(double t, double slope, double waitedSlope);
    void bend(double t, double slope);
    /// Where a ramp starts and how wide it is, inside the range.
    struct Ramp {
        double start, width;
    };
    Ramp inside(double from, double to) const
    {
        const double start = std::min(std::max(from, 0.0), m_end - m_least);
        return {start, std::max(std::min(to, m_end) - start, m_least)};
    }

    double m_knee, m_end, m_fine, m_coarse;   ///< seconds; cells per second
    double m_fineCell, m_coarseCell, m_least; ///< seconds: of a cell; of the steepest ramp
    double m_mean = 0;
    std::size_t m_half;
    double m_halfCells;                      ///< the same
    std::array<Knot, 2 * kHalf + 2> m_knots; ///< 2 m_half + 2 of them are used
};

/// The same for a quantity that begins well above 0 and of which only quantiles are asked: time per output token.
class IntervalGrid {
public:
    static constexpr std::size_t kHalf = 128, kCells = 2 * kHalf;

    /// \param start, knee, end seconds, start < knee < end; nothing lies below start
    IntervalGrid(double start, double knee, double end);
    /// Adds a distribution: probability `weight * between[k]` spread evenly over [values[k], values[k + 1]].
    /// \param values ascending
    template <std::size_t N>
    void add(const std::array<double, N>& values, const std::array<double, N - 1>& between, double weight);
    /// Makes the sums. Weights must add up to one.
    void finish();

    double mean() const { return m_mean; }
    double quantile(double p) const;

private:
    double m_start, m_knee, m_end, m_fine, m_coarse, m_least; ///< seconds; cells per second; steepest ramp
    double m_mean = 0;
    std::array<double, kCells + 2> m_knots{}; ///< before finish(): changes of slope
};

// What follows is called some hundred times for one percentile.

// A change of slope at t, split over the two knots around it so that what follows is unchanged.
inline void LatencyGrid::bend(double t, double slope, double waitedSlope)
{
    const double at = std::min(position(t), 2 * m_halfCells);
    const auto i = static_cast<std::size_t>(static_cast<int>(at));
    const double right = at - static_cast<double>(static_cast<int>(i));
    Knot &left = m_knots[i], &next = m_knots[i + 1];
    left.cumulative += slope * (1 - right);
    next.cumulative += slope * right;
    left.waited += waitedSlope * (1 - right);
    next.waited += waitedSlope * right;
}

inline void LatencyGrid::bend(double t, double slope)
{
    const double at = std::min(position(t), 2 * m_halfCells);
    const int i = static_cast<int>(at);
    const double right = at - static_cast<double>(i);
    m_knots[static_cast<std::size_t>(i)].cumulative += slope * (1 - right);
    m_knots[static_cast<std::size_t>(i) + 1].cumulative += slope * right;
}

inline void LatencyGrid::addInside(double from, double width, double weight, double perWidth, double waited)
{
    const double slope = weight * perWidth;
    m_mean += weight * (from + 0.5 * width);
    bend(from, slope, slope * waited);
    bend(from + width, -slope, -slope * waited);
}

inline void LatencyGrid::addInside(double from, double width, double weight, double perWidth)
{
    const double slope = weight * perWidth;
    m_mean += weight * (from + 0.5 * width);
    bend(from, slope);
    bend(from + width, -slope);
}

// A jump is a ramp of the least width: below any resolution, and finite.
inline void LatencyGrid::add(double from, double to, double weight, double waited)
{
    const auto [start, width] = inside(from, to);
    addInside(start, width, weight, 1 / width, waited);
}

inline void LatencyGrid::add(double from, double to, double weight)
{
    const auto [start, width] = inside(from, to);
    addInside(start, width, weight, 1 / width);
}

inline LatencyGrid::At LatencyGrid::at(double t) const
{
    if (t <= 0)
        return {0, 0, 0};
    const Knot& last = m_knots[2 * m_half];
    if (t >= m_end)
        return {std::min(last.cumulative, 1.0), last.integral + last.cumulative * (t - m_end), last.waited};
    const double at = position(t);
    const auto i = static_cast<std::size_t>(std::min(static_cast<int>(at), static_cast<int>(2 * m_half) - 1));
    const double part = at - static_cast<double>(static_cast<int>(i));
    const double into = part * (i < m_half ? m_fineCell : m_coarseCell);
    const Knot &left = m_knots[i], &right = m_knots[i + 1];
    const double value = left.cumulative + part * (right.cumulative - left.cumulative);
    return {std::clamp(value, 0.0, 1.0), left.integral + 0.5 * into * (left.cumulative + value),
        left.waited + part * (right.waited - left.waited)};
}

template <std::size_t N>
void IntervalGrid::add(const std::array<double, N>& values, const std::array<double, N - 1>& between, double weight)
{
    const double most = m_end - static_cast<double>(N) * m_least; // so that each piece keeps the least width
    double from = std::clamp(values.front(), m_start, most), before = 0;
    const auto bend = [this](double t, double slope) {
        const double at = t < m_knee ? (t - m_start) * m_fine : static_cast<double>(kHalf) + (t - m_knee) * m_coarse;
        const int i = std::min(static_cast<int>(at), static_cast<int>(kCells));
        const double right = at - i;
        m_knots[static_cast<std::size_t>(i)] += slope * (1 - right);
        m_knots[static_cast<std::size_t>(i) + 1] += slope * right;
    };
    for (std::size_t k = 0; k + 1 < N; ++k) {
        const double to = std::max(std::min(values[k + 1], most), from + m_least);
        const double w = weight * between[k], slope = w / (to - from);
        m_mean += 0.5 * w * (from + to);
        bend(from, slope - before);
        before = slope;
        from = to;
    }
    bend(from, -before);
}

} // namespace headroom
