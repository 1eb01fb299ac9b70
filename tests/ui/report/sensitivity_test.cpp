#include "ui/plots/sensitivity.h"

#include "core/plan/catalog.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace headroom::ui {
namespace {

const StackedBars& barsOf(const ChartSpec& chart) { return std::get<StackedBars>(chart.body); }

/// That of the cost.
ChartSpec costOf(const std::vector<ChartSpec>& charts)
{
    const auto found = std::ranges::find(charts, std::string("Cost of a token"), &ChartSpec::title);
    return found != charts.end() ? *found : ChartSpec{};
}

std::optional<std::size_t> rowOf(const ChartSpec& chart, const std::string& input)
{
    const auto& names = barsOf(chart).categories;
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == input)
            return i;
    return std::nullopt;
}

TEST(Sensitivity, IsThereForEachResult)
{
    const auto charts = tornados(defaultPlan());
    ASSERT_EQ(charts.size(), 6U);
    for (const ChartSpec& c : charts) {
        EXPECT_TRUE(c.empty.empty()) << c.title;
        EXPECT_FALSE(c.says.empty()) << c.title;
        EXPECT_EQ(barsOf(c).totals.size(), barsOf(c).categories.size());
    }
}

TEST(Sensitivity, NamesBothEndsOfEachBar)
{
    const ChartSpec cost = costOf(tornados(defaultPlan()));
    const auto row = rowOf(cost, "GPU price");
    ASSERT_TRUE(row);
    EXPECT_EQ(barsOf(cost).totals[*row], "+10");
    EXPECT_EQ(barsOf(cost).leftTotals[*row], "−10");
}

TEST(Sensitivity, NamesNoChangeThatIsNotSeen)
{
    for (const ChartSpec& c : tornados(defaultPlan()))
        for (const auto& ends : {barsOf(c).totals, barsOf(c).leftTotals})
            for (const std::string& end : ends)
                EXPECT_LE(end.size(), std::string("−12.3").size()) << c.title;
}

TEST(Sensitivity, IsGivenUpWhenNobodyWaitsForIt)
{
    std::stop_source stop;
    stop.request_stop();
    EXPECT_TRUE(tornados(defaultPlan(), stop.get_token()).empty());
}

TEST(Sensitivity, OfTheCostToThePriceIsOneToOne)
{
    const ChartSpec cost = costOf(tornados(defaultPlan()));
    const auto row = rowOf(cost, "GPU price");
    ASSERT_TRUE(row);
    EXPECT_NEAR(barsOf(cost).segments[0].values[*row], -10, 0.01) << "price 10 % less";
    EXPECT_NEAR(barsOf(cost).segments[1].values[*row], 10, 0.01) << "price 10 % more";
}

TEST(Sensitivity, ALowerRateMakesTokensDearer)
{
    const ChartSpec cost = costOf(tornados(defaultPlan()));
    const auto row = rowOf(cost, "arrival rate");
    ASSERT_TRUE(row);
    EXPECT_NEAR(barsOf(cost).segments[0].values[*row], 100.0 / 0.9 - 100, 0.1) << "the fleet costs the same";
}

TEST(Sensitivity, LengthsAreThoseOfEachClass)
{
    Plan plan = defaultPlan();
    const Plan whole = plan;
    for (const char* name : {"chat", "batch"}) {
        RequestClass c;
        c.name = name;
        c.share = 0.5;
        c.shape = plan.workload.shape;
        plan.workload.classes.push_back(c);
    }
    const ChartSpec split = costOf(tornados(plan)), same = costOf(tornados(whole));
    const auto row = rowOf(split, "output tokens"), other = rowOf(same, "output tokens");
    ASSERT_TRUE(row);
    ASSERT_TRUE(other);
    EXPECT_NEAR(barsOf(split).segments[1].values[*row], barsOf(same).segments[1].values[*other], 0.1);
}

TEST(Sensitivity, OfTheHeadroomDoesNotDependOnTheLoadThatIsThere)
{
    const auto charts = tornados(defaultPlan());
    const auto held = std::ranges::find(charts, std::string("Rate within targets"), &ChartSpec::title);
    ASSERT_NE(held, charts.end());
    EXPECT_FALSE(rowOf(*held, "arrival rate"));
    EXPECT_FALSE(rowOf(*held, "GPU price"));
    const auto bandwidth = rowOf(*held, "bandwidth");
    ASSERT_TRUE(bandwidth);
    EXPECT_GT(barsOf(*held).segments[1].values[*bandwidth], 0) << "bandwidth 10 % more";
}

TEST(Sensitivity, PutsTheLargestFirst)
{
    for (const ChartSpec& c : tornados(defaultPlan())) {
        const auto& bars = barsOf(c);
        double before = 1e9;
        for (std::size_t i = 0; i < bars.categories.size(); ++i) {
            const double size = std::max(std::abs(bars.segments[0].values[i]), std::abs(bars.segments[1].values[i]));
            EXPECT_LE(size, before * (1 + 1e-9)) << c.title;
            before = size;
        }
    }
}

TEST(Sensitivity, OfAPlanThatDoesNotServeHasNoLatency)
{
    Plan plan = defaultPlan();
    plan.workload.arrivalRate = RequestRate(1e5);
    for (const ChartSpec& c : tornados(plan))
        EXPECT_EQ(c.title.find("TTFT"), std::string::npos);
}

} // namespace
} // namespace headroom::ui
