#include "ui/panels/elided_label.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

namespace headroom::ui {

QSize ElidedLabel::minimumSizeHint() const
{
    return {fontMetrics().horizontalAdvance(QChar(0x2026)), QLabel::minimumSizeHint().height()};
}

void ElidedLabel::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const QRect where = contentsRect();
    painter.setPen(palette().color(foregroundRole()));
    painter.drawText(where, static_cast<int>(alignment()) | Qt::TextSingleLine,
        fontMetrics().elidedText(text(), Qt::ElideRight, where.width()));
}

bool ElidedLabel::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip && fontMetrics().horizontalAdvance(text()) > contentsRect().width()) {
        // As rich text it is broken into lines.
        QToolTip::showText(static_cast<QHelpEvent*>(event)->globalPos(),
            QStringLiteral("<p>%1</p>").arg(text().toHtmlEscaped()), this);
        return true;
    }
    return QLabel::event(event);
}

} // namespace headroom::ui
