#include "core/snapshot.h"

namespace headroom {

PlanResults planResults(std::string name, std::shared_ptr<const Plan> plan, int curvePoints)
{
    HR_ASSERT(plan);
    PlanResults results;
    results.name = std::move(name);
    results.evaluator = std::make_shared<const Evaluator>(*plan);
    results.evaluation = evaluate(*results.evaluator);
    results.load = sweepLoad(*results.evaluator, curvePoints);
    results.plan = std::move(plan);
    return results;
}

} // namespace headroom
