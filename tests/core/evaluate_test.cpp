#include "core/evaluate.h"

#include "core/headroom.h"
#include "core/plan/catalog.h"
#include "core/sizing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace headroom {
namespace {

Plan chatPlan()
{
    Plan plan = defaultPlan();
    plan.workload.arrivalRate = RequestRate(4);
    plan.targets.ttftP95 = Seconds(1);
    plan.targets.tpotP95 = Seconds(0.06);
    plan.targets.e2eP99 = std::nullopt;
    return plan;
}

TEST(Evaluate, UtilizationIsRateOverCapacity)
{
    const Evaluation e = evaluate(chatPlan());
    ASSERT_TRUE(e.fits);
    ASSERT_TRUE(e.stable);
    EXPECT_NEAR(e.utilization, 4 / e.capacity.si(), 1e-12);
}

TEST(Evaluate, PartsAddUpToTheEndToEndTime)
{
    const PointEvaluation e = evaluatePoint(chatPlan());
    EXPECT_NEAR(e.partsMean.total().si(), e.e2e.mean.si(), 1e-6 * e.e2e.mean.si());
    EXPECT_GT(e.partsMean.decode.si(), 0);
    EXPECT_GT(e.partsMean.prefill.si(), 0);
}

TEST(Evaluate, LittlesLawHoldsForTheRunningBatch)
{
    // Requests in one replica = rate x time between the fixed parts before and after it.
    const Plan plan = chatPlan();
    const PointEvaluation e = evaluatePoint(plan);
    const Seconds inReplica = e.partsMean.queue + e.partsMean.prefill + e.partsMean.decode;
    EXPECT_NEAR(e.meanConcurrency, (plan.workload.arrivalRate * inReplica).si(), 0.02 * e.meanConcurrency);
}

TEST(Evaluate, PercentilesAreOrderedAndBandsContainThem)
{
    const PointEvaluation e = evaluatePoint(chatPlan());
    for (const LatencySummary& l : {e.ttft, e.tpot, e.e2e}) {
        EXPECT_LE(l.p50, l.p95);
        EXPECT_LE(l.p95, l.p99);
        EXPECT_LE(l.lo, l.p95);
        EXPECT_GE(l.hi, l.p95);
        EXPECT_LT(l.lo, l.hi);
    }
}

TEST(Evaluate, SplitPhasesGetSlowerUpToTheCapacity)
{
    Plan plan = chatPlan();
    ASSERT_TRUE(chooseModel(plan, "OPT-13B").has_value() && chooseGpu(plan, "A100-SXM-80GB").has_value());
    plan.workload.shape.prompt = {LengthShape::fixed, 512, 0, {}};
    plan.workload.shape.output = {LengthShape::fixed, 64, 0, {}};
    plan.batching.policy = BatchPolicy::disaggregated;
    plan.batching.tokenBudget = Tokens(512);
    plan.deployment.replicas = 3;
    plan.batching.prefillShare = 0.667;
    const double capacity = evaluate(plan).capacity.si();
    double before = 0;
    for (double share : {0.5, 0.8, 0.9, 0.95, 0.97, 0.98, 0.985, 0.99, 0.995, 0.999}) {
        plan.workload.arrivalRate = RequestRate(share * capacity);
        const double first = evaluatePoint(plan).ttft.p95.si();
        EXPECT_GT(first, std::min(0.9 * before, 10.0)) << share << ": once slow, no more load makes it fast";
        before = std::max(before, first);
    }
}

TEST(Evaluate, OverloadIsAnAnswer)
{
    Plan plan = chatPlan();
    plan.workload.arrivalRate = 3 * Evaluator(plan).capacity();
    const Evaluation e = evaluate(plan);
    EXPECT_TRUE(e.fits);
    EXPECT_FALSE(e.stable);
    EXPECT_FALSE(e.meetsTargets);
    EXPECT_TRUE(std::isinf(e.ttft.p95.si()));
    EXPECT_LT(e.headroom.si(), 0);
    EXPECT_NEAR(e.throughput.requests / e.capacity, 1, 1e-9) << "what is served is the capacity";
    ASSERT_TRUE(e.replicasNeeded);
    EXPECT_GE(*e.replicasNeeded, 4);
}

TEST(Evaluate, AModelThatDoesNotFitIsAnAnswer)
{
    Plan plan = chatPlan();
    ASSERT_TRUE(chooseModel(plan, "Llama-3.1-405B"));
    const Evaluation e = evaluate(plan);
    EXPECT_FALSE(e.fits);
    EXPECT_FALSE(e.stable);
    EXPECT_EQ(e.binding, Binding::memory);
    EXPECT_FALSE(e.replicasNeeded);
    EXPECT_EQ(e.capacity.si(), 0);
    EXPECT_EQ(e.throughput.requests.si(), 0);
}

TEST(Evaluate, ARateOfZeroCostsTheFleetAndServesNothing)
{
    Plan plan = chatPlan();
    plan.workload.arrivalRate = RequestRate(0);
    const Evaluation e = evaluate(plan);
    EXPECT_TRUE(e.stable);
    EXPECT_EQ(e.throughput.output.si(), 0);
    EXPECT_GT(e.cost.fleet.si(), 0);
    EXPECT_TRUE(std::isinf(e.cost.perOutputToken.si()));
    EXPECT_TRUE(std::isfinite(e.cost.perOutputTokenAtCapacity.si()));
    EXPECT_GT(e.headroom.si(), 0);
}

TEST(Headroom, TargetsHoldJustBelowTheTargetRateAndFailJustAbove)
{
    const Plan plan = chatPlan();
    const Evaluator evaluator(plan);
    const Evaluation e = evaluate(evaluator);
    ASSERT_GT(e.targetRate.si(), 0);
    ASSERT_LT(e.targetRate, e.capacity);
    EXPECT_LE(targetMargin(evaluator.withoutBandsAt(0.999 * e.targetRate), plan.targets), 0);
    EXPECT_GT(targetMargin(evaluator.withoutBandsAt(1.001 * e.targetRate), plan.targets), 0);
    EXPECT_NEAR(e.headroomFraction, e.targetRate / plan.workload.arrivalRate - 1, 1e-12);
}

TEST(Headroom, DoesNotDependOnWhereTheSearchStarts)
{
    Plan plan = chatPlan();
    const RequestRate capacity = Evaluator(plan).capacity();
    std::vector<double> found;
    for (const double share : {0.0, 0.1, 0.5, 0.9, 0.999, 1.5}) {
        plan.workload.arrivalRate = share * capacity;
        found.push_back(evaluate(plan).targetRate.si());
    }
    for (const double rate : found)
        EXPECT_NEAR(rate, found.front(), 5e-4 * found.front());
}

TEST(Headroom, WithoutATargetItIsTheDistanceToSaturation)
{
    Plan plan = chatPlan();
    plan.targets.ttftP95 = plan.targets.tpotP95 = std::nullopt;
    const Evaluation e = evaluate(plan);
    EXPECT_DOUBLE_EQ(e.targetRate.si(), e.capacity.si());
    plan.workload.arrivalRate = 0.3 * e.capacity;
    EXPECT_EQ(evaluate(plan).binding, Binding::none);
}

TEST(Headroom, ATargetMissedEvenIdleIsALatencyFloor)
{
    Plan plan = chatPlan();
    plan.targets.tpotP95 = Seconds(1e-4);
    const Evaluation e = evaluate(plan);
    EXPECT_EQ(e.binding, Binding::latencyFloor);
    EXPECT_DOUBLE_EQ(e.headroom.si(), -4);
    EXPECT_FALSE(e.replicasNeeded);
}

TEST(Headroom, ThePessimisticEdgeIsNotAboveThePointValue)
{
    const Evaluation e = evaluate(chatPlan());
    EXPECT_LE(e.headroomLo, e.headroom);
    EXPECT_GT(e.headroomLo.si(), -4.0 - 1e-9);
}

TEST(Headroom, AboveTheUpperEdgeTargetsAreMissedEvenIfStepsAreShort)
{
    const Plan plan = chatPlan();
    const Evaluator evaluator(plan);
    const Evaluation e = evaluate(plan);
    const Band rate = targetRateBand(plan, e);
    EXPECT_NEAR(rate.lo, (plan.workload.arrivalRate + e.headroomLo).si(), 1e-9);
    EXPECT_LT(rate.lo, e.targetRate.si());
    EXPECT_GT(rate.hi, e.targetRate.si());
    EXPECT_LE(evaluator.optimisticMarginAt(RequestRate(0.98 * rate.hi)), 0);
    EXPECT_GT(evaluator.optimisticMarginAt(RequestRate(1.02 * rate.hi)), 0);
}

TEST(Headroom, ASequenceCapBindsWhenItIsTheOnlyLimit)
{
    Plan plan = chatPlan();
    plan.batching.maxSequences = 4;
    plan.targets.tpotP95 = std::nullopt;
    plan.targets.ttftP95 = Seconds(5);
    plan.workload.arrivalRate = 0.5 * Evaluator(plan).capacity();
    EXPECT_EQ(evaluate(plan).binding, Binding::sequences);
}

TEST(Replicas, TheNeededNumberMeetsTheTargetsAndOneLessDoesNot)
{
    Plan plan = chatPlan();
    plan.workload.arrivalRate = 3.3 * Evaluator(plan).capacity();
    const Evaluation e = evaluate(plan);
    ASSERT_TRUE(e.replicasNeeded);
    plan.deployment.replicas = *e.replicasNeeded;
    EXPECT_TRUE(evaluatePoint(plan).meetsTargets);
    plan.deployment.replicas = *e.replicasNeeded - 1;
    EXPECT_FALSE(evaluatePoint(plan).meetsTargets);
}

TEST(Replicas, SparesComeOnTopAndThePeakIsWhatIsSized)
{
    Plan plan = chatPlan();
    plan.workload.arrivalRate = RequestRate(20);
    const int base = evaluate(plan).replicasNeeded.value();
    plan.deployment.spareReplicas = 2;
    EXPECT_EQ(evaluate(plan).replicasNeeded.value(), base + 2);
    plan.deployment.spareReplicas = 0;
    plan.workload.peakFactor = 2;
    const int peak = evaluate(plan).replicasNeeded.value();
    plan.workload.peakFactor = 1;
    plan.workload.arrivalRate = RequestRate(40);
    EXPECT_EQ(evaluate(plan).replicasNeeded.value(), peak);
}

TEST(Sizing, MoreBandwidthNeverNeedsMoreGpusOfOtherwiseEqualKind)
{
    Plan plan = chatPlan();
    plan.workload.arrivalRate = RequestRate(50);
    CatalogGpu gpu = *findGpu("H100-SXM-80GB");
    const GpuSizing before = sizeOn(plan, gpu);
    gpu.spec.bandwidth *= 1.5;
    EXPECT_LE(sizeOn(plan, gpu).gpus, before.gpus);
}

TEST(Sizing, TakesNoMoreGpusThanTheLayoutThatThePlanAlreadyHas)
{
    Plan plan = chatPlan();
    ASSERT_TRUE(chooseModel(plan, "Llama-3.3-70B").has_value() && chooseGpu(plan, "H100-SXM-80GB").has_value());
    plan.model.weightFormat = NumberFormat::fp8; // one GPU holds it, with hardly any room for KV
    plan.targets = {};
    plan.workload.arrivalRate = RequestRate(4);
    const GpuSizing sized = sizeOn(plan, *findGpu("H100-SXM-80GB"));
    ASSERT_TRUE(sized.meetsTargets);
    for (const int tp : {1, 2, 4, 8}) {
        Plan wider = plan;
        wider.deployment.tp = tp;
        wider.deployment.replicas = 1;
        if (const auto replicas = evaluate(Evaluator(wider)).replicasNeeded) {
            EXPECT_LE(sized.gpus, *replicas * tp) << "tp " << tp;
        }
    }
    EXPECT_GT(sized.tp, 1);
}

TEST(Sizing, KeepsTheLayoutOfThePlanWhereNoOtherTakesFewerGpus)
{
    Plan plan = chatPlan();
    ASSERT_TRUE(chooseModel(plan, "Llama-3.3-70B").has_value() && chooseGpu(plan, "H100-SXM-80GB").has_value());
    plan.model.weightFormat = NumberFormat::fp8;
    plan.targets = {};
    plan.workload.arrivalRate = RequestRate(0.5);
    for (const int tp : {2, 4, 8}) {
        plan.deployment.tp = tp;
        const GpuSizing sized = sizeOn(plan, *findGpu("H100-SXM-80GB"));
        EXPECT_TRUE(sized.gpus < tp || sized.tp == tp) << "tp " << tp << ": " << sized.gpus << " of tp " << sized.tp;
    }
    plan.deployment.tp = 16; // over two nodes, which no other row of the table has
    ASSERT_TRUE(evaluate(plan).fits);
    EXPECT_TRUE(sizeOn(plan, *findGpu("H100-SXM-80GB")).meetsTargets);
}

TEST(Sizing, SplitPhasesHaveAReplicaForPromptsAndOneForAnswers)
{
    Plan plan = chatPlan();
    plan.batching.policy = BatchPolicy::disaggregated;
    plan.workload.arrivalRate = RequestRate(0.01);
    plan.deployment.replicas = 3;
    EXPECT_EQ(evaluate(plan).replicasNeeded, 2);
    for (const GpuSizing& sized : sizeOnEveryGpu(plan))
        if (sized.meetsTargets) {
            EXPECT_GE(sized.replicas, 2) << sized.gpu;
            EXPECT_EQ(sized.gpus, sized.replicas * sized.tp * sized.pp) << sized.gpu;
        }
}

TEST(Sizing, WhatNoNodeHoldsIsCutIntoStages)
{
    Plan plan = chatPlan();
    ASSERT_TRUE(chooseModel(plan, "DeepSeek-V3").has_value());
    plan.targets = {};
    const GpuSizing sized = sizeOn(plan, *findGpu("H100-SXM-80GB")); // 640 GB in a node, 671 GB of weights
    EXPECT_TRUE(sized.fits && sized.meetsTargets);
    EXPECT_EQ(sized.tp, 8);
    EXPECT_EQ(sized.pp, 2);
    EXPECT_EQ(sized.gpus, 16 * sized.replicas);
    CatalogGpu tiny = *findGpu("H100-SXM-80GB");
    tiny.spec.memory *= 0.1;
    EXPECT_FALSE(sizeOn(plan, tiny).fits) << "not even eight nodes hold it";
    EXPECT_EQ(sizeOn(plan, *findGpu("H200-SXM-141GB")).pp, 1);
}

TEST(Sizing, EveryCatalogGpuGetsAnAnswerCheapestFirst)
{
    Plan plan = chatPlan();
    ASSERT_TRUE(chooseGpu(plan, "H200-NVL-141GB")); // without a price: it is none of the cheapest
    const GpuSizing own = sizeOn(plan, *findGpu("H200-NVL-141GB"));
    EXPECT_TRUE(own.meetsTargets && !own.fleet && !own.perOutputToken);
    const auto all = sizeOnEveryGpu(chatPlan());
    EXPECT_EQ(all.size(), catalogGpus().size());
    double last = 0;
    for (const GpuSizing& s : all) {
        if (!s.meetsTargets || !s.fleet)
            break;
        EXPECT_GE(s.fleet->si(), last);
        last = s.fleet->si();
    }
    EXPECT_GT(last, 0);
}

} // namespace
} // namespace headroom
