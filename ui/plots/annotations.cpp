#include "ui/plots/annotations.h"

#include "ui/format.h"
#include "ui/plots/label_places.h"
#include "ui/plots/pin_look.h"

#include <QCoreApplication>
#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>
#include <utility>

namespace headroom::ui {

namespace {

QString tr(const char* words) { return QCoreApplication::translate("Roles", words); }

constexpr double kDotRadius = 5, kDotRim = 1.5;
constexpr double kHollowRadius = 4, kHollowRing = 1.6; ///< the operating point of a pinned plan
constexpr double kObstacleSpacing = 5;                 ///< pixels between points of a curve when labels look for room
constexpr int kMostDirectNames = 6;                    ///< more curves than this get a key
constexpr double kBandOpacityLight = 0.14, kBandOpacityDark = 0.20, kRegionOpacity = 0.07;
constexpr double kPatchOpacity = 0.82;

QPen dashes(const QColor& color, double width, const QList<qreal>& pattern)
{
    QPen pen(color, width, Qt::CustomDashLine, Qt::FlatCap); // square caps would close the gaps
    pen.setDashPattern(pattern);
    return pen;
}

QColor withOpacity(QColor color, double opacity)
{
    color.setAlphaF(static_cast<float>(opacity));
    return color;
}

bool isGhost(const Curve& c) { return c.role == Role::ghost; }

/// The one solid curve of a plot is what its title says: naming it again would be noise.
bool needsName(const Curve& c, int solidCurves)
{
    if (c.name.empty() || !c.isLabelled)
        return false;
    return solidCurves > 1 || isGhost(c) || c.dashed || c.markers;
}

int solidCurves(const LineChart& chart)
{
    return static_cast<int>(std::count_if(chart.curves.begin(), chart.curves.end(),
        [](const Curve& c) { return !isGhost(c) && !c.dashed && !c.markers; }));
}

/// A solid curve has a square of its colour, which is seen better than a piece of a thin line.
Swatch keySwatch(const Curve& c)
{
    if (c.markers)
        return {Swatch::Shape::circle};
    return {c.dashed || isGhost(c) ? Swatch::Shape::dashes : Swatch::Shape::square, c.pin};
}

QString markerName(const Curve& c) { return QStringLiteral("○ ") + text(c.name); }

/// Outline of a band, cut to the frame so that infinite edges stay drawable.
QPolygonF bandOutline(const Curve& c, const PlotFrame& f)
{
    QPolygonF upper, lower;
    const double top = f.area.top() - 1, bottom = f.area.bottom() + 1;
    for (std::size_t i = 0; i < c.x.size(); ++i) {
        if (!std::isfinite(c.lo[i]) || std::isnan(c.hi[i]))
            continue;
        const double x = f.x.pixel(c.x[i]);
        upper << QPointF(x, std::isinf(c.hi[i]) ? top : std::clamp(f.y.pixel(c.hi[i]), top, bottom));
        lower << QPointF(x, std::clamp(f.y.pixel(c.lo[i]), top, bottom));
    }
    std::reverse(lower.begin(), lower.end());
    return upper + lower;
}

} // namespace

struct Annotations::Pending {
    QString text;
    QColor color;
    LabelRequest request;
};

QString roleName(Role role)
{
    switch (role) {
    case Role::queue:
        return tr("queue");
    case Role::retrieval:
        return tr("retrieval");
    case Role::prefill:
        return tr("prefill");
    case Role::decode:
        return tr("decode");
    case Role::post:
        return tr("post");
    case Role::network:
        return tr("network");
    case Role::weights:
        return tr("weights");
    case Role::kv:
        return tr("KV cache");
    case Role::workspace:
        return tr("workspace");
    case Role::waste:
        return tr("waste");
    case Role::free:
        return tr("free");
    case Role::bad:
        return tr("refused");
    default:
        return {};
    }
}

bool needsLegend(const LineChart& chart)
{
    const int solid = solidCurves(chart);
    return chart.keyed || std::count_if(chart.curves.begin(), chart.curves.end(),
                              [solid](const Curve& c) { return needsName(c, solid); }) > kMostDirectNames;
}

std::vector<LegendEntry> legendOf(const LineChart& chart, const Theme& theme)
{
    std::vector<LegendEntry> out;
    if (!needsLegend(chart))
        return out;
    const int solid = solidCurves(chart);
    for (const Curve& c : chart.curves)
        if (needsName(c, solid))
            out.push_back({text(c.name), theme.color(c.role), keySwatch(c)});
    for (const Limit& l : chart.limits)
        if (chart.keyed && !l.name.empty())
            out.push_back({text(l.name), theme.color(l.role), {Swatch::Shape::dashes}});
    return out;
}

std::vector<LegendEntry> legendOf(const ScatterChart& chart, const Theme& theme)
{
    std::vector<LegendEntry> out;
    for (const Curve& c : chart.groups)
        if (!c.name.empty() && chart.groups.size() > 1)
            out.push_back({text(c.name), theme.color(c.role)});
    return out;
}

std::vector<LegendEntry> legendOf(const SpanChart& chart, const Theme& theme)
{
    std::set<Role> seen;
    std::vector<LegendEntry> out;
    for (const Span& s : chart.spans)
        if (seen.insert(s.role).second && !roleName(s.role).isEmpty())
            out.push_back({roleName(s.role), theme.color(s.role)});
    return out;
}

std::vector<QPolygonF> visibleLines(const Curve& c, const PlotFrame& f, double spacing)
{
    std::vector<QPolygonF> out;
    QPolygonF run;
    const auto close = [&] {
        if (run.size() > 1)
            out.push_back(run);
        run.clear();
    };
    const std::size_t n = std::min(c.x.size(), c.y.size());
    for (std::size_t i = 0; i < n; ++i) {
        if (!std::isfinite(c.y[i]) || !std::isfinite(c.x[i])) {
            close();
            continue;
        }
        const QPointF p = f.at(c.x[i], c.y[i]);
        const bool far =
            run.isEmpty() || std::abs(p.x() - run.last().x()) + std::abs(p.y() - run.last().y()) >= spacing;
        if (far || i + 1 == n)
            run << p;
    }
    close();
    return out;
}

namespace {

/// Points of a cloud are in the way as short lines: a text may lie on some where there are many.
std::vector<QLineF> pointsAsLines(const std::vector<Curve>& groups, const PlotFrame& frame)
{
    constexpr std::size_t kMost = 300; // of a cloud that is larger, some stand for all
    std::size_t count = 0;
    for (const Curve& c : groups)
        count += c.x.size();
    const std::size_t every = 1 + count / kMost;
    std::vector<QLineF> lines;
    for (const Curve& c : groups)
        for (std::size_t i = 0; i < std::min(c.x.size(), c.y.size()); i += every) {
            const QPointF p = frame.at(c.x[i], c.y[i]), half(2.5, 0);
            if (std::isfinite(c.y[i]) && frame.area.contains(p))
                lines.emplace_back(p - half, p + half);
        }
    return lines;
}

} // namespace

void Annotations::addLines(const Curve& c)
{
    if (c.markers) {
        constexpr double kHalf = 4.5;
        for (std::size_t i = 0; i < c.x.size(); ++i)
            if (std::isfinite(c.y[i])) {
                const QPointF p = m_frame.at(c.x[i], c.y[i]);
                m_obstacles.rects.emplace_back(p - QPointF(kHalf, kHalf), QSizeF(2 * kHalf, 2 * kHalf));
            }
        return;
    }
    const QRectF near = m_frame.area.adjusted(-20, -20, 20, 20);
    for (const QPolygonF& run : visibleLines(c, m_frame, kObstacleSpacing))
        for (qsizetype i = 1; i < run.size(); ++i) {
            const QLineF line(run[i - 1], run[i]);
            if (lengthInside(line, near) > 0)
                m_obstacles.lines.push_back(line);
        }
}

namespace {

/// Leaves out places on the far side of a like line, whose name it would seem to be. All are kept where none is left.
void keepBesideOwn(
    std::vector<QPointF>& places, double width, const Limit& own, const std::vector<Limit>& all, const AxisScale& x)
{
    const double at = x.pixel(own.value);
    const auto isBeyondAnother = [&](const QPointF& place) {
        const double from = std::min(at, place.x() + width), to = std::max(at, place.x());
        return std::ranges::any_of(all, [&](const Limit& other) {
            const double line = x.pixel(other.value);
            return other.vertical && other.role == own.role && other.value != own.value && line > from && line < to;
        });
    };
    std::vector<QPointF> beside;
    std::ranges::remove_copy_if(places, std::back_inserter(beside), isBeyondAnother);
    if (!beside.empty())
        places = std::move(beside);
}

} // namespace

void Annotations::addLimit(const Limit& l, const std::vector<Limit>& all, std::vector<Pending>& pending)
{
    const QRectF& a = m_frame.area;
    const AxisScale& scale = l.vertical ? m_frame.x : m_frame.y;
    if (!std::isfinite(l.value))
        return;
    const QFontMetricsF metrics(m_font);
    QString name = text(l.name);
    const bool inside = scale.range.contains(l.value);
    const double at = scale.pixel(l.value);
    if (inside) {
        const QLineF line = l.vertical ? QLineF(at, a.top(), at, a.bottom()) : QLineF(a.left(), at, a.right(), at);
        m_lines.push_back({line, m_theme.color(l.role), l.role == Role::saturation});
        m_obstacles.lines.push_back(line);
    } else if (l.vertical) {
        name = l.value > scale.range.to ? name + QStringLiteral(" →") : QStringLiteral("← ") + name;
    } else {
        name += l.value > scale.range.to ? QStringLiteral(" ↑") : QStringLiteral(" ↓");
    }
    if (text(l.name).isEmpty())
        return;
    name = metrics.elidedText(name, Qt::ElideRight, a.width() - 8);
    const QSizeF size(metrics.horizontalAdvance(name), metrics.height());
    LabelRequest r{size, {}, {}};
    if (l.vertical) {
        r.candidates = besideVertical(a, size, inside ? at : l.value > scale.range.to ? kBeyondRight : kBeyondLeft);
        if (inside)
            keepBesideOwn(r.candidates, size.width(), l, all, scale);
    } else {
        r.candidates = alongHorizontal(a, size, inside ? at : l.value > scale.range.to ? kAboveTop : kBelowBottom);
    }
    pending.push_back({name, m_theme.textColor(l.role), std::move(r)});
}

void Annotations::addMarker(const Marker& m, std::vector<Pending>& pending)
{
    const QRectF& a = m_frame.area;
    if (!std::isfinite(m.x) || !std::isfinite(m.y) || !m_frame.x.range.contains(m.x) || !m_frame.y.range.contains(m.y))
        return;
    const QPointF p = m_frame.at(m.x, m.y);
    const bool isPinned = m.pin > 0;
    m_dots.push_back({p, isPinned ? pinLook(m.pin, m_theme).color : m_theme.color(m.role), isPinned});
    const double r = kDotRadius + 1;
    m_obstacles.rects.emplace_back(p - QPointF(r, r), QSizeF(2 * r, 2 * r));
    if (m.name.empty() || isPinned)
        return;
    const QFontMetricsF metrics(m_font);
    const QString name = metrics.elidedText(text(m.name), Qt::ElideRight, a.width() - 8);
    const QSizeF s(metrics.horizontalAdvance(name), metrics.height());
    LabelRequest request{s, aroundPoint(a, s, p), {}};
    const QColor color = m.role == Role::primary ? m_theme.text : m_theme.textColor(m.role);
    pending.push_back({name, color, std::move(request)});
}

void Annotations::addCurveName(const Curve& c, std::vector<Pending>& pending)
{
    const QRectF& a = m_frame.area;
    const QFontMetricsF metrics(m_font);
    QString full = c.markers ? markerName(c) : text(c.name);
    const auto above = [&](double y) { return y > m_frame.y.range.to; };
    if (c.markers && !c.y.empty() && std::all_of(c.y.begin(), c.y.end(), above))
        full += QStringLiteral(" ↑"); // the points are out of sight, their values are not
    const QString name = metrics.elidedText(full, Qt::ElideRight, c.markers ? a.width() - 8 : a.width() * 0.6);
    const QSizeF s(metrics.horizontalAdvance(name), metrics.height());
    LabelRequest request{s, {}, {}};
    if (c.markers) {
        request.candidates = anywhere(a, s);
    } else {
        std::vector<QPointF> points;
        for (const QPolygonF& run : visibleLines(c, m_frame, kObstacleSpacing))
            std::ranges::copy_if(run, std::back_inserter(points), [&](const QPointF& p) { return a.contains(p); });
        if (points.empty())
            return;
        request.candidates = alongCurve(s, points);
    }
    pending.push_back({name, m_theme.textColor(c.role), std::move(request)});
}

void Annotations::place(std::vector<Pending>& pending)
{
    std::vector<LabelRequest> requests;
    requests.reserve(pending.size());
    for (Pending& p : pending) {
        if (const auto it = m_previous.find(p.text); it != m_previous.end())
            p.request.previous = it->second;
        requests.push_back(std::move(p.request));
    }
    const double nameTop = m_frame.yTitle.isEmpty() ? m_frame.whole.top() : m_frame.area.top();
    const QRectF bounds(
        m_frame.area.left(), nameTop, m_frame.whole.right() - m_frame.area.left(), m_frame.area.bottom() - nameTop);
    const auto placed = placeLabels(requests, m_obstacles, bounds);
    m_previous.clear();
    for (std::size_t i = 0; i < pending.size(); ++i)
        if (placed[i]) {
            m_texts.push_back({pending[i].text, placed[i]->rect, pending[i].color, placed[i]->crossed});
            m_previous[pending[i].text] = placed[i]->candidate;
        }
}

void Annotations::arrange(const LineChart& chart, const PlotFrame& frame, const Theme& theme, const QFont& font)
{
    arrange(chart, frame, theme, font, {});
}

void Annotations::arrange(
    const LineChart& chart, const PlotFrame& frame, const Theme& theme, const QFont& font, LabelObstacles obstacles)
{
    m_frame = frame;
    m_theme = theme;
    m_font = font;
    m_obstacles = std::move(obstacles);
    m_texts.clear();
    m_lines.clear();
    m_dots.clear();
    m_areas.clear();
    std::vector<Pending> pending;
    for (const Region& r : chart.regions) {
        const double from = std::clamp(frame.x.pixel(r.from), frame.area.left(), frame.area.right());
        const double to = std::isfinite(r.to) ? std::clamp(frame.x.pixel(r.to), frame.area.left(), frame.area.right())
                                              : frame.area.right();
        if (to > from)
            m_areas.push_back({QPolygonF(QRectF(from, frame.area.top(), to - from, frame.area.height())),
                withOpacity(theme.color(r.role), kRegionOpacity)});
    }
    for (const Curve& c : chart.curves) {
        addLines(c);
        if (!c.lo.empty())
            m_areas.push_back({bandOutline(c, frame),
                withOpacity(theme.color(c.role), theme.dark ? kBandOpacityDark : kBandOpacityLight)});
    }
    // Who chooses first: the operating point, then targets, then curves, then what only shades.
    for (const bool isPinned : {true, false}) // painted in this order: the present plan on top
        for (const Marker& m : chart.markers)
            if ((m.pin > 0) == isPinned)
                addMarker(m, pending);
    for (Limit l : chart.limits) {
        if (chart.keyed)
            l.name.clear();
        addLimit(l, chart.limits, pending);
    }
    const int solid = solidCurves(chart);
    std::set<std::pair<std::string, Role>> named;
    if (!needsLegend(chart))
        for (const Curve& c : chart.curves)
            if (needsName(c, solid) && named.insert({c.name, c.role}).second)
                addCurveName(c, pending);
    for (const Region& r : chart.regions) {
        const QFontMetricsF metrics(font);
        const QSizeF s(metrics.horizontalAdvance(text(r.name)), metrics.height());
        const double left = std::max(frame.x.pixel(r.from), frame.area.left()) + 4;
        const double right = std::min(frame.x.pixel(r.to), frame.area.right());
        if (s.width() > right - left)
            continue; // its colour and the line before it say it too
        LabelRequest request{s, withinStrip(frame.area, s, left, right - 4), {}};
        if (!r.name.empty())
            pending.push_back({text(r.name), theme.textColor(r.role), std::move(request)});
    }
    place(pending);
}

void Annotations::arrange(const ScatterChart& chart, const PlotFrame& frame, const Theme& theme, const QFont& font)
{
    LineChart lines;
    for (Curve c : chart.lines) {
        c.dashed = true; // a reference, not data: always named
        lines.curves.push_back(std::move(c));
    }
    arrange(lines, frame, theme, font, {{}, pointsAsLines(chart.groups, frame)});
}

void Annotations::paintBehind(QPainter& p) const
{
    p.save();
    p.setClipRect(m_frame.area.adjusted(0, 0, 0, 1));
    p.setRenderHint(QPainter::Antialiasing, false); // so pale that nobody sees the steps, and half the time to paint
    p.setPen(Qt::NoPen);
    for (const Area& a : m_areas) {
        p.setBrush(a.color);
        p.drawPolygon(a.outline);
    }
    p.restore();
}

void Annotations::paintFront(QPainter& p) const
{
    p.save();
    p.setRenderHint(QPainter::Antialiasing, false);
    for (const Line& l : m_lines) {
        p.setPen(l.dotted ? dashes(l.color, 1, {1.5, 2.5}) : dashes(l.color, 1, {5, 3}));
        p.drawLine(l.line);
    }
    p.setRenderHint(QPainter::Antialiasing, true);
    for (const Dot& d : m_dots) {
        p.setPen(d.isHollow ? QPen(d.color, kHollowRing) : QPen(m_theme.card, kDotRim));
        p.setBrush(d.isHollow ? m_theme.card : d.color);
        const double radius = d.isHollow ? kHollowRadius : kDotRadius;
        p.drawEllipse(d.centre, radius, radius);
    }
    p.setFont(m_font);
    for (const PlacedText& t : m_texts) {
        if (t.crossed)
            p.fillRect(t.rect.adjusted(-1, 0, 1, 0), withOpacity(m_theme.card, kPatchOpacity));
        p.setPen(t.color);
        p.drawText(t.rect, Qt::AlignCenter | Qt::TextDontClip, t.text);
    }
    p.restore();
}

} // namespace headroom::ui
