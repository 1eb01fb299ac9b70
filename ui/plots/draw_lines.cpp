// LineChart, ScatterChart, SpanChart and HeatMap with QCustomPlot, on screen and through any QPainter.
#include "ui/plots/annotations.h"
#include "ui/plots/cells.h"
#include "ui/plots/chart_body.h"
#include "ui/plots/draw_curves.h"
#include "ui/plots/heat_colours.h"
#include "ui/plots/hover.h"

#include <qcustomplot.h>

#include <QPicture>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

namespace headroom::ui {

namespace {

constexpr double kScaleWidth = 12, kScaleMargin = 58; ///< colour scale of a heat map, with its labels

/// Lets this file paint between QCustomPlot's own layers.
class PainterItem : public QCPLayerable {
public:
    PainterItem(QCustomPlot* plot, const QString& layer, std::function<void(QPainter&)> paint)
        : QCPLayerable(plot, layer), m_paint(std::move(paint))
    {}

private:
    void applyDefaultAntialiasingHint(QCPPainter* p) const override { p->setAntialiasing(true); }
    QRect clipRect() const override { return mParentPlot->viewport(); }
    void draw(QCPPainter* p) override { m_paint(*p); }

    std::function<void(QPainter&)> m_paint;
};

/// Draws when it is seen: what it shows, and its size, change several times before a window is there for the first time.
class Plot final : public QCustomPlot {
public:
    explicit Plot(QWidget* parent) : QCustomPlot(parent)
    {
        // QCustomPlot has posted to itself to draw the empty plot.
        QCoreApplication::removePostedEvents(this, QEvent::MetaCall);
    }
    /// The drawing is to be made anew, before the next paint at the latest.
    void outdate()
    {
        m_outdated = !isVisible();
        if (!m_outdated)
            replot(rpQueuedRefresh);
    }

protected:
    void resizeEvent(QResizeEvent*) override { setViewport(rect()); } // show() follows, with margins for the new size
    void paintEvent(QPaintEvent* event) override
    {
        if (std::exchange(m_outdated, false))
            replot(rpQueuedRefresh);
        QCustomPlot::paintEvent(event);
    }

private:
    bool m_outdated = true;
};

class AxesBody : public ChartBody {
public:
    explicit AxesBody(QWidget* parent)
        : m_plot(new Plot(parent)), m_items(m_plot), m_ticksX(new QCPAxisTickerText), m_ticksY(new QCPAxisTickerText)
    {
        m_plot->setAttribute(Qt::WA_TransparentForMouseEvents);
        m_plot->setFocusPolicy(Qt::NoFocus);
        m_plot->setPlottingHint(QCP::phFastPolylines); // lines wider than a pixel cost five times as much without
        m_plot->setNotAntialiasedElements(QCP::aeGrid | QCP::aeAxes);
        m_plot->setNoAntialiasingOnDrag(false);
        m_plot->layer(QStringLiteral("overlay"))->setMode(QCPLayer::lmLogical); // no second buffer per plot
        m_plot->axisRect()->setAutoMargins(QCP::msNone);
        m_plot->axisRect()->setMinimumSize(1, 1);
        m_plot->addLayer(QStringLiteral("names"), m_plot->layer(QStringLiteral("overlay")), QCustomPlot::limBelow);
        m_plot->xAxis->setTicker(m_ticksX);
        m_plot->yAxis->setTicker(m_ticksY);
        new PainterItem(m_plot, QStringLiteral("main"), [this](QPainter& p) { paintBehind(p); }); // plot owns both
        new PainterItem(m_plot, QStringLiteral("names"), [this](QPainter& p) { paintFront(p); });
    }
    ~AxesBody() override { delete m_plot; }

    QWidget* widget() override { return m_plot; }
    bool draws(const ChartSpec& c) const override
    {
        return !std::holds_alternative<StackedBars>(c.body) && !std::holds_alternative<Table>(c.body);
    }

    void show(const ChartSpec& chart, const Theme& theme) override
    {
        m_chart = &chart;
        m_theme = theme;
        keepZoomIfSameAxes();
        applyColours();
        m_plot->setBackground(QBrush(theme.card));
        arrange(QSizeF(m_plot->size()), uiFont(TextSize::small));
        m_plot->outdate();
    }

