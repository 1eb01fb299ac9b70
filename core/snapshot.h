// What views may read: immutable, shared, complete. Document makes one per change.
#pragma once

#include "core/evaluate.h"
#include "core/plan/plan.h"
#include "core/sweep.h"

#include <memory>
#include <string>
#include <vector>

namespace headroom {

/// A plan with its results. `load` is the curve over arrival rate, with as many points as the moment allows.
struct GpuSizing;

struct PlanResults {
    std::string name;
    std::shared_ptr<const Plan> plan;
    std::shared_ptr<const Evaluator> evaluator; ///< for builders that need another curve
    Evaluation evaluation;
    std::vector<LoadPoint> load;
    /// The same service on every catalog GPU, for whoever computed it aside (it takes too long for a slider move);
    /// null = not known yet.
    std::shared_ptr<const std::vector<GpuSizing>> everyGpu;
};

/// A plan evaluated for the views, with a load curve of `curvePoints` points.
PlanResults planResults(std::string name, std::shared_ptr<const Plan>, int curvePoints);

struct Snapshot {
    PlanResults now;
    std::vector<std::shared_ptr<const PlanResults>> pinned; ///< ghosts, at most eight
    int curvePoints = 200; ///< what builders should use for their own curves: fewer while a slider is dragged
};

} // namespace headroom
