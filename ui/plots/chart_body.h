// The drawing inside a ChartView. Three of them: axes (QCustomPlot), bars (Qt Charts), tables.
#pragma once

#include "ui/plots/chart.h"
#include "ui/plots/plot_frame.h"
#include "ui/theme.h"

#include <QLineF>
#include <QPointF>
#include <QRectF>
#include <QString>

#include <memory>
#include <optional>
#include <vector>

class QPainter;
class QWidget;

namespace headroom::ui {

/// The values under the mouse.
struct Reading {
    struct Row {
        QColor color; ///< invalid = no swatch
        QString name, value;
        Swatch swatch{};
    };
    QPointF at;           ///< where the cross stands
    bool vertical = true; ///< draw a vertical line through `at`
    QRectF area;          ///< of the data
    QString head;         ///< "arrival rate 4.2 req/s"
    std::vector<Row> rows;
    std::vector<QPointF> dots; ///< points read
    std::optional<double> x{}; ///< where it was read on the horizontal axis, if that is a place of its own

    /// All of it in one line, for tests and screen readers.
    QString sentence() const;
};

/// A point or row that was hit.
struct Hit {
    int group = 0, index = 0;
};

class ChartBody {
public:
    virtual ~ChartBody() = default;
    ChartBody() = default;
    ChartBody(const ChartBody&) = delete;
    ChartBody& operator=(const ChartBody&) = delete;

    /// The widget that shows it, child of the parent given at making.
    virtual QWidget* widget() = 0;
    /// True if this body draws that kind of chart.
    virtual bool draws(const ChartSpec&) const = 0;
    /// Takes over new data and repaints. `chart` outlives the next call.
    virtual void show(const ChartSpec& chart, const Theme&) = 0;
    /// Paints vectors into `where`. Text without ligatures.
    virtual void paint(QPainter&, const QRectF& where) = 0;

    virtual std::optional<Reading> read(QPointF) const { return std::nullopt; }
    virtual std::optional<Hit> hit(QPointF) const { return std::nullopt; }

    virtual void zoom(double /*factor*/, QPointF /*at*/, Qt::Orientations) {}
    virtual void pan(QPointF /*pixels*/) {}
    virtual void fit() {}
    virtual bool isZoomed() const { return false; }
    /// What the hand left the x axis at; absent = it fits the data.
    virtual std::optional<Interval> zoomedX() const { return std::nullopt; }
    /// Takes over the x range of a linked plot; absent = fits the data. y stays.
    virtual void showX(std::optional<Interval>) {}
    virtual std::optional<PlotRanges> visible() const { return std::nullopt; }
    /// The line across the data at a value of the horizontal axis; absent where it is not in sight.
    virtual std::optional<QLineF> verticalAt(double /*x*/) const { return std::nullopt; }
    /// Texts on the drawing with their places; for tests.
    virtual std::vector<QRectF> labelRects() const { return {}; }
};

std::unique_ptr<ChartBody> makeAxesBody(QWidget* parent);  ///< LineChart, ScatterChart, SpanChart, HeatMap
std::unique_ptr<ChartBody> makeBarsBody(QWidget* parent);  ///< StackedBars
std::unique_ptr<ChartBody> makeTableBody(QWidget* parent); ///< Table
/// The body for a chart's kind.
std::unique_ptr<ChartBody> makeBody(const ChartSpec&, QWidget* parent);

} // namespace headroom::ui
