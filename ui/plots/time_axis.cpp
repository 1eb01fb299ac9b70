#include "ui/plots/time_axis.h"

#include "ui/plots/numbers.h"
#include "ui/plots/sim_charts.h"

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

/// Rewrites what labels say of times, "2.23 min", in the unit of their axis: "134 s".
class Labels {
public:
    explicit Labels(const std::string& unit) : m_unit(unit), m_inSeconds(unit == "ms" ? 1 / kMsPerSecond : 1) {}

    bool isTime() const { return m_unit == "ms" || m_unit == "s"; }

    /// \param value what the label says, in the unit of the axis
    void rewrite(std::string& label, double value) const
    {
        if (isSayable(value))
            replace(label, duration(Seconds(value * m_inSeconds)), said(value) + " " + m_unit);
    }
    /// A simulated point, which has an interval where replications tell one: "412 ms (400–420)".
    void rewrite(Curve& point) const
    {
        if (point.y.size() != 1 || !isSayable(point.y[0]))
            return;
        sim::Distribution own;
        own.p95 = point.y[0] * m_inSeconds;
        std::string words = said(point.y[0]) + " " + m_unit;
        if (!point.errorLo.empty()) {
            own.ciLo = point.errorLo[0] * m_inSeconds;
            own.ciHi = point.errorHi[0] * m_inSeconds;
            words += " (" + said(point.errorLo[0]) + "–" + said(point.errorHi[0]) + ")";
        }
        replace(point.name, withInterval(own), words);
    }

private:
    /// "117 ms" reads better than "0.117 s", also on an axis of seconds, and "8.4 h" better than "30,200,000 ms".
    static bool isSayable(double value)
    {
        constexpr double kLeast = 0.9995, kBeyond = 1e4;
        return std::isfinite(value) && value >= kLeast && value < kBeyond;
    }
    /// Three digits, as the label had: 130,344 ms would promise more.
    static std::string said(double value)
    {
        constexpr double kLeast = 100;
        const double unit = std::abs(value) < kLeast ? 1 : std::pow(10, std::floor(std::log10(value)) - 2);
        return number(std::abs(value) < kLeast ? value : std::round(value / unit) * unit);
    }
    static void replace(std::string& in, const std::string& what, const std::string& by)
    {
        if (const std::size_t at = in.find(what); at != std::string::npos)
            in.replace(at, what.size(), by);
    }

    std::string m_unit;
    double m_inSeconds;
};

void useUnitInLabels(LineChart& chart)
{
    const Labels labels(chart.y.unit);
    if (!labels.isTime())
        return;
    for (Marker& m : chart.markers)
        labels.rewrite(m.name, m.y);
    for (Limit& l : chart.limits)
        if (!l.vertical)
            labels.rewrite(l.name, l.value);
    for (Curve& c : chart.curves)
        if (c.markers)
            labels.rewrite(c);
}

void useUnitInLabels(StackedBars& bars)
{
    const Labels labels(bars.value.unit);
    if (!labels.isTime())
        return;
    for (Limit& l : bars.limits)
        labels.rewrite(l.name, l.value);
    for (std::size_t i = 0; i < bars.totals.size(); ++i) {
        double sum = 0;
        for (const BarSegment& s : bars.segments)
            sum += i < s.values.size() ? s.values[i] : 0;
        labels.rewrite(bars.totals[i], sum);
    }
}

} // namespace

ChartSpec inFittingUnit(ChartSpec chart)
{
    if (auto* lines = std::get_if<LineChart>(&chart.body)) {
        useSeconds(chart, *lines, lines->y);
        useUnitInLabels(*lines);
    } else if (auto* bars = std::get_if<StackedBars>(&chart.body)) {
        useSeconds(chart, *bars, bars->value);
        useUnitInLabels(*bars);
    }
    return chart;
}

} // namespace headroom::ui
