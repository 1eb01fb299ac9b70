// Where labels go so that none covers another, none leaves the plot, and none covers a line where there is a place beside it.
#pragma once

#include <QLineF>
#include <QPointF>
#include <QRectF>
#include <QSizeF>

#include <optional>
#include <span>
#include <vector>

namespace headroom::ui {

/// A text to place: its size and the top left corners it may take, best first.
struct LabelRequest {
    QSizeF size;
    std::vector<QPointF> candidates;
    std::optional<std::size_t> previous; ///< candidate taken last time: kept if about as good, so labels do not jump
};

/// What is in the way. Rectangles are never covered (points, other texts); lines only where no candidate is free of them,
/// and then the shortest length.
struct LabelObstacles {
    std::vector<QRectF> rects;
    std::vector<QLineF> lines;
};

struct PlacedLabel {
    QRectF rect;
    std::size_t candidate = 0; ///< index of the chosen candidate
    bool crossed = false;      ///< a line runs through: draw it on a patch of the background
};

/// One answer per request, in order; earlier requests choose first. nullopt = every candidate would leave `bounds` or
/// cover a rectangle or an earlier label.
std::vector<std::optional<PlacedLabel>> placeLabels(
    std::span<const LabelRequest>, const LabelObstacles&, const QRectF& bounds);

/// Length of the part of a line inside a rectangle.
double lengthInside(const QLineF&, const QRectF&);

} // namespace headroom::ui
