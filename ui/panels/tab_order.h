// Tab order of widgets that are made late: they would come last of the whole window.
#pragma once

#include <QWidget>

namespace headroom::ui {

/// What can be reached by Tab in `body` follows `before`, in the order in which it was made. The list of a combo box is
/// a window of its own: a chain through it is torn.
inline void tabFrom(QWidget* before, const QWidget& body)
{
    for (QWidget* w : body.findChildren<QWidget*>())
        if ((w->focusPolicy() & Qt::TabFocus) != 0 && w->window() == body.window()) {
            QWidget::setTabOrder(before, w);
            before = w;
        }
}

} // namespace headroom::ui
