#include "core/slo/slo.h"

#include <gtest/gtest.h>

#include <cmath>

namespace headroom {
namespace {

TEST(ErrorBudget, IsTheShareThatMayFail)
{
    EXPECT_NEAR(requestBudget(0.995, 40e6 * request).in(request), 200000, 1e-6);
    EXPECT_NEAR(timeBudget(0.999, 30 * day).in(minute), 43.2, 1e-9);
}

TEST(ErrorBudget, AnIncidentSpendsItsShare)
{
    // 3 % failing for 2 h at 20 req/s: 0.03 * 7200 * 20 = 4,320 of 200,000.
    const Requests bad = 0.03 * (RequestRate(20) * (2 * hour));
    EXPECT_NEAR(bad.in(request), 4320, 1e-9);
    EXPECT_NEAR(budgetSpent(bad, 0.995, 40e6 * request), 0.0216, 1e-12);
    EXPECT_TRUE(std::isinf(budgetSpent(bad, 1, 40e6 * request)));
}

TEST(BurnRate, OfOneSpendsTheBudgetInItsWindow)
{
    EXPECT_NEAR(burnRate(0.05, 0.95), 1, 1e-12);
    EXPECT_NEAR(exhaustion(1, 30 * day, 1).in(day), 30, 1e-12);
    EXPECT_NEAR(exhaustion(0.5, 30 * day, 10).in(day), 1.5, 1e-12);
    EXPECT_TRUE(std::isinf(exhaustion(1, 30 * day, 0).si()));
    EXPECT_TRUE(std::isinf(burnRate(0.01, 1)));
    EXPECT_EQ(burnRate(0, 1), 0);
    EXPECT_EQ(exhaustion(1, 30 * day, burnRate(0.01, 1)).si(), 0);
}

TEST(BurnAlerts, OfThirtyDaysAreThoseOfTheWorkbook)
{
    const auto alerts = burnAlerts(30 * day);
    EXPECT_NEAR(alerts[0].burn, 14.4, 1e-12);
    EXPECT_NEAR(alerts[1].burn, 6, 1e-12);
    EXPECT_NEAR(alerts[2].burn, 1, 1e-12);
    EXPECT_NEAR(alerts[0].shortWindow.in(minute), 5, 1e-12);
    EXPECT_TRUE(alerts[0].page && alerts[1].page && !alerts[2].page);
}

TEST(BurnAlerts, NeedBothWindows)
{
    const BurnAlert alert = burnAlerts(30 * day)[0];
    EXPECT_TRUE(fires(alert, 0.02, 0.02, 0.999));
    EXPECT_FALSE(fires(alert, 0.02, 0.0, 0.999)) << "the incident is over";
    EXPECT_FALSE(fires(alert, 0.001, 0.5, 0.999)) << "too short to matter";
}

TEST(BurnAlerts, SpendTheirShareOfTheBudgetWithinTheirWindow)
{
    for (const BurnAlert& alert : burnAlerts(28 * day))
        EXPECT_NEAR(alert.burn * (alert.longWindow / (28 * day)), alert.budgetShare, 1e-12);
}

TEST(Canary, NeedsTheTextbookNumberOfRequests)
{
    // Two proportions, 1 % against 2 %, alpha 0.05, power 0.8:
    // (1.95996 sqrt(2 * 0.015 * 0.985) + 0.84162 sqrt(0.01 * 0.99 + 0.02 * 0.98))^2 / 0.01^2 = 2,318.2.
    EXPECT_EQ(canaryRequests(0.01, 0.02, 0.05, 0.8), 2319U);
    EXPECT_EQ(canaryRequests(0.01, 0.01, 0.05, 0.8), 0U);
    // A mean: 2 (1.95996 + 1.28155)^2 (1/0.1)^2 = 2,101.5.
    EXPECT_EQ(canaryRequestsForMean(0.1, 1, 0.05, 0.9), 2102U);
}

TEST(Canary, NeedsMoreForSmallerEffectsAndMorePower)
{
    EXPECT_GT(canaryRequests(0.01, 0.015, 0.05, 0.8), canaryRequests(0.01, 0.02, 0.05, 0.8));
    EXPECT_GT(canaryRequests(0.01, 0.02, 0.05, 0.9), canaryRequests(0.01, 0.02, 0.05, 0.8));
    EXPECT_GT(canaryRequests(0.01, 0.02, 0.01, 0.8), canaryRequests(0.01, 0.02, 0.05, 0.8));
    EXPECT_NEAR(canaryDuration(2319, RequestRate(20), 0.05).si(), 2319, 1e-9);
    EXPECT_TRUE(std::isinf(canaryDuration(2319, RequestRate(0), 0.05).si()));
}

TEST(Attainment, OfNothingOfferedIsFull)
{
    EXPECT_DOUBLE_EQ(attainment(19, 20), 0.95);
    EXPECT_DOUBLE_EQ(attainment(0, 0), 1);
}

} // namespace
} // namespace headroom
