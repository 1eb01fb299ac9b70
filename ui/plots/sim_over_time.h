// Tab Simulator: queue, batch, memory and throughput over simulated time, with the band of several runs.
#pragma once

#include "core/snapshot.h"
#include "ui/plots/chart.h"

#include <cstddef>

namespace headroom::ui {

/// Colour of the plan's own curve: the quantity's, and one for all charts where policies stand side by side.
Role ownRole(const Study&, Role quantity);
/// Colour of another policy. \param number of its case in the study, from 1 on
Role otherRole(std::size_t number);

ChartSpec queueOverTime(const Snapshot&);
ChartSpec batchOverTime(const Snapshot&);
ChartSpec kvOverTime(const Snapshot&);
ChartSpec throughputOverTime(const Snapshot&);

} // namespace headroom::ui