    void paint(QPainter& painter, const QRectF& where) override
    {
        const QSize size = where.size().toSize();
        m_plot->setBackground(QBrush(Qt::NoBrush));
        arrange(QSizeF(size), printFont(TextSize::small));
        // QCustomPlot paints with a painter of its own class: record, then play on the given one. Stays vectors.
        QPicture picture;
        QCPPainter recorder;
        if (!recorder.begin(&picture))
            return;
        recorder.setMode(QCPPainter::pmVectorized);
        recorder.setMode(QCPPainter::pmNoCaching);
        recorder.setMode(QCPPainter::pmNonCosmetic);
        m_plot->toPainter(&recorder, size.width(), size.height());
        recorder.end();
        painter.save();
        painter.translate(where.topLeft());
        painter.drawPicture(0, 0, picture);
        painter.restore();
    }

    std::optional<Reading> read(QPointF at) const override
    {
        if (!m_chart)
            return std::nullopt;
        if (const auto* c = std::get_if<LineChart>(&m_chart->body))
            return readLines(*c, m_frame, m_theme, at);
        if (const auto* c = std::get_if<ScatterChart>(&m_chart->body))
            return readScatter(*c, m_frame, m_theme, at);
        if (const auto* c = std::get_if<SpanChart>(&m_chart->body))
            return readSpans(*c, m_frame, m_theme, at);
        return readHeatMap(std::get<HeatMap>(m_chart->body), m_frame, m_theme, at);
    }

    std::optional<QLineF> verticalAt(double x) const override
    {
        if (!m_chart || !m_frame.x.range.contains(x))
            return std::nullopt;
        const double at = m_frame.x.pixel(x);
        return QLineF(at, m_frame.area.top(), at, m_frame.area.bottom());
    }

    std::optional<Hit> hit(QPointF at) const override
    {
        const auto* c = m_chart ? std::get_if<ScatterChart>(&m_chart->body) : nullptr;
        return c ? hitScatter(*c, m_frame, at) : std::nullopt;
    }

    void zoom(double factor, QPointF at, Qt::Orientations orientations) override
    {
        if (!m_chart)
            return;
        const PlotRanges whole = wholeRange();
        if (orientations & Qt::Horizontal)
            m_userX = zoomedAxis(m_frame.x, at.x(), factor, whole.x, m_userX);
        if ((orientations & Qt::Vertical) && !rowsInsteadOfY())
            m_userY = zoomedAxis(m_frame.y, at.y(), factor, whole.y, m_userY);
        redraw();
    }
    void pan(QPointF pixels) override
    {
        const double shareX = -pixels.x() / (m_frame.x.pixelTo - m_frame.x.pixelFrom);
        const double shareY = -pixels.y() / (m_frame.y.pixelTo - m_frame.y.pixelFrom);
        m_userX = notBelow(panned(m_frame.x.range, m_frame.x.logarithmic, shareX), axisX());
        if (!rowsInsteadOfY())
            m_userY = notBelow(panned(m_frame.y.range, m_frame.y.logarithmic, shareY), axisY());
        redraw();
    }
    void fit() override
    {
        m_userX.reset();
        m_userY.reset();
        redraw();
    }
    bool isZoomed() const override { return m_userX || m_userY; }
    std::optional<Interval> zoomedX() const override { return m_userX; }
    void showX(std::optional<Interval> range) override
    {
        if (range == m_userX)
            return;
        m_userX = range;
        redraw();
    }
    std::optional<PlotRanges> visible() const override { return PlotRanges{m_frame.x.range, m_frame.y.range}; }

    std::vector<QRectF> labelRects() const override
    {
        std::vector<QRectF> out;
        for (const PlacedText& t : m_annotations.texts())
            out.push_back(t.rect);
        return out;
    }

private:
    struct AxisKey {
        std::string xLabel, xUnit, yLabel, yUnit;
        bool xLog = false, yLog = false;
        std::size_t kind = 0;
        friend bool operator==(const AxisKey&, const AxisKey&) = default;
    };

    bool rowsInsteadOfY() const { return m_chart && std::holds_alternative<SpanChart>(m_chart->body); }

    /// Curves have their unit beside the title; where both axes carry data of their own kind, y is named too.
    bool namesY() const
    {
        return std::holds_alternative<ScatterChart>(m_chart->body) || std::holds_alternative<HeatMap>(m_chart->body) ||
               (m_chart->unit.empty() && !rowsInsteadOfY());
    }

