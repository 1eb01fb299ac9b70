#include "core/queueing/latency_grid.h"

#include <algorithm>

namespace headroom {

namespace {

/// A jump is a ramp over this share of the range: below any resolution, and finite.
constexpr double kJump = 1e-6;

} // namespace

LatencyGrid::LatencyGrid(double knee, double end, std::size_t half)
    : m_knee(knee),
      m_end(end),
      m_fine(static_cast<double>(half) / knee),
      m_coarse(static_cast<double>(half) / (end - knee)),
      m_fineCell(1 / m_fine),
      m_coarseCell(1 / m_coarse),
      m_least(kJump * end),
      m_half(half),
      m_halfCells(static_cast<double>(half))
{
    std::fill_n(m_knots.begin(), 2 * half + 2, Knot{0, 0, 0});
}

namespace {

/// From changes of slope to values, cell by cell.
struct RunningSum {
    double slope = 0, value = 0;
    /// Value at the knot; moves on by a cell of `width` after the slope changed by `bend`.
    double next(double bend, double width)
    {
        const double here = value;
        slope += bend;
        value += slope * width;
        return here;
    }
};

} // namespace

void LatencyGrid::finish(bool withWaited)
{
    RunningSum cumulative, waited;
    double integral = 0;
    const auto sum = [&](std::size_t from, std::size_t to, double width) {
        for (std::size_t i = from; i < to; ++i) {
            Knot& knot = m_knots[i];
            const double before = integral;
            knot.cumulative = cumulative.next(knot.cumulative, width);
            integral += 0.5 * (knot.cumulative + cumulative.value) * width;
            knot.integral = before;
            if (withWaited)
                knot.waited = waited.next(knot.waited, width);
        }
    };
    sum(0, m_half, m_fineCell);
    sum(m_half, 2 * m_half + 2, m_coarseCell);
}

double LatencyGrid::density(double t) const
{
    if (t <= 0 || t >= m_end)
        return 0;
    const auto i = static_cast<std::size_t>(position(t));
    return (m_knots[i + 1].cumulative - m_knots[i].cumulative) * (i < m_half ? m_fine : m_coarse);
}

double LatencyGrid::quantile(double p) const
{
    const double wanted = p * m_knots[2 * m_half].cumulative;
    const auto above = std::lower_bound(m_knots.begin(), m_knots.begin() + static_cast<std::ptrdiff_t>(2 * m_half),
        wanted, [](const Knot& k, double value) { return k.cumulative < value; });
    const auto i = static_cast<std::size_t>(above - m_knots.begin());
    if (i == 0)
        return 0;
    const double low = m_knots[i - 1].cumulative, high = m_knots[i].cumulative;
    const double part = high > low ? std::clamp((wanted - low) / (high - low), 0.0, 1.0) : 1;
    return knot(i - 1) + part * (knot(i) - knot(i - 1));
}

IntervalGrid::IntervalGrid(double start, double knee, double end)
    : m_start(start),
      m_knee(knee),
      m_end(end),
      m_fine(static_cast<double>(kHalf) / (knee - start)),
      m_coarse(static_cast<double>(kHalf) / (end - knee)),
      m_least(kJump * end)
{}

void IntervalGrid::finish()
{
    double slope = 0, value = 0;
    const auto sum = [&](std::size_t from, std::size_t to, double width) {
        for (std::size_t i = from; i < to; ++i) {
            slope += m_knots[i];
            m_knots[i] = value;
            value += slope * width;
        }
    };
    sum(0, kHalf, 1 / m_fine);
    sum(kHalf, m_knots.size(), 1 / m_coarse);
}

double IntervalGrid::quantile(double p) const
{
    const double wanted = p * m_knots[kCells];
    const auto above = std::lower_bound(m_knots.begin(), m_knots.begin() + kCells, wanted);
    const auto i = static_cast<std::size_t>(above - m_knots.begin());
    if (i == 0)
        return m_start;
    const double low = m_knots[i - 1], high = m_knots[i];
    const double at =
        static_cast<double>(i - 1) + (high > low ? std::clamp((wanted - low) / (high - low), 0.0, 1.0) : 1);
    return at < static_cast<double>(kHalf) ? m_start + at / m_fine
                                           : m_knee + (at - static_cast<double>(kHalf)) / m_coarse;
}

} // namespace headroom
