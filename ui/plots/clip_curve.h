// The part of a line that is in sight. A dashed one is drawn dash by dash wherever it goes: zoomed in ten thousand times,
// one segment that leaves the plot would be millions of them.
#pragma once

#include <QRectF>
#include <QVector>

namespace headroom::ui {

struct PlotFrame;

/// The points of a line of straight segments (on screen), cut some pixels outside the data area.
/// A point with y = NaN stands between parts that are not connected, there and in `points`. All y are finite or NaN.
QVector<QPointF> clipped(const QVector<QPointF>& points, const PlotFrame& frame);

} // namespace headroom::ui
