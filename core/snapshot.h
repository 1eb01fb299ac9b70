// What views may read: immutable, shared, complete. Document makes one per change.
#pragma once

#include "core/evaluate.h"
#include "core/plan/plan.h"
#include "core/study.h"
#include "core/sweep.h"

#include <filesystem>
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
    /// The same service on every catalog GPU; null = not known (yet).
    std::shared_ptr<const std::vector<GpuSizing>> everyGpu;
    bool everyGpuIsOlder = false; ///< it is of the plan as it was before the last changes
    /// Who made these results works everyGpu out aside, as it takes too long for a slider move: views wait for it.
    bool everyGpuComes = false;
    double wallSeconds = 0; ///< that evaluation and load curve took
};

/// A plan evaluated for the views, with a load curve of `curvePoints` points.
PlanResults planResults(std::string name, std::shared_ptr<const Plan>, int curvePoints);

struct LoadStudy;

struct Snapshot {
    PlanResults now;
    std::vector<std::shared_ptr<const PlanResults>> pinned; ///< ghosts, at most eight
    int curvePoints = 200; ///< what builders should use for their own curves: fewer while a slider is dragged
    std::shared_ptr<const Study> study = nullptr; ///< the latest simulation, perhaps of an older plan; null = none yet
    /// The plan simulated at several loads, perhaps an older plan (isLoadStudyOf() tells); null = not (yet).
    std::shared_ptr<const LoadStudy> loads = nullptr;
};

/// Whether the simulation of a snapshot is of the plan that it shows now. False without one.
bool studyIsCurrent(const Snapshot&);
/// The snapshot with a complete simulation of its plan: the one it has, or fixedStudy() is run on all cores (tenths of a
/// second). \param folder of the plan file, for the trace it names
Snapshot withStudy(Snapshot, const std::filesystem::path& folder = {});

} // namespace headroom
