// Charts of every kind with made-up but plausible numbers: what drawing tests and the gallery show.
#pragma once

#include "ui/plots/chart.h"

#include <vector>

namespace headroom::ui {

/// Latency against load: band, ghost, simulated points, target, saturation, operating point.
/// \param load arrival rate of the operating point, in (0, 5.9)
ChartSpec sampleLatency(double load = 4.2);
ChartSpec sampleParts(double scale = 1); ///< stacked bars for mean, p95, p99
ChartSpec sampleMemoryBar();             ///< one bar with names inside
ChartSpec sampleSeats();                 ///< logarithmic x, ghost
ChartSpec sampleCost();                  ///< falling curve, hosted price, dashed end
ChartSpec sampleTornado();
ChartSpec sampleWaterfall();
ChartSpec samplePolicies(); ///< many curves: gets a key
ChartSpec sampleRoofline();
ChartSpec sampleValidation(); ///< scatter with the diagonal
ChartSpec sampleGantt();
ChartSpec sampleHeatMap();
ChartSpec sampleTable();
ChartSpec sampleEmpty();

std::vector<ChartSpec> sampleCharts();

} // namespace headroom::ui
