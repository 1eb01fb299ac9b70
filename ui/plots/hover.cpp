#include "ui/plots/hover.h"

#include "ui/format.h"
#include "ui/plots/pin_look.h"

#include <algorithm>
#include <cmath>

namespace headroom::ui {

namespace {

constexpr double kReach = 18; ///< pixels within which a point is hit

QString named(const Axis& axis, double value)
{
    const QString v = quantity(value, axis.unit);
    return axis.label.empty() ? v : text(axis.label) + u' ' + v;
}

double interpolate(double a, double b, double share, bool logarithmic)
{
    if (std::isinf(b))
        return share > 0 ? b : a;
    if (logarithmic && a > 0 && b > 0)
        return a * std::pow(b / a, share);
    return a + share * (b - a);
}

/// Index of the interval of ascending `xs` that holds x.
std::optional<std::size_t> intervalOf(const std::vector<double>& xs, double x)
{
    if (xs.empty() || x < xs.front() || x > xs.back())
        return std::nullopt;
    const auto it = std::lower_bound(xs.begin(), xs.end(), x);
    const auto i = static_cast<std::size_t>(it - xs.begin());
    return i == 0 ? 0 : i - 1;
}

QString rangeText(double lo, double hi, const Axis& axis)
{
    return QStringLiteral(" (%1)").arg(range(lo, hi, axis.unit));
}

std::optional<std::size_t> nearest(const Curve& c, const PlotFrame& f, QPointF at, double& best)
{
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < std::min(c.x.size(), c.y.size()); ++i) {
        const QPointF d = f.at(c.x[i], c.y[i]) - at;
        const double distance = std::hypot(d.x(), d.y());
        if (distance < best) {
            best = distance;
            found = i;
        }
    }
    return found;
}

} // namespace

std::optional<double> valueAt(const Curve& c, double x, bool logarithmicX, bool logarithmicY)
{
    const auto i = intervalOf(c.x, x);
    if (!i)
        return std::nullopt;
    if (*i + 1 >= c.x.size())
        return std::isnan(c.y[*i]) ? std::nullopt : std::optional(c.y[*i]);
    const double x0 = c.x[*i], x1 = c.x[*i + 1], y0 = c.y[*i], y1 = c.y[*i + 1];
    if (std::isnan(y0) || std::isnan(y1))
        return std::nullopt;
    if (std::isinf(y0) || std::isinf(y1))
        return x < x1 ? y0 : y1;
    if (x1 == x0)
        return y1;
    const double share = logarithmicX && x0 > 0 ? std::log(x / x0) / std::log(x1 / x0) : (x - x0) / (x1 - x0);
    return interpolate(y0, y1, share, logarithmicY);
}

std::optional<Reading> readLines(const LineChart& chart, const PlotFrame& f, const Theme& theme, QPointF at)
{
    if (!f.area.contains(at))
        return std::nullopt;
    const double x = f.x.value(at.x());
    Reading r;
    r.at = at;
    r.area = f.area;
    r.head = named(chart.x, x);
    r.x = x;
    for (const Curve& c : chart.curves) {
        if (c.markers) {
            double best = kReach;
            const auto i = nearest(c, f, at, best);
            if (!i)
                continue;
            QString value = quantity(c.y[*i], chart.y.unit);
            if (!c.errorLo.empty())
                value += rangeText(c.errorLo[*i], c.errorHi[*i], chart.y);
            r.rows.push_back({theme.color(c.role), text(c.name), value, {Swatch::Shape::circle}});
            r.dots.push_back(f.at(c.x[*i], c.y[*i]));
            continue;
        }
        if (!std::is_sorted(c.x.begin(), c.x.end()))
            continue;
        const auto y = valueAt(c, x, chart.x.logarithmic, chart.y.logarithmic);
        if (!y)
            continue;
        QString value = quantity(*y, chart.y.unit);
        if (!c.lo.empty()) {
            const auto i = *intervalOf(c.x, x);
            const std::size_t j = std::min(i + 1, c.x.size() - 1);
            const double share = c.x[j] > c.x[i] ? (x - c.x[i]) / (c.x[j] - c.x[i]) : 0;
            value += rangeText(
                interpolate(c.lo[i], c.lo[j], share, false), interpolate(c.hi[i], c.hi[j], share, false), chart.y);
        }
        const bool isGhost = c.role == Role::ghost;
        const Swatch swatch{isGhost || c.dashed ? Swatch::Shape::dashes : Swatch::Shape::line, c.pin};
        r.rows.push_back({isGhost ? pinLook(c.pin, theme).color : theme.color(c.role), text(c.name), value, swatch});
        if (std::isfinite(*y) && f.y.range.contains(*y))
            r.dots.push_back(f.at(x, *y));
    }
    return r;
}

