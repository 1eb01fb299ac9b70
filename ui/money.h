// Sums of money as people read them.
#pragma once

#include <QString>

namespace headroom::ui {

/// USD with cents where they matter: "$0.39", "$18.40", "$1,234", "$0.018".
QString money(double dollars);

} // namespace headroom::ui
