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

    /// \param knee, end seconds, 0 < knee <= end / 2: the fine half is the finer one
    /// \param half cells on either side of the knee, up to kHalf
    LatencyGrid(double knee, double end, std::size_t half = kHalf);
    /// Adds `weight` spread evenly over [from, to]; `waited` is the mean of a second quantity over it (the queue part).
    void add(double from, double to, double weight, double waited);
    /// The same where the second quantity is never asked for.
    void add(double from, double to, double weight);
    /// Ramps of one width that lie inside the range, [0, end()], each with a weight and the mean of the second quantity.
    struct Ramps {
        static constexpr std::size_t kMost = 64;
        std::array<double, kMost> from, weight, waited;
        std::size_t count = 0;
    };
    /// Adds them, in half the time that one after another takes. \param width at least leastWidth()
    template <bool withWaited>
    void addInside(const Ramps&, double width);
    /// That of a jump, seconds: below any resolution, and finite.
    double leastWidth() const { return m_least; }
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
    /// Cells from 0, with the fraction inside the cell: the lower of two lines, the first of which is the steeper one.
    double position(double t) const { return std::min(t * m_fine, m_halfCells + (t - m_knee) * m_coarse); }
    double knot(std::size_t i) const
    {
        return i <= m_half ? static_cast<double>(i) * m_fineCell
                           : m_knee + static_cast<double>(i - m_half) * m_coarseCell;
    }
    template <bool withWaited>
    void bend(int cell, double right, double slope, double waited);
    template <bool withWaited>
    void addOne(double from, double to, double weight, double waited);
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

// A change of slope, split over the two knots around it so that what follows is unchanged.
template <bool withWaited>
void LatencyGrid::bend(int cell, double right, double slope, double waited)
{
    Knot &at = m_knots[static_cast<std::size_t>(cell)], &next = m_knots[static_cast<std::size_t>(cell) + 1];
    const double there = slope * right, here = slope - there;
    at.cumulative += here;
    next.cumulative += there;
    if constexpr (withWaited) {
        at.waited += here * waited;
        next.waited += there * waited;
    }
}

// In passes over all of them, so that the compiler takes two at a time.
template <bool withWaited>
void LatencyGrid::addInside(const Ramps& ramps, double width)
{
    struct Ends {
        std::array<int, Ramps::kMost> cell;
        std::array<double, Ramps::kMost> right; ///< share of the knot to the right
    };
    Ends first, last;
    const std::size_t n = ramps.count;
    const double most = 2 * m_halfCells, perWidth = 1 / width;
    const auto locate = [&](Ends& ends, double offset) {
        for (std::size_t i = 0; i < n; ++i) {
            const double at = std::min(position(ramps.from[i] + offset), most);
            ends.cell[i] = static_cast<int>(at);
            ends.right[i] = at - static_cast<double>(ends.cell[i]);
        }
    };
    locate(first, 0);
    locate(last, width);
    double mean = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const double slope = ramps.weight[i] * perWidth;
        mean += ramps.weight[i] * (ramps.from[i] + 0.5 * width);
        bend<withWaited>(first.cell[i], first.right[i], slope, ramps.waited[i]);
        bend<withWaited>(last.cell[i], last.right[i], -slope, ramps.waited[i]);
    }
    m_mean += mean;
}

// A jump is a ramp of the least width.
template <bool withWaited>
void LatencyGrid::addOne(double from, double to, double weight, double waited)
{
    const auto [start, width] = inside(from, to);
    Ramps one;
    one.from[0] = start;
    one.weight[0] = weight;
    one.waited[0] = waited;
    one.count = 1;
    addInside<withWaited>(one, width);
}

inline void LatencyGrid::add(double from, double to, double weight, double waited)
{
    addOne<true>(from, to, weight, waited);
}

inline void LatencyGrid::add(double from, double to, double weight) { addOne<false>(from, to, weight, 0); }

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
