// The curves and points of a chart as plottables of QCustomPlot, reused from chart to chart.
#pragma once

#include "ui/plots/chart.h"
#include "ui/plots/plot_frame.h"
#include "ui/theme.h"

#include <qcustomplot.h>

#include <vector>

namespace headroom::ui {

/// A pool of plottables of one kind: reused from chart to chart, the rest hidden.
template <class Plottable>
class PlottablePool {
public:
    explicit PlottablePool(QCustomPlot* plot) : m_plot(plot) {}

    Plottable* take()
    {
        if (m_used == m_all.size()) {
            m_all.push_back(new Plottable(m_plot->xAxis, m_plot->yAxis)); // the plot owns it
            m_all.back()->setSelectable(QCP::stNone);
        }
        Plottable* p = m_all[m_used++];
        p->setVisible(true);
        return p;
    }
    void startAgain() { m_used = 0; }
    void hideRest()
    {
        for (std::size_t i = m_used; i < m_all.size(); ++i)
            m_all[i]->setVisible(false);
    }

private:
    QCustomPlot* m_plot;
    std::vector<Plottable*> m_all;
    std::size_t m_used = 0;
};

/// Everything that a plot shows as lines and points. Call startAgain(), add() for what is shown, hideRest().
class CurveItems {
public:
    explicit CurveItems(QCustomPlot* plot) : m_graphs(plot), m_curves(plot), m_errorBars(plot) {}

    void startAgain();
    /// \param zoomed into a part: of dashed curves only what is in sight becomes part of the plot
    void add(const LineChart&, const PlotFrame&, const Theme&, bool zoomed);
    void add(const ScatterChart&, const PlotFrame&, const Theme&, bool zoomed);
    void hideRest();

private:
    void addLine(const Curve&, const PlotFrame&, const Theme&, bool zoomed);
    void addPoints(const Curve&, const QCPScatterStyle&, const Theme&);

    PlottablePool<QCPGraph> m_graphs;
    PlottablePool<QCPCurve> m_curves;
    PlottablePool<QCPErrorBars> m_errorBars;
};

} // namespace headroom::ui
