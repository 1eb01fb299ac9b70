// How much more load a plan carries, what binds, how many replicas are enough (MODEL.md 13).
#pragma once

#include "core/evaluate.h"

#include <optional>
#include <vector>

namespace headroom {

/// How far the worst target is missed: max of ln(value / target) over the stated ones; <= 0 = all hold. Infinite when
/// the plan does not fit or is unstable; -infinity when stable without a target.
double targetMargin(const PointEvaluation&, const Targets&);

/// lambda*: the first rate, from below, at which some target fails. The capacity where no target is stated, 0 where one
/// fails even idle. Relative error below 1e-3.
/// \param present an evaluation at the plan's own rate, to start from
RequestRate targetRate(const Evaluator&, const PointEvaluation& present);

/// The same from the pessimistic edge of the band: every step takes its upper factor.
RequestRate pessimisticTargetRate(const Evaluator&, const PointEvaluation& present, RequestRate targetRate);

/// The same from the optimistic edge: every step takes its lower factor. At least `targetRate`.
RequestRate optimisticTargetRate(const Evaluator&, RequestRate targetRate);

/// lambda* of evaluate() between both edges, {0, 0} where nothing fits. Searches for the upper one, which nobody who moves
/// a slider waits for: evaluate() leaves it out.
Band targetRateBand(const Plan&, const Evaluation&);

struct BindingResult {
    Binding binding = Binding::none;
    std::vector<Elasticity> elasticities; ///< relative change of lambda* per relative relaxation, largest first
};
/// \param present at the plan's own rate; targetRate as found above
BindingResult findBinding(const Evaluator&, const PointEvaluation& present, RequestRate targetRate);

/// Larger fleets are not searched.
inline constexpr int kMostReplicas = 4096;

/// Least number of replicas that meets all targets at `workload.peak_factor` times the rate with
/// `deployment.spare_replicas` down (those are counted on top). Absent when no number up to kMostReplicas is enough.
std::optional<int> replicasNeeded(const Evaluator&, RequestRate targetRate);
/// Below which a plan cannot run: split phases need a replica for prompts and one for answers.
int fewestReplicas(const Plan&);

} // namespace headroom
