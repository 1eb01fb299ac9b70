#include "ui/panels/value_slider.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QStyle>
#include <QWheelEvent>

#include <algorithm>

namespace headroom::ui {

namespace {

constexpr int kHandleRadius = 6;
constexpr int kTrack = 3;
constexpr int kHeight = 18;
/// Steps of Page Up and Page Down.
constexpr int kPage = 10;
/// Room at both ends, so that a focused handle is not cut off.
constexpr int kMargin = kHandleRadius + 2;

} // namespace

ValueSlider::ValueSlider(QWidget* parent) : QSlider(Qt::Horizontal, parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

QSize ValueSlider::sizeHint() const { return {120, kHeight}; }

QPoint ValueSlider::handleCentre(int value) const
{
    const int offset = QStyle::sliderPositionFromValue(minimum(), maximum(), value, width() - 2 * kMargin);
    return {kMargin + offset, height() / 2};
}

int ValueSlider::valueUnder(int x) const
{
    return QStyle::sliderValueFromPosition(minimum(), maximum(), x - kMargin, width() - 2 * kMargin);
}

void ValueSlider::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const auto group = isEnabled() ? QPalette::Active : QPalette::Disabled;
    const QColor accent = palette().color(group, QPalette::Highlight);
    const QPointF centre = handleCentre(sliderPosition());
    const double top = height() / 2.0 - kTrack / 2.0;
    painter.setPen(Qt::NoPen);
    painter.setBrush(palette().color(group, QPalette::Mid));
    painter.drawRoundedRect(QRectF(kMargin - kHandleRadius, top, width() - 2.0 * (kMargin - kHandleRadius), kTrack),
        kTrack / 2.0, kTrack / 2.0);
    painter.setBrush(accent);
    painter.drawRoundedRect(
        QRectF(kMargin - kHandleRadius, top, centre.x() - kMargin + kHandleRadius, kTrack), kTrack / 2.0, kTrack / 2.0);
    if (hasFocus()) {
        QColor halo = accent;
        halo.setAlphaF(0.3F);
        painter.setBrush(halo);
        painter.drawEllipse(centre, kHandleRadius + 2.0, kHandleRadius + 2.0);
    }
    painter.setPen(QPen(accent, 2));
    const bool lit = isSliderDown() || underMouse();
    painter.setBrush(lit ? accent : palette().color(group, QPalette::Base));
    painter.drawEllipse(centre, kHandleRadius - 1.0, kHandleRadius - 1.0);
}

void ValueSlider::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton || !isEnabled()) {
        event->ignore();
        return;
    }
    const int x = event->position().toPoint().x();
    const int centre = handleCentre(sliderPosition()).x();
    const bool onHandle = std::abs(x - centre) <= kHandleRadius + 2;
    m_grabOffset = onHandle ? x - centre : 0;
    setSliderDown(true);
    if (!onHandle)
        setSliderPosition(valueUnder(x));
    update();
}

void ValueSlider::mouseMoveEvent(QMouseEvent* event)
{
    if (isSliderDown())
        setSliderPosition(valueUnder(event->position().toPoint().x() - m_grabOffset));
}

void ValueSlider::mouseReleaseEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton && isSliderDown()) {
        setSliderDown(false);
        update();
    }
}

void ValueSlider::mouseDoubleClickEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton && isEnabled())
        emit resetRequested();
}

void ValueSlider::keyPressEvent(QKeyEvent* event)
{
    switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Down:
        emit stepRequested(-1);
        break;
    case Qt::Key_Right:
    case Qt::Key_Up:
        emit stepRequested(1);
        break;
    case Qt::Key_PageDown:
        emit stepRequested(-kPage);
        break;
    case Qt::Key_PageUp:
        emit stepRequested(kPage);
        break;
    case Qt::Key_Home:
        setSliderPosition(minimum());
        break;
    case Qt::Key_End:
        setSliderPosition(maximum());
        break;
    case Qt::Key_Backspace:
    case Qt::Key_Delete:
        emit resetRequested();
        break;
    default:
        QSlider::keyPressEvent(event);
        return;
    }
    event->accept();
}

void ValueSlider::wheelEvent(QWheelEvent* event)
{
    if (!hasFocus() || event->angleDelta().y() == 0) { // the dock scrolls under a resting pointer
        event->ignore();
        return;
    }
    emit stepRequested(event->angleDelta().y() > 0 ? 1 : -1);
    event->accept();
}

void ValueSlider::enterEvent(QEnterEvent*) { update(); }

void ValueSlider::leaveEvent(QEvent*) { update(); }

} // namespace headroom::ui
