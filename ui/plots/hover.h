// What the mouse points at, in words: pure functions of a chart and its frame.
#pragma once

#include "ui/plots/chart_body.h"

namespace headroom::ui {

/// Values of every curve at the mouse's x, interpolated (in ratios on logarithmic axes). Nothing outside the data area.
std::optional<Reading> readLines(const LineChart&, const PlotFrame&, const Theme&, QPointF);
/// The nearest point within reach of the mouse.
std::optional<Reading> readScatter(const ScatterChart&, const PlotFrame&, const Theme&, QPointF);
std::optional<Hit> hitScatter(const ScatterChart&, const PlotFrame&, QPointF);
std::optional<Reading> readSpans(const SpanChart&, const PlotFrame&, const Theme&, QPointF);
std::optional<Reading> readHeatMap(const HeatMap&, const PlotFrame&, const Theme&, QPointF);

/// y of a curve at x; nothing outside its range or beside a gap. x of the curve ascends.
std::optional<double> valueAt(const Curve&, double x, bool logarithmicX, bool logarithmicY);

} // namespace headroom::ui
