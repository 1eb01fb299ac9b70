#include "ui/plots/bar_layout.h"

#include "ui/format.h"
#include "ui/plots/label_placement.h"
#include "ui/plots/pin_look.h"

#include <QCoreApplication>
#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace headroom::ui {

namespace {

constexpr double kHighestRow = 46, kThickness = 0.6;
constexpr double kHighestShare = 0.16; ///< of a tall card that one row may take
constexpr double kAbove = 0.4;         ///< share of the room left over that stands above the bars
constexpr double kWidestNames = 0.44;  ///< share of the width that category names may take
constexpr double kInsideMargin = 6;    ///< around a text inside a piece
constexpr double kLeastBars = 34;      ///< pixels of the longest bar that texts at its ends must leave
constexpr double kBesideBar = 6;       ///< between a bar and its total
constexpr double kPerTick = 50;
constexpr double kMostKey = 0.25; ///< of the height that the names of pinned plans may take

/// One bar has room for names in its pieces; more bars share a key.
bool namesInside(const StackedBars& c) { return c.categories.size() == 1; }

QString pieceText(const StackedBars& c, const BarPiece& p)
{
    return text(c.segments[p.segment].name) + u' ' + number(p.to - p.from);
}

bool fitsInside(const StackedBars& c, const BarPiece& piece, double pixels, const QFontMetricsF& metrics)
{
    return metrics.horizontalAdvance(pieceText(c, piece)) + 2 * kInsideMargin <= pixels;
}

Interval valueRange(const StackedBars& c, const std::vector<BarPiece>& pieces)
{
    std::vector<double> values{0};
    for (const BarPiece& p : pieces) {
        values.push_back(p.from);
        values.push_back(p.to);
    }
    for (const BarGhost& g : c.ghosts)
        std::ranges::copy_if(g.ends, std::back_inserter(values), [](double v) { return std::isfinite(v); });
    constexpr double kNear = 3; // a limit far beyond all bars would flatten them
    const double high = *std::max_element(values.begin(), values.end());
    for (const Limit& l : c.limits)
        if (std::isfinite(l.value) && (high <= 0 || l.value <= kNear * high))
            values.push_back(l.value);
    const double low = *std::min_element(values.begin(), values.end());
    const double top = *std::max_element(values.begin(), values.end());
    Interval r{low, top > low ? top : low + 1}; // not rounded: a bar may end where its axis ends
    if (c.value.min)
        r.from = *c.value.min;
    if (c.value.max)
        r.to = *c.value.max;
    return r.to > r.from ? r : Interval{r.from, r.from + 1};
}

/// Of bars that there are: a text in the place of a bar has the room of the bar.
double widestTotal(const StackedBars& c, const std::vector<BarPiece>& pieces, const QFontMetricsF& metrics)
{
    double w = 0;
    for (std::size_t i = 0; i < c.totals.size(); ++i)
        if (std::ranges::find(pieces, i, &BarPiece::category) != pieces.end())
            w = std::max(w, metrics.horizontalAdvance(text(c.totals[i])));
    return w;
}

/// The values where the bar of a category begins and ends.
Interval endsOf(const std::vector<BarPiece>& pieces, std::size_t category)
{
    Interval ends{0, 0};
    for (const BarPiece& piece : pieces)
        if (piece.category == category)
            ends = {std::min(ends.from, piece.from), std::max(ends.to, piece.to)};
    return ends;
}

/// Where the axis begins so that the texts at left ends have room: those of short bars stand beside the long ones.
/// \param scale of values, begins where it would without such texts
double leftEdge(
    const StackedBars& c, const std::vector<BarPiece>& pieces, const AxisScale& scale, const QFontMetricsF& metrics)
{
    double edge = scale.pixelFrom;
    for (std::size_t i = 0; i < c.leftTotals.size(); ++i) {
        const double needed = metrics.horizontalAdvance(text(c.leftTotals[i])) + kBesideBar;
        const double share = (endsOf(pieces, i).from - scale.range.from) / scale.range.length();
        if (!c.leftTotals[i].empty() && share < 1)
            edge = std::max(edge, (scale.pixelFrom + needed - share * scale.pixelTo) / (1 - share));
    }
    return std::min(std::ceil(edge), scale.pixelTo - 1);
}

std::vector<QString> textsBehind(const StackedBars& c, bool joinsEnds)
{
    std::vector<QString> texts;
    for (std::size_t i = 0; i < c.totals.size(); ++i) {
        const QString right = text(c.totals[i]);
        const QString left = joinsEnds && i < c.leftTotals.size() ? text(c.leftTotals[i]) : QString();
        texts.push_back(left.isEmpty() || right.isEmpty() ? left + right : left + u'/' + right);
    }
    return texts;
}

/// Where the axis ends so that the texts behind the bars end before `most`, as leftEdge() on the other side.
double rightEdge(const std::vector<QString>& texts, const std::vector<BarPiece>& pieces, const AxisScale& scale,
    double most, const QFontMetricsF& metrics)
{
    double edge = most;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const double room = most - scale.pixelFrom - metrics.horizontalAdvance(texts[i]) - kBesideBar - 2;
        const double share = (endsOf(pieces, i).to - scale.range.from) / scale.range.length();
        if (share > 0)
            edge = std::min(edge, scale.pixelFrom + room / share);
    }
    return std::max(std::floor(edge), scale.pixelFrom + 1);
}

