#include "core/queueing/latency_grid.h"

#include <algorithm>

namespace headroom {

LatencyGrid::LatencyGrid(double knee, double end)
    : m_knee(knee),
      m_end(end),
      m_fine(static_cast<double>(kHalf) / knee),
      m_coarse(static_cast<double>(kHalf) / (end - knee))
{}

// A change of slope at t, split over the two knots around it so that what follows is unchanged.
void LatencyGrid::bend(double t, double slope, double waitedSlope)
{
    const std::size_t i = std::min(cellOf(std::max(t, 0.0)), kCells - 1);
    const double inverse = i < kHalf ? m_fine : m_coarse;
    const double right = std::clamp((t - knot(i)) * inverse, 0.0, 1.0);
    m_cumulative[i] += slope * (1 - right);
    m_cumulative[i + 1] += slope * right;
    m_waited[i] += waitedSlope * (1 - right);
    m_waited[i + 1] += waitedSlope * right;
}

void LatencyGrid::add(double from, double to, double weight, double waited)
{
    // A jump is a ramp over a millionth of the range: below any resolution, and finite.
    const double start = std::min(from, m_end), width = std::max(std::min(to, m_end) - start, 1e-6 * m_end);
    const double slope = weight / width;
    bend(start, slope, slope * waited);
    bend(start + width, -slope, -slope * waited);
}

void LatencyGrid::finish()
{
    double slope = 0, waitedSlope = 0, value = 0, waited = 0, integral = 0;
    for (std::size_t i = 0; i <= kCells + 1; ++i) {
        const double bend = m_cumulative[i], waitedBend = m_waited[i];
        m_cumulative[i] = value;
        m_waited[i] = waited;
        m_integral[i] = integral;
        slope += bend;
        waitedSlope += waitedBend;
        const double width = i < kHalf ? 1 / m_fine : 1 / m_coarse;
        const double next = value + slope * width;
        integral += 0.5 * (value + next) * width;
        waited += waitedSlope * width;
        value = next;
    }
    m_mean = m_end * m_cumulative[kCells] - m_integral[kCells];
}

LatencyGrid::At LatencyGrid::at(double t) const
{
    if (t <= 0)
        return {0, 0, 0};
    if (t >= m_end)
        return {m_cumulative[kCells], m_integral[kCells] + m_cumulative[kCells] * (t - m_end), m_waited[kCells]};
    const std::size_t i = cellOf(t);
    const double inverse = i < kHalf ? m_fine : m_coarse;
    const double into = t - knot(i), part = into * inverse;
    const double value = m_cumulative[i] + part * (m_cumulative[i + 1] - m_cumulative[i]);
    return {value, m_integral[i] + 0.5 * into * (m_cumulative[i] + value),
        m_waited[i] + part * (m_waited[i + 1] - m_waited[i])};
}

double LatencyGrid::quantile(double p) const
{
    const double wanted = p * m_cumulative[kCells];
    const auto above = std::lower_bound(m_cumulative.begin(), m_cumulative.begin() + kCells, wanted);
    const auto i = static_cast<std::size_t>(above - m_cumulative.begin());
    if (i == 0)
        return 0;
    const double low = m_cumulative[i - 1], high = m_cumulative[i];
    const double part = high > low ? std::min((wanted - low) / (high - low), 1.0) : 1;
    return knot(i - 1) + part * (knot(i) - knot(i - 1));
}

} // namespace headroom
