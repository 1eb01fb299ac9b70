#include "core/derived_bands.h"

#include "core/plan/catalog.h"
#include "core/plan/fields.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

namespace headroom {
namespace {

TEST(DerivedBands, EachHoldsItsOwnFigureAtAnyLoad)
{
    const Plan plan = defaultPlan();
    const Evaluator evaluator(plan);
    for (const double share : {0.0, 0.1, 0.5, 0.7, 0.9, 0.99, 1.2}) {
        const PointEvaluation e = evaluator.at(share * evaluator.capacity());
        SCOPED_TRACE(share);
        for (const NamedBand& b : derivedBands(e, plan.targets)) {
            EXPECT_FALSE(std::isnan(b.band.lo) || std::isnan(b.band.hi)) << b.key;
            EXPECT_LE(b.band.lo, b.band.hi) << b.key;
            EXPECT_GE(b.band.lo, 0) << b.key;
        }
        if (!e.stable)
            continue;
        const Band good = goodputBand(e, plan.targets), far = farBand(e.e2e);
        EXPECT_LE(good.lo, e.throughput.goodput.si());
        EXPECT_GE(good.hi, e.throughput.goodput.si());
        EXPECT_LE(far.lo, e.e2e.p99.si());
        EXPECT_GE(far.hi, e.e2e.p99.si());
    }
}

constexpr std::array kAll{&LatencyParts::network, &LatencyParts::retrieval, &LatencyParts::queue,
    &LatencyParts::prefill, &LatencyParts::decode, &LatencyParts::post};

TEST(DerivedBands, TheWaitIsLessSureThanTheWorkItWaitsFor)
{
    const Plan plan = defaultPlan();
    const Evaluator evaluator(plan);
    const PointEvaluation e = evaluator.at(0.8 * evaluator.capacity());
    const auto width = [&](Seconds LatencyParts::*part) {
        const Band band = e.partsMeanBand.of(part);
        return band.hi / band.lo;
    };
    EXPECT_GT(width(&LatencyParts::queue), 1.2 * width(&LatencyParts::decode)) << "it grows faster than the step";
    EXPECT_GT(width(&LatencyParts::decode), 1.05);
    for (const auto stated : {&LatencyParts::network, &LatencyParts::retrieval, &LatencyParts::post})
        EXPECT_EQ(e.partsMeanBand.of(stated), (Band{(e.partsMean.*stated).si(), (e.partsMean.*stated).si()}));
}

TEST(DerivedBands, ABandOfAPartIsOpenAboveWhereTheQueueMayHaveNoEnd)
{
    const Plan plan = defaultPlan();
    const Evaluator evaluator(plan);
    const PointEvaluation close = evaluator.at(0.99 * evaluator.capacity());
    ASSERT_TRUE(close.stable && std::isinf(close.e2e.hi.si())) << "the pessimistic edge is overloaded";
    for (const PartsBand& band : {close.partsMeanBand, partsP95Band(close), partsP99Band(close)}) {
        EXPECT_TRUE(std::isinf(band.hi.queue.si()));
        EXPECT_TRUE(std::isfinite(band.hi.decode.si())) << "full seats have a pace";
    }
    const PointEvaluation over = evaluator.at(1.02 * evaluator.capacity());
    ASSERT_FALSE(over.stable);
    EXPECT_TRUE(std::isinf(over.partsMeanBand.hi.queue.si()));
    EXPECT_TRUE(std::isfinite(over.partsMeanBand.lo.queue.si())) << "were steps shorter, it would end";
}

TEST(DerivedBands, ACurveHasThePartsOfItsPoints)
{
    const Plan plan = defaultPlan();
    const Evaluator evaluator(plan);
    std::vector<RequestRate> rates;
    std::vector<PointEvaluation> points;
    for (int i = 0; i < 100; ++i) {
        rates.push_back(i / 100.0 * evaluator.capacity());
        points.push_back(evaluator.withoutBandsAt(rates.back()));
        EXPECT_EQ(points.back().partsMeanBand, (PartsBand{points.back().partsMean, points.back().partsMean}));
    }
    evaluator.bandsAlong(rates, points);
    const PointEvaluation alone = evaluator.at(rates[50]);
    for (const auto part : kAll)
        for (const auto edge : {&PartsBand::lo, &PartsBand::hi})
            EXPECT_NEAR((points[50].partsMeanBand.*edge.*part).si(), (alone.partsMeanBand.*edge.*part).si(),
                0.05 * (alone.partsMeanBand.*edge.*part).si());
}

TEST(DerivedBands, ThePriceAtCapacityFollowsTheCapacity)
{
    const Band price = inInverseProportion(2, 10, {8, 20});
    EXPECT_DOUBLE_EQ(price.lo, 1);
    EXPECT_DOUBLE_EQ(price.hi, 2.5);
    EXPECT_TRUE(std::isinf(inInverseProportion(2, 10, {0, 20}).hi));
}

TEST(DerivedBands, TheEnergyOfATokenFollowsHowBusyTheGpusAre)
{
    const Plan plan = defaultPlan();
    const Evaluator evaluator(plan);
    const RequestRate rate = 0.5 * evaluator.capacity();
    const PointEvaluation e = evaluator.at(rate);
    const Band energy = energyBand(e);
    EXPECT_LT(energy.lo, e.cost.joulesPerToken);
    EXPECT_GT(energy.hi, e.cost.joulesPerToken);
    // Steps that take f times as long: the GPUs are as busy as at f times the rate, and the tokens are the same.
    const PointEvaluation slower = evaluator.withoutBandsAt(rate * evaluator.slowFactor());
    const PointEvaluation faster = evaluator.withoutBandsAt(rate * evaluator.fastFactor());
    EXPECT_NEAR(energy.hi / (slower.cost.joulesPerToken * evaluator.slowFactor()), 1, 0.02);
    EXPECT_NEAR(energy.lo / (faster.cost.joulesPerToken * evaluator.fastFactor()), 1, 0.02);
    const PointEvaluation exact = evaluator.withoutBandsAt(rate);
    EXPECT_EQ(energyBand(exact), (Band{exact.cost.joulesPerToken, exact.cost.joulesPerToken})) << "steps without error";
    const PointEvaluation idle = evaluator.at(RequestRate(0));
    EXPECT_TRUE(std::isinf(energyBand(idle).lo)) << "power for no token";
}

TEST(DerivedBands, TheEnergyOfATokenIsLessSureWhereStepsAre)
{
    const auto width = [](const char* gpu, double share) {
        Plan plan = defaultPlan();
        EXPECT_TRUE(setField(plan, "hardware.gpu", gpu));
        const Evaluator evaluator(plan);
        const Band band = energyBand(evaluator.at(share * evaluator.capacity()));
        return std::pair(band.hi / band.lo, evaluator.slowFactor() / evaluator.fastFactor());
    };
    const auto [measured, measuredSteps] = width("H100-SXM-80GB", 0.5);
    const auto [never, neverSteps] = width("TPU-v4", 0.5);
    ASSERT_GT(neverSteps, measuredSteps);
    EXPECT_GT(never, measured);
    EXPECT_LT(measured, measuredSteps) << "an idle GPU draws power too";
    const auto [over, overSteps] = width("H100-SXM-80GB", 2);
    EXPECT_GT(over, measured) << "what is served is not known either";
}

TEST(DerivedBands, FewerRequestsAreGoodWhereATargetIsNear)
{
    Plan plan = defaultPlan();
    plan.targets = {};
    const Evaluator evaluator(plan);
    const PointEvaluation e = evaluator.at(0.5 * evaluator.capacity());
    EXPECT_DOUBLE_EQ(goodputBand(e, plan.targets).lo, e.throughput.goodput.si()) << "no target is missed";
    plan.targets.tpotP95 = e.tpot.p95;
    const Evaluator near(plan);
    const PointEvaluation close = near.at(0.5 * near.capacity());
    EXPECT_LT(goodputBand(close, plan.targets).lo, 0.9 * close.throughput.goodput.si());
}

} // namespace
} // namespace headroom
