#include "core/model/partitioning.h"

#include <gtest/gtest.h>

namespace headroom {
namespace {

constexpr Bandwidth kLink{100e9};

LayerPass fourfold(double tokens) { return {.tokens = tokens, .width = 1024, .feedForward = 4096}; }

TEST(Partitioning, OneDimensionalCommunicationDoesNotDependOnChips)
{
    EXPECT_DOUBLE_EQ(weightStationary1d(fourfold(10), kLink).si(), 2.0 * 10 * 1024 * 2 / 100e9);
    for (const int edge : {2, 4, 8})
        EXPECT_EQ(communication(Partitioning::stationary1d, fourfold(10), {edge, edge, edge, kLink}),
            weightStationary1d(fourfold(10), kLink));
}

TEST(Partitioning, TheBestSplitCommunicatesLeast)
{
    const auto pass = fourfold(10);
    const Split2d best = bestSplit2d(pass, 64);
    EXPECT_DOUBLE_EQ(best.x * best.yz, 64);
    for (const double x : {1.0, 2.0, 8.0, 16.0})
        EXPECT_LE(weightStationary2d(pass, kLink, best), weightStationary2d(pass, kLink, {x, 64 / x}));
}

TEST(Partitioning, FourTimesTheChipsHalveTwoDimensionalCommunication)
{
    const auto at = [](int edge) {
        return communication(Partitioning::stationary2d, fourfold(10), {edge, edge, 1, kLink});
    };
    EXPECT_NEAR(at(4) / at(8), 2, 1e-12);
}

TEST(Partitioning, GatheringIsBestWhereWeightsAndActivationsMoveEqualBytes)
{
    const auto pass = fourfold(100'000);
    const double n = bestGather(pass, 64);
    for (const double other : {0.5 * n, 0.9 * n, 1.1 * n, 2 * n})
        EXPECT_LT(weightGathered(pass, kLink, 64, n), weightGathered(pass, kLink, 64, other));
}

TEST(Partitioning, FewTokensKeepWeightsInPlaceAndManyGatherThem)
{
    const Torus torus{4, 4, 4, kLink};
    EXPECT_EQ(cheapestPartitioning(fourfold(1), torus), Partitioning::stationary2d);
    EXPECT_EQ(cheapestPartitioning(fourfold(1e7), torus), Partitioning::gatheredXyz);
}

TEST(Partitioning, UtilizationIsOneWhenTheTimeIsThatOfTheArithmetic)
{
    EXPECT_DOUBLE_EQ(modelFlopsUtilization(1e9, 1000, 4, FlopRate(1e12), Seconds(0.5)), 1);
}

} // namespace
} // namespace headroom
