// Bands of predictions, from rows that a fit had not seen: 10th and 90th percentile of measured / predicted, by kind of
// measurement, within it by bits of the weights, within those by GPU architecture, and widened for how few GPUs and
// model families were measured: the next GPU or family is another draw from as few.
#pragma once

#include "core/calibration/validate.h"
#include "core/model/shipped_fit.h"

#include <span>
#include <string>
#include <vector>

namespace headroom {

/// A row predicted by a fit that had not seen its GPU, or its model family.
struct UnseenRow {
    MeasuredRegime regime{};
    int bits = 16;
    GpuArchitecture architecture{};
    std::string gpu, family, source;
    double logRatio = 0; ///< ln(measured / predicted)
};

/// From the widest kind to the narrowest. A level counts the rows of the level above as twenty of its own, and is left
/// to that one where fewer than four families are in it. A band always holds its own prediction.
std::vector<ShippedBand> bandsOf(std::span<const UnseenRow>);

/// How much wider the spread of a group that was not measured is than that of all rows of the groups that were: between
/// groups a variance is estimated from few, so it counts with Student's t for as many. At least 1.
/// \param leastVariance between groups, where they are too few to tell (below three effective ones)
double wideningForNewGroup(
    std::span<const UnseenRow>, std::span<const double> weights, std::string UnseenRow::*group, double leastVariance);

/// What leaving out each GPU, and each model family, says.
struct LeftOutRows {
    std::vector<RowOutcome> gpu, family; ///< of the rows of `scored`, in order
    std::vector<UnseenRow> unseen;       ///< what bands are made of
};
/// Bands are made of the rows of `scored`; first tokens of servers, and latencies of requests that are all there at once,
/// from all of `fitted`: a bench hardly holds any.
LeftOutRows leaveOutGpusAndFamilies(const MeasurementTable& scored, const MeasurementTable& fitted, const FitOptions&,
    int threads, const CaseTraces& traces = {});

/// Outcomes of a cross-validation with bands that the left-out group had no part in.
std::vector<RowOutcome> withBandsOfFolds(
    const MeasurementTable& scored, std::vector<RowOutcome>, LeaveOut, std::span<const UnseenRow>);

} // namespace headroom
