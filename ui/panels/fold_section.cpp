#include "ui/panels/fold_section.h"

#include "ui/format.h"

#include "ui/panels/tab_order.h"

#include <QKeyEvent>
#include <QPainter>
#include <QPainterPath>
#include <QVBoxLayout>

namespace headroom::ui {

namespace {

constexpr int kHeight = 30;
constexpr int kArrowWidth = 14;
constexpr int kGap = 12;

} // namespace

FoldHeader::FoldHeader(const QString& title, QWidget* parent) : QAbstractButton(parent)
{
    setText(title);
    setCheckable(true);
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setCursor(Qt::PointingHandCursor);
}

void FoldHeader::setValues(const QString& values)
{
    if (values == m_values)
        return;
    m_values = values;
    setAccessibleDescription(values);
    setToolTip(unbroken(values));
    update();
}

QSize FoldHeader::sizeHint() const { return {160, kHeight}; }

QSize FoldHeader::minimumSizeHint() const { return {80, kHeight}; }

void FoldHeader::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(palette().color(QPalette::Light));
    painter.drawLine(QPointF(0, 0.5), QPointF(width(), 0.5));
    if (hasFocus()) {
        QColor halo = palette().color(QPalette::Highlight);
        halo.setAlphaF(0.15F);
        painter.fillRect(rect().adjusted(0, 1, 0, 0), halo);
    }
    const QColor ink = palette().color(QPalette::WindowText);
    const double middle = height() / 2.0;
    QPainterPath arrow;
    if (isChecked()) {
        arrow.moveTo(0, middle - 2.5);
        arrow.lineTo(8, middle - 2.5);
        arrow.lineTo(4, middle + 3.5);
    } else {
        arrow.moveTo(1, middle - 4);
        arrow.lineTo(7, middle);
        arrow.lineTo(1, middle + 4);
    }
    painter.fillPath(arrow, ink);
    painter.setPen(ink);
    const QFontMetrics metrics = fontMetrics();
    const int titleWidth = metrics.horizontalAdvance(text()) + 2;
    painter.drawText(QRect(kArrowWidth, 0, titleWidth, height()), Qt::AlignVCenter | Qt::AlignLeft, text());
    const QRect room(kArrowWidth + titleWidth + kGap, 0, width() - kArrowWidth - titleWidth - kGap, height());
    painter.setPen(palette().color(QPalette::PlaceholderText));
    painter.drawText(
        room, Qt::AlignVCenter | Qt::AlignRight, metrics.elidedText(m_values, Qt::ElideRight, room.width()));
}

void FoldHeader::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Right && !isChecked())
        click();
    else if (event->key() == Qt::Key_Left && isChecked())
        click();
    else if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
        click();
    else
        QAbstractButton::keyPressEvent(event);
}

FoldSection::FoldSection(const QString& title, std::function<QWidget*()> makeBody, QWidget* parent)
    : QWidget(parent), m_header(new FoldHeader(title)), m_makeBody(std::move(makeBody))
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_header);
    connect(m_header, &QAbstractButton::toggled, this, &FoldSection::showBody);
}

bool FoldSection::isUnfolded() const { return m_header->isChecked(); }

void FoldSection::setUnfolded(bool unfolded) { m_header->setChecked(unfolded); }

void FoldSection::showBody(bool visible)
{
    if (visible && m_body == nullptr) {
        m_body = m_makeBody();
        layout()->addWidget(m_body);
        tabFrom(m_header, *m_body);
    }
    if (m_body != nullptr)
        m_body->setVisible(visible);
}

} // namespace headroom::ui
