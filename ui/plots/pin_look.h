// What tells pinned plans apart in plots and keys: grey, as everything that is not the present plan, but no two alike.
#pragma once

#include "ui/theme.h"

#include <QColor>
#include <QIcon>
#include <QList>
#include <QPen>

namespace headroom::ui {

/// Grey and dashes of a pinned plan. Patterns first, then a second grey: four are told apart by shape alone, also on a
/// printout. \param pin 1 for the first pinned plan to 8 (Document::kMaxPinned), more begin anew; 0 = as the first
struct PinLook {
    QColor color;
    QList<qreal> dashes; ///< in widths of the pen: on, off, ...
};
PinLook pinLook(int pin, const Theme&);

/// A pen for the curve or mark of a pinned plan. \param width pixels
QPen pinPen(int pin, const Theme&, double width);

/// A piece of the line, for the head of a column.
QIcon pinIcon(int pin, const Theme&);

} // namespace headroom::ui
