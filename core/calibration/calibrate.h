// Fits the four calibration factors of a plan to a user's own measurements of one GPU: a few runs are enough, because
// the shipped coefficients stay and only their level moves.
#pragma once

#include "core/calibration/measurements.h"
#include "core/error.h"
#include "core/model/step_time.h"
#include "core/plan/plan.h"

#include <string>
#include <utility>
#include <vector>

namespace headroom {

struct CalibrationFit {
    Calibration calibration;
    std::string gpu;                                  ///< name in the catalog, or the user's own
    int values = 0;                                   ///< measured figures that took part
    int runs = 0;                                     ///< of so many different runs
    int repeats = 0;                                  ///< the same figure of the same run again: counted once
    std::vector<std::pair<std::string, int>> skipped; ///< why figures could not be used, and how many
    double medianBefore = 0, p90Before = 0;           ///< |predicted / measured - 1|, as shipped
    double medianAfter = 0, p90After = 0;             ///< with the factors
    std::vector<std::string> cautions;                ///< what speaks against the fit, in words
    int skippedValues() const
    {
        int all = 0;
        for (const auto& [reason, count] : skipped)
            all += count;
        return all;
    }
};

/// Robust least squares on ln(predicted / measured), each factor held near 1 where the runs do not tell, and below what
/// would let a product, the memory or a link do more than its datasheet says. Figures that are no evidence take no part
/// and are counted with their reason: unknown GPUs, models and engines, no lengths, an arrival rate (its queue hides the
/// factors), e2e_ms (it follows from TTFT and TPOT), a figure that the run does not show (TPOT of one token).
/// \param own the hardware of a plan, if its figures are to count for rows of its GPU
/// Errors: rows of more than one GPU; fewer than four different runs that can be used; two measurements of the same
/// figure that differ by more than 30 %; runs that no factors explain (median error above 25 % after the fit).
Result<CalibrationFit> calibrate(const MeasurementTable&, const HardwareChoice* own = nullptr);

/// "compute × 1.2, overhead × 0.9 of what ships"; empty where the factors are all 1.
std::string calibrationWords(const Calibration&);

} // namespace headroom
