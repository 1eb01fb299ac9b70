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
    int iterations = 30;
    double tolerance = 1e-4;   ///< relative gain of a step below which the fit has converged
    double huber = 0.12;       ///< log error beyond which a row pulls with constant force
    double sharedSpread = 0.6; ///< prior standard deviation of ln(coefficient) about its starting value
    double knownSpread = 0.1;  ///< the same where single kernels tell (ceilings, links)
    double factorSpread = 0.2; ///< prior standard deviation of ln(factor of an architecture) about 0
    double priorWeight = 2;    ///< of all: rows of one table err alike, so they tell less than their number
};

/// Gauss-Newton with numerical derivatives, from `start`, which is the centre of the prior too: nothing but the cases
/// decides where a fit ends. \return start if there is no case
EfficiencyTable fitEfficiency(std::span<const FitCase* const> cases, const EfficiencyTable& start, const FitOptions&);

/// ln(predicted / measured) of each target, in order; 0 weightless where nothing is predicted.
struct Residual {
    double logError = 0, weight = 0;
};
std::vector<Residual> residualsOf(const FitCase&, const EfficiencyTable&);
std::vector<Residual> residualsOf(const FitCase&, const StepModel&);

} // namespace headroom