/// Pinned plans in the key: all by name, or where that took the bars' room, their number.
void addGhosts(
    std::vector<LegendEntry>& key, const StackedBars& c, const QRectF& whole, const Theme& theme, const QFont& font)
{
    const std::size_t before = key.size();
    for (const BarGhost& g : c.ghosts)
        key.push_back({text(g.name), theme.color(Role::ghost), {Swatch::Shape::dashes, g.pin}});
    if (c.ghosts.size() < 2 || legendHeight(key, whole.width(), font) <= kMostKey * whole.height())
        return;
    key.resize(before);
    key.push_back({QCoreApplication::translate("Plots", "%1 pinned plans, named under the mouse")
                       .arg(static_cast<int>(c.ghosts.size())),
        theme.color(Role::ghost), {Swatch::Shape::dashes}});
}

/// The key: every segment with several bars, the pieces too small for their name with one.
std::vector<LegendEntry> barLegend(const StackedBars& c, const BarLayout& layout, const std::vector<BarPiece>& pieces,
    const Theme& theme, const QFontMetricsF& metrics)
{
    std::vector<LegendEntry> out;
    if (namesInside(c)) {
        for (const BarPiece& p : pieces)
            if (!fitsInside(c, p, layout.rect(p).width(), metrics))
                out.push_back({pieceText(c, p), pieceColor(c, c.segments[p.segment], theme)});
        return out;
    }
    for (const BarSegment& s : c.segments) {
        const bool drawn = std::any_of(s.values.begin(), s.values.end(), [](double v) { return v != 0; });
        if (!s.name.empty() && drawn)
            out.push_back({text(s.name), pieceColor(c, s, theme)});
    }
    const bool saidByRows = std::ranges::all_of(
        c.segments, [&](const BarSegment& s) { return std::ranges::find(c.categories, s.name) != c.categories.end(); });
    if (out.size() == 1 || saidByRows)
        out.clear(); // one colour needs no key, nor do bars that stand beside their names
    return out;
}

/// A hairline between neighbours of one bar that are both wide enough to spare it.
void partPieces(QPainter& p, const std::vector<BarPiece>& pieces, const BarLayout& layout, const Theme& theme)
{
    constexpr double kWide = 4;
    p.save();
    p.setRenderHint(QPainter::Antialiasing, false);
    p.setPen(QPen(theme.card, 1));
    for (std::size_t i = 1; i < pieces.size(); ++i) {
        const QRectF a = layout.rect(pieces[i - 1]), b = layout.rect(pieces[i]);
        if (pieces[i - 1].category == pieces[i].category && pieces[i - 1].to == pieces[i].from && a.width() > kWide &&
            b.width() > kWide)
            p.drawLine(QLineF(b.left(), b.top(), b.left(), b.bottom()));
    }
    p.restore();
}

