// What a fit leaves in the program, written as the two source files that carry it: coefficients and bands
// (core/model/shipped_fit.cpp), and how wrong it was on what it had not seen (core/calibration/residuals.cpp).
#pragma once

#include "core/calibration/validate.h"

#include <string>

namespace headroom {

struct PublishedFit {
    std::string fit, residuals; ///< the text of each file
};

/// Fits to all rows of `fitted` and cross-validates on `scored` without each GPU, model family and source. Bands are 10th
/// and 90th percentiles of measured / predicted of the rows left out by GPU and by family: by kind of measurement, within
/// it by bits of the weights, within those by GPU architecture; each level counts the rows of the level above as twenty of
/// its own, so that few rows stay near what is known of all.
/// Errors: nothing to fit to, or no row of a kind that has bands.
Result<PublishedFit> publishFit(
    const MeasurementTable& scored, const MeasurementTable& fitted, const FitOptions&, int threads);

} // namespace headroom
