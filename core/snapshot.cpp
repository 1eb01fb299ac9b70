#include "core/snapshot.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace headroom {

PlanResults planResults(std::string name, std::shared_ptr<const Plan> plan, int curvePoints)
{
    HR_ASSERT(plan);
    const auto start = std::chrono::steady_clock::now();
    PlanResults results;
    results.name = std::move(name);
    results.evaluator = std::make_shared<const Evaluator>(*plan);
    results.evaluation = evaluate(*results.evaluator);
    results.load = sweepLoad(*results.evaluator, curvePoints);
    results.plan = std::move(plan);
    results.wallSeconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return results;
}

bool studyIsCurrent(const Snapshot& snapshot)
{
    return snapshot.study != nullptr &&
           (snapshot.study->plan == snapshot.now.plan || runAlike(*snapshot.study->plan, *snapshot.now.plan));
}

Snapshot withStudy(Snapshot snapshot, const std::filesystem::path& folder)
{
    if (studyIsCurrent(snapshot) && snapshot.study->complete)
        return snapshot;
    StudySettings settings = fixedStudy();
    settings.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    auto trace = traceOf(*snapshot.now.plan, folder);
    snapshot.study = trace ? runStudy(snapshot.now.plan, settings, std::move(*trace))
                           : refusedStudy(snapshot.now.plan, settings, trace.error());
    return snapshot;
}

} // namespace headroom
