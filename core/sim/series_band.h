// Several replications over simulated time: what the time series say on average, and how well that is known.
#pragma once

#include "core/sim/result.h"

#include <span>

namespace headroom::sim {

/// The intervals that lie wholly before `end`, seconds: the mean over the rest of the last one is over less time.
TimeSeries wholeIntervals(TimeSeries, double end);

/// Mean and half width of its 95 % interval in each interval that all replications have, of the length of the longest.
/// \param each whole intervals only. Empty where there is nothing to tell: fewer than two, or all alike
SeriesBand bandOver(std::span<const TimeSeries> each);

} // namespace headroom::sim
