// Tab Simulator: tables of policies side by side.
#pragma once

#include "core/snapshot.h"
#include "ui/plots/chart.h"

namespace headroom::ui {

/// The p95 of each policy with its interval, and by how much it differs from the plan's own on the same requests.
ChartSpec policiesSideBySide(const Snapshot&);
/// Slowdown, preemptions, who was turned away and why, who gave up, retries and wasted work of each policy: only what
/// happened to somebody.
ChartSpec outcomesOfRequests(const Snapshot&);

} // namespace headroom::ui
