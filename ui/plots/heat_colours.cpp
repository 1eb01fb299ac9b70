#include "ui/plots/heat_colours.h"

#include "ui/format.h"

#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace headroom::ui {

namespace {

QColor mixed(const QColor& a, const QColor& b, double share)
{
    const auto channel = [share](
                             int from, int to) { return static_cast<int>(std::lround(from + share * (to - from))); };
    return QColor(channel(a.red(), b.red()), channel(a.green(), b.green()), channel(a.blue(), b.blue()));
}

} // namespace

HeatColours::HeatColours(const HeatMap& map, const Theme& theme) : m_logarithmic(map.value.logarithmic)
{
    constexpr int kTicks = 5;
    m_range = niceRange(map.values, map.value, kTicks);
    // Lightness runs one way in both themes, so the map reads without colour too.
    m_low = theme.dark ? QColor(0x22, 0x2a, 0x33) : QColor(0xee, 0xf4, 0xf9);
    m_middle = theme.dark ? QColor(0x1f, 0x7f, 0xbd) : QColor(0x56, 0xa8, 0xdb);
    m_high = theme.dark ? QColor(0xd8, 0xee, 0xfb) : QColor(0x08, 0x36, 0x5c);
    m_none = theme.grid;
}

QColor HeatColours::of(double value) const
{
    if (!std::isfinite(value))
        return m_none;
    const AxisScale unit{m_range, m_logarithmic, 0, 1};
    const double share = std::clamp(unit.pixel(value), 0.0, 1.0);
    return share < 0.5 ? mixed(m_low, m_middle, share * 2) : mixed(m_middle, m_high, share * 2 - 1);
}

void HeatColours::paintScale(QPainter& p, const QRectF& strip, const QFont& font, const Theme& theme) const
{
    constexpr int kSteps = 48;
    const AxisScale scale{m_range, m_logarithmic, strip.bottom(), strip.top()};
    p.save();
    p.setRenderHint(QPainter::Antialiasing, false);
    for (int i = 0; i < kSteps; ++i) {
        const double y = strip.bottom() - (i + 1) * strip.height() / kSteps;
        p.fillRect(QRectF(strip.left(), std::floor(y), strip.width(), std::ceil(strip.height() / kSteps) + 1),
            of(scale.value(y + strip.height() / kSteps / 2)));
    }
    const QFontMetricsF metrics(font);
    const int most = std::max(2, static_cast<int>(strip.height() / 40));
    const Ticks marks = ticks(m_range, m_logarithmic, most);
    p.setFont(font);
    p.setPen(theme.muted);
    for (const double v : marks.values) {
        const double y =
            std::clamp(scale.pixel(v), strip.top() + metrics.height() / 2, strip.bottom() - metrics.height() / 2);
        p.drawText(QPointF(strip.right() + 5, y + metrics.ascent() / 2 - 1), axisNumber(v, marks.step));
    }
    p.restore();
}

} // namespace headroom::ui
