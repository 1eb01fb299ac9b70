#include "ui/plots/hover_overlay.h"

#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>
#include <cmath>
#include <utility>

namespace headroom::ui {

namespace {

constexpr double kPad = 7, kSwatchGap = 5, kGap = 12, kAway = 14;

QFont plainFont() { return uiFont(TextSize::small); }
QFont headFont() { return uiFont(TextSize::small, QFont::DemiBold); }

double widestValue(const Reading& reading)
{
    const QFontMetricsF metrics(plainFont());
    double widest = 0;
    for (const Reading::Row& row : reading.rows)
        widest = std::max(widest, metrics.horizontalAdvance(row.value));
    return widest;
}

/// Room for the widest sample of all rows, so that their names begin below each other.
double swatchColumn(const Reading& reading)
{
    double widest = widthOf(Swatch{});
    for (const Reading::Row& row : reading.rows)
        widest = std::max(widest, widthOf(row.swatch));
    return widest + kSwatchGap;
}

} // namespace

double widthOf(const Reading& reading)
{
    const QFontMetricsF metrics(plainFont());
    const double samples = swatchColumn(reading);
    double names = 0;
    for (const Reading::Row& row : reading.rows)
        names = std::max(names, samples + metrics.horizontalAdvance(row.name));
    return std::max(QFontMetricsF(headFont()).horizontalAdvance(reading.head), names + kGap + widestValue(reading));
}

Reading fittedTo(Reading reading, double inner)
{
    if (widthOf(reading) <= inner)
        return reading;
    const QFontMetricsF metrics(plainFont());
    reading.head = QFontMetricsF(headFont()).elidedText(reading.head, Qt::ElideRight, inner);
    const double names = std::max(0.0, inner - swatchColumn(reading) - kGap - widestValue(reading));
    for (Reading::Row& row : reading.rows)
        row.name = metrics.elidedText(row.name, Qt::ElideRight, names);
    return reading;
}

HoverOverlay::HoverOverlay(QWidget* parent) : QWidget(parent)
{
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setAttribute(Qt::WA_NoSystemBackground);
    hide();
}

void HoverOverlay::show(std::optional<Reading> reading, const Theme& theme)
{
    m_reading = std::move(reading);
    m_theme = theme;
    setVisible(m_reading.has_value() || m_line);
    update();
}

void HoverOverlay::showLine(std::function<std::optional<QLineF>()> line, const Theme& theme)
{
    m_line = std::move(line);
    show(std::move(m_reading), theme);
}

void HoverOverlay::paintEvent(QPaintEvent*)
{
    QPainter p(this);
    if (const auto line = m_line ? m_line() : std::nullopt) {
        p.setPen(QPen(m_theme.accent, 1.5));
        p.drawLine(*line);
    }
    if (!m_reading)
        return;
    const Reading& r = *m_reading;
    if (r.vertical) {
        p.setPen(QPen(m_theme.muted, 1));
        const double x = std::round(r.at.x());
        p.drawLine(QLineF(x, r.area.top(), x, r.area.bottom()));
    }
    p.setRenderHint(QPainter::Antialiasing);
    p.setPen(QPen(m_theme.card, 1.5));
    p.setBrush(m_theme.text);
    for (const QPointF& dot : r.dots)
        p.drawEllipse(dot, 3.5, 3.5);
    if (!r.head.isEmpty())
        paintBox(p);
}

void HoverOverlay::paintBox(QPainter& p) const
{
    const Reading shown = fittedTo(*m_reading, width() - 2 * kPad);
    const QFont plain = plainFont(), bold = headFont();
    const QFontMetricsF metrics(plain), boldMetrics(bold);
    const double line = std::ceil(metrics.height()) + 2;
    const QSizeF size(widthOf(shown) + 2 * kPad, line * static_cast<double>(shown.rows.size() + 1) + 2 * kPad - 2);
    QPointF corner = shown.at + QPointF(kAway, -size.height() - kAway);
    if (corner.x() + size.width() > width())
        corner.setX(shown.at.x() - kAway - size.width());
    corner.setX(std::clamp(corner.x(), 0.0, std::max(0.0, width() - size.width())));
    corner.setY(std::clamp(corner.y(), 0.0, std::max(0.0, height() - size.height())));
    const QRectF box(corner, size);
    QColor back = m_theme.card;
    back.setAlphaF(0.96F);
    p.setPen(QPen(m_theme.line, 1));
    p.setBrush(back);
    p.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    double y = box.top() + kPad;
    const double names = swatchColumn(shown);
    p.setFont(bold);
    p.setPen(m_theme.text);
    p.drawText(QPointF(box.left() + kPad, y + boldMetrics.ascent()), shown.head);
    p.setFont(plain);
    for (const Reading::Row& row : shown.rows) {
        y += line;
        if (row.color.isValid())
            paintSwatch(p, QRectF(box.left() + kPad, y, widthOf(row.swatch), line - 2), row.color, row.swatch, m_theme);
        p.setPen(m_theme.muted);
        p.drawText(QPointF(box.left() + kPad + names, y + metrics.ascent()), row.name);
        p.setPen(m_theme.text);
        p.drawText(QPointF(box.right() - kPad - metrics.horizontalAdvance(row.value), y + metrics.ascent()), row.value);
    }
}

} // namespace headroom::ui
