// How sure each number of a chart is: bands of curves and bars, on screen and in the file.
#include "core/plan/catalog.h"
#include "core/plan/fields.h"
#include "core/snapshot.h"
#include "ui/plots/catalog.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headroom::ui {
namespace {

using testing::HasSubstr;

/// With a load that it carries, and all three targets.
Plan example()
{
    Plan plan = defaultPlan();
    for (const auto& [key, value] : {std::pair("workload.arrival_rate_req_s", "2"), {"targets.ttft_p95_s", "2"},
             {"targets.tpot_p95_s", "0.1"}, {"targets.e2e_p99_s", "120"}})
        EXPECT_TRUE(setField(plan, key, value)) << key;
    return plan;
}

Snapshot snapshotOf(const Plan& plan)
{
    Snapshot snapshot;
    snapshot.curvePoints = 64;
    snapshot.now = planResults(plan.name, std::make_shared<const Plan>(plan), snapshot.curvePoints);
    return snapshot;
}

ChartSpec chartOf(const char* id, const Snapshot& snapshot)
{
    const ChartSpec chart = findChart(id)->build(snapshot);
    EXPECT_TRUE(chart.empty.empty()) << id << ": " << chart.empty;
    return chart;
}

TEST(BandsOfCharts, CurvesAndBarsOfTimesRatesAndPricesHaveBands)
{
    Plan plan = example();
    plan.cost.hostedUsdPerMillion = 0.6;
    const Snapshot snapshot = snapshotOf(plan);
    for (const char* id : {"latency_vs_load", "e2e_vs_load", "tpot_vs_load", "throughput_vs_load", "cost_vs_load",
             "batch_throughput", "batch_tpot", "step_vs_gpus", "rate_vs_gpus", "cost_vs_gpus", "latency_cdf"}) {
        const ChartSpec chart = chartOf(id, snapshot);
        const Curve& curve = std::get<LineChart>(chart.body).curves.front();
        ASSERT_EQ(curve.lo.size(), curve.y.size()) << id;
        for (std::size_t i = 0; i < curve.y.size(); ++i) {
            EXPECT_LE(curve.lo[i], curve.y[i]) << id;
            EXPECT_GE(curve.hi[i], curve.y[i]) << id;
        }
    }
    for (const char* id : {"time_parts", "latency_waterfall", "step_parts", "token_prices", "ablation"}) {
        const ChartSpec chart = chartOf(id, snapshot);
        const auto& segments = std::get<StackedBars>(chart.body).segments;
        EXPECT_TRUE(std::ranges::any_of(segments, [](const BarSegment& s) {
            return s.lo.size() == s.values.size() && s.hi.size() == s.values.size();
        })) << id;
    }
    const ChartSpec gpus = chartOf("gpu_table", snapshot);
    EXPECT_THAT(std::get<Table>(gpus.body).exactColumns, testing::Contains("$/M output, low"));
}

TEST(BandsOfCharts, PipelinesOverGpusHaveTheirOwn)
{
    const Snapshot snapshot = snapshotOf(example());
    for (const char* id : {"step_vs_gpus", "rate_vs_gpus", "cost_vs_gpus"}) {
        const ChartSpec chart = chartOf(id, snapshot);
        const auto& curves = std::get<LineChart>(chart.body).curves;
        const auto pipeline = std::ranges::find(curves, "pipeline", &Curve::name);
        ASSERT_NE(pipeline, curves.end()) << id;
        ASSERT_EQ(pipeline->lo.size(), pipeline->y.size()) << id;
        for (std::size_t i = 0; i < pipeline->y.size(); ++i) {
            EXPECT_LT(pipeline->lo[i], pipeline->y[i]) << id;
            EXPECT_GT(pipeline->hi[i], pipeline->y[i]) << id;
        }
    }
}

TEST(BandsOfCharts, TimePartsTellHowSureEachPartIsToTheFileToo)
{
    const Snapshot snapshot = snapshotOf(example());
    const auto segmentOf = [&](const ChartSpec& chart, std::string_view name) {
        const auto& all = std::get<StackedBars>(chart.body).segments;
        const auto found = std::ranges::find(all, name, &BarSegment::name);
        EXPECT_NE(found, all.end()) << name;
        return found != all.end() ? *found : BarSegment{};
    };
    const PartsBand& bands = snapshot.now.evaluation.partsMeanBand;
    for (const char* id : {"time_parts", "latency_waterfall"}) {
        const ChartSpec chart = chartOf(id, snapshot);
        const BarSegment decode = segmentOf(chart, "decode");
        for (std::size_t i = 0; i < decode.values.size(); ++i) {
            ASSERT_LT(i, decode.lo.size()) << id;
            EXPECT_LE(decode.lo[i], decode.values[i]) << id;
            EXPECT_GE(decode.hi[i], decode.values[i]) << id;
        }
        EXPECT_TRUE(std::ranges::find(decode.lo, bands.lo.decode.si()) != decode.lo.end()) << id;
        EXPECT_TRUE(segmentOf(chart, "network").lo.empty()) << "it is stated, not predicted";
        EXPECT_THAT(chartCsv(chart), HasSubstr("decode: low,decode: high")) << id;
    }
    // Without a steady state the chart shows a load that has one, and as much of it.
    Plan busy = example();
    busy.workload.arrivalRate = 3.0 * snapshot.now.evaluation.capacity;
    EXPECT_FALSE(segmentOf(chartOf("time_parts", snapshotOf(busy)), "queue").hi.empty());
}

} // namespace
} // namespace headroom::ui
