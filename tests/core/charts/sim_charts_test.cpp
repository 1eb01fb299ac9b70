// Charts of a simulation: intervals of replications, policies side by side, and only outcomes that there were.
#include "core/evaluate.h"
#include "core/load_study.h"
#include "core/plan/catalog.h"
#include "core/plan/fields.h"
#include "core/snapshot.h"
#include "ui/plots/catalog.h"
#include "ui/plots/numbers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace headroom::ui {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

Plan example() { return defaultPlan(); }

Snapshot simulated(const Plan& plan, int replications = 4)
{
    Snapshot snapshot;
    snapshot.curvePoints = 64;
    snapshot.now = planResults(plan.name, std::make_shared<const Plan>(plan), snapshot.curvePoints);
    StudySettings settings = fixedStudy();
    settings.requests = 1'000;
    settings.replications = replications;
    snapshot.study = runStudy(snapshot.now.plan, settings);
    return snapshot;
}

ChartSpec chartOf(std::string_view id, const Snapshot& snapshot) { return findChart(id)->build(snapshot); }

void expectBandAround(const Curve& curve)
{
    ASSERT_EQ(curve.lo.size(), curve.y.size()) << curve.name;
    ASSERT_EQ(curve.hi.size(), curve.y.size());
    double widest = 0;
    for (std::size_t i = 0; i < curve.y.size(); ++i) {
        EXPECT_LE(curve.lo[i], curve.y[i] + 1e-9) << curve.name;
        EXPECT_GE(curve.hi[i], curve.y[i] - 1e-9) << curve.name;
        widest = std::max(widest, curve.hi[i] - curve.lo[i]);
    }
    EXPECT_GT(widest, 0.5) << curve.name << ": percent of requests";
    EXPECT_LT(widest, 100);
}

TEST(SimulatedDistributions, HaveTheIntervalOfTheirReplications)
{
    const auto body = std::get<LineChart>(chartOf("sim_latency_cdf", simulated(example())).body);
    ASSERT_EQ(body.curves.size(), 6U) << "three latencies, simulated and closed form";
    for (const Curve& curve : body.curves) {
        if (curve.dashed)
            EXPECT_TRUE(curve.lo.empty()) << "the closed form has no sampling";
        else
            expectBandAround(curve);
    }
    const auto once = std::get<LineChart>(chartOf("sim_latency_cdf", simulated(example(), 1)).body);
    for (const Curve& curve : once.curves)
        EXPECT_TRUE(curve.lo.empty()) << "one run tells nothing about another";
}

TEST(Policies, HaveNoColumnOfRatesThatAreAllEqual)
{
    Snapshot snapshot = simulated(example());
    const auto table = std::get<Table>(chartOf("sim_policies", snapshot).body);
    std::vector<std::string> rates;
    for (const StudyCase& one : snapshot.study->cases)
        rates.push_back(one.result ? number(one.result->requestsPerSecond) : "");
    rates.push_back(number(snapshot.now.evaluation.throughput.requests.si()));
    const bool areEqual = std::ranges::adjacent_find(rates, std::not_equal_to()) == rates.end();
    EXPECT_EQ(std::ranges::count(table.columns, "req/s"), areEqual ? 0 : 1);
    EXPECT_EQ(table.numeric.size(), table.columns.size());
    for (const auto& row : table.rows)
        EXPECT_EQ(row.size(), table.columns.size());
}

TEST(SimulatedDistributions, OfAllPoliciesStandInOnePlot)
{
    const Snapshot snapshot = simulated(example());
    for (const char* id : {"sim_ttft_policies", "sim_tpot_policies", "sim_e2e_policies"}) {
        const auto body = std::get<LineChart>(chartOf(id, snapshot).body);
        ASSERT_EQ(body.curves.size(), 4U) << id << ": the plan, Orca, vLLM 2023, and the closed form";
        EXPECT_EQ(body.curves[0].name, "this plan");
        EXPECT_EQ(body.curves[1].name, "Orca");
        EXPECT_EQ(body.curves.back().name, "closed form");
        for (std::size_t i = 0; i < 3; ++i)
            expectBandAround(body.curves[i]);
        EXPECT_NE(body.curves[0].role, body.curves[1].role);
        EXPECT_NE(body.curves[1].role, body.curves[2].role);
    }
}

TEST(SimulatedCharts, OfPoliciesSideBySideGiveThePlanOneColour)
{
    const Snapshot snapshot = simulated(example(), 2);
    for (const char* id : {"sim_queue", "sim_batch", "sim_kv", "sim_throughput", "sim_ttft_policies"}) {
        ASSERT_NE(findChart(id), nullptr) << id;
        const auto body = std::get<LineChart>(chartOf(id, snapshot).body);
        ASSERT_GT(body.curves.size(), 2U) << id;
        EXPECT_EQ(body.curves[0].name, "this plan") << id;
        EXPECT_EQ(body.curves[0].role, Role::primary) << id;
        EXPECT_NE(body.curves[1].role, Role::primary) << id;
    }
}