void paintCentred(QPainter& p, const QRectF& rect, const QString& s, Qt::Alignment alignment)
{
    p.drawText(rect, static_cast<int>(alignment | Qt::AlignVCenter) | Qt::TextDontClip, s);
}

} // namespace

QRectF BarLayout::rect(const BarPiece& p) const
{
    const double row = frame.area.height() / std::max<double>(1, static_cast<double>(categories.size()));
    const double top = frame.area.top() + row * (static_cast<double>(p.category) + (1 - thickness) / 2);
    const double from = frame.x.pixel(p.from), to = frame.x.pixel(p.to);
    return {from, top, to - from, row * thickness};
}

BarLayout layOutBars(const StackedBars& c, const QRectF& whole, const Theme& theme, const QFont& font)
{
    const QFontMetricsF metrics(font);
    const double line = std::ceil(metrics.height());
    const std::vector<BarPiece> pieces = barPieces(c);
    BarLayout layout;
    layout.thickness = kThickness;
    double names = 0;
    for (const std::string& category : c.categories) {
        layout.categories.push_back(metrics.elidedText(text(category), Qt::ElideRight, whole.width() * kWidestNames));
        names = std::max(names, metrics.horizontalAdvance(layout.categories.back()));
    }
    PlotFrame& f = layout.frame;
    f.whole = whole;
    f.xTitle = axisTitle(c.value);
    layout.namesRight = std::ceil(whole.left() + names);
    double left = layout.namesRight + (names > 0 ? 8 : 0);
    const double totals = widestTotal(c, pieces, metrics);
    const double right = std::floor(whole.right() - std::max(12.0, totals + 10));
    f.x = {valueRange(c, pieces), false, left, std::max(left + 1, right)};
    const int most = std::clamp(static_cast<int>((right - left) / kPerTick), 2, 8);
    const Ticks marks = ticksFromZero(f.x.range, most);
    for (const double v : marks.values)
        f.xTicks.push_back({v, axisNumber(v, marks.step)});
    const double edge = leftEdge(c, pieces, f.x, metrics);
    layout.joinsEnds = edge > left && f.x.pixelTo - edge < kLeastBars;
    layout.totals = textsBehind(c, layout.joinsEnds);
    if (layout.joinsEnds)
        f.x.pixelTo = rightEdge(layout.totals, pieces, f.x, whole.right(), metrics);
    else
        left = f.x.pixelFrom = edge;

    const double rows = std::max<double>(1, static_cast<double>(c.categories.size()));
    const double aboveNames = c.limits.empty() ? 0 : line + 2;
    const double below = line + 5 + (f.xTitle.isEmpty() ? 0 : line);
    const auto place = [&](double legend) {
        const double room = std::max(rows, whole.height() - below - legend - aboveNames);
        const double height = std::min(room, rows * std::max(kHighestRow, kHighestShare * whole.height()));
        const double top = std::floor(whole.top() + aboveNames + kAbove * (room - height));
        f.area = QRectF(left, top, f.x.pixelTo - left, std::floor(height));
        f.y = {{0, rows}, false, f.area.top(), f.area.bottom()};
        layout.legendTop = f.area.bottom() + below;
    };
    place(0);
    layout.legend = barLegend(c, layout, pieces, theme, metrics);
    addGhosts(layout.legend, c, QRectF(QPointF(left, whole.top()), whole.bottomRight()), theme, font);
    // Below the bars, unless a name of the key would be cut there.
    layout.legendLeft = legendWidth(layout.legend, font) > whole.right() - left ? whole.left() : left;
    place(legendHeight(layout.legend, whole.right() - layout.legendLeft, font));
    return layout;
}

