// Shows a ChartSpec: title, unit, drawing; reads values under the mouse; zooms, pans, copies, exports.
#pragma once

#include "ui/plots/chart.h"
#include "ui/plots/export_chart.h"
#include "ui/theme.h"

#include <QWidget>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace headroom::ui {

class ChartBody;
class HoverOverlay;
struct Reading;

/// One card with one chart. setChart() again and again is the normal use: it updates in place.
/// Accessible name: the title and the sentence of the chart. Keys: arrows pan, + and - zoom, Home or Escape fits,
/// Menu opens the menu, Ctrl+C copies the picture. The wheel zooms, except on a page that is longer than its window:
/// there it scrolls the page as everywhere else, until the plot is clicked (and the mouse stays on it) or Ctrl is held.
class ChartView : public QWidget {
    Q_OBJECT

public:
    explicit ChartView(QWidget* parent = nullptr);
    ~ChartView() override;

    /// The chart's id in charts(), for export file names; may stay empty.
    void setChartId(const QString& id) { m_id = id; }
    const QString& chartId() const { return m_id; }

    /// Whose chart it is, for what is copied and saved: asked only then.
    void setOrigin(std::function<ChartOrigin()> origin) { m_origin = std::move(origin); }

    /// Shows a chart; what was zoomed stays zoomed while the axes stay the same quantities.
    void setChart(const ChartSpec&);
    const ChartSpec& chart() const { return *m_chart; }
    void setTheme(const Theme&);

    /// A vertical line at a value of the horizontal axis, above the drawing: the moment that is played. Cheap to move.
    void setCursorAt(std::optional<double> x);
    std::optional<double> cursorAt() const { return m_cursorAt; }

    /// Back to the range of the data.
    void fit();
    bool isZoomed() const;
    /// Whether the wheel alone zooms now; else it scrolls the page that the view stands on.
    bool takesWheel() const;
    /// Shows the x range of another view, if both have the same quantity on that axis; y stays. Emits nothing.
    void followX(const ChartView& other);
    /// The cross of another view's mouse at the same place of the x axis, under the same condition; no box of values.
    void followHover(const ChartView& other);
    /// The cross as it stands on this widget, by the mouse here or on a linked view; for tests.
    std::optional<QPointF> cross() const;
    /// What the horizontal and vertical axis show now; empty rectangle where the body has no axes. For tests and links.
    QRectF visibleRange() const;

    /// The sentence for the values at a place of this widget, as the hover box shows it; empty = nothing there.
    QString readout(QPointF position) const;
    QImage image() const;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

public slots:
    void copyImage();
    void copyData();
    /// Asks for a file and writes .png, .svg, .pdf or .csv.
    void exportAs();

signals:
    /// Double-click (or Enter) on a point of a ScatterChart or a row of a Table: group (0 for tables) and index.
    void activated(int group, int index);
    /// A click anywhere on the chart: the Explain dock follows.
    void selected(const QString& id);
    /// A hand zoomed, panned or fitted this chart: linked plots follow.
    void rangeChanged();
    /// The mouse reads another place of the x axis, or none any more: linked plots follow.
    void hovered();
    void exportFailed(const QString& reason);

protected:
    void paintEvent(QPaintEvent*) override;
    void resizeEvent(QResizeEvent*) override;
    void mousePressEvent(QMouseEvent*) override;
    void mouseMoveEvent(QMouseEvent*) override;
    void mouseReleaseEvent(QMouseEvent*) override;
    void mouseDoubleClickEvent(QMouseEvent*) override;
    void wheelEvent(QWheelEvent*) override;
    void leaveEvent(QEvent*) override;
    bool event(QEvent*) override;
    void keyPressEvent(QKeyEvent*) override;
    void focusInEvent(QFocusEvent*) override;
    void focusOutEvent(QFocusEvent*) override;
    void contextMenuEvent(QContextMenuEvent*) override;

private:
    ChartOrigin origin() const { return m_origin ? m_origin() : ChartOrigin(); }
    void takeBodyFor(const ChartSpec&);
    void layOut();
    void hoverAt(QPointF);
    void endHover();
    void refreshHover();
    std::optional<Reading> linkedReading() const;
    bool sharesX(const ChartView& other) const;
    QRectF bodyRect() const;

    QString m_id;
    std::unique_ptr<ChartSpec> m_chart;
    Theme m_theme = lightTheme();
    std::unique_ptr<ChartBody> m_body; ///< null while there is nothing to draw
    /// The body put aside meanwhile, with what it still points at: to make one takes longer than a frame.
    std::unique_ptr<const ChartSpec> m_spareChart;
    std::unique_ptr<ChartBody> m_spare;
    HoverOverlay* m_overlay = nullptr;
    std::function<ChartOrigin()> m_origin;
    std::optional<double> m_cursorAt;
    QPointF m_hoverAt;               ///< where the mouse was last
    std::optional<double> m_hoverX;  ///< what it reads there on the x axis
    std::optional<double> m_linkedX; ///< where the mouse on a linked view reads
    std::optional<QPointF> m_dragFrom;
    bool m_dragged = false;
    bool m_isEntered = false; ///< clicked, and the mouse has not left since
};

} // namespace headroom::ui