TEST(SimulatedCharts, OverTimeHaveTheMeanOfSeveralRunsWithItsBand)
{
    const Snapshot several = simulated(example()), once = simulated(example(), 1);
    for (const char* id : {"sim_queue", "sim_batch", "sim_kv", "sim_throughput"}) {
        const auto body = std::get<LineChart>(chartOf(id, several).body);
        ASSERT_GE(body.curves.size(), 2U) << id;
        EXPECT_EQ(body.curves[0].name, "this plan") << id;
        EXPECT_TRUE(body.curves[0].lo.empty()) << id << ": one run has no sampling";
        const Curve& mean = body.curves.back();
        EXPECT_EQ(mean.name, "this plan, mean of 4 runs") << id;
        EXPECT_EQ(mean.role, body.curves[0].role) << id;
        ASSERT_EQ(mean.lo.size(), mean.y.size()) << id;
        ASSERT_EQ(mean.hi.size(), mean.y.size()) << id;
        ASSERT_GT(mean.y.size(), 10U) << id;
        double width = 0;
        for (std::size_t i = 0; i < mean.y.size(); ++i) {
            EXPECT_LE(mean.lo[i], mean.y[i]) << id;
            EXPECT_GE(mean.hi[i], mean.y[i]) << id;
            EXPECT_GE(mean.lo[i], 0) << id;
            width += mean.hi[i] - mean.lo[i];
        }
        EXPECT_GT(width, 0) << id;
        const auto single = std::get<LineChart>(chartOf(id, once).body);
        EXPECT_EQ(single.curves[0].name, "this plan") << id;
        for (const Curve& curve : single.curves)
            EXPECT_TRUE(curve.lo.empty()) << id << ": one run tells nothing about another";
    }
}

TEST(LoadCharts, ShowTheSimulationWithItsIntervalBesideTheClosedForm)
{
    const Snapshot snapshot = simulated(example());
    for (const char* id : {"latency_vs_load", "throughput_vs_load", "e2e_vs_load", "tpot_vs_load"}) {
        const auto body = std::get<LineChart>(chartOf(id, snapshot).body);
        const auto point = std::ranges::find(body.curves, Role::simulated, &Curve::role);
        ASSERT_NE(point, body.curves.end()) << id;
        ASSERT_EQ(point->errorLo.size(), 1U) << id;
        EXPECT_LT(point->errorLo[0], point->y[0]) << id;
        EXPECT_GT(point->errorHi[0], point->y[0]) << id;
        EXPECT_NEAR(point->x[0], snapshot.now.plan->workload.arrivalRate.si(), 1e-9);
    }
}

std::vector<std::string> outcomeColumns(const Snapshot& snapshot)
{
    return std::get<Table>(chartOf("sim_outcomes", snapshot).body).columns;
}

// Two circles almost on each other looked like a smudge: the study of the present load has the longer runs.
TEST(LoadCharts, LeaveOutSimulatedLoadsThatWouldLieOnTheStudyOfThePresentOne)
{
    Plan plan = example();
    const double capacity = Evaluator(plan).capacity().si();
    plan.workload.arrivalRate = RequestRate(0.61 * capacity); // beside the point at 0.6
    Snapshot snapshot = simulated(plan);
    LoadStudy loads{snapshot.now.plan, {}, true};
    for (const double share : {0.3, 0.6, 0.9})
        loads.loads.push_back({RequestRate(share * capacity), snapshot.study->cases.front().result});
    snapshot.loads = std::make_shared<const LoadStudy>(loads);
    const auto points = [&] {
        const auto body = std::get<LineChart>(chartOf("latency_vs_load", snapshot).body);
        const auto cloud = std::ranges::find(body.curves, "simulated, 95 % interval", &Curve::name);
        return cloud == body.curves.end() ? 0U : cloud->x.size();
    };
    EXPECT_EQ(points(), 2U);
    snapshot.study = nullptr;
    EXPECT_EQ(points(), 3U) << "nothing to lie on";
}

TEST(Outcomes, SayWhatHappenedAndNothingThatDidNot)
{
    const auto calm = outcomeColumns(simulated(example()));
    EXPECT_THAT(calm, Contains("slowdown p95"));
    EXPECT_THAT(calm, Not(Contains("turned away: queue cap")));
    EXPECT_THAT(calm, Not(Contains("gave up")));
    EXPECT_THAT(calm, Not(Contains("attempts per request")));
    Plan crowded = example();
    crowded.workload.arrivalRate = RequestRate(500);
    crowded.scheduling.admission = Admission::queueCap;
    crowded.scheduling.queueCap = 10;
    crowded.scheduling.clientTimeout = Seconds(2);
    crowded.scheduling.retries = 2;
    const Snapshot snapshot = simulated(crowded);
    const auto columns = outcomeColumns(snapshot);
    for (const char* column : {"turned away: queue cap", "gave up", "attempts per request", "wasted tokens"})
        EXPECT_THAT(columns, Contains(column));
    EXPECT_THAT(columns, Not(Contains("turned away: deadline")));
    const auto table = std::get<Table>(chartOf("sim_outcomes", snapshot).body);
    ASSERT_EQ(table.rows.size(), 3U);
    for (const auto& row : table.rows)
        EXPECT_EQ(row.size(), columns.size());
    EXPECT_THAT(chartOf("sim_outcomes", snapshot).says, HasSubstr("% of the requests of this plan were answered"));
}

} // namespace
} // namespace headroom::ui
