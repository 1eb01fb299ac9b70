#include "ui/plots/catalog.h"

namespace headroom::ui {

std::span<const ChartRow> charts() { return {}; }

} // namespace headroom::ui
