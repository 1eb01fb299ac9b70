#include "ui/plots/cells.h"

#include "ui/plots/heat_colours.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace headroom::ui {

void paintSpans(QPainter& p, const SpanChart& chart, const PlotFrame& frame, const Theme& theme)
{
    constexpr double kShare = 0.7;     // of the height of a row
    constexpr double kNarrowest = 0.7; // pixels: a short span stays visible
    p.save();
    p.setClipRect(frame.area);
    p.setPen(Qt::NoPen);
    const double row = std::abs(frame.y.pixel(1) - frame.y.pixel(0));
    for (const Span& s : chart.spans) {
        const double from = frame.x.pixel(s.from), to = frame.x.pixel(s.to);
        if (to < frame.area.left() || from > frame.area.right())
            continue;
        const double top = frame.y.pixel(s.row) + row * (1 - kShare) / 2;
        p.setBrush(theme.color(s.role));
        p.drawRect(QRectF(from, top, std::max(kNarrowest, to - from), row * kShare));
    }
    p.restore();
}

void paintCells(QPainter& p, const HeatMap& map, const PlotFrame& frame, const Theme& theme)
{
    const HeatColours colours(map, theme);
    const std::vector<double> xs = cellEdges(map.xs, map.x.logarithmic), ys = cellEdges(map.ys, map.y.logarithmic);
    p.save();
    p.setRenderHint(QPainter::Antialiasing, false);
    p.setClipRect(frame.area);
    for (std::size_t row = 0; row < map.ys.size(); ++row)
        for (std::size_t column = 0; column < map.xs.size(); ++column) {
            const QPointF a = frame.at(xs[column], ys[row + 1]), b = frame.at(xs[column + 1], ys[row]);
            // Whole pixels: neighbours share an edge without a seam.
            const QPointF topLeft(std::floor(a.x()), std::floor(a.y())),
                bottomRight(std::ceil(b.x()), std::ceil(b.y()));
            p.fillRect(QRectF(topLeft, bottomRight), colours.of(map.values[row * map.xs.size() + column]));
        }
    p.restore();
}

} // namespace headroom::ui
