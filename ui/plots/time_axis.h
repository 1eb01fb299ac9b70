// The unit of an axis of latencies: milliseconds, or seconds where a plan is so slow that these would be thousands. What
// labels say of times has the same unit.
#pragma once

#include "ui/plots/chart.h"

namespace headroom::ui {

/// The chart in seconds if its axis is in milliseconds and nothing on it is below a second; else as it is. Names of
/// limits and markers and totals of bars that say their value as duration() does say it in the unit of the axis. For
/// curves over another axis and for stacked bars.
ChartSpec inFittingUnit(ChartSpec chart);

} // namespace headroom::ui
