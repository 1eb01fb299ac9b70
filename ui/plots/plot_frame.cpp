#include "ui/plots/plot_frame.h"

#include "ui/format.h"
#include "ui/plots/pin_look.h"

#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace headroom::ui {

namespace {

constexpr double kTextGap = 8;        ///< between tick labels and the data
constexpr double kBetweenLabels = 14; ///< between two labels of the x axis
constexpr double kRightMargin = 12, kTopMargin = 8, kBottomMargin = 2;
constexpr double kPerTickX = 44, kPerTickY = 26; ///< pixels that one tick should have
constexpr double kWidestRows = 0.34;             ///< share of the width that row texts may take
constexpr double kLegendSquare = 9, kLegendLine = 22, kLegendGap = 5, kBetweenEntries = 14;

std::vector<TickText> withTexts(const Ticks& t)
{
    std::vector<TickText> out;
    out.reserve(t.values.size());
    for (const double v : t.values)
        out.push_back({v, axisNumber(v, t.step)});
    return out;
}

/// Whether each label of an x axis has room beside its neighbours.
bool standApart(const std::vector<TickText>& list, const AxisScale& scale, const QFontMetricsF& metrics)
{
    double right = -1e9;
    for (const TickText& t : list) {
        const double half = metrics.horizontalAdvance(t.text) / 2, centre = scale.pixel(t.value);
        if (centre - half < right)
            return false;
        right = centre + half + kBetweenLabels;
    }
    return true;
}

/// Ticks at the only values there are; every second one, every third, ... where they have no room.
std::vector<TickText> xTicksAt(const Axis& axis, const AxisScale& scale, const QFontMetricsF& metrics)
{
    for (std::size_t every = 1; every <= axis.values.size(); ++every) {
        Ticks some;
        for (std::size_t i = 0; i < axis.values.size(); i += every)
            if (scale.range.contains(axis.values[i]))
                some.values.push_back(axis.values[i]);
        std::vector<TickText> list = withTexts(some);
        if (standApart(list, scale, metrics))
            return list;
    }
    return {};
}

/// As many x ticks as have room for their labels.
std::vector<TickText> xTicksThatFit(const Axis& axis, const AxisScale& scale, const QFontMetricsF& metrics)
{
    if (!axis.values.empty())
        return xTicksAt(axis, scale, metrics);
    const double width = scale.pixelTo - scale.pixelFrom;
    for (int most = std::clamp(static_cast<int>(width / kPerTickX), 2, 12); most >= 1; --most)
        if (std::vector<TickText> list = withTexts(ticks(scale.range, scale.logarithmic, most));
            standApart(list, scale, metrics))
            return list;
    return {};
}

double widest(const std::vector<TickText>& list, const QFontMetricsF& metrics)
{
    double w = 0;
    for (const TickText& t : list)
        w = std::max(w, metrics.horizontalAdvance(t.text));
    return w;
}

/// \param most pixels a text may take \param height of all rows: where a row is lower than a text, not every one has its own
std::vector<TickText> rowTexts(
    const std::vector<QString>& rows, const QFontMetricsF& metrics, double most, double height)
{
    std::vector<TickText> list;
    const double line = metrics.height() * static_cast<double>(rows.size());
    const auto every = static_cast<std::size_t>(std::max(1.0, std::ceil(line / std::max(1.0, height))));
    for (std::size_t i = 0; i < rows.size(); i += every)
        list.push_back({static_cast<double>(i) + 0.5, metrics.elidedText(rows[i], Qt::ElideRight, most)});
    return list;
}

double swatchWidth(const LegendEntry& e) { return widthOf(e.swatch); }

double entryWidth(const LegendEntry& e, const QFontMetricsF& metrics)
{
    return swatchWidth(e) + kLegendGap + metrics.horizontalAdvance(e.name);
}

} // namespace

QString axisTitle(const Axis& axis)
{
    const QString label = text(axis.label), unit = text(axis.unit);
    if (label.isEmpty() || unit.isEmpty())
        return label + unit;
    return label + QStringLiteral(", ") + unit;
}

