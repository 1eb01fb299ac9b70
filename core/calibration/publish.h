// What a fit leaves in the program, written as the two source files that carry it: coefficients and bands
// (core/model/shipped_fit.cpp), and how wrong it was on what it had not seen (core/calibration/residuals.cpp).
#pragma once

#include "core/calibration/validate.h"

#include <string>

namespace headroom {

struct PublishedFit {
    std::string fit, residuals; ///< the text of each file
};

/// Fits to all rows of `fitted` and cross-validates on `scored` without each GPU, model family and source. Bands are those
/// of bands.h; the share inside that is published is of bands that the left-out group had no part in.
/// Errors: nothing to fit to, or no row of a kind that has bands.
Result<PublishedFit> publishFit(
    const MeasurementTable& scored, const MeasurementTable& fitted, const FitOptions&, int threads);

} // namespace headroom
