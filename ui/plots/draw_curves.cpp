#include "ui/plots/draw_curves.h"

#include "ui/plots/clip_curve.h"
#include "ui/plots/pin_look.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace headroom::ui {

namespace {

constexpr double kCurveWidth = 1.6, kGhostWidth = 1.2;
/// Pixels. Noise that fills a plot is longer; its dashes would not be seen, and take seconds and hundreds of megabytes.
constexpr double kLongestDashed = 60'000;
constexpr double kScatterSize = 6, kCloudSize = 5;

double pixelLength(const QVector<QPointF>& points, const PlotFrame& frame)
{
    double length = 0;
    for (qsizetype i = 1; i < points.size(); ++i)
        if (const QLineF part(frame.at(points[i - 1].x(), points[i - 1].y()), frame.at(points[i].x(), points[i].y()));
            std::isfinite(part.length()))
            length += part.length();
    return length;
}

/// \param length of the line in pixels
QPen linePen(const Curve& c, const Theme& theme, double length)
{
    const bool ghost = c.role == Role::ghost;
    QPen pen(ghost ? pinLook(c.pin, theme).color : theme.color(c.role), ghost ? kGhostWidth : kCurveWidth);
    if (ghost && length < kLongestDashed)
        return pinPen(c.pin, theme, kGhostWidth);
    if (c.dashed && length < kLongestDashed) {
        pen.setStyle(Qt::CustomDashLine);
        pen.setDashPattern({4, 3});
        pen.setCapStyle(Qt::FlatCap); // square caps would close the gaps
    } else {
        pen.setCapStyle(Qt::RoundCap);
        pen.setJoinStyle(Qt::RoundJoin);
    }
    return pen;
}

/// What can be drawn of a curve: the first infinite value becomes a rise beyond the frame, other gaps stay gaps.
double drawable(double y, double before, const Interval& range)
{
    if (!std::isinf(y))
        return y;
    constexpr double kFarAbove = 1e3;
    return y > 0 && std::isfinite(before) ? range.to * kFarAbove : std::numeric_limits<double>::quiet_NaN();
}

/// What is drawn of a curve: all of it, or where it is dashed and zoomed into, what is in sight.
QVector<QPointF> linePoints(const Curve& c, const PlotFrame& frame, bool zoomed)
{
    QVector<QPointF> points;
    double before = std::numeric_limits<double>::quiet_NaN();
    for (std::size_t i = 0; i < std::min(c.x.size(), c.y.size()); ++i) {
        points.push_back({c.x[i], drawable(c.y[i], before, frame.y.range)});
        before = c.y[i];
    }
    return zoomed && (c.dashed || c.role == Role::ghost) ? clipped(points, frame) : points;
}

} // namespace

void CurveItems::startAgain()
{
    m_graphs.startAgain();
    m_curves.startAgain();
    m_errorBars.startAgain();
}

void CurveItems::hideRest()
{
    m_graphs.hideRest();
    m_curves.hideRest();
    m_errorBars.hideRest();
}

void CurveItems::add(const LineChart& chart, const PlotFrame& frame, const Theme& theme, bool zoomed)
{
    // Ghosts first, so that the present plan lies on top; of a key, what it names first.
    std::vector<const Curve*> lines;
    for (const bool ghosts : {true, false})
        for (const Curve& c : chart.curves)
            if ((c.role == Role::ghost) == ghosts && !c.markers)
                lines.push_back(&c);
    if (chart.keyed)
        std::ranges::reverse(lines);
    for (const Curve* c : lines)
        addLine(*c, frame, theme, zoomed);
    for (const Curve& c : chart.curves)
        if (c.markers)
            addPoints(c,
                QCPScatterStyle(
                    QCPScatterStyle::ssCircle, QPen(theme.color(c.role), 1.1), QBrush(theme.card), kScatterSize),
                theme);
}

void CurveItems::add(const ScatterChart& chart, const PlotFrame& frame, const Theme& theme, bool zoomed)
{
    for (Curve c : chart.lines) {
        c.dashed = true;
        addLine(c, frame, theme, zoomed);
    }
    for (const Curve& c : chart.groups) {
        QColor fill = theme.color(c.role);
        fill.setAlphaF(0.75F);
        addPoints(
            c, QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(theme.card, 0.5), QBrush(fill), kCloudSize), theme);
    }
}

void CurveItems::addLine(const Curve& c, const PlotFrame& frame, const Theme& theme, bool zoomed)
{
    const QVector<QPointF> points = linePoints(c, frame, zoomed);
    const QPen pen = linePen(c, theme, pixelLength(points, frame));
    if (std::is_sorted(c.x.begin(), c.x.end())) {
        QVector<QCPGraphData> data;
        data.reserve(points.size());
        for (const QPointF& p : points)
            data.push_back({p.x(), p.y()});
        QCPGraph* g = m_graphs.take();
        g->setLineStyle(QCPGraph::lsLine);
        g->setScatterStyle(QCPScatterStyle::ssNone);
        g->setPen(pen);
        g->data()->set(data, true);
        return;
    }
    QVector<QCPCurveData> data;
    data.reserve(points.size());
    for (qsizetype i = 0; i < points.size(); ++i)
        data.push_back({static_cast<double>(i), points[i].x(), points[i].y()});
    QCPCurve* curve = m_curves.take();
    curve->setPen(pen);
    curve->data()->set(data, true);
}

void CurveItems::addPoints(const Curve& c, const QCPScatterStyle& style, const Theme& theme)
{
    const std::size_t n = std::min(c.x.size(), c.y.size());
    QVector<QCPGraphData> data;
    QVector<double> minus, plus;
    for (std::size_t i = 0; i < n; ++i) {
        if (!std::isfinite(c.y[i]))
            continue;
        data.push_back({c.x[i], c.y[i]});
        if (!c.errorLo.empty()) {
            minus.push_back(c.y[i] - c.errorLo[i]);
            plus.push_back(c.errorHi[i] - c.y[i]);
        }
    }
    QCPGraph* g = m_graphs.take();
    g->setLineStyle(QCPGraph::lsNone);
    g->setScatterStyle(style);
    g->setPen(style.pen());
    g->data()->set(data, c.errorLo.empty() ? false : std::is_sorted(c.x.begin(), c.x.end()));
    if (c.errorLo.empty())
        return;
    QCPErrorBars* bars = m_errorBars.take();
    bars->setDataPlottable(g);
    bars->setData(minus, plus);
    bars->setPen(QPen(theme.color(c.role), 1));
    bars->setWhiskerWidth(0);
    bars->setSymbolGap(kScatterSize);
}

} // namespace headroom::ui
