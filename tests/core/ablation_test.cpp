#include "core/ablation.h"

#include "core/plan/fields.h"
#include "core/plan/plan_io.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace headroom {
namespace {

Plan example()
{
    const auto plan = loadPlan(HEADROOM_SOURCE_DIR "/resources/examples/ablation.plan.json");
    EXPECT_TRUE(plan);
    return plan.value_or(Plan{});
}

Plan with(Plan plan, std::string_view key, std::string_view value)
{
    const auto set = setField(plan, key, value);
    EXPECT_TRUE(set) << key;
    return plan;
}

TEST(Ablation, GoesThroughTheSystemsInTheOrderOfHistory)
{
    std::vector<std::string_view> ids;
    for (const AblationRow& row : ablation(example()))
        ids.push_back(row.id);
    EXPECT_THAT(ids, testing::ElementsAreArray(ablationPresets()));
    EXPECT_THAT(ids, testing::ElementsAre("static", "orca", "vllm_2023", "sarathi", "disaggregated"));
}

TEST(Ablation, EachSystemCarriesMoreOfTheExampleThanTheOneBeforeIt)
{
    const auto rows = ablation(example());
    for (std::size_t i = 1; i < rows.size(); ++i) {
        EXPECT_GT(*rows[i].gain, 1.05) << rows[i].label;
        EXPECT_NEAR(*rows[i].gain, rows[i].sustainable / rows[i - 1].sustainable, 1e-12);
        EXPECT_LT(rows[i].perOutputToken, rows[i - 1].perOutputToken) << "the same bill for more tokens";
        EXPECT_FALSE(rows[i].because.empty());
    }
    EXPECT_GT(rows[2].seats, 2 * rows[1].seats) << "what paging is for";
    EXPECT_LT(rows[2].wastedShare, 0.1 * rows[1].wastedShare);
    EXPECT_LT(rows[3].tpot.p95, rows[2].tpot.p95) << "what chunks are for";
}

void expectHolds(const Band& band, double value)
{
    EXPECT_LE(band.lo, value);
    EXPECT_GE(band.hi, value);
    EXPECT_GE(band.lo, 0);
}

TEST(Ablation, EachFigureOfARowIsInItsBand)
{
    for (const char* target : {"0.02", "0.035", "0.2"}) {
        const auto rows = ablation(with(example(), "targets.tpot_p95_s", target));
        for (const AblationRow& row : rows) {
            SCOPED_TRACE(std::string(row.label) + ", TPOT within " + target);
            expectHolds(row.sustainableBand, row.sustainable.si());
            expectHolds(row.capacityBand, row.capacity.si());
            ASSERT_TRUE(row.perOutputToken && row.perOutputTokenBand);
            expectHolds(*row.perOutputTokenBand, row.perOutputToken->si());
            EXPECT_EQ(row.gain.has_value(), row.gainBand.has_value());
            if (row.gain)
                expectHolds(*row.gainBand, *row.gain);
            for (const LatencySummary& l : {row.ttft, row.tpot, row.e2e})
                expectHolds({l.lo.si(), l.hi.si()}, l.p95.si());
            if (row.sustainable > RequestRate(0)) {
                EXPECT_LT(row.sustainableBand.lo, row.sustainable.si());
                EXPECT_GT(row.sustainableBand.hi, row.sustainable.si());
            }
        }
        EXPECT_EQ(rows.front().gainBand, (Band{1, 1})) << "nothing was before it";
    }
}

TEST(Ablation, WithoutTargetsABandIsThatOfTheSaturation)
{
    Plan plan = example();
    plan.targets = {};
    for (const AblationRow& row : ablation(plan)) {
        EXPECT_EQ(row.sustainable, row.capacity);
        expectHolds(row.sustainableBand, row.capacity.si());
        EXPECT_GT(row.sustainableBand.hi, row.sustainableBand.lo);
    }
}

TEST(Ablation, TheRowOfThePlansOwnPolicyIsThePlansOwnEvaluation)
{
    const Plan plan = example();
    const Evaluation own = evaluate(plan);
    const AblationRow row = ablation(plan)[3];
    EXPECT_DOUBLE_EQ(row.sustainable.si(), own.targetRate.si());
    EXPECT_DOUBLE_EQ(row.ttft.p95.si(), own.ttft.p95.si());
    EXPECT_DOUBLE_EQ(row.kvFraction, own.kvFraction);
    EXPECT_DOUBLE_EQ(row.sustainableBand.lo, (own.headroomLo + plan.workload.arrivalRate).si());
    EXPECT_EQ(row.ttft, own.ttft) << "with its band";
    ASSERT_TRUE(row.perOutputToken);
    EXPECT_NEAR(*row.perOutputToken * own.targetRate / plan.workload.arrivalRate / own.cost.perOutputToken, 1, 1e-12);
}

TEST(Ablation, SplitPhasesAreDividedAsSustainsMost)
{
    const Plan plan = example();
    const AblationRow split = ablation(plan)[4];
    for (int prefill = 1; prefill < plan.deployment.replicas; ++prefill) {
        Plan fixed = with(plan, "batching.policy", "disaggregated");
        fixed.batching.prefillShare = static_cast<double>(prefill) / plan.deployment.replicas;
        const RequestRate rate = evaluate(fixed).targetRate;
        EXPECT_LE(rate, split.sustainable * (1 + 1e-12)) << prefill;
        if (prefill == split.prefillReplicas) {
            EXPECT_DOUBLE_EQ(rate.si(), split.sustainable.si());
        }
    }
}

TEST(Ablation, OneReplicaCannotSplitItsPhasesAndSaysSo)
{
    const auto rows = ablation(with(example(), "deployment.replicas", "1"));
    EXPECT_EQ(rows[4].refused, "needs 2 replicas, the plan has 1") << "no key of the plan file";
    EXPECT_EQ(rows[3].refused, "");
}

TEST(Ablation, ALargeFleetIsAnsweredToo)
{
    const auto rows = ablation(with(example(), "deployment.replicas", "5000"));
    EXPECT_GT(rows[4].prefillReplicas, 0);
    EXPECT_LT(rows[4].prefillReplicas, 5000);
    EXPECT_GT(rows[4].sustainable, RequestRate(1000));
}

TEST(Ablation, WhereATargetFailsWithoutLoadNothingIsSustainedAndCostsInfinitelyMuch)
{
    for (const AblationRow& row : ablation(with(example(), "targets.tpot_p95_s", "0.001"))) {
        EXPECT_EQ(row.sustainable, RequestRate(0)) << row.label;
        EXPECT_TRUE(row.perOutputToken && std::isinf(row.perOutputToken->si())) << row.label;
        EXPECT_THAT(row.because, testing::HasSubstr("trickle"));
    }
}

TEST(SimulatedAblation, SeesWhatTheClosedFormsSayAndIsTheSameEveryTime)
{
    const AblationSettings settings{.requests = 4000};
    const auto rows = simulatedAblation(example(), settings), again = simulatedAblation(example(), settings);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        ASSERT_TRUE(rows[i].simulated) << rows[i].label;
        EXPECT_EQ(rows[i].simulated->e2e.p95, again[i].simulated->e2e.p95);
        // An overload of two percent, Orca's, has its queue grown by a hundred requests after 4,000: 2.7 s of waiting.
        if (!rows[i].stable && rows[i].capacity < 0.9 * example().workload.arrivalRate) {
            EXPECT_LT(rows[i].simulated->attainment, 0.5) << "overloaded: " << rows[i].label;
        }
    }
    for (const std::size_t i : {2U, 3U, 4U}) // far from saturation: the closed forms hold closely
        EXPECT_NEAR(rows[i].simulated->tpot.p95 / rows[i].tpot.p95.si(), 1, 0.1) << rows[i].label;
}