std::optional<Hit> hitScatter(const ScatterChart& chart, const PlotFrame& f, QPointF at)
{
    double best = kReach;
    std::optional<Hit> hit;
    for (std::size_t g = 0; g < chart.groups.size(); ++g)
        if (const auto i = nearest(chart.groups[g], f, at, best))
            hit = Hit{static_cast<int>(g), static_cast<int>(*i)};
    return hit;
}

std::optional<Reading> readScatter(const ScatterChart& chart, const PlotFrame& f, const Theme& theme, QPointF at)
{
    const auto hit = f.area.contains(at) ? hitScatter(chart, f, at) : std::nullopt;
    if (!hit)
        return std::nullopt;
    const auto g = static_cast<std::size_t>(hit->group), i = static_cast<std::size_t>(hit->index);
    const Curve& c = chart.groups[g];
    Reading r;
    r.at = f.at(c.x[i], c.y[i]);
    r.area = f.area;
    r.vertical = false;
    r.dots.push_back(r.at);
    r.head = g < chart.hover.size() && i < chart.hover[g].size() ? text(chart.hover[g][i]) : text(c.name);
    r.rows.push_back({{}, text(chart.x.label), quantity(c.x[i], chart.x.unit)});
    r.rows.push_back({theme.color(c.role), text(chart.y.label), quantity(c.y[i], chart.y.unit)});
    return r;
}

std::optional<Reading> readSpans(const SpanChart& chart, const PlotFrame& f, const Theme& theme, QPointF at)
{
    if (!f.area.contains(at))
        return std::nullopt;
    const double x = f.x.value(at.x());
    const int row = static_cast<int>(std::floor(f.y.value(at.y())));
    Reading r;
    r.at = at;
    r.area = f.area;
    r.head = named(chart.x, x);
    r.x = x;
    for (const Span& s : chart.spans)
        if (s.row == row && x >= s.from && x <= s.to)
            r.rows.push_back({theme.color(s.role), text(s.hover), quantity(s.to - s.from, chart.x.unit)});
    if (r.rows.empty() && row >= 0 && row < static_cast<int>(chart.rows.size()))
        r.rows.push_back({{}, text(chart.rows[static_cast<std::size_t>(row)]), {}});
    return r;
}

std::optional<Reading> readHeatMap(const HeatMap& map, const PlotFrame& f, const Theme&, QPointF at)
{
    if (!f.area.contains(at))
        return std::nullopt;
    const auto column = intervalOf(cellEdges(map.xs, map.x.logarithmic), f.x.value(at.x()));
    const auto row = intervalOf(cellEdges(map.ys, map.y.logarithmic), f.y.value(at.y()));
    if (!column || !row || *column >= map.xs.size() || *row >= map.ys.size())
        return std::nullopt;
    Reading r;
    r.at = at;
    r.area = f.area;
    r.vertical = false;
    r.head = named(map.x, map.xs[*column]);
    r.rows.push_back({{}, text(map.y.label), quantity(map.ys[*row], map.y.unit)});
    r.rows.push_back({{}, text(map.value.label), quantity(map.values[*row * map.xs.size() + *column], map.value.unit)});
    return r;
}

QString Reading::sentence() const
{
    QString s = head;
    for (const Row& row : rows) {
        s += QStringLiteral("; ") + row.name;
        if (!row.value.isEmpty())
            s += u' ' + row.value;
    }
    return s;
}

} // namespace headroom::ui
