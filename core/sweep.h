// A plan evaluated along one or two fields: rows for curves, heat maps and the sweep command.
#pragma once

#include "core/error.h"
#include "core/evaluate.h"
#include "core/plan/fields.h"
#include "core/plan/plan.h"

#include <string>
#include <string_view>
#include <vector>

namespace headroom {

/// One axis of a grid: KEY=FROM:TO:STEPS[:log].
struct SweepAxis {
    const Field* field = nullptr;
    std::vector<double> values; ///< number fields; for ordered choices the index of the choice
};
/// Reads KEY=FROM:TO:STEPS[:log] (numbers) or KEY=A,B,C (choices). STEPS is the number of points, at most 10,000.
Result<SweepAxis> parseAxis(std::string_view text, const Plan&);

struct SweepRow {
    std::vector<double> coordinates; ///< one per axis
    PointEvaluation result;
};
/// The full grid, last axis fastest. Points where a field refuses its value are left out.
std::vector<SweepRow> sweep(const Plan&, const std::vector<SweepAxis>&);

struct LoadPoint {
    RequestRate rate;
    PointEvaluation result;
};
/// The curve over arrival rate that all plots of a tab share: `points` rates from near zero to `to` (default: 1.05 of
/// the capacity, or twice the present rate if that is more), denser near saturation. Ascending.
std::vector<LoadPoint> sweepLoad(const Evaluator&, int points, std::optional<RequestRate> to = std::nullopt);

} // namespace headroom
