// What charts show of a plan whose model does not fit.
#include "ui/plots/supposed.h"

#include "core/plan/catalog.h"
#include "core/plan/fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace headroom::ui {
namespace {

Plan planOf(const char* model, const char* gpu)
{
    Plan plan = defaultPlan();
    const bool known = chooseModel(plan, model) && chooseGpu(plan, gpu);
    EXPECT_TRUE(known);
    plan.deployment.tp = 1;
    plan.workload.arrivalRate = RequestRate(1);
    return plan;
}

Snapshot snapshotOf(const Plan& plan)
{
    Snapshot snapshot;
    snapshot.now = planResults(plan.name, std::make_shared<const Plan>(plan), snapshot.curvePoints);
    return snapshot;
}

/// 131 GiB of weights on 80.
Snapshot unfit() { return snapshotOf(planOf("Llama-3.1-70B", "H100-SXM-80GB")); }

TEST(SupposedChart, OfAPlanThatFitsIsThePlansOwn)
{
    const Snapshot s = snapshotOf(planOf("Llama-3.1-8B", "H100-SXM-80GB"));
    for (const ChartRow& row : charts()) {
        const ChartSpec chart = chartOrSupposed(row, s);
        EXPECT_TRUE(chart.supposes.empty()) << row.id;
        EXPECT_EQ(chart.unit, row.build(s).unit) << row.id;
        EXPECT_EQ(chart.says, row.build(s).says) << row.id;
    }
}

TEST(SupposedChart, FillsEveryPlotOfAnUnfitPlanButThoseOfSimulations)
{
    const Snapshot s = unfit();
    int filled = 0;
    for (const ChartRow& row : charts()) {
        const bool hasOwn = row.build(s).empty.empty();
        const ChartSpec chart = chartOrSupposed(row, s);
        EXPECT_EQ(chart.supposes, hasOwn || row.tab == "simulator" ? "" : "tensor parallel 2") << row.id;
        EXPECT_EQ(chart.empty.empty(), row.tab != "simulator" || hasOwn) << row.id;
        filled += chart.supposes.empty() ? 0 : 1;
    }
    EXPECT_GE(filled, 8);
}

TEST(SupposedChart, ShowsThePlanWithTheLeastChangeAndSaysSoEverywhere)
{
    const Snapshot s = unfit();
    const ChartSpec chart = chartOrSupposed(*findChart("latency_vs_load"), s);
    Plan changed = *s.now.plan;
    changed.deployment.tp = 2;
    const auto own = std::get<LineChart>(findChart("latency_vs_load")->build(snapshotOf(changed)).body);
    const auto& body = std::get<LineChart>(chart.body);
    ASSERT_EQ(body.curves.size(), own.curves.size());
    EXPECT_EQ(body.curves.front().y, own.curves.front().y);
    EXPECT_TRUE(std::ranges::all_of(body.curves, &Curve::dashed)) << "not the plan's own";
    for (const Marker& marker : body.markers)
        EXPECT_THAT(marker.name, testing::Not(testing::StartsWith("you")));
    EXPECT_THAT(chart.unit, testing::EndsWith("with tensor parallel 2"));
    EXPECT_THAT(chart.says, testing::StartsWith("This plan does not fit. With tensor parallel 2: "));
}

TEST(SupposedChart, ComesWhenTheSliderRests)
{
    Snapshot s = unfit();
    s.curvePoints = kRestPoints / 4;
    const ChartRow& row = *findChart("latency_vs_load");
    EXPECT_TRUE(chartOrSupposed(row, s).supposes.empty());
    s.curvePoints = kRestPoints;
    EXPECT_FALSE(chartOrSupposed(row, s).supposes.empty());
}

TEST(SupposedChart, SaysOfItsLoadNoMoreThanHasRoomBesideTheChange)
{
    Plan plan = planOf("Llama-3.1-70B", "H100-SXM-80GB");
    plan.workload.arrivalRate = RequestRate(100);
    for (const double ttft : {0.001, 10.0}) { // no load holds the first
        plan.targets.ttftP95 = Seconds(ttft);
        const std::string unit = chartOrSupposed(*findChart("time_parts"), snapshotOf(plan)).unit;
        EXPECT_THAT(unit, testing::MatchesRegex("s per request, with tensor parallel 2, at [0-9.]+ req/s"));
    }
}

TEST(SupposedChart, WaitsForTheTableOfEveryGpuLikeThePlansOwn)
{
    Snapshot s = unfit();
    s.now.everyGpu.comes = true; // sized on another thread: dozens of evaluations
    const ChartSpec chart = chartOrSupposed(*findChart("gpu_table"), s);
    EXPECT_TRUE(chart.supposes.empty());
    EXPECT_THAT(chart.empty, testing::HasSubstr("being sized"));
}

TEST(SupposedChart, ItsFileSaysInEveryRowThatItIsSupposed)
{
    const std::string csv = chartCsv(chartOrSupposed(*findChart("latency_vs_load"), unfit()));
    std::istringstream lines(csv);
    std::string line;
    ASSERT_TRUE(std::getline(lines, line));
    EXPECT_THAT(line, testing::StartsWith("supposed,"));
    while (std::getline(lines, line))
        EXPECT_THAT(line, testing::StartsWith("tensor parallel 2,"));
}

TEST(SupposedChart, WhereNothingHelpsTheReasonStays)
{
    Plan plan = planOf("Llama-3.1-70B", "T4-16GB");
    for (LayerGroup& group : plan.model.spec.groups)
        group.attention.heads = group.attention.kvHeads = 1; // no degree divides it, and 4 bits a weight are 33 GiB
    const Snapshot s = snapshotOf(plan);
    ASSERT_FALSE(s.now.evaluation.fits);
    const ChartRow& row = *findChart("latency_vs_load");
    const ChartSpec chart = chartOrSupposed(row, s);
    EXPECT_TRUE(chart.supposes.empty());
    EXPECT_EQ(chart.empty, row.build(s).empty);
}

} // namespace
} // namespace headroom::ui
