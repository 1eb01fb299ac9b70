#include "ui/plots/time_axis.h"

#include <gtest/gtest.h>

#include <limits>

namespace headroom::ui {
namespace {

ChartSpec latencies(std::vector<double> milliseconds)
{
    ChartSpec chart{"Time to first token, p95", "ms, log", "", "", LineChart{}};
    LineChart body;
    body.y = {"TTFT p95", "ms", true, {}, 20'000.0};
    Curve curve;
    curve.lo = curve.hi = milliseconds;
    curve.y = std::move(milliseconds);
    body.curves.push_back(curve);
    body.limits.push_back({"target", Role::target, 3000, false});
    body.limits.push_back({"saturates", Role::saturation, 17, true});
    body.markers.push_back({"you", Role::primary, 12, 4000});
    chart.body = body;
    return chart;
}

TEST(TimeAxis, ASlowPlanIsInSecondsWithAllThatIsOnTheChart)
{
    const ChartSpec chart = inFittingUnit(latencies({2000, 5000, std::numeric_limits<double>::infinity()}));
    const auto& body = std::get<LineChart>(chart.body);
    EXPECT_EQ(chart.unit, "s, log");
    EXPECT_EQ(body.y.unit, "s");
    EXPECT_EQ(body.curves[0].y[1], 5);
    EXPECT_EQ(body.curves[0].hi[0], 2);
    EXPECT_EQ(body.limits[0].value, 3);
    EXPECT_EQ(body.limits[1].value, 17) << "a rate, not a time";
    EXPECT_EQ(body.markers[0].y, 4);
    EXPECT_EQ(body.y.max, 20);
}

TEST(TimeAxis, OnePointBelowASecondKeepsMilliseconds)
{
    const ChartSpec chart = inFittingUnit(latencies({999, 5000}));
    EXPECT_EQ(chart.unit, "ms, log");
    EXPECT_EQ(std::get<LineChart>(chart.body).curves[0].y[1], 5000);
}

TEST(TimeAxis, BarsGoByTheShortestWholeBar)
{
    StackedBars bars;
    bars.value = {"step", "ms", false, 0.0, {}};
    bars.categories = {"one", "all"};
    bars.segments = {{"attention", Role::series1, {100, 3000}, {}, {80, 2000}, {120, 4000}},
        {"engine", Role::ghost, {900, 1000}, {}}};
    ChartSpec chart{"Where a step's time goes", "ms", "", "", bars};
    EXPECT_EQ(std::get<StackedBars>(inFittingUnit(chart).body).segments[0].values[1], 3);
    EXPECT_EQ(std::get<StackedBars>(inFittingUnit(chart).body).segments[0].lo[1], 2);
    EXPECT_EQ(std::get<StackedBars>(inFittingUnit(chart).body).segments[0].hi[1], 4);
    std::get<StackedBars>(chart.body).segments[1].values[0] = 800;
    EXPECT_EQ(inFittingUnit(chart).unit, "ms");
}

TEST(TimeAxis, LabelsSayTimesInTheUnitOfTheirAxis)
{
    ChartSpec slow = latencies({2000, 2'000'000});
    auto& lines = std::get<LineChart>(slow.body);
    lines.markers[0] = {"you: 16.7 min", Role::primary, 12, 1002'000};
    lines.limits[0] = {"target 3 s", Role::target, 3000, false};
    lines.curves.push_back({"simulated 16.7 min (16.5–16.9), older plan", Role::simulated, {12}, {1002'000}, {}, {},
        false, true, {990'000}, {1'014'000}});
    const auto body = std::get<LineChart>(inFittingUnit(slow).body);
    EXPECT_EQ(body.markers[0].name, "you: 1,000 s");
    EXPECT_EQ(body.limits[0].name, "target 3 s");
    EXPECT_EQ(body.curves[1].name, "simulated 1,000 s (990–1,010), older plan");

    ChartSpec quick = latencies({100, 5000});
    std::get<LineChart>(quick.body).limits[0] = {"target 3 s", Role::target, 3000, false};
    EXPECT_EQ(std::get<LineChart>(inFittingUnit(quick).body).limits[0].name, "target 3,000 ms");
    std::get<LineChart>(quick.body).limits[0] = {"target 9.88 s", Role::target, 9876, false};
    EXPECT_EQ(std::get<LineChart>(inFittingUnit(quick).body).limits[0].name, "target 9,880 ms") << "no more digits";
    std::get<LineChart>(quick.body).limits[0] = {"target 8.39 h", Role::target, 30'200'000, false};
    EXPECT_EQ(std::get<LineChart>(inFittingUnit(quick).body).limits[0].name, "target 8.39 h") << "not 30,200,000 ms";

    StackedBars bars;
    bars.value = {"time", "s", false, 0.0, {}};
    bars.categories = {"network", "decode", "post"};
    bars.segments = {{"all", Role::decode, {0.117, 1002, 5e-5}, {}}};
    bars.totals = {"117 ms", "16.7 min", "50 µs"};
    bars.limits = {{"first token 410 ms", Role::saturation, 0.41, true}};
    const auto shown = std::get<StackedBars>(inFittingUnit({"A request", "s", "", "", bars}).body);
    EXPECT_EQ(shown.totals, (std::vector<std::string>{"117 ms", "1,000 s", "50 µs"})) << "0.117 s reads worse";
    EXPECT_EQ(shown.limits[0].name, "first token 410 ms");
}

TEST(TimeAxis, AnEmptyChartStaysAsItIs) { EXPECT_EQ(inFittingUnit(latencies({})).unit, "ms, log"); }

} // namespace
} // namespace headroom::ui
