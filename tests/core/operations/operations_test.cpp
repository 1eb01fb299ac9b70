#include "core/operations/operations.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace headroom {
namespace {

TEST(Replicas, KeepUtilizationAtTheTarget)
{
    EXPECT_EQ(replicasFor(RequestRate(130), RequestRate(7.3), 0.7), 26); // 25.44
    EXPECT_NEAR(utilization(RequestRate(130), RequestRate(7.3), 24), 0.742, 5e-4);
    EXPECT_EQ(replicasFor(RequestRate(26), RequestRate(1), 0.65), 40) << "40 exactly, not 41 by rounding";
    EXPECT_EQ(replicasFor(RequestRate(0), RequestRate(1), 0.7), 1);
    EXPECT_FALSE(replicasFor(RequestRate(1), RequestRate(0), 0.7));
    EXPECT_FALSE(replicasFor(RequestRate(1e30), RequestRate(1e-9), 0.7));
    EXPECT_TRUE(std::isinf(utilization(RequestRate(1), RequestRate(1), 0)));
}

TEST(Availability, IsBinomial)
{
    // Three replicas at 0.9, two needed: 3 * 0.81 * 0.1 + 0.729 = 0.972.
    EXPECT_NEAR(fleetAvailability(3, 2, 0.9), 0.972, 1e-12);
    EXPECT_NEAR(fleetAvailability(3, 3, 0.9), 0.729, 1e-12);
    EXPECT_EQ(fleetAvailability(2, 3, 0.9), 0);
    EXPECT_EQ(fleetAvailability(5, 0, 0.1), 1);
    EXPECT_NEAR(replicaAvailability(2000 * hour, 2 * hour), 0.999001, 1e-6);
}

TEST(Availability, OfFiveThousandReplicasNeitherOverflowsNorVanishes)
{
    const double median = fleetAvailability(5000, 4995, 0.999); // mean 4995: about half
    EXPECT_GT(median, 0.4);
    EXPECT_LT(median, 0.75);
    EXPECT_NEAR(fleetAvailability(5000, 5000, 0.999), std::pow(0.999, 5000), 1e-9);
}

TEST(Availability, OneSpareIsEnoughWhereItIs)
{
    // Two needed at 0.99: without a spare 0.9801, with one 0.9997.
    EXPECT_EQ(replicasForAvailability(2, 0.99, 0.98), 2);
    EXPECT_EQ(replicasForAvailability(2, 0.99, 0.999), 3);
    EXPECT_FALSE(replicasForAvailability(2, 0.0, 0.5));
}

const std::array<DegradationStep, 3> kLadder{
    {{"cap outputs", -0.02, 0.75}, {"lower k", -0.01, 0.92}, {"smaller model", -0.06, 0.45}}};

TEST(Degradation, TakesTheLeastLossThatIsEnough)
{
    const auto chosen = leastDegradation(kLadder, 1.18, 0.85, 0.03);
    ASSERT_TRUE(chosen);
    EXPECT_EQ(chosen->steps, (std::vector<std::size_t>{0, 1}));
    EXPECT_NEAR(chosen->utilization, 0.8142, 1e-12);
    EXPECT_NEAR(chosen->qualityChange, -0.03, 1e-12);
}

TEST(Degradation, DoesNothingWhereNothingIsNeededAndRefusesWhatIsNotEnough)
{
    EXPECT_TRUE(leastDegradation(kLadder, 0.8, 0.85, 0.03)->steps.empty());
    EXPECT_FALSE(leastDegradation(kLadder, 2.0, 0.85, 0.03));
    EXPECT_EQ(leastDegradation(kLadder, 1.18, 0.85, 0.1)->steps.size(), 2U) << "the big step loses more";
    EXPECT_EQ(leastDegradation(kLadder, 1.6, 0.85, 0.1)->steps, (std::vector<std::size_t>{2}));
}

TEST(ResponseCache, RemovesRequests)
{
    EXPECT_DOUBLE_EQ(behindResponseCache(RequestRate(40), 0.25).si(), 30);
    EXPECT_DOUBLE_EQ(behindResponseCache(RequestRate(40), 2).si(), 0);
}

TEST(Rollback, SpendsWhatFailsUntilItIsDone)
{
    // 20 req/s, 10 % bad, 5 min to notice and 1 min to switch: 720 of 0.1 % of 20 * 86400 * 30.
    const RollbackCost cost = rollbackCost(RequestRate(20), 0.1, 5 * minute, minute, 0.999, 30 * day);
    EXPECT_NEAR(cost.bad.in(request), 720, 1e-9);
    EXPECT_NEAR(cost.budgetShare, 720 / 51840.0, 1e-12);
    EXPECT_EQ(rollbackCost(RequestRate(20), 0, minute, minute, 1, day).budgetShare, 0);
}

TEST(TokenBucket, LetsABurstThroughAndThenTheRate)
{
    TokenBucket bucket(RequestRate(2), 5);
    int taken = 0;
    for (int i = 0; i < 100; ++i)
        taken += bucket.take(0.01 * i) ? 1 : 0;
    EXPECT_EQ(taken, 6) << "five saved and 0.99 s at 2 req/s";
    EXPECT_NEAR(bucket.readyAt(0.99), 1.0, 1e-9);
    EXPECT_TRUE(bucket.take(1.0));
    EXPECT_FALSE(bucket.take(1.0));
    EXPECT_NEAR(bucket.level(100), 5, 1e-12) << "no more than the burst is saved";
    EXPECT_TRUE(std::isinf(bucket.readyAt(1, 6)));
}

TEST(TokenBucket, ConservesItsInflow)
{
    TokenBucket bucket(RequestRate(3), 10);
    double taken = 0;
    for (int i = 0; i < 100000; ++i)
        taken += bucket.take(i * 0.01) ? 1 : 0;
    EXPECT_LE(taken, 10 + 3 * 1000.0);
    EXPECT_GE(taken, 3 * 1000.0 - 1);
}

TEST(TokenBucket, ABurstLastsAsLongAsItsSurplus)
{
    EXPECT_DOUBLE_EQ(burstLasts(RequestRate(12), RequestRate(10), 100).si(), 50);
    EXPECT_TRUE(std::isinf(burstLasts(RequestRate(9), RequestRate(10), 100).si()));
}

} // namespace
} // namespace headroom
