// What stands on the curves: bands, shaded regions, target lines, saturation, operating points and their names.
#pragma once

#include "ui/plots/chart.h"
#include "ui/plots/label_placement.h"
#include "ui/plots/plot_frame.h"
#include "ui/theme.h"

#include <QColor>
#include <QFont>
#include <QRectF>
#include <QString>

#include <map>
#include <vector>

class QPainter;

namespace headroom::ui {

/// A text with its place, as it is painted.
struct PlacedText {
    QString text;
    QRectF rect;
    QColor color;
    bool crossed = false; ///< on a patch of the background
};

/// Everything of a LineChart or ScatterChart but axes and curves. Positions are found once per arrange(); painting
/// is then cheap and the same on screen and on paper.
class Annotations {
public:
    /// The names that have a place in the drawing are set; curves that need a key instead are in legend().
    void arrange(const LineChart&, const PlotFrame&, const Theme&, const QFont&);
    void arrange(const ScatterChart&, const PlotFrame&, const Theme&, const QFont&);

    void paintBehind(QPainter&) const; ///< regions and bands
    void paintFront(QPainter&) const;  ///< limits, markers, names

    const std::vector<PlacedText>& texts() const { return m_texts; }

private:
    struct Pending;

    void addLines(const Curve&);
    void addLimit(const Limit&, const std::vector<Limit>& all, std::vector<Pending>&);
    void addMarker(const Marker&, std::vector<Pending>&);
    void addCurveName(const Curve&, std::vector<Pending>&);
    void place(std::vector<Pending>&);
    void arrange(const LineChart&, const PlotFrame&, const Theme&, const QFont&, LabelObstacles);

    PlotFrame m_frame;
    Theme m_theme;
    QFont m_font;
    LabelObstacles m_obstacles;
    std::vector<PlacedText> m_texts;
    std::map<QString, std::size_t> m_previous; ///< candidate by name, so that labels stay while a slider moves

    struct Line {
        QLineF line;
        QColor color;
        bool dotted = false;
    };
    struct Dot {
        QPointF centre;
        QColor color;
        bool isHollow = false;
    };
    struct Area {
        QPolygonF outline;
        QColor color;
    };
    std::vector<Line> m_lines;
    std::vector<Dot> m_dots;
    std::vector<Area> m_areas;
};

/// True if the chart has more curves than can be named on the lines; legendOf() then has an entry for each.
bool needsLegend(const LineChart&);
std::vector<LegendEntry> legendOf(const LineChart&, const Theme&);
std::vector<LegendEntry> legendOf(const ScatterChart&, const Theme&);
std::vector<LegendEntry> legendOf(const SpanChart&, const Theme&);

/// "queue", "prefill", ... as the keys of colours say it.
QString roleName(Role);

/// Finite part of a curve as pixels, at most one point per `spacing` pixels; a gap where y is not finite.
std::vector<QPolygonF> visibleLines(const Curve&, const PlotFrame&, double spacing);

} // namespace headroom::ui
