#include "core/load_study.h"

#include "core/evaluate.h"
#include "core/sim/simulate.h"
#include "core/study.h"

#include <algorithm>
#include <array>

namespace headroom {

namespace {

/// Of the capacity: every other one first. The last one is where short runs still reach their steady state.
constexpr std::array kCoarse{0.15, 0.45, 0.75, 0.9};
constexpr std::array kFine{0.3, 0.6, 0.83};

/// False when a stop was asked for (`complete` stays unset) or the plan cannot run.
bool add(LoadStudy& study, RequestRate rate, const std::stop_token& stop)
{
    Plan plan = *study.plan;
    plan.workload.arrivalRate = rate;
    auto scenario = sim::makeScenario(plan, nullptr);
    if (!scenario) {
        study.complete = true; // there is nothing more to come
        return false;
    }
    scenario->limits.requests = kLoadRequests;
    scenario->replications = kLoadReplications;
    scenario->record.warmupRequests = kLoadRequests / 10;
    scenario->record.shares = {0.5, 0.95, 0.99}; // the p99 has its interval from here
    auto result = std::make_shared<const sim::SimResult>(sim::simulate(*scenario, stop));
    if (result->cancelled || stop.stop_requested())
        return false;
    const auto after = std::ranges::upper_bound(study.loads, rate, {}, &SimulatedLoad::rate);
    study.loads.insert(after, {rate, std::move(result)});
    return true;
}

} // namespace

bool isLoadStudyOf(const LoadStudy& study, const Plan& plan)
{
    if (study.plan == nullptr)
        return false;
    Plan other = *study.plan;
    other.workload.arrivalRate = plan.workload.arrivalRate;
    return runAlike(other, plan);
}

LoadStudy simulateLoads(
    std::shared_ptr<const Plan> plan, const std::stop_token& stop, const std::function<void(const LoadStudy&)>& coarse)
{
    LoadStudy study{std::move(plan), {}, false};
    const ArrivalProcess process = study.plan->workload.process;
    const Evaluator evaluator(*study.plan);
    const RequestRate capacity = evaluator.capacity();
    const bool varies = process != ArrivalProcess::closedLoop && process != ArrivalProcess::trace;
    if (!varies || !evaluator.memory().fits || !(capacity > RequestRate(0))) {
        study.complete = true;
        return study;
    }
    for (const double share : kCoarse)
        if (!add(study, share * capacity, stop))
            return study;
    if (coarse)
        coarse(study);
    for (const double share : kFine)
        if (!add(study, share * capacity, stop))
            return study;
    study.complete = true;
    return study;
}

} // namespace headroom
