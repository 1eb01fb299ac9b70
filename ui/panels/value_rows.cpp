#include "ui/panels/value_rows.h"

#include "ui/theme.h"

#include <QClipboard>
#include <QContextMenuEvent>
#include <QFontMetricsF>
#include <QGuiApplication>
#include <QMenu>
#include <QPainter>
#include <QStringList>

#include <algorithm>
#include <cmath>

namespace headroom::ui {

namespace {

constexpr int kMarginX = 10, kMarginY = 8, kBetweenRows = 3, kLeastWidth = 80;
constexpr double kRadius = 4, kGap = 12;

double rowHeight() { return std::ceil(QFontMetricsF(uiFont(TextSize::body)).height()) + kBetweenRows; }

} // namespace

ValueRows::ValueRows(QWidget* parent) : QWidget(parent) { setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed); }

QString ValueRows::inWords(const std::vector<ValueRow>& rows)
{
    QStringList lines;
    for (const ValueRow& row : rows)
        lines << QStringLiteral("%1: %2").arg(row.name, row.value);
    return lines.join(QLatin1Char('\n'));
}

void ValueRows::setRows(std::vector<ValueRow> rows)
{
    if (rows == m_rows)
        return;
    const bool grows = rows.size() != m_rows.size();
    m_rows = std::move(rows);
    setAccessibleName(inWords(m_rows));
    setToolTip(inWords(m_rows));
    if (grows)
        updateGeometry();
    update();
}

int ValueRows::neededHeight() const
{
    return static_cast<int>(rowHeight() * static_cast<double>(m_rows.size())) - kBetweenRows + 2 * kMarginY;
}

QSize ValueRows::sizeHint() const { return {std::max(width(), kLeastWidth), neededHeight()}; }

QSize ValueRows::minimumSizeHint() const { return {kLeastWidth, neededHeight()}; }

void ValueRows::paintEvent(QPaintEvent*)
{
    QPainter p(this);
    p.setRenderHint(QPainter::Antialiasing);
    p.setPen(Qt::NoPen);
    p.setBrush(palette().color(QPalette::ToolTipBase));
    p.drawRoundedRect(QRectF(rect()), kRadius, kRadius);
    const QFont plain = uiFont(TextSize::body), bold = uiFont(TextSize::body, QFont::DemiBold);
    const QFontMetricsF metrics(plain), boldMetrics(bold);
    double names = 0;
    for (const ValueRow& row : m_rows)
        names = std::max(names, metrics.horizontalAdvance(row.name));
    const double values = kMarginX + names + kGap, room = width() - kMarginX - values, line = rowHeight();
    double top = kMarginY;
    for (const ValueRow& row : m_rows) {
        p.setPen(palette().color(row.isAside ? QPalette::PlaceholderText : QPalette::WindowText));
        p.setFont(plain);
        p.drawText(QRectF(kMarginX, top, names + 1, line - kBetweenRows), Qt::AlignVCenter, row.name);
        p.setFont(row.isAside ? plain : bold);
        p.drawText(QRectF(values, top, room, line - kBetweenRows), Qt::AlignVCenter,
            (row.isAside ? metrics : boldMetrics).elidedText(row.value, Qt::ElideRight, room));
        top += line;
    }
}

void ValueRows::contextMenuEvent(QContextMenuEvent* event)
{
    QMenu menu;
    QAction* copy = menu.addAction(tr("&Copy text"));
    if (menu.exec(event->globalPos()) == copy)
        QGuiApplication::clipboard()->setText(inWords(m_rows));
}

} // namespace headroom::ui
