// A plan simulated at several loads.
#include "core/load_study.h"

#include "core/evaluate.h"
#include "core/plan/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headroom {
namespace {

std::shared_ptr<const Plan> planAt(double rate)
{
    Plan plan = defaultPlan();
    plan.workload.arrivalRate = RequestRate(rate);
    return std::make_shared<const Plan>(std::move(plan));
}

TEST(LoadStudy, HasSevenLoadsInOrderBelowTheCapacityWithIntervals)
{
    const auto plan = planAt(4);
    const LoadStudy study = simulateLoads(plan);
    EXPECT_TRUE(study.complete);
    ASSERT_EQ(study.loads.size(), 7U);
    for (std::size_t i = 0; i < study.loads.size(); ++i) {
        const SimulatedLoad& load = study.loads[i];
        EXPECT_LT(load.rate, Evaluator(*plan).capacity());
        EXPECT_TRUE(i == 0 || study.loads[i - 1].rate < load.rate);
        EXPECT_EQ(load.result->replications, kLoadReplications);
        EXPECT_GT(load.result->ttft.p95, 0);
        EXPECT_LE(load.result->ttft.ciLo, load.result->ttft.p95);
        EXPECT_GE(load.result->ttft.ciHi, load.result->ttft.p95);
    }
    EXPECT_GT(study.loads.back().result->ttft.p95, study.loads.front().result->ttft.p95);
}

TEST(LoadStudy, ShowsEveryOtherLoadFirst)
{
    std::size_t calls = 0, first = 0;
    simulateLoads(planAt(4), {}, [&](const LoadStudy& coarse) {
        ++calls;
        first = coarse.loads.size();
        EXPECT_FALSE(coarse.complete);
    });
    EXPECT_EQ(calls, 1U);
    EXPECT_EQ(first, 4U);
}

TEST(LoadStudy, DoesNotDependOnThePlansOwnRate)
{
    const LoadStudy a = simulateLoads(planAt(1)), b = simulateLoads(planAt(6));
    EXPECT_TRUE(isLoadStudyOf(a, *b.plan));
    ASSERT_EQ(a.loads.size(), b.loads.size());
    for (std::size_t i = 0; i < a.loads.size(); ++i)
        EXPECT_DOUBLE_EQ(a.loads[i].result->ttft.p95, b.loads[i].result->ttft.p95);
    Plan other = *a.plan;
    other.batching.maxSequences /= 2;
    EXPECT_FALSE(isLoadStudyOf(a, other));
}

TEST(LoadStudy, IsEmptyWhereThereIsNoLoadToVary)
{
    Plan closed = defaultPlan();
    closed.workload.process = ArrivalProcess::closedLoop;
    Plan large = defaultPlan();
    ASSERT_TRUE(chooseModel(large, "Llama-3.1-70B") && chooseGpu(large, "T4-16GB"));
    large.deployment.tp = 1;
    for (const Plan& plan : {closed, large}) {
        const LoadStudy study = simulateLoads(std::make_shared<const Plan>(plan));
        EXPECT_TRUE(study.complete);
        EXPECT_TRUE(study.loads.empty());
    }
}

TEST(LoadStudy, StopsWhenAsked)
{
    std::stop_source stop;
    stop.request_stop();
    const LoadStudy study = simulateLoads(planAt(4), stop.get_token());
    EXPECT_FALSE(study.complete);
    EXPECT_TRUE(study.loads.empty());
}

} // namespace
} // namespace headroom
