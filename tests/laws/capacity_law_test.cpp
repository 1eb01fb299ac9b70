// The capacity of the closed form against what the simulator sustains while work always waits, for plans of every kind.
#include "tests/laws/any_plan.h"

#include "core/evaluate.h"
#include "core/sim/simulate.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <optional>
#include <vector>

namespace headroom {
namespace {

/// Requests a second between the first and the third quarter of the completions, under 1.4 times the capacity. Nothing
/// where a request was turned away or cut: then the simulator serves another workload.
std::optional<double> sustained(Plan plan, RequestRate capacity, double seats)
{
    plan.workload.arrivalRate = 1.4 * capacity;
    auto scenario = sim::makeScenario(plan);
    if (!scenario)
        return {};
    scenario->limits.requests = static_cast<std::uint64_t>(std::clamp(120 * seats, 4000.0, 40'000.0));
    scenario->record.rows = true;
    const auto result = sim::simulate(*scenario);
    if (result.counters.rejected + result.counters.truncated > 0)
        return {};
    std::vector<double> finishes;
    for (const auto& row : result.rows)
        finishes.push_back(row.finish);
    std::ranges::sort(finishes);
    const std::size_t quarter = finishes.size() / 4;
    return 2.0 * static_cast<double>(quarter) / (finishes[3 * quarter] - finishes[quarter]);
}

/// A plan of every kind with requests that people send: no prompts of a handful of tokens, no answers of a few.
std::optional<Plan> plausiblePlan(std::uint64_t seed)
{
    Plan plan = anyPlan(seed);
    constexpr double kLeastPrompt = 16, kLeastOutput = 8;
    const RequestShape& shape = plan.workload.shape;
    if (plan.workload.process == ArrivalProcess::closedLoop || shape.prompt.mean < kLeastPrompt ||
        shape.output.mean < kLeastOutput)
        return {};
    plan.workload.process = ArrivalProcess::poisson;
    plan.workload.shape.prefixHitRate = 0;
    plan.deployment.replicas = plan.batching.policy == BatchPolicy::disaggregated ? 2 : 1;
    plan.deployment.router = Router::roundRobin;
    plan.batching.maxSequences = std::min(plan.batching.maxSequences, 200);
    return plan;
}

double middle(std::vector<double>& values, double share)
{
    const auto at = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1));
    std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(at));
    return values[at];
}

TEST(CapacityLaw, TheClosedFormIsWhatTheSimulatorSustains)
{
    std::array<std::vector<double>, 5> misses;
    std::array<std::vector<double>, 2> plainAndPipelines;
    for (std::uint64_t seed = 1; seed <= 600; ++seed) {
        const auto plan = plausiblePlan(seed);
        if (!plan)
            continue;
        const Evaluator evaluator(*plan);
        if (!evaluator.memory().fits || evaluator.memory().seats < 2)
            continue;
        const auto simulated = sustained(*plan, evaluator.capacity(), evaluator.memory().seats);
        if (!simulated)
            continue;
        const double miss = evaluator.capacity().si() / *simulated - 1;
        misses[static_cast<std::size_t>(plan->batching.policy)].push_back(std::abs(miss));
        plainAndPipelines[plan->deployment.pp > 1 && plan->batching.policy != BatchPolicy::static_ ? 1 : 0].push_back(
            std::abs(miss));
        if (std::abs(miss) > 0.08)
            std::printf("outside: %+.0f %%: %s, seed %d\n", 100 * miss, describe(*plan).c_str(), int(seed));
    }
    for (auto& all : plainAndPipelines)
        std::printf("%s, %zu plans: half within %.1f %%, nine in ten within %.1f %%\n",
            &all == &plainAndPipelines[1] ? "several stages" : "one stage", all.size(), 100 * middle(all, 0.5),
            100 * middle(all, 0.9));
    for (const BatchPolicy policy : {BatchPolicy::static_, BatchPolicy::continuous, BatchPolicy::prefillFirst,
             BatchPolicy::chunked, BatchPolicy::disaggregated}) {
        auto& all = misses[static_cast<std::size_t>(policy)];
        SCOPED_TRACE("policy " + std::to_string(int(policy)));
        ASSERT_GT(all.size(), 15U);
        EXPECT_LT(middle(all, 0.5), 0.02);
        EXPECT_LT(middle(all, 0.8), 0.06);
    }
}

} // namespace
} // namespace headroom
