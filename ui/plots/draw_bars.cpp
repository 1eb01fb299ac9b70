// StackedBars with Qt Charts, on screen and through any QPainter. The chart lives in a scene of its own that is
// rendered where it is needed: a QChartView would add a viewport, scroll bars and a second layout per chart.
#include "ui/plots/bar_layout.h"
#include "ui/plots/chart_body.h"
#include "ui/plots/pin_look.h"

#include "ui/format.h"

#include <QBarCategoryAxis>
#include <QBarSet>
#include <QChart>
#include <QGraphicsLayout>
#include <QGraphicsScene>
#include <QHorizontalStackedBarSeries>
#include <QLegend>
#include <QPainter>
#include <QValueAxis>
#include <QWidget>

#include <algorithm>
#include <cmath>

namespace headroom::ui {

namespace {

/// What the series holds: invisible gaps and coloured pieces, one value per category (bottom one first).
struct SeriesRow {
    QColor color; ///< invalid = gap
    QList<qreal> values;
    friend bool operator==(const SeriesRow&, const SeriesRow&) = default;
};

/// "0.42 s (0.31 to 0.55 s)"
QString valueText(const BarSegment& s, std::size_t category, std::string_view unit)
{
    const QString value = quantity(s.values[category], unit);
    const bool hasBand = category < s.lo.size() && s.hi[category] > s.lo[category];
    return hasBand ? QStringLiteral("%1 (%2)").arg(value, range(s.lo[category], s.hi[category], unit)) : value;
}

/// The pieces of a segment on one level. \param cursor where the bar of each category ends so far
void appendRows(std::vector<SeriesRow>& rows, const StackedBars& c, std::size_t segment, const Theme& theme,
    const std::vector<BarPiece>& pieces, std::size_t level, std::vector<double>& cursor)
{
    const auto n = static_cast<qsizetype>(c.categories.size());
    const bool hasStarts = !c.segments[segment].starts.empty();
    SeriesRow gap{{}, QList<qreal>(n, 0)}, row{pieceColor(c, c.segments[segment], theme), QList<qreal>(n, 0)};
    for (const BarPiece& p : pieces) {
        if (p.segment != segment || p.level != level)
            continue;
        const qsizetype at = n - 1 - static_cast<qsizetype>(p.category); // Qt counts from the bottom
        if (!hasStarts) {
            row.values[at] = p.from < 0 ? p.from - p.to : p.to - p.from;
            continue;
        }
        gap.values[at] = p.from - cursor[p.category];
        row.values[at] = p.to - p.from;
        cursor[p.category] = p.to;
    }
    if (hasStarts)
        rows.push_back(gap);
    rows.push_back(row);
}

/// Stacks as Qt Charts wants them: a gap in front of each segment that has starts of its own.
std::vector<SeriesRow> seriesRows(const StackedBars& c, const Theme& theme)
{
    std::vector<SeriesRow> rows;
    std::vector<double> cursor(c.categories.size(), 0);
    const std::vector<BarPiece> pieces = barPieces(c);
    const auto outermost = std::ranges::max_element(pieces, {}, &BarPiece::level);
    for (std::size_t level = 0; level <= (outermost == pieces.end() ? 0 : outermost->level); ++level)
        for (std::size_t s = 0; s < c.segments.size(); ++s)
            appendRows(rows, c, s, theme, pieces, level, cursor);
    return rows;
}

class BarsWidget : public QWidget {
public:
    explicit BarsWidget(QWidget* parent) : QWidget(parent)
    {
        setAttribute(Qt::WA_TransparentForMouseEvents);
        m_scene.setItemIndexMethod(QGraphicsScene::NoIndex);
        m_chart = new QChart; // the scene owns it
        m_scene.addItem(m_chart);
        m_chart->setBackgroundVisible(false);
        m_chart->setPlotAreaBackgroundVisible(false);
        m_chart->setMargins(QMargins());
        m_chart->legend()->hide();
        m_chart->setAnimationOptions(QChart::NoAnimation);
        m_categories = new QBarCategoryAxis(m_chart);
        m_values = new QValueAxis(m_chart);
        m_categories->setVisible(false); // ticks, grid and texts are drawn by bar_layout
        m_values->setVisible(false);
        m_chart->addAxis(m_categories, Qt::AlignLeft);
        m_chart->addAxis(m_values, Qt::AlignBottom);
        m_series = new QHorizontalStackedBarSeries(m_chart);
        m_chart->addSeries(m_series);
        m_series->attachAxis(m_categories);
        m_series->attachAxis(m_values);
    }

    void show(const StackedBars& bars, const Theme& theme)
    {
        m_bars = &bars;
        m_theme = theme;
        update();
    }

    const BarLayout& barLayout() const { return m_layout; }
    const std::vector<QRectF>& texts() const { return m_texts; }

