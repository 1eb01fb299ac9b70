// What pinned plans, overload and model error look like in the charts.
#include "core/plan/catalog.h"
#include "core/plan/fields.h"
#include "core/snapshot.h"
#include "ui/plots/catalog.h"
#include "ui/plots/numbers.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headroom::ui {
namespace {

Plan with(Plan plan, std::initializer_list<std::pair<const char*, const char*>> settings)
{
    for (const auto& [key, value] : settings)
        EXPECT_TRUE(setField(plan, key, value).has_value()) << key;
    return plan;
}

std::shared_ptr<const PlanResults> resultsOf(const char* name, const Plan& plan)
{
    return std::make_shared<const PlanResults>(planResults(name, std::make_shared<const Plan>(plan), 200));
}

Snapshot snapshotOf(const Plan& plan)
{
    Snapshot snapshot;
    snapshot.now = *resultsOf("now", plan);
    return snapshot;
}

/// Where a pinned plan is seen in a chart: a grey curve, a mark, or a row under its name.
bool shows(const ChartSpec& chart, const std::string& pinned)
{
    const auto names = [&](const std::string& name) { return name.starts_with(pinned); };
    if (const auto* lines = std::get_if<LineChart>(&chart.body))
        return std::ranges::any_of(
            lines->curves, [&](const Curve& c) { return c.role == Role::ghost && names(c.name) && !c.x.empty(); });
    const auto& bars = std::get<StackedBars>(chart.body);
    const auto hasMark = [](const BarGhost& g) {
        return std::ranges::any_of(g.ends, [](double end) { return std::isfinite(end) && end > 0; });
    };
    return std::ranges::any_of(bars.ghosts, [&](const BarGhost& g) { return names(g.name) && hasMark(g); }) ||
           std::ranges::any_of(bars.categories, names);
}

TEST(PinnedPlans, AreSeenInEveryChartOfThePlan)
{
    Snapshot snapshot = snapshotOf(with(defaultPlan(), {{"workload.arrival_rate_req_s", "4"}}));
    snapshot.pinned.push_back(
        resultsOf("before", with(defaultPlan(), {{"model.name", "Qwen2.5-7B"}, {"workload.arrival_rate_req_s", "3"}})));
    for (const ChartRow& row : charts()) {
        const bool isOfPlan = row.tab != "simulator" && row.id != "gpu_table"; // no simulation of it, no curve of it
        EXPECT_TRUE(!isOfPlan || shows(row.build(snapshot), "before")) << row.id;
    }
}

TEST(PinnedPlans, ThatDoNotFitLeaveTheChartsDrawable)
{
    Snapshot snapshot = snapshotOf(with(defaultPlan(), {{"workload.arrival_rate_req_s", "4"}}));
    snapshot.pinned.push_back(resultsOf("too large", with(defaultPlan(), {{"model.name", "Llama-3.1-70B"}})));
    for (const ChartRow& row : charts())
        if (row.tab != "simulator") {
            const ChartSpec chart = row.build(snapshot);
            EXPECT_TRUE(chart.empty.empty()) << row.id << ": " << chart.empty;
        }
}

TEST(PinnedPlans, HaveAnOperatingPointOnTheirCurve)
{
    Snapshot snapshot = snapshotOf(with(defaultPlan(), {{"workload.arrival_rate_req_s", "4"}}));
    snapshot.pinned.push_back(resultsOf("calm", with(defaultPlan(), {{"workload.arrival_rate_req_s", "3"}})));
    snapshot.pinned.push_back(resultsOf("busy", with(defaultPlan(), {{"workload.arrival_rate_req_s", "1e4"}})));
    const auto body = std::get<LineChart>(findChart("latency_vs_load")->build(snapshot).body);
    const auto isPinned = [](const Marker& m) { return m.pin > 0; };
    ASSERT_EQ(std::ranges::count_if(body.markers, isPinned), 1) << "an overloaded plan has no point on its curve";
    const Marker& calm = *std::ranges::find_if(body.markers, isPinned);
    EXPECT_EQ(calm.pin, 1);
    EXPECT_EQ(calm.x, 3);
    EXPECT_DOUBLE_EQ(calm.y, snapshot.pinned[0]->evaluation.ttft.p95.in(millisecond));
    for (const char* id : {"e2e_vs_load", "tpot_vs_load", "cost_vs_load", "engine_vs_load", "seats_vs_context",
             "batch_tpot", "step_vs_gpus", "rate_vs_gpus", "cost_vs_gpus"}) {
        const auto chart = std::get<LineChart>(findChart(id)->build(snapshot).body);
        EXPECT_TRUE(std::ranges::any_of(chart.markers, isPinned)) << id;
    }
}

TEST(PinnedPlans, WithTheVerySameCurveShareALineUnderBothNames)
{
    Snapshot snapshot = snapshotOf(with(defaultPlan(), {{"workload.arrival_rate_req_s", "4"}}));
    const Plan smaller = with(defaultPlan(), {{"model.name", "Qwen2.5-7B"}, {"workload.arrival_rate_req_s", "3"}});
    snapshot.pinned = {resultsOf("A", smaller), resultsOf("B", smaller), resultsOf("C", defaultPlan())};
    const auto ghosts = [&](const char* id) {
        std::vector<std::string> names;
        const auto body = std::get<LineChart>(findChart(id)->build(snapshot).body);
        for (const Curve& c : body.curves)
            if (c.role == Role::ghost)
                names.push_back(c.name);
        return names;
    };
    EXPECT_EQ(ghosts("latency_vs_load"), (std::vector<std::string>{"A, B", "C"}));
    EXPECT_EQ(ghosts("latency_cdf"), (std::vector<std::string>{"A, B: TTFT", "C: TTFT", "A, B: E2E", "C: E2E"}));
}

TEST(PinnedPlans, AreSpokenOfByHowFarTheyHoldTheirTargets)
{
    using testing::HasSubstr, testing::Not;
    Snapshot snapshot = snapshotOf(defaultPlan());
    const auto sentence = [&] { return tabSentence("capacity", snapshot); };
    EXPECT_THAT(sentence(), Not(HasSubstr("pinned")));
    snapshot.pinned = {resultsOf("two", with(defaultPlan(), {{"deployment.replicas", "2"}}))};
    const std::string two = rate(snapshot.pinned[0]->evaluation.targetRate);
    EXPECT_THAT(sentence(), HasSubstr("The pinned two holds its targets up to **" + two + "**."));
    snapshot.pinned.push_back(resultsOf("large", with(defaultPlan(), {{"model.name", "Llama-3.1-70B"}})));
    EXPECT_THAT(sentence(), HasSubstr("Of 2 pinned plans two holds its targets up to **" + two + "**; no other fits."));
    snapshot.pinned.push_back(resultsOf("four", with(defaultPlan(), {{"deployment.replicas", "4"}})));
    snapshot.pinned.push_back(resultsOf("one", defaultPlan()));
    EXPECT_THAT(sentence(), HasSubstr("Of 4 pinned plans four holds its targets up to **"));
    EXPECT_THAT(sentence(), HasSubstr(", one only up to **"));
    snapshot.pinned = {resultsOf("a", defaultPlan()), resultsOf("b", defaultPlan())};
    EXPECT_THAT(sentence(), HasSubstr("Each of the 2 pinned plans holds its targets up to **"));
    snapshot.pinned.pop_back();
    snapshot.pinned[0] = resultsOf("strict", with(defaultPlan(), {{"targets.ttft_p95_s", "0.001"}}));
    EXPECT_THAT(sentence(), HasSubstr("The pinned strict holds its targets at no load."));
}

TEST(Axes, OverGpusHaveTicksAtTheNumbersThereAre)
{
    const Snapshot snapshot = snapshotOf(defaultPlan());
    for (const char* id : {"step_vs_gpus", "rate_vs_gpus", "cost_vs_gpus"}) {
        const auto body = std::get<LineChart>(findChart(id)->build(snapshot).body);
        EXPECT_EQ(body.x.values, (std::vector<double>{1, 2, 4, 8})) << id;
    }
}

TEST(Ablation, ABarSaysWhatItEndsAtWhereThatIsMoreThanHoldsTheTargets)
{
    const Plan plan = with(defaultPlan(), {{"targets.ttft_p95_s", "0.3"}, {"targets.tpot_p95_s", "0.02"}});
    const auto body = std::get<StackedBars>(findChart("ablation")->build(snapshotOf(plan)).body);
    int both = 0;
    for (std::size_t i = 0; i < body.categories.size(); ++i) {
        const double within = body.segments[0].values[i], beyond = body.segments[1].values[i];
        if (within > 0 && beyond > 0.1 * within) {
            ++both;
            EXPECT_NE(body.totals[i].find("/" + number(within + beyond)), std::string::npos) << body.totals[i];
        }
    }
    EXPECT_GT(both, 0) << "the targets bind before saturation";
}

TEST(Overload, FarBeyondTheCapacityLeavesTheSaturationReadableAndSaysWhereYouAre)
{
    const double capacity = Evaluator(defaultPlan()).capacity().si();
    for (const double times : {0.8, 1.2, 2.5, 50.0}) {
        Plan plan = defaultPlan();
        plan.workload.arrivalRate = RequestRate(times * capacity);
        const Snapshot snapshot = snapshotOf(plan);
        for (const char* id : {"latency_vs_load", "throughput_vs_load", "cost_vs_load", "e2e_vs_load"}) {
            const auto body = std::get<LineChart>(findChart(id)->build(snapshot).body);
            ASSERT_TRUE(body.x.max.has_value());
            EXPECT_LT(*body.x.max, 2.1 * capacity) << id << " at " << times;
            const bool inSight = times * capacity <= *body.x.max;
            EXPECT_EQ(inSight, times < 2);
            const auto isYou = [](const Limit& l) { return l.name.starts_with("you: "); };
            const auto you = std::ranges::find_if(body.limits, isYou);
            ASSERT_TRUE(you != body.limits.end() || (inSight && !body.markers.empty())) << id << " at " << times;
            EXPECT_TRUE(inSight || you->name.ends_with(times > 10 ? "50 × capacity" : "2.5 × capacity")) << you->name;
        }
    }
}

TEST(Bands, OfTheCurveAreThoseOfTheOperatingPointAtEveryLoad)
{
    const Snapshot snapshot = snapshotOf(with(defaultPlan(), {{"workload.arrival_rate_req_s", "4"}}));
    const auto body = std::get<LineChart>(findChart("latency_vs_load")->build(snapshot).body);
    const Curve& curve = body.curves.front();
    int infinite = 0;
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
        const double exact = snapshot.now.evaluator->at(RequestRate(curve.x[i])).ttft.hi.in(millisecond);
        infinite += std::isinf(exact) ? 1 : 0;
        EXPECT_EQ(std::isinf(curve.hi[i]), std::isinf(exact)) << "at " << curve.x[i];
        // The point alone reads its edges from a solution of half the cost, 6.4 % off at most (Detail::edges).
        constexpr double kSteep = 20; // where the edge itself doubles between two points, reading between them is rough
        if (std::isfinite(exact) && exact < kSteep * curve.y[i]) {
            EXPECT_NEAR(curve.hi[i] / exact, 1, 0.065) << "at " << curve.x[i];
        }
    }
    EXPECT_GT(infinite, 5) << "a plan that turns out slower saturates earlier";
}

} // namespace
} // namespace headroom::ui