TEST(SimulatedAblation, ATimeHasTheIntervalOfTheRunsAndTheBandOfTheSteps)
{
    const auto rows = simulatedAblation(example(), {.requests = 1000, .replications = 3});
    for (const AblationRow& row : rows) {
        SCOPED_TRACE(row.label);
        ASSERT_TRUE(row.simulated);
        for (const auto& [time, closed] : {std::pair(row.simulated->ttft, row.ttft), {row.simulated->tpot, row.tpot},
                 {row.simulated->e2e, row.e2e}}) {
            if (!(time.p95 > 0))
                continue; // tokens of a static batch come at once
            ASSERT_TRUE(time.ci);
            expectHolds(*time.ci, time.p95);
            EXPECT_EQ(time.band.has_value(), std::isfinite(closed.p95.si()));
            if (time.band) {
                EXPECT_NEAR(time.band->lo / time.p95, closed.lo / closed.p95, 1e-9) << "as the closed form's";
            }
        }
    }
    for (const AblationRow& row : simulatedAblation(example(), {.requests = 500}))
        EXPECT_FALSE(row.simulated->e2e.ci) << "one run says nothing of others";
}

TEST(SimulatedAblation, AStopLeavesTheClosedForms)
{
    std::stop_source source;
    source.request_stop();
    for (const AblationRow& row : simulatedAblation(example(), {}, source.get_token())) {
        EXPECT_FALSE(row.simulated);
        EXPECT_GT(row.capacity, RequestRate(0));
    }
}

} // namespace
} // namespace headroom
