#include "core/queueing/latency_grid.h"

#include <algorithm>

namespace headroom {

LatencyGrid::LatencyGrid(double knee, double end)
    : m_knee(knee),
      m_end(end),
      m_fine(static_cast<double>(kHalf) / knee),
      m_coarse(static_cast<double>(kHalf) / (end - knee))
{}

void LatencyGrid::finish()
{
    double slope = 0, waitedSlope = 0, value = 0, waited = 0, integral = 0;
    for (std::size_t i = 0; i < m_knots.size(); ++i) {
        const Knot bends = m_knots[i];
        m_knots[i] = {value, waited, integral};
        slope += bends.cumulative;
        waitedSlope += bends.waited;
        const double width = i < kHalf ? 1 / m_fine : 1 / m_coarse;
        const double next = value + slope * width;
        integral += 0.5 * (value + next) * width;
        waited += waitedSlope * width;
        value = next;
    }
}

LatencyGrid::At LatencyGrid::at(double t) const
{
    if (t <= 0)
        return {0, 0, 0};
    const Knot& last = m_knots[kCells];
    if (t >= m_end)
        return {std::min(last.cumulative, 1.0), last.integral + last.cumulative * (t - m_end), last.waited};
    const double at = position(t);
    const auto i = std::min(static_cast<std::size_t>(at), kCells - 1);
    const double part = at - static_cast<double>(i), into = part / (i < kHalf ? m_fine : m_coarse);
    const Knot &left = m_knots[i], &right = m_knots[i + 1];
    const double value = left.cumulative + part * (right.cumulative - left.cumulative);
    return {std::clamp(value, 0.0, 1.0), left.integral + 0.5 * into * (left.cumulative + value),
        left.waited + part * (right.waited - left.waited)};
}

double LatencyGrid::quantile(double p) const
{
    const double wanted = p * m_knots[kCells].cumulative;
    const auto above = std::lower_bound(m_knots.begin(), m_knots.begin() + kCells, wanted,
        [](const Knot& k, double value) { return k.cumulative < value; });
    const auto i = static_cast<std::size_t>(above - m_knots.begin());
    if (i == 0)
        return 0;
    const double low = m_knots[i - 1].cumulative, high = m_knots[i].cumulative;
    const double part = high > low ? std::clamp((wanted - low) / (high - low), 0.0, 1.0) : 1;
    return knot(i - 1) + part * (knot(i) - knot(i - 1));
}

} // namespace headroom
