#include "ui/panels/paragraph.h"

#include "ui/format.h"

#include <QClipboard>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QMenu>
#include <QPainter>
#include <QResizeEvent>

#include <algorithm>
#include <cmath>

namespace headroom::ui {

namespace {

constexpr int kBoxMarginX = 10, kBoxMarginY = 8;
constexpr double kBoxRadius = 4;
constexpr int kLeastWidth = 80;

QMargins marginsOf(Paragraph::Look look)
{
    return look == Paragraph::Look::box ? QMargins(kBoxMarginX, kBoxMarginY, kBoxMarginX, kBoxMarginY) : QMargins();
}

} // namespace

Paragraph::Paragraph(Look look, TextSize size, QWidget* parent) : QWidget(parent), m_look(look)
{
    m_layout.setFont(uiFont(size));
    m_layout.setCacheEnabled(true);
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

void Paragraph::setBold()
{
    QFont font = m_layout.font();
    font.setWeight(QFont::DemiBold);
    m_layout.setFont(font);
    m_width = -1;
    updateGeometry();
    update();
}

void Paragraph::setText(const QString& words)
{
    if (words == m_marked)
        return;
    m_marked = words;
    m_plain.clear();
    QString shown; // what wraps; m_plain is what is copied and read out
    QList<QTextLayout::FormatRange> bold;
    const QStringList parts = words.split(QStringLiteral("**"));
    for (qsizetype i = 0; i < parts.size(); ++i) {
        const QString part = unbroken(parts[i]);
        if (i % 2 == 1) {
            QTextLayout::FormatRange range;
            range.start = static_cast<int>(shown.size());
            range.length = static_cast<int>(part.size());
            range.format.setFontWeight(QFont::Bold);
            bold.append(range);
        }
        m_plain += parts[i];
        shown += part;
    }
    shown.replace(QLatin1Char('\n'), QChar(QChar::LineSeparator)); // what QTextLayout breaks at
    m_layout.setText(shown);
    m_layout.setFormats(bold);
    m_width = -1;
    setAccessibleName(m_plain);
    fitHeight();
    update();
}

void Paragraph::keepHeight(bool keep)
{
    if (keep == m_keeps)
        return;
    m_keeps = keep;
    m_kept = keep ? height() : 0;
    fitHeight();
}

void Paragraph::fitHeight()
{
    if (neededHeight(width()) != height())
        updateGeometry();
}

int Paragraph::neededHeight(int width) const { return std::max(layOut(width), m_kept); }

int Paragraph::layOut(int width) const
{
    if (width == m_width)
        return m_height;
    const QMargins margins = marginsOf(m_look);
    const double room = std::max(1, width - margins.left() - margins.right());
    double y = 0;
    m_layout.beginLayout();
    for (QTextLine line = m_layout.createLine(); line.isValid(); line = m_layout.createLine()) {
        line.setLineWidth(room);
        line.setPosition({0, y});
        y += line.height();
    }
    m_layout.endLayout();
    m_width = width;
    m_height = static_cast<int>(std::ceil(y)) + margins.top() + margins.bottom();
    return m_height;
}

int Paragraph::heightForWidth(int width) const { return neededHeight(width); }

QSize Paragraph::sizeHint() const
{
    const int most = std::max(width(), kLeastWidth);
    return {most, neededHeight(most)};
}

QSize Paragraph::minimumSizeHint() const { return {kLeastWidth, 0}; }

void Paragraph::resizeEvent(QResizeEvent* event)
{
    if (m_keeps)
        m_kept = std::max(m_kept, height());
    if (event->oldSize().width() != width())
        updateGeometry(); // what the layout knows of this width may be of the words before
}

void Paragraph::paintEvent(QPaintEvent*)
{
    layOut(width()); // a layout may have asked for another width last
    QPainter painter(this);
    if (m_look == Look::box) {
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(Qt::NoPen);
        painter.setBrush(palette().color(QPalette::ToolTipBase));
        painter.drawRoundedRect(QRectF(rect()), kBoxRadius, kBoxRadius);
    }
    const QMargins margins = marginsOf(m_look);
    painter.setPen(palette().color(m_look == Look::muted ? QPalette::PlaceholderText : QPalette::WindowText));
    m_layout.draw(&painter, QPointF(margins.left(), margins.top()));
}

void Paragraph::contextMenuEvent(QContextMenuEvent* event)
{
    QMenu menu;
    QAction* copy = menu.addAction(tr("&Copy text"));
    if (menu.exec(event->globalPos()) == copy)
        QGuiApplication::clipboard()->setText(m_plain);
}

} // namespace headroom::ui
