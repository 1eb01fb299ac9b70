// Where weights and cache serve most.
#include "core/placement.h"

#include "core/evaluate.h"
#include "core/plan/catalog.h"
#include "core/sim/simulate.h"

#include <gtest/gtest.h>

#include <random>

namespace headroom {
namespace {

Plan seventyBillionOnOneCard()
{
    Plan plan = defaultPlan();
    const bool known = chooseModel(plan, "Llama-3.3-70B") && chooseGpu(plan, "RTX-4090-24GB");
    EXPECT_TRUE(known);
    plan.deployment.tp = 1;
    plan.batching.policy = BatchPolicy::continuous;
    plan.batching.maxSequences = 64;
    plan.targets = {};
    return plan;
}

TEST(Placement, NothingIsOffloadedWhereEverythingFits)
{
    const Plan plan = defaultPlan();
    const auto best = bestPlacement(plan);
    ASSERT_TRUE(best);
    EXPECT_FALSE(best->offload.enabled);
    const Evaluation e = evaluate(plan);
    EXPECT_DOUBLE_EQ(best->capacity.si(), e.capacity.si());
    EXPECT_EQ(best->capacityBand, e.capacityBand);
    EXPECT_LT(best->outputBand.lo, best->output.si());
    EXPECT_GT(best->stepBand.hi, best->step.si());
}

TEST(Placement, AModelThatDoesNotFitItsGpuRunsFromTheHost)
{
    const Plan plan = seventyBillionOnOneCard();
    EXPECT_FALSE(tryPlacement(plan, {}).fits);
    const auto best = bestPlacement(plan);
    ASSERT_TRUE(best);
    EXPECT_TRUE(best->offload.enabled);
    EXPECT_GT(best->capacity.si(), 0);
    Plan offloaded = plan;
    offloaded.deployment.offload = best->offload;
    const Evaluation e = evaluate(offloaded);
    EXPECT_TRUE(e.fits);
    EXPECT_DOUBLE_EQ(e.capacity.si(), best->capacity.si()) << "what the search promises is what the plan gets";
    EXPECT_EQ(e.memory.seats, best->seats);
}

TEST(Placement, NoOtherPlacementServesMuchMore)
{
    const Plan plan = seventyBillionOnOneCard();
    const auto best = bestPlacement(plan);
    ASSERT_TRUE(best);
    std::mt19937_64 random(3);
    const auto unit = [&] { return static_cast<double>(random() >> 11) * 0x1p-53; };
    int fitting = 0;
    for (int i = 0; i < 300; ++i) {
        Offloading o = best->offload;
        o.weightsOnGpu = 0.2 * unit();
        o.restOfWeightsOnHost = unit();
        o.cacheOnGpu = unit();
        o.restOfCacheOnHost = unit();
        o.activationsOnGpu = unit();
        o.cpuAttention = unit() < 0.5;
        const PlacementResult other = tryPlacement(plan, o);
        fitting += other.fits ? 1 : 0;
        EXPECT_LE(other.capacity.si(), 1.1 * best->capacity.si()) << "the grid is 5 % of the weights wide";
    }
    EXPECT_GT(fitting, 50);
}

TEST(Placement, OnDiskWhereTheHostIsTooSmallAndNowhereWhereTheDiskIsToo)
{
    Plan plan = seventyBillionOnOneCard();
    plan.hardware.host.memory = 64 * gibibyte;
    const auto best = bestPlacement(plan);
    ASSERT_TRUE(best);
    EXPECT_GT(best->offload.weights().disk, 0.4);
    plan.hardware.host.disk = 1 * gibibyte;
    EXPECT_FALSE(bestPlacement(plan));
}

TEST(Placement, AnOffloadedPlanIsSimulatedByTheSamePhysics)
{
    Plan plan = seventyBillionOnOneCard();
    plan.batching.policy = BatchPolicy::static_;
    plan.workload.shape = {{LengthShape::fixed, 512, 0, {}}, {LengthShape::fixed, 32, 0, {}}};
    plan.workload.process = ArrivalProcess::closedLoop;
    plan.workload.concurrency = 2 * plan.batching.maxSequences;
    plan.deployment.offload = bestPlacement(plan).value().offload;
    auto scenario = sim::makeScenario(plan);
    ASSERT_TRUE(scenario.has_value());
    scenario->limits.requests = 2000;
    const auto simulated = sim::simulate(*scenario);
    EXPECT_EQ(simulated.counters.completed, 2000U);
    EXPECT_NEAR(simulated.requestsPerSecond / evaluate(plan).capacity.si(), 1, 0.05);
}

} // namespace
} // namespace headroom
