#include "ui/money.h"

#include "ui/format.h"

#include <QLocale>

#include <cmath>

namespace headroom::ui {

QString money(double dollars)
{
    constexpr double kCentsMatter = 100, kCentsAreEnough = 0.1;
    if (!std::isfinite(dollars) || std::abs(dollars) < kCentsAreEnough)
        return QStringLiteral("$") + number(dollars, 2);
    return QStringLiteral("$") + QLocale().toString(dollars, 'f', std::abs(dollars) < kCentsMatter ? 2 : 0);
}

} // namespace headroom::ui
