#include "core/derived_bands.h"

#include "core/plan/catalog.h"

#include <gtest/gtest.h>

#include <cmath>

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

TEST(DerivedBands, ThePriceAtCapacityFollowsTheCapacity)
{
    const Band price = inInverseProportion(2, 10, {8, 20});
    EXPECT_DOUBLE_EQ(price.lo, 1);
    EXPECT_DOUBLE_EQ(price.hi, 2.5);
    EXPECT_TRUE(std::isinf(inInverseProportion(2, 10, {0, 20}).hi));
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