    const Axis& axisX() const
    {
        if (const auto* c = std::get_if<LineChart>(&m_chart->body))
            return c->x;
        if (const auto* c = std::get_if<ScatterChart>(&m_chart->body))
            return c->x;
        if (const auto* c = std::get_if<SpanChart>(&m_chart->body))
            return c->x;
        return std::get<HeatMap>(m_chart->body).x;
    }
    const Axis& axisY() const
    {
        if (const auto* c = std::get_if<LineChart>(&m_chart->body))
            return c->y;
        if (const auto* c = std::get_if<ScatterChart>(&m_chart->body))
            return c->y;
        if (const auto* c = std::get_if<HeatMap>(&m_chart->body))
            return c->y;
        static const Axis rows;
        return rows;
    }

    PlotRanges fittedRange() const
    {
        return std::visit(
            [](const auto& body) {
                if constexpr (requires { fittedRanges(body); })
                    return fittedRanges(body);
                else
                    return PlotRanges{};
            },
            m_chart->body);
    }
    /// What zooming out ends at: all of the data.
    PlotRanges wholeRange() const
    {
        const auto* lines = std::get_if<LineChart>(&m_chart->body);
        return lines ? wholeRanges(*lines) : fittedRange();
    }

    /// Zooming in ends where doubles do, zooming out where the data do.
    static std::optional<Interval> zoomedAxis(
        const AxisScale& axis, double pixel, double factor, Interval whole, std::optional<Interval> before)
    {
        constexpr double kSmallest = 1e-9;
        const Interval wanted = zoomed(axis.range, axis.logarithmic, axis.value(pixel), factor);
        if (factor > 1)
            return heldWithin(wanted, whole, axis.logarithmic);
        const double size = std::max(std::abs(wanted.from), std::abs(wanted.to));
        return std::isfinite(size) && wanted.length() >= kSmallest * size ? wanted : before;
    }

    void keepZoomIfSameAxes()
    {
        const Axis &x = axisX(), &y = axisY();
        const AxisKey key{x.label, x.unit, y.label, y.unit, x.logarithmic, y.logarithmic, m_chart->body.index()};
        if (key != m_key) {
            m_userX.reset();
            m_userY.reset();
        }
        m_key = key;
    }

    void redraw()
    {
        if (!m_chart)
            return;
        arrange(QSizeF(m_plot->size()), uiFont(TextSize::small));
        m_plot->replot(QCustomPlot::rpQueuedReplot); // several notches of a wheel between two frames are drawn once
    }

    void applyColours()
    {
        for (QCPAxis* axis : {m_plot->xAxis, m_plot->yAxis}) {
            axis->setTickLabelColor(m_theme.muted);
            axis->setTickPen(QPen(m_theme.grid, 1)); // of length 0; NoPen leaves black dots in a QPicture
            axis->setSubTickPen(Qt::NoPen);
            axis->setSubTicks(false);
            axis->setTickLength(0);
            axis->grid()->setPen(QPen(m_theme.grid, 1));
            axis->grid()->setZeroLinePen(Qt::NoPen);
        }
        m_plot->xAxis->setBasePen(QPen(m_theme.line, 1));
        m_plot->yAxis->setBasePen(Qt::NoPen);
        m_plot->xAxis->setTickLabelPadding(4);
        m_plot->yAxis->setTickLabelPadding(7);
    }

    /// Everything that depends on the size, the ranges or the data.
    void arrange(QSizeF size, const QFont& font)
    {
        m_font = font;
        FrameRequest request;
        request.whole = QRectF(QPointF(0, 0), size);
        request.x = &axisX();
        request.y = &axisY();
        request.ranges = fittedRange();
        if (m_userX == request.ranges.x) // zoomed out again to where it fits
            m_userX.reset();
        if (m_userY == request.ranges.y)
            m_userY.reset();
        m_legend.clear();
        if (const auto* lines = std::get_if<LineChart>(&m_chart->body)) {
            m_legend = legendOf(*lines, m_theme);
        } else if (const auto* scatter = std::get_if<ScatterChart>(&m_chart->body)) {
            m_legend = legendOf(*scatter, m_theme);
        } else if (const auto* spans = std::get_if<SpanChart>(&m_chart->body)) {
            m_legend = legendOf(*spans, m_theme);
            for (const std::string& row : spans->rows)
                request.rows.push_back(QString::fromStdString(row));
        } else {
            request.rightMargin = kScaleMargin;
        }
        request.namesY = namesY();
        request.ranges.x = m_userX.value_or(request.ranges.x);
        request.ranges.y = m_userY.value_or(request.ranges.y);
        request.legendHeight = legendHeight(m_legend, size.width(), font);
        m_frame = layOutFrame(request, font);
        applyFrame();
        m_items.startAgain();
        if (const auto* lines = std::get_if<LineChart>(&m_chart->body)) {
            m_items.add(*lines, m_frame, m_theme, isZoomed());
            m_annotations.arrange(*lines, m_frame, m_theme, font);
        } else if (const auto* scatter = std::get_if<ScatterChart>(&m_chart->body)) {
            m_items.add(*scatter, m_frame, m_theme, isZoomed());
            m_annotations.arrange(*scatter, m_frame, m_theme, font);
        } else {
            m_annotations.arrange(LineChart{}, m_frame, m_theme, font);
        }
        m_items.hideRest();
    }

