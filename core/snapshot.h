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

struct AblationRow;
struct GpuSizing;

/// What takes too long for every move of a slider. Where somebody works it out on another thread it `comes`: until the
/// answer is there views show the older one. Else they work it out themselves.
template <class T>
struct Aside {
    std::shared_ptr<const T> value{}; ///< null = not known (yet)
    bool isOlder = false;             ///< of the plan as it was before the last changes
    bool comes = false;
};

/// A plan with its results. `load` is the curve over arrival rate, with as many points as the moment allows.
struct PlanResults {
    std::string name;
    std::shared_ptr<const Plan> plan;
    std::shared_ptr<const Evaluator> evaluator; ///< for builders that need another curve
    Evaluation evaluation;
    std::vector<LoadPoint> load;
    Aside<std::vector<GpuSizing>> everyGpu;  ///< the same service on every catalog GPU
    Aside<std::vector<AblationRow>> systems; ///< the same load through the serving systems of the literature
    double wallSeconds = 0;                  ///< that evaluation and load curve took
};

/// A plan evaluated for the views, with a load curve of `curvePoints` points.
PlanResults planResults(std::string name, std::shared_ptr<const Plan>, int curvePoints);

struct LoadStudy;

/// Points of a plan's own curves at rest.
inline constexpr int kRestPoints = 200;

struct Snapshot {
    PlanResults now;
    std::vector<std::shared_ptr<const PlanResults>> pinned; ///< ghosts, at most eight
    int curvePoints = kRestPoints; ///< what builders should use for their own curves: fewer while a slider is dragged
    std::shared_ptr<const Study> study = nullptr; ///< the latest simulation, perhaps of an older plan; null = none yet
    /// The plan simulated at several loads, perhaps an older plan (isLoadStudyOf() tells); null = not (yet).
    std::shared_ptr<const LoadStudy> loads = nullptr;
};

/// Whether a hand moves a slider just now: curves are coarser, and what does not follow at once waits.
inline bool isDragged(const Snapshot& snapshot) { return snapshot.curvePoints < kRestPoints; }

/// Whether the simulation of a snapshot is of the plan that it shows now. False without one.
bool studyIsCurrent(const Snapshot&);
/// The snapshot with a complete simulation of its plan: the one it has, or fixedStudy() is run on all cores (tenths of a
/// second). \param folder of the plan file, for the trace it names
Snapshot withStudy(Snapshot, const std::filesystem::path& folder = {});

} // namespace headroom
