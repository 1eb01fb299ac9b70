// What a tenth more or less of each main input would do: tornado charts. No Qt: the command line may use them too.
#pragma once

#include "core/plan/plan.h"
#include "ui/plots/chart.h"

#include <stop_token>
#include <vector>

namespace headroom::ui {

/// One tornado per result (TTFT p95, TPOT p95, cost per output token, capacity): relative change in percent when an
/// input is 10 % less or more, inputs that matter most first. Results that are infinite at the plan's own point are
/// left out; a side that becomes unstable is drawn to the edge and named so. Takes two dozen evaluations.
/// \param stop once it says so, the answer may be anything
std::vector<ChartSpec> tornados(const Plan&, const std::stop_token& stop = {});

} // namespace headroom::ui
