// Curves that builders of several tabs share: over the arrival rate, with ghosts, saturation and overload; and of a
// distribution.
#pragma once

#include "core/snapshot.h"
#include "ui/plots/chart.h"

#include <optional>
#include <string>

namespace headroom::ui {

/// One number of a point of the load curve, in the unit of the chart.
using PointValue = double (*)(const PointEvaluation&);
/// Its band; absent where none exists.
using PointBand = Band (*)(const PointEvaluation&);

/// The curve of one plan. Points where the value is not finite are dropped, and those at or below zero too where
/// `axis` is logarithmic.
Curve curveOverLoad(
    const PlanResults&, std::string name, Role, const Axis& axis, PointValue value, PointBand band = nullptr);

/// A chart over the load: the present plan's curve with its band, dashed ghosts of the pinned plans, the saturation
/// asymptote, the overload region, and the operating point where it has a value.
/// \param markerText what stands at the operating point, e.g. "410 ms"
LineChart chartOverLoad(const Snapshot&, Axis y, PointValue value, PointBand band, const std::string& curveName,
    const std::string& markerText);

/// Saturation, overload region and x range alone, for charts with curves of their own.
void addLoadFrame(LineChart&, const Snapshot&);

/// The load in words: "4.2 req/s", or of a closed loop "32 requests in flight (5.1 req/s)".
std::string loadText(const Snapshot&);
/// Why there is no curve over the load: the model does not fit, or a closed loop. Empty = there is one.
/// \param unfit what a model that does not fit means for this chart, where another one beside it says the reason
std::string whyNoLoadCurve(const Snapshot&, const std::string& unfit = {});
/// "weights and workspace take 134 GiB of the 71 GiB that one H100-SXM-80GB may use".
std::string whyItDoesNotFit(const PlanResults&);
std::string whyItDoesNotFit(const Plan&, const MemoryUse&);
/// "It fits with tensor parallel 2 (2 GPUs a replica), or with fp8 weights on 1 GPU." Of a plan that does not.
std::string whatWouldFit(const Plan&);

/// "7 replicas are needed for peaks of 18 req/s", "more than 4,096 replicas are needed", or "no number of replicas meets the
/// targets" where one fails without load already.
std::string replicasNeededText(const PlanResults&);

/// A cumulative distribution: percent of requests against seconds. Quantiles that are not finite or not above 0 are left
/// out. \param shares probabilities of the quantiles, in [0, 1] \param half widths of the intervals of the quantiles, which
/// make a band; empty = none
Curve distributionCurve(const std::vector<double>& seconds, const std::vector<double>& shares, std::string name,
    Role role, const std::vector<double>& half = {});

/// The band of such a curve all of whose times may turn out `fast` to `slow` times as long; `slow` may be infinite.
void addTimeFactors(Curve&, double fast, double slow);

/// What measured steps were of predicted ones, for the GPU and the weights of a plan.
ErrorBand errorsOfSteps(const Plan&);
/// Gives a curve the band between two multiples of its values.
void addFactors(Curve&, double lowest, double highest);
/// Gives a curve its band, around every point. The upper edge may be infinite: close to saturation a plan that turns out
/// slower queues without end. Where it is NaN, the band keeps its last width.
void addBand(Curve&, std::vector<double> lo, std::vector<double> hi);

} // namespace headroom::ui