void paintBarsBehind(QPainter& p, const StackedBars&, const BarLayout& layout, const Theme& theme, const QFont& font)
{
    const PlotFrame& f = layout.frame;
    const QFontMetricsF metrics(font);
    p.save();
    p.setRenderHint(QPainter::Antialiasing, false);
    p.setPen(QPen(theme.grid, 1));
    for (const TickText& t : f.xTicks) {
        const double x = std::round(f.x.pixel(t.value));
        p.drawLine(QLineF(x, f.area.top(), x, f.area.bottom()));
    }
    p.setFont(font);
    p.setPen(theme.muted);
    const double line = std::ceil(metrics.height());
    double free = -1e9;
    for (const TickText& t : f.xTicks) {
        const double half = metrics.horizontalAdvance(t.text) / 2;
        const double x = std::clamp(f.x.pixel(t.value), f.whole.left() + half, f.whole.right() - half);
        if (x - half < free)
            continue;
        free = x + half + 8;
        paintCentred(p, QRectF(x - half, f.area.bottom() + 4, 2 * half, line), t.text, Qt::AlignHCenter);
    }
    paintCentred(p, QRectF(f.area.left(), f.area.bottom() + 4 + line, f.area.width(), line), f.xTitle, Qt::AlignRight);
    p.restore();
}

namespace {

/// Paints what lies above the bars, and notes where the texts are.
class FrontPainter {
public:
    FrontPainter(QPainter& p, const StackedBars& c, const BarLayout& layout, const Theme& theme, const QFont& font)
        : m_p(p),
          m_chart(c),
          m_layout(layout),
          m_theme(theme),
          m_metrics(font),
          m_pieces(barPieces(c)),
          m_line(std::ceil(m_metrics.height()))
    {
        m_p.setFont(font);
    }

    void limits()
    {
        const PlotFrame& f = m_layout.frame;
        double lastRight = f.whole.left();
        for (const Limit& l : m_chart.limits) {
            if (!f.x.range.contains(l.value))
                continue;
            const double x = std::round(f.x.pixel(l.value));
            QPen pen(m_theme.color(l.role), 1, Qt::CustomDashLine, Qt::FlatCap);
            pen.setDashPattern({5, 3});
            m_p.setPen(pen);
            m_p.drawLine(QLineF(x, f.area.top() - 2, x, f.area.bottom()));
            const QString name = text(l.name);
            const double w = m_metrics.horizontalAdvance(name);
            const double from = std::clamp(x - w / 2, f.whole.left(), std::max(f.whole.left(), f.whole.right() - w));
            if (from < lastRight)
                continue; // its neighbour's name is there; hover says it
            write(QRectF(from, f.area.top() - m_line - 2, w, m_line), name, m_theme.textColor(l.role));
            lastRight = from + w + 8;
        }
    }

    /// Where the bars of pinned plans end.
    void ghosts()
    {
        constexpr double kInset = 0.08, kGhostWidth = 1.5; // of a row; pixels
        const PlotFrame& f = m_layout.frame;
        const double row = rowHeight();
        const QPen ground(m_theme.card, 4, Qt::SolidLine, Qt::FlatCap); // grey on a coloured bar would not be seen
        for (const BarGhost& g : m_chart.ghosts)
            for (std::size_t i = 0; i < std::min(g.ends.size(), m_layout.categories.size()); ++i)
                if (std::isfinite(g.ends[i]) && f.x.range.contains(g.ends[i])) {
                    const double x = std::round(f.x.pixel(g.ends[i]));
                    const double top = f.area.top() + row * (static_cast<double>(i) + kInset);
                    const QLineF mark(x, top, x, top + row * (1 - 2 * kInset));
                    for (const QPen& each : {ground, pinPen(g.pin, m_theme, kGhostWidth)}) {
                        m_p.setPen(each);
                        m_p.drawLine(mark);
                    }
                }
    }

    void namesAndTotals()
    {
        const PlotFrame& f = m_layout.frame;
        const double row = rowHeight();
        for (std::size_t i = 0; i < m_layout.categories.size(); ++i) {
            const double top = f.area.top() + row * (static_cast<double>(i) + 0.5) - m_line / 2;
            const double w = m_metrics.horizontalAdvance(m_layout.categories[i]);
            write(QRectF(m_layout.namesRight - w, top, w, m_line), m_layout.categories[i], m_theme.text);
            leftTotal(i, top);
            if (i >= m_layout.totals.size())
                continue;
            const QString whole = m_layout.totals[i];
            const double from =
                besideGhosts(i, f.x.pixel(endsOf(m_pieces, i).to) + kBesideBar, m_metrics.horizontalAdvance(whole));
            const QString total = m_metrics.elidedText(whole, Qt::ElideRight, f.whole.right() - from);
            const QRectF where(from, top, m_metrics.horizontalAdvance(total), m_line);
            if (crossesLimit(where))
                m_p.fillRect(where.adjusted(-1, 0, 1, 0), m_theme.card);
            write(where, total, m_theme.text);
        }
    }

