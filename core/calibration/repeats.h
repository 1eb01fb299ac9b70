// How far measured runs that agree in everything their sources state differ among themselves: no model that sees only what
// is stated can be closer to single rows than this.
#pragma once

#include "core/calibration/measurements.h"

#include <vector>

namespace headroom {

struct RepeatSpread {
    Metric metric = Metric::outputTokenRate;
    LoadKind loadKind = LoadKind::offlineMax;
    bool sameEngine = true;     ///< only rows of one engine are compared, of whatever version
    int rows = 0;               ///< that have another to be compared with
    double median = 0, p90 = 0; ///< |a / b - 1| over all pairs of equals; every row weighs the same
};

/// Rows that state their input length, grouped by model, GPUs, layout, weight format, lengths, load and statistic. Kinds of
/// run without two equal rows are left out.
std::vector<RepeatSpread> repeatSpread(const MeasurementTable&);

} // namespace headroom
