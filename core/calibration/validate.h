// Predicted against measured: every row run the way it was measured, errors by metric and kind of load, and the same
// for models that never saw the row (cross-validation).
#pragma once

#include "core/calibration/fit.h"
#include "core/calibration/measurements.h"
#include "core/model/efficiency.h"
#include "core/model/shipped_fit.h"
#include "core/workload/trace.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace headroom {

/// What became of one row.
struct RowOutcome {
    std::optional<double> predicted; ///< SI; absent where the row cannot be run
    double lo = 0, hi = 0;           ///< nominal 80 % band, SI
    bool assumed = false;            ///< something that decides the result is not in the source
    std::string skippedBecause;      ///< why there is no prediction; empty = there is one
};

/// Requests to drive a request_rate case with, by case id.
using CaseTraces = std::map<std::string, std::shared_ptr<const Trace>>;

/// What of a measurement may stand in for a prediction.
enum class PutIn {
    nothing,
    tpot, ///< all steps of an open-loop case as much longer or shorter as makes its mean TPOT the measured one
};

/// Predicts each row of a table. offline_max, fixed_concurrency and static_batch rows are played in groups (group_run.h),
/// request_rate rows simulated with Poisson arrivals of the stated rate, or with the requests of their trace.
/// With the TPOT put in, what is left of the error of the other latencies is that of the queueing; the row that was put
/// in has no outcome. \return one outcome per row, in order
std::vector<RowOutcome> predictRows(
    const MeasurementTable&, const EfficiencyTable&, const CaseTraces& = {}, PutIn = PutIn::nothing);

/// The kind of measurement as far as errors differ by it; absent for those that have no residuals of their own.
std::optional<MeasuredRegime> regimeOf(const Measurement&);

/// Band of a prediction as factors, from cross-validated residuals of the same kind of measurement or of the nearest.
ErrorBand bandOf(
    std::span<const ShippedBand>, const Measurement&, NumberFormat weightFormat, GpuArchitecture, bool assumed);

/// Quantile of (value, weight), interpolated between the middles of their weights. Needs at least one.
double weightedQuantile(std::vector<std::pair<double, double>> values, double q);

/// The table that ships is the fit to all open measurements.
EfficiencyTable fitToAll(const MeasurementTable& fitted, const FitOptions&);

enum class LeaveOut { gpu, family, source };
/// The group of a row that is left out together.
const std::string& leftOutKey(const Measurement&, LeaveOut);

/// Predicts the rows of `scored` group by group with coefficients fitted to those rows of `fitted` that do not share the
/// row's GPU, model family or source. \param threads fits run in parallel
std::vector<RowOutcome> crossValidate(const MeasurementTable& scored, const MeasurementTable& fitted, LeaveOut,
    const FitOptions&, int threads, const CaseTraces& = {});

/// Why rows have no prediction, and how many for each reason; the commonest first.
std::vector<std::pair<std::string, int>> skippedByReason(const std::vector<RowOutcome>&);

/// Errors of one (metric, load kind).
struct ErrorSummary {
    Metric metric{};
    LoadKind loadKind{};
    bool assumed = false; ///< rows with assumed inputs are summed up apart
    int rows = 0, cases = 0, sources = 0;
    double covered = 0;                         ///< share of rows with a prediction
    double medianAbsError = 0, p90AbsError = 0; ///< |predicted / measured - 1|
    double bias = 0;                            ///< median of predicted / measured - 1
    double insideBand = 0;                      ///< share of measurements within [lo, hi]
};

enum class Weighting {
    byCase,   ///< every case the same
    bySource, ///< every source the same, its cases share its weight
};

/// Rows of one case share its weight. Order: by metric, then load kind, assumed ones last.
std::vector<ErrorSummary> summarizeErrors(const MeasurementTable&, const std::vector<RowOutcome>&, Weighting);

} // namespace headroom