PlotFrame layOutFrame(const FrameRequest& r, const QFont& font)
{
    const QFontMetricsF metrics(font);
    PlotFrame f;
    f.whole = r.whole;
    f.xTitle = axisTitle(*r.x);
    // Whole pixels, and one less at the bottom: the plot library counts the last row of pixels as the axis.
    const double line = std::ceil(metrics.height());
    const double bottom = line + 5 + (f.xTitle.isEmpty() ? 0 : line) + r.legendHeight + kBottomMargin;
    const double top = std::round(r.whole.top() + kTopMargin + (r.namesY ? line : 0));
    const double areaBottom = std::max(top + 1, std::floor(r.whole.bottom() - bottom));

    f.y = {r.ranges.y, r.y->logarithmic, areaBottom - 1, top - 1};
    if (r.rows.empty()) {
        const int most = std::clamp(static_cast<int>((areaBottom - top) / kPerTickY), 2, 8);
        f.yTicks = withTexts(ticks(f.y.range, f.y.logarithmic, most));
        if (r.namesY)
            f.yTitle = axisTitle(*r.y);
    } else {
        f.y = {r.ranges.y, false, top - 1, areaBottom - 1}; // rows grow downwards
        f.yTicks = rowTexts(r.rows, metrics, r.whole.width() * kWidestRows, areaBottom - top);
    }
    const double left = std::ceil(r.whole.left() + widest(f.yTicks, metrics) + kTextGap);
    const double rightEdge = r.whole.right() - r.rightMargin;
    f.x = {r.ranges.x, r.x->logarithmic, left, std::max(left + 1, std::floor(rightEdge - kRightMargin))};
    f.xTicks = xTicksThatFit(*r.x, f.x, metrics);
    if (!f.xTicks.empty()) {
        const TickText& last = f.xTicks.back();
        const double over = f.x.pixel(last.value) + metrics.horizontalAdvance(last.text) / 2 - rightEdge;
        if (over > 0)
            f.x.pixelTo = std::max(left + 1, f.x.pixelTo - std::ceil(over));
    }
    f.area = QRectF(QPointF(left, top), QPointF(f.x.pixelTo, areaBottom));
    return f;
}

double widthOf(Swatch swatch) { return swatch.isLine() ? kLegendLine : kLegendSquare; }

void paintSwatch(QPainter& p, const QRectF& where, const QColor& color, Swatch swatch, const Theme& theme)
{
    constexpr double kWidth = 1.5, kRing = 1.2;
    const double middle = where.center().y();
    const QRectF square(where.left(), middle - kLegendSquare / 2, kLegendSquare, kLegendSquare);
    switch (swatch.shape) {
    case Swatch::Shape::square:
        p.setPen(Qt::NoPen);
        p.setBrush(color);
        p.drawRect(square);
        break;
    case Swatch::Shape::circle:
        p.setPen(QPen(color, kRing));
        p.setBrush(theme.card);
        p.drawEllipse(square.adjusted(1, 1, -1, -1));
        break;
    case Swatch::Shape::line:
    case Swatch::Shape::dashes:
        p.setPen(swatch.shape == Swatch::Shape::line ? QPen(color, kWidth, Qt::SolidLine, Qt::FlatCap)
                 : swatch.pin > 0                    ? pinPen(swatch.pin, theme, kWidth)
                                                     : QPen(color, kWidth, Qt::DashLine, Qt::FlatCap));
        p.drawLine(QLineF(where.left(), middle, where.right(), middle));
        break;
    }
}

double legendHeight(const std::vector<LegendEntry>& entries, double width, const QFont& font)
{
    if (entries.empty())
        return 0;
    const QFontMetricsF metrics(font);
    double x = 0;
    int rows = 1;
    for (const LegendEntry& e : entries) {
        const double w = entryWidth(e, metrics);
        if (x > 0 && x + w > width) {
            x = 0;
            ++rows;
        }
        x += w + kBetweenEntries;
    }
    return rows * (std::ceil(metrics.height()) + 3) + 6;
}

double legendWidth(const std::vector<LegendEntry>& entries, const QFont& font)
{
    const QFontMetricsF metrics(font);
    double widest = 0;
    for (const LegendEntry& e : entries)
        widest = std::max(widest, entryWidth(e, metrics));
    return widest;
}

void paintLegend(
    QPainter& p, const QRectF& where, const std::vector<LegendEntry>& entries, const QFont& font, const Theme& theme)
{
    const QFontMetricsF metrics(font);
    const double rowHeight = std::ceil(metrics.height()) + 3;
    double x = where.left(), y = where.top() + 6;
    p.setFont(font);
    for (const LegendEntry& e : entries) {
        const double w = std::min(entryWidth(e, metrics), where.width());
        if (x > where.left() && x + w > where.right()) {
            x = where.left();
            y += rowHeight;
        }
        const QRectF square(x, y + (rowHeight - kLegendSquare) / 2 - 1, swatchWidth(e), kLegendSquare);
        paintSwatch(p, square, e.color, e.swatch, theme);
        p.setPen(theme.muted);
        const QRectF textRect(square.right() + kLegendGap, y, w - square.width() - kLegendGap + 1, rowHeight - 2);
        p.drawText(
            textRect, Qt::AlignLeft | Qt::AlignVCenter, metrics.elidedText(e.name, Qt::ElideRight, textRect.width()));
        x += w + kBetweenEntries;
    }
}

} // namespace headroom::ui
