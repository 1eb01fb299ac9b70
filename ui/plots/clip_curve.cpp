#include "ui/plots/clip_curve.h"

#include "ui/plots/plot_frame.h"

#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace headroom::ui {

namespace {

constexpr double kMargin = 10; ///< pixels: ends of lines and their caps stay out of sight

/// Shares of the way from a to b between which the segment is inside (Liang and Barsky 1984); absent = never.
std::optional<std::pair<double, double>> inside(QPointF a, QPointF b, const QRectF& box)
{
    const QPointF d = b - a;
    double from = 0, to = 1;
    const std::array<std::pair<double, double>, 4> edges{{{-d.x(), a.x() - box.left()}, {d.x(), box.right() - a.x()},
        {-d.y(), a.y() - box.top()}, {d.y(), box.bottom() - a.y()}}};
    for (const auto& [slope, room] : edges) {
        if (slope == 0 && room < 0)
            return std::nullopt;
        if (slope < 0)
            from = std::max(from, room / slope);
        else if (slope > 0)
            to = std::min(to, room / slope);
    }
    if (from > to)
        return std::nullopt;
    return std::pair(from, to);
}

} // namespace

QVector<QPointF> clipped(const QVector<QPointF>& points, const PlotFrame& frame)
{
    const QRectF box = frame.area.adjusted(-kMargin, -kMargin, kMargin, kMargin);
    QVector<QPointF> out;
    const auto add = [&](QPointF value) {
        if (out.isEmpty() || out.last() != value)
            out.push_back(value);
    };
    const auto gap = [&] {
        if (!out.isEmpty() && !std::isnan(out.last().y()))
            out.push_back({out.last().x(), std::numeric_limits<double>::quiet_NaN()});
    };
    for (qsizetype i = 1; i < points.size(); ++i) {
        const QPointF a = points[i - 1], b = points[i];
        const QPointF from = frame.at(a.x(), a.y()), to = frame.at(b.x(), b.y());
        const bool drawn = !std::isnan(a.y()) && !std::isnan(b.y());
        const auto part = drawn ? inside(from, to, box) : std::nullopt;
        if (!part) {
            gap();
            continue;
        }
        const auto valueAt = [&](double share) {
            const QPointF p = from + share * (to - from);
            return QPointF(frame.x.value(p.x()), frame.y.value(p.y()));
        };
        if (part->first > 0)
            gap();
        add(part->first > 0 ? valueAt(part->first) : a);
        add(part->second < 1 ? valueAt(part->second) : b);
        if (part->second < 1)
            gap();
    }
    return out;
}

} // namespace headroom::ui