    void applyFrame()
    {
        const QRect area = m_frame.area.toRect(), whole = m_frame.whole.toRect();
        m_plot->axisRect()->setMargins(QMargins(area.left(), area.top(), whole.width() - area.left() - area.width(),
            whole.height() - area.top() - area.height()));
        const auto apply = [this](QCPAxis* axis, const AxisScale& scale, const std::vector<TickText>& list,
                               QCPAxisTickerText& ticker) {
            axis->setScaleType(scale.logarithmic ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
            axis->setRange(scale.range.from, scale.range.to);
            axis->setTickLabelFont(m_font);
            ticker.clear();
            for (const TickText& t : list)
                ticker.addTick(t.value, t.text);
        };
        apply(m_plot->xAxis, m_frame.x, m_frame.xTicks, *m_ticksX);
        apply(m_plot->yAxis, m_frame.y, m_frame.yTicks, *m_ticksY);
        m_plot->yAxis->setRangeReversed(rowsInsteadOfY());
        m_plot->yAxis->grid()->setVisible(
            std::holds_alternative<LineChart>(m_chart->body) || std::holds_alternative<ScatterChart>(m_chart->body));
        m_plot->xAxis->grid()->setVisible(rowsInsteadOfY() || std::holds_alternative<ScatterChart>(m_chart->body));
    }

    void paintBehind(QPainter& p) const
    {
        if (!m_chart)
            return;
        m_annotations.paintBehind(p);
        if (const auto* c = std::get_if<SpanChart>(&m_chart->body))
            paintSpans(p, *c, m_frame, m_theme);
        if (const auto* c = std::get_if<HeatMap>(&m_chart->body))
            paintCells(p, *c, m_frame, m_theme);
    }

    void paintFront(QPainter& p) const
    {
        if (!m_chart)
            return;
        m_annotations.paintFront(p);
        if (const auto* c = std::get_if<HeatMap>(&m_chart->body))
            paintScale(p, *c);
        p.setFont(m_font);
        p.setPen(m_theme.muted);
        const double legend = legendHeight(m_legend, m_frame.whole.width(), m_font);
        const double line = std::ceil(QFontMetricsF(m_font).height()), bottom = m_frame.whole.bottom() - legend;
        const double width = m_frame.area.right() - m_frame.whole.left();
        p.drawText(QRectF(m_frame.whole.left(), bottom - line - 2, width, line),
            static_cast<int>(Qt::AlignRight | Qt::AlignVCenter), m_frame.xTitle);
        p.drawText(QRectF(m_frame.whole.left(), m_frame.whole.top(), width, line),
            static_cast<int>(Qt::AlignLeft | Qt::AlignVCenter), m_frame.yTitle);
        paintLegend(p, QRectF(m_frame.whole.left(), bottom, m_frame.whole.width(), legend), m_legend, m_font, m_theme);
    }

    void paintScale(QPainter& p, const HeatMap& map) const
    {
        const QRectF strip(m_frame.area.right() + 12, m_frame.area.top(), kScaleWidth, m_frame.area.height());
        HeatColours(map, m_theme).paintScale(p, strip, m_font, m_theme);
    }

    Plot* m_plot;
    CurveItems m_items;
    QSharedPointer<QCPAxisTickerText> m_ticksX, m_ticksY;
    const ChartSpec* m_chart = nullptr;
    Theme m_theme;
    QFont m_font;
    PlotFrame m_frame;
    std::vector<LegendEntry> m_legend;
    Annotations m_annotations;
    std::optional<Interval> m_userX, m_userY;
    AxisKey m_key;
};

} // namespace

std::unique_ptr<ChartBody> makeAxesBody(QWidget* parent) { return std::make_unique<AxesBody>(parent); }

} // namespace headroom::ui
