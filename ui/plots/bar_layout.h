// Where the bars of a StackedBars chart and their texts lie. Qt Charts draws the bars; this says where.
#pragma once

#include "ui/plots/bar_pieces.h"
#include "ui/plots/plot_frame.h"

#include <QFont>
#include <QRectF>
#include <QString>

#include <vector>

class QPainter;

namespace headroom::ui {

struct BarLayout {
    PlotFrame frame; ///< y: category i lies in [i, i + 1], first at the top
    double thickness = 0.6;
    std::vector<QString> categories; ///< elided
    std::vector<LegendEntry> legend;
    double legendTop = 0, legendLeft = 0;
    double namesRight = 0;       ///< where the names of the categories end
    bool joinsEnds = false;      ///< too narrow for a text at either end of bars: both stand behind them, "−8/+10"
    std::vector<QString> totals; ///< what stands behind the bars

    QRectF rect(const BarPiece&) const;
};

BarLayout layOutBars(const StackedBars&, const QRectF& whole, const Theme&, const QFont&);

/// Grid and tick labels; below the bars.
void paintBarsBehind(QPainter&, const StackedBars&, const BarLayout&, const Theme&, const QFont&);
/// Names, totals, limits, key; above the bars. Gives the places of the texts.
std::vector<QRectF> paintBarsFront(QPainter&, const StackedBars&, const BarLayout&, const Theme&, const QFont&);

} // namespace headroom::ui
