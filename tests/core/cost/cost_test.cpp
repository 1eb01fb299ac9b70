#include "core/cost/cost.h"

#include <gtest/gtest.h>

#include <cmath>

namespace headroom {
namespace {

const UsdRate kFleet = fleetCost(2.5 * dollar / hour, 4);

TEST(Cost, PerMillionTokensIsTheBillOverTheTokens)
{
    // 4 GPUs at 2.50 USD/h, 2,400 tok/s: 10 / (2400 * 3600) USD per token = 1.157 USD per million.
    const UsdPerToken cost = costPerToken(kFleet, 2400 * token / second);
    EXPECT_NEAR(cost * millionTokens / dollar, 1.1574, 5e-5);
    EXPECT_NEAR(tokensPerUsd(2400 * token / second, kFleet).in(token / dollar), 864000, 1e-6);
}

TEST(Cost, OfAnIdleFleetIsTheSameBillForFewerTokens)
{
    EXPECT_NEAR(costPerToken(kFleet, 0.35 * 2400 * token / second) * millionTokens / dollar, 3.3069, 5e-5);
    EXPECT_TRUE(std::isinf(costPerToken(kFleet, TokenRate(0)).si()));
    EXPECT_EQ(costPerToken(UsdRate(0), TokenRate(0)).si(), 0);
    EXPECT_EQ(tokensPerUsd(TokenRate(0), UsdRate(0)).si(), 0);
}

TEST(Cost, NothingIsServedBeyondCapacity)
{
    EXPECT_EQ(served(RequestRate(7), RequestRate(5)), RequestRate(5));
    EXPECT_EQ(served(RequestRate(3), RequestRate(5)), RequestRate(3));
}

TEST(PriceSplit, LeavesNoRestOfTheBill)
{
    const TokenRate in = 3000 * token / second, out = 700 * token / second;
    const PriceSplit split = splitPrices(kFleet, Seconds(0.02), Seconds(0.18), in, out);
    EXPECT_NEAR((split.input * in + split.output * out).si(), kFleet.si(), 1e-15);
    EXPECT_NEAR((split.input * in) / kFleet, 0.1, 1e-12) << "a tenth of the work is for prompts";
}

TEST(PriceSplit, ChargesOutputWhenNothingTellsThemApart)
{
    const PriceSplit split = splitPrices(kFleet, Seconds(0), Seconds(0), TokenRate(1), TokenRate(2));
    EXPECT_EQ(split.input.si(), 0);
    EXPECT_EQ(split.output, costPerToken(kFleet, TokenRate(2)));
    EXPECT_EQ(splitPrices(UsdRate(0), Seconds(1), Seconds(1), TokenRate(0), TokenRate(0)).output.si(), 0);
}

TEST(BreakEven, IsTheRateAtWhichOwnTokensCostTheHostedPrice)
{
    const UsdPerToken hosted = 2 * dollar / millionTokens;
    const auto rate = breakEvenRate(kFleet, hosted, 200, RequestRate(20));
    ASSERT_TRUE(rate);
    EXPECT_NEAR(costPerToken(kFleet, *rate / request * (200 * token)).si(), hosted.si(), 1e-18);
    EXPECT_FALSE(breakEvenRate(kFleet, hosted, 200, RequestRate(5))) << "dearer up to capacity";
    EXPECT_EQ(breakEvenRate(UsdRate(0), hosted, 200, RequestRate(5)), RequestRate(0));
    EXPECT_FALSE(breakEvenRate(kFleet, UsdPerToken(0), 200, RequestRate(5)));
}

TEST(Quality, DividesTheCost)
{
    EXPECT_NEAR(qualityAdjusted(UsdPerToken(1e-6), 0.8).si(), 1.25e-6, 1e-18);
    EXPECT_TRUE(std::isinf(qualityAdjusted(UsdPerToken(1e-6), 0).si()));
    EXPECT_EQ(qualityAdjusted(UsdPerToken(0), 0).si(), 0);
}

TEST(Energy, IsDrawnByIdleGpusToo)
{
    const EnergySpec spec{.boardWatts = 700, .idleShare = 0.25, .pue = 1.3, .usdPerKwh = 0.2, .gramsCo2PerKwh = 400};
    EXPECT_NEAR(fleetWatts(spec, 4, 1), 3640, 1e-9);
    EXPECT_NEAR(fleetWatts(spec, 4, 0), 910, 1e-9);
    EXPECT_NEAR(energyCost(spec, 3640).in(dollar / hour), 0.728, 1e-12);
    EXPECT_NEAR(joulesPerToken(3640, 2600 * token / second), 1.4, 1e-12);
    EXPECT_NEAR(gramsCo2PerToken(spec, 3640, 2600 * token / second), 1.4 / 3.6e6 * 400, 1e-15);
    EXPECT_TRUE(std::isinf(joulesPerToken(910, TokenRate(0))));
    EXPECT_EQ(joulesPerToken(0, TokenRate(0)), 0);
}

TEST(Cost, OfAnOwnGpuIsItsCapitalOverItsLife)
{
    // 30,000 USD, 3,000 left after four years of 365.25 days: 0.77 USD/h.
    const UsdRate price = ownedGpuPrice(Usd(30000), Usd(3000), 4 * 365.25 * day);
    EXPECT_NEAR(price.in(dollar / hour), 0.770, 5e-4);
    EXPECT_NEAR(fleetCost(price, 8, UsdRate(1e-4), UsdRate(2e-4)).si(), 8 * price.si() + 3e-4, 1e-15);
}

} // namespace
} // namespace headroom
