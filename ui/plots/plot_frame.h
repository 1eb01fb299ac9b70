// Where the parts of a plot lie: the data area, its ticks and their texts. One layout for screen, paper and hover.
#pragma once

#include "ui/plots/axis_scale.h"
#include "ui/plots/chart.h"
#include "ui/theme.h"

#include <QFont>
#include <QRectF>
#include <QString>

#include <vector>

class QPainter;

namespace headroom::ui {

/// A tick with its text.
struct TickText {
    double value = 0;
    QString text;
};

struct PlotFrame {
    QRectF whole; ///< all that the body may paint on
    QRectF area;  ///< where the data lie
    AxisScale x, y;
    std::vector<TickText> xTicks, yTicks;
    QString xTitle; ///< "arrival rate, req/s"; right, below the ticks
    QString yTitle; ///< left, above the ticks; empty where the title of the chart says it

    QPointF at(double xValue, double yValue) const { return {x.pixel(xValue), y.pixel(yValue)}; }
};

/// How a key, or the box of values under the mouse, shows what it names: a filled square, an open circle for simulated
/// points, or a piece of the line.
struct Swatch {
    enum class Shape { square, circle, line, dashes };
    Shape shape = Shape::square;
    int pin = 0; ///< of a pinned plan, from 1: a piece of its line

    bool isLine() const { return shape == Shape::line || shape == Shape::dashes; }
};

/// An entry of a key of colours.
struct LegendEntry {
    QString name;
    QColor color;
    Swatch swatch{};
};

/// Pixels: a piece of a line is long enough to show its pattern.
double widthOf(Swatch);
/// In the middle of the height of `where`; lines take its width, squares and circles its left end.
void paintSwatch(QPainter&, const QRectF& where, const QColor&, Swatch, const Theme&);

/// Texts beside the axes; what is wanted of a frame.
struct FrameRequest {
    QRectF whole;
    PlotRanges ranges;
    const Axis* x = nullptr;
    const Axis* y = nullptr;
    std::vector<QString> rows; ///< SpanChart: texts of the rows instead of ticks of y
    bool namesY = false;       ///< keep a line for the name of y above its axis
    double legendHeight = 0;   ///< kept free at the bottom
    double rightMargin = 0;    ///< kept free at the right (colour scale)
};

/// Fits margins to the texts: none is clipped and no two tick labels touch.
PlotFrame layOutFrame(const FrameRequest&, const QFont&);

/// "arrival rate, req/s"
QString axisTitle(const Axis&);

/// Rows that a key needs at this width.
double legendHeight(const std::vector<LegendEntry>&, double width, const QFont&);
/// Of the widest entry: less, and its name is cut.
double legendWidth(const std::vector<LegendEntry>&, const QFont&);
void paintLegend(QPainter&, const QRectF&, const std::vector<LegendEntry>&, const QFont&, const Theme&);

} // namespace headroom::ui
