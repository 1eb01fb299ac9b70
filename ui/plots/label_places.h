// Where the name of a line, a curve or a point may stand: candidates for placeLabels(), best first, pixels.
#pragma once

#include <QPointF>
#include <QRectF>
#include <QSizeF>

#include <limits>
#include <vector>

namespace headroom::ui {

/// A straight line that is not in sight: its name stands at that edge of the plot.
inline constexpr double kBeyondRight = std::numeric_limits<double>::infinity(), kBeyondLeft = -kBeyondRight;
inline constexpr double kAboveTop = -kBeyondRight, kBelowBottom = kBeyondRight;

/// Beside a vertical line; near it first, at whatever height, then behind its neighbours. \param x of the line
std::vector<QPointF> besideVertical(const QRectF& area, QSizeF, double x);
/// Above and below a horizontal line. \param y of the line
std::vector<QPointF> alongHorizontal(const QRectF& area, QSizeF, double y);
/// Within a strip from `left` to `right`, at whatever height.
std::vector<QPointF> withinStrip(const QRectF& area, QSizeF, double left, double right);
/// Around a point, farther and farther away, within the sides of the plot.
std::vector<QPointF> aroundPoint(const QRectF& area, QSizeF, QPointF);
/// Beside a curve, near its right end first. \param points of it in sight, in order, not empty
std::vector<QPointF> alongCurve(QSizeF, const std::vector<QPointF>& points);
/// Corners first: for points that have no line to stand on.
std::vector<QPointF> anywhere(const QRectF& area, QSizeF);

} // namespace headroom::ui