    void paintOn(QPainter& p, QSizeF size, const QFont& font)
    {
        m_layout = layOutBars(*m_bars, QRectF(QPointF(0, 0), size), m_theme, font);
        fillChart(size);
        paintBarsBehind(p, *m_bars, m_layout, m_theme, font);
        p.save();
        m_scene.render(&p, QRectF(QPointF(0, 0), size), QRectF(QPointF(0, 0), size), Qt::IgnoreAspectRatio);
        p.restore();
        m_texts = paintBarsFront(p, *m_bars, m_layout, m_theme, font);
    }

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter p(this);
        p.fillRect(rect(), m_theme.card);
        if (m_bars)
            paintOn(p, QSizeF(size()), uiFont(TextSize::small));
    }

private:
    void fillChart(QSizeF size)
    {
        const std::vector<SeriesRow> rows = seriesRows(*m_bars, m_theme);
        const auto categories = static_cast<int>(m_bars->categories.size());
        if (rows != m_rows) {
            if (categories != m_categories->count()) {
                QStringList names; // unique, never shown
                for (int i = 0; i < categories; ++i)
                    names << QString::number(i);
                m_categories->setCategories(names);
            }
            fillSeries(rows);
            m_rows = rows;
        }
        m_series->setBarWidth(m_layout.thickness);
        m_values->setRange(m_layout.frame.x.range.from, m_layout.frame.x.range.to);
        if (size != m_size) {
            m_scene.setSceneRect(QRectF(QPointF(0, 0), size));
            m_chart->setGeometry(QRectF(QPointF(0, 0), size));
            m_size = size;
        }
        m_chart->setPlotArea(m_layout.frame.area);
        m_chart->layout()->activate();
    }

    void fillSeries(const std::vector<SeriesRow>& rows)
    {
        const QList<QBarSet*> sets = m_series->barSets();
        const bool sameShape = sets.size() == static_cast<qsizetype>(rows.size()) && m_rows.size() == rows.size() &&
                               (rows.empty() || m_rows.front().values.size() == rows.front().values.size());
        if (!sameShape) {
            m_series->clear();
            QList<QBarSet*> fresh;
            for (const SeriesRow& row : rows) {
                auto* set = new QBarSet(QString(), m_series);
                set->append(row.values);
                style(*set, row.color);
                fresh << set;
            }
            m_series->append(fresh);
            return;
        }
        for (std::size_t i = 0; i < rows.size(); ++i) {
            QBarSet& set = *sets[static_cast<qsizetype>(i)];
            for (qsizetype k = 0; k < rows[i].values.size(); ++k)
                if (rows[i].values[k] != m_rows[i].values[k])
                    set.replace(static_cast<int>(k), rows[i].values[k]);
            style(set, rows[i].color);
        }
    }

    static void style(QBarSet& set, const QColor& color)
    {
        set.setBrush(color.isValid() ? QBrush(color) : QBrush(Qt::NoBrush));
        set.setPen(QPen(Qt::NoPen)); // a frame would swallow thin pieces; bar_layout parts the wide ones
    }

    QGraphicsScene m_scene;
    QChart* m_chart = nullptr;
    QBarCategoryAxis* m_categories = nullptr;
    QValueAxis* m_values = nullptr;
    QHorizontalStackedBarSeries* m_series = nullptr;
    const StackedBars* m_bars = nullptr;
    Theme m_theme;
    BarLayout m_layout;
    std::vector<SeriesRow> m_rows;
    std::vector<QRectF> m_texts;
    QSizeF m_size;
};

class BarsBody : public ChartBody {
public:
    explicit BarsBody(QWidget* parent) : m_widget(new BarsWidget(parent)) {}
    ~BarsBody() override { delete m_widget; }

    QWidget* widget() override { return m_widget; }
    bool draws(const ChartSpec& c) const override { return std::holds_alternative<StackedBars>(c.body); }

    void show(const ChartSpec& chart, const Theme& theme) override
    {
        m_chart = &std::get<StackedBars>(chart.body);
        m_theme = theme;
        m_widget->show(*m_chart, theme);
    }

    void paint(QPainter& p, const QRectF& where) override
    {
        p.save();
        p.translate(where.topLeft());
        m_widget->paintOn(p, where.size(), printFont(TextSize::small));
        p.restore();
    }

    std::optional<Reading> read(QPointF at) const override
    {
        const BarLayout& layout = m_widget->barLayout();
        const QRectF& area = layout.frame.area;
        if (!m_chart || at.y() < area.top() || at.y() >= area.bottom() || m_chart->categories.empty())
            return std::nullopt;
        const double row = area.height() / static_cast<double>(m_chart->categories.size());
        const auto category = static_cast<std::size_t>((at.y() - area.top()) / row);
        if (category >= m_chart->categories.size())
            return std::nullopt;
        Reading r;
        r.at = at;
        r.area = area;
        r.vertical = false;
        r.head = text(m_chart->categories[category]);
        if (category < m_chart->totals.size())
            r.head += QStringLiteral("  ") + text(m_chart->totals[category]);
        for (const BarSegment& s : m_chart->segments)
            if (category < s.values.size() && s.values[category] != 0)
                r.rows.push_back(
                    {pieceColor(*m_chart, s, m_theme), text(s.name), valueText(s, category, m_chart->value.unit)});
        for (const BarGhost& g : m_chart->ghosts)
            if (category < g.ends.size() && std::isfinite(g.ends[category]))
                r.rows.push_back({pinLook(g.pin, m_theme).color, text(g.name),
                    quantity(g.ends[category], m_chart->value.unit), {Swatch::Shape::dashes, g.pin}});
        for (const Limit& l : m_chart->limits)
            r.rows.push_back(
                {m_theme.color(l.role), text(l.name), quantity(l.value, m_chart->value.unit), {Swatch::Shape::dashes}});
        return r;
    }

    std::vector<QRectF> labelRects() const override { return m_widget->texts(); }

private:
    BarsWidget* m_widget;
    const StackedBars* m_chart = nullptr;
    Theme m_theme;
};

} // namespace

std::unique_ptr<ChartBody> makeBarsBody(QWidget* parent) { return std::make_unique<BarsBody>(parent); }

} // namespace headroom::ui