    void namesInPieces()
    {
        if (!namesInside(m_chart))
            return;
        for (const BarPiece& piece : m_pieces) {
            const QRectF r = m_layout.rect(piece);
            if (fitsInside(m_chart, piece, r.width(), m_metrics))
                write(r.adjusted(kInsideMargin, 0, -kInsideMargin, 0), pieceText(m_chart, piece),
                    m_theme.onColor(m_chart.segments[piece.segment].role));
        }
    }

    void zeroLine()
    {
        const PlotFrame& f = m_layout.frame;
        if (f.x.range.from >= 0 || f.x.range.to <= 0)
            return;
        const double zero = std::round(f.x.pixel(0));
        m_p.setPen(QPen(m_theme.muted, 1));
        m_p.drawLine(QLineF(zero, f.area.top(), zero, f.area.bottom()));
    }

    void hairlines() { partPieces(m_p, m_pieces, m_layout, m_theme); }

    std::vector<QRectF> takeTexts() { return std::move(m_texts); }

private:
    double rowHeight() const
    {
        return m_layout.frame.area.height() / std::max<double>(1, static_cast<double>(m_layout.categories.size()));
    }

    /// Where a text beside a bar starts, so that no mark of a pinned plan runs through it.
    double besideGhosts(std::size_t category, double from, double width) const
    {
        std::vector<double> marks;
        for (const BarGhost& g : m_chart.ghosts)
            if (category < g.ends.size() && std::isfinite(g.ends[category]))
                marks.push_back(m_layout.frame.x.pixel(g.ends[category]));
        std::ranges::sort(marks);
        for (const double mark : marks)
            if (mark > from - kBesideBar && mark < from + width + 2)
                from = mark + kBesideBar;
        return from;
    }

    void write(const QRectF& rect, const QString& s, const QColor& color)
    {
        if (s.isEmpty())
            return;
        m_p.setPen(color);
        paintCentred(m_p, rect, s, Qt::AlignLeft);
        m_texts.push_back(rect);
    }

    /// What stands before a bar that reaches below zero.
    void leftTotal(std::size_t category, double top)
    {
        if (category >= m_chart.leftTotals.size() || m_layout.joinsEnds)
            return;
        const QString total = text(m_chart.leftTotals[category]);
        const double w = m_metrics.horizontalAdvance(total);
        write(QRectF(m_layout.frame.x.pixel(endsOf(m_pieces, category).from) - kBesideBar - w, top, w, m_line), total,
            m_theme.text);
    }

    bool crossesLimit(const QRectF& where) const
    {
        return std::any_of(m_chart.limits.begin(), m_chart.limits.end(), [&](const Limit& l) {
            const double x = m_layout.frame.x.pixel(l.value);
            return x > where.left() - 2 && x < where.right() + 2;
        });
    }

    QPainter& m_p;
    const StackedBars& m_chart;
    const BarLayout& m_layout;
    const Theme& m_theme;
    QFontMetricsF m_metrics;
    std::vector<BarPiece> m_pieces;
    double m_line;
    std::vector<QRectF> m_texts;
};

} // namespace

std::vector<QRectF> paintBarsFront(
    QPainter& p, const StackedBars& c, const BarLayout& layout, const Theme& theme, const QFont& font)
{
    const PlotFrame& f = layout.frame;
    p.save();
    FrontPainter front(p, c, layout, theme, font);
    front.hairlines();
    front.limits();
    front.ghosts();
    front.namesAndTotals();
    front.namesInPieces();
    front.zeroLine();
    paintLegend(
        p, QRectF(QPointF(layout.legendLeft, layout.legendTop), f.whole.bottomRight()), layout.legend, font, theme);
    p.restore();
    return front.takeTexts();
}

} // namespace headroom::ui
