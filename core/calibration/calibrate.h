// Fits the four calibration factors of a plan to a user's own measurements of one GPU: a few runs are enough, because
// the shipped coefficients stay and only their level moves.
#pragma once

#include "core/calibration/measurements.h"
#include "core/error.h"
#include "core/model/step_time.h"

#include <string>

namespace headroom {

struct CalibrationFit {
    Calibration calibration;
    std::string gpu;
    int rows = 0;                           ///< that took part
    int skipped = 0;                        ///< that the model cannot run
    double medianBefore = 0, p90Before = 0; ///< |predicted / measured - 1|, as shipped
    double medianAfter = 0, p90After = 0;   ///< with the factors
};

/// Robust least squares on ln(predicted / measured), each factor held near 1 where the runs do not tell.
/// Errors: rows of more than one GPU; fewer than four runs that can be used; two runs of the same configuration that
/// differ by more than 30 %; runs that no factors explain (median error above 25 % after the fit).
Result<CalibrationFit> calibrate(const MeasurementTable&);

} // namespace headroom
