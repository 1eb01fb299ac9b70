// Fits the coefficients of the step model to measured runs: few numbers shared by all GPUs, and factors per
// architecture held near 1 unless the data insist. Robust least squares on the logarithm of predicted / measured.
#pragma once

#include "core/calibration/group_run.h"
#include "core/calibration/measured_case.h"
#include "core/calibration/measurements.h"
#include "core/model/efficiency.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace headroom {

/// The value a run predicts for a measurement, SI; absent where the run has none (TPOT of one token).
std::optional<double> predictedValue(const RunResult&, Metric, const std::string& statistic);

struct FitTarget {
    Metric metric;
    std::string statistic;
    double value = 0;  ///< SI
    double weight = 1; ///< relative
};

/// A case and what was measured of it.
struct FitCase {
    MeasuredCase run;
    std::vector<FitTarget> targets;
    std::string gpu, family, source; ///< to leave out
    RunSchedule plan;                ///< of the run; empty = made when it is needed
};

/// Runnable cases of a table whose value step time decides. Of a (source, model, GPU) with more than `most` rows an
/// even selection of about `most` is taken, so that one long table does not decide.
std::vector<FitCase> fitCases(const MeasurementTable&, double most = 25);

struct FitOptions {
    int iterations = 20;
    double huber = 0.25;       ///< log error beyond which a row pulls with constant force
    double sharedSpread = 0.6; ///< prior standard deviation of ln(coefficient) about its starting value
    double factorSpread = 0.3; ///< prior standard deviation of ln(factor of an architecture) about 0
    double priorWeight = 1;    ///< of both
};

/// Damped Gauss-Newton with numerical derivatives. The prior is about `start`; `guess`, if there is one, is only where the
/// search begins. \return start if there is no case
EfficiencyTable fitEfficiency(std::span<const FitCase* const> cases, const EfficiencyTable& start, const FitOptions&,
    const EfficiencyTable* guess = nullptr);

/// ln(predicted / measured) of each target, in order; 0 weightless where nothing is predicted.
struct Residual {
    double logError = 0, weight = 0;
};
std::vector<Residual> residualsOf(const FitCase&, const EfficiencyTable&);
std::vector<Residual> residualsOf(const FitCase&, const StepModel&);

} // namespace headroom
