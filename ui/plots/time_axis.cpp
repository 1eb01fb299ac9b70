#include "ui/plots/time_axis.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace headroom::ui {

namespace {

constexpr double kMsPerSecond = 1000;

void scale(std::vector<double>& values)
{
    for (double& v : values)
        v /= kMsPerSecond;
}

void scale(std::optional<double>& value)
{
    if (value)
        *value /= kMsPerSecond;
}

double least(const LineChart& chart)
{
    double least = std::numeric_limits<double>::infinity();
    for (const Curve& c : chart.curves)
        for (const double y : c.y)
            if (std::isfinite(y))
                least = std::min(least, y);
    return least;
}

/// The shortest of the whole bars.
double least(const StackedBars& bars)
{
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < bars.categories.size(); ++i) {
        double sum = 0;
        for (const BarSegment& s : bars.segments)
            sum += i < s.values.size() ? std::abs(s.values[i]) : 0;
        least = std::min(least, sum);
    }
    return least;
}

void scale(LineChart& chart)
{
    for (Curve& c : chart.curves)
        for (auto* values : {&c.y, &c.lo, &c.hi, &c.errorLo, &c.errorHi})
            scale(*values);
    for (Limit& l : chart.limits)
        if (!l.vertical)
            l.value /= kMsPerSecond;
    for (Marker& m : chart.markers)
        m.y /= kMsPerSecond;
}

void scale(StackedBars& bars)
{
    for (BarSegment& s : bars.segments) {
        scale(s.values);
        scale(s.starts);
        scale(s.lo);
        scale(s.hi);
    }
    for (BarGhost& g : bars.ghosts)
        scale(g.ends);
    for (Limit& l : bars.limits)
        l.value /= kMsPerSecond;
}

template <class Body>
void useSeconds(ChartSpec& chart, Body& body, Axis& axis)
{
    const double shortest = least(body);
    if (axis.unit != "ms" || !(shortest >= kMsPerSecond) || !std::isfinite(shortest))
        return;
    scale(body);
    scale(axis.min);
    scale(axis.max);
    axis.unit = "s";
    if (chart.unit.starts_with("ms"))
        chart.unit.erase(0, 1);
}

} // namespace

ChartSpec inFittingUnit(ChartSpec chart)
{
    if (auto* lines = std::get_if<LineChart>(&chart.body))
        useSeconds(chart, *lines, lines->y);
    else if (auto* bars = std::get_if<StackedBars>(&chart.body))
        useSeconds(chart, *bars, bars->value);
    return chart;
}

} // namespace headroom::ui
