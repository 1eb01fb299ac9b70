// What a plan that does not fit would show if it did. No Qt.
#pragma once

#include "ui/plots/catalog.h"

namespace headroom::ui {

/// The chart of a plan as views and reports show it: one that draws nothing says nothing of numbers. Where it draws
/// nothing because the model does not fit: that of the plan with the least change that makes it fit (fittingPlan()),
/// paler or dashed, and said so in its unit, its sentence and its file. Charts of simulations, plans that nothing helps
/// and plans under a moving slider (it takes a second evaluation of all) keep the words that say why they are empty.
ChartSpec chartOrSupposed(const ChartRow&, const Snapshot&);

} // namespace headroom::ui
