// A plan evaluated along one or two fields: rows for curves, heat maps and the sweep command.
#pragma once

#include "core/error.h"
#include "core/evaluate.h"
#include "core/plan/fields.h"
#include "core/plan/plan.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headroom {

/// One axis of a grid: KEY=FROM:TO:STEPS[:log].
struct SweepAxis {
    const Field* field = nullptr;
    std::vector<double> values; ///< number fields; for ordered choices the index of the choice
};
/// Reads KEY=FROM:TO:STEPS[:log] (numbers) or KEY=A,B,C (numbers or choices). STEPS is the number of points, at most
/// 10,000; fields of whole numbers get each rounded value once. Error.where is KEY.
Result<SweepAxis> parseAxis(std::string_view text, const Plan&);
/// A value of an axis as a person writes it: the number, or the id of the choice.
std::string axisText(const SweepAxis&, double value);

/// No grid is larger than this: a hundred thousand times the largest that makes a readable table, and it fits memory.
inline constexpr std::size_t kMaxGridPoints = 10'000'000;
/// Points of the full grid; above kMaxGridPoints the exact number is not told. 1 without axes.
std::size_t gridSize(const std::vector<SweepAxis>&);

/// One point of a grid as a plan. Evaluating is left to the caller, so points can be split over machines.
struct GridPoint {
    std::vector<double> coordinates; ///< one per axis
    std::optional<Plan> plan;        ///< absent where a field refuses its value
    Error refused;                   ///< then: which one and why
};
/// \param index 0 to gridSize - 1, last axis fastest
GridPoint gridPoint(const Plan&, const std::vector<SweepAxis>&, std::size_t index);

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
/// the capacity, or twice the present rate if that is more, but twice the capacity at most: what is served no
/// longer changes there, and the part one plans with stays readable), denser near saturation. Ascending.
std::vector<LoadPoint> sweepLoad(const Evaluator&, int points, std::optional<RequestRate> to = std::nullopt);

} // namespace headroom
