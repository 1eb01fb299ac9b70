// The ten exercises of capacity planning, each worked by hand in its comment and then by the function that does it.
#include "core/cost/cost.h"
#include "core/evaluate.h"
#include "core/model/latency.h"
#include "core/model/memory.h"
#include "core/operations/operations.h"
#include "core/plan/catalog.h"
#include "core/plan/plan_io.h"
#include "core/queueing/queueing.h"
#include "core/sim/simulate.h"
#include "core/slo/slo.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace headroom {
namespace {

Plan examplePlan()
{
    const auto plan = loadPlan(HEADROOM_SOURCE_DIR "/resources/examples/llama-3.1-8b-h100.plan.json");
    if (!plan) {
        ADD_FAILURE() << plan.error().where << ": " << plan.error().message;
        return {};
    }
    return *plan;
}

// 12 req/s that stay 2.5 s each: 12 * 2.5 = 30 in the system.
TEST(Exercises, OneLittlesLaw)
{
    EXPECT_DOUBLE_EQ(inSystem(RequestRate(12), Seconds(2.5)).in(request), 30);
    // The example plan obeys it too.
    const PointEvaluation e = evaluatePoint(examplePlan());
    const double fixed = (e.partsMean.network + e.partsMean.retrieval + e.partsMean.post).si();
    const double rate = e.throughput.requests.si() / examplePlan().deployment.replicas;
    EXPECT_NEAR(e.meanConcurrency, rate * (e.e2e.mean.si() - fixed), 1e-6 * e.meanConcurrency);
}

// 45 of 60 req/s: rho = 0.75. M/M/1: wait in queue rho / (mu - lambda) = 0.75 / 15 = 1/20 s.
TEST(Exercises, TwoUtilizationAndWait)
{
    EXPECT_DOUBLE_EQ(utilization(RequestRate(45), RequestRate(60), 1), 0.75);
    EXPECT_NEAR(mm1(RequestRate(45), RequestRate(60)).wait.si(), 1.0 / 20, 1e-15);
}

// 80 + 60 + 220 + 249 gaps of 24 ms + 30 + 40 ms = 430 + 5,976 = 6,406 ms. For 5 s: (5,000 - 430) / 249 = 18.35 ms.
TEST(Exercises, ThreeLatencyBudget)
{
    constexpr int kGaps = 250 - 1;
    LatencyParts parts;
    parts.queue = 80 * millisecond;
    parts.retrieval = 60 * millisecond;
    parts.prefill = 220 * millisecond;
    parts.post = 30 * millisecond;
    parts.network = 40 * millisecond;
    const Seconds rest = parts.total();
    parts.decode = kGaps * (24 * millisecond);
    EXPECT_NEAR(parts.total().si(), 6.406, 1e-12);
    EXPECT_NEAR(((5 * second - rest) / kGaps).in(millisecond), 18.35, 0.005);
}

// 80 GiB * 0.9 = 77.309 GB; less 16.06 and 4 GB: 57.249 GB. One sequence: 131,072 * 4,096 = 0.536871 GB. 106.6 fit.
TEST(Exercises, FourConcurrency)
{
    const auto llama = findModel("Llama-3.1-8B");
    ASSERT_TRUE(llama);
    const BytesPerToken perToken = kvBytesPerToken(llama->model->spec, NumberFormat::bf16);
    EXPECT_DOUBLE_EQ(perToken.in(byte / token), 131072);
    const Bytes pool = 0.9 * (80 * gibibyte) - 16.06 * gigabyte - 4 * gigabyte;
    EXPECT_EQ(std::floor(pool / (perToken * (4096 * token))), 106);
}

// 4 GPUs at 2.50 USD/h make 2,400 tok/s: 10 / 8.64 million = 1.157 USD per million; at 35 % load 1.157 / 0.35 = 3.307.
TEST(Exercises, FiveCost)
{
    const UsdRate fleet = fleetCost(2.5 * dollar / hour, 4);
    EXPECT_NEAR(costPerToken(fleet, 2400 * token / second) * millionTokens / dollar, 1.157, 5e-4);
    EXPECT_NEAR(costPerToken(fleet, 0.35 * 2400 * token / second) * millionTokens / dollar, 3.307, 5e-4);
}

// The largest B with d(B, B c, 0) <= 40 ms: bisection needs that d rises with B, a scan does not. They agree.
TEST(Exercises, SixBatchUnderABudget)
{
    const Evaluator evaluator(examplePlan());
    const double context = evaluator.workload().contextMean;
    const Seconds budget = 40 * millisecond;
    const auto fits = [&](int b) { return evaluator.step().time(evaluator.step().decodeBatch(b, context)) <= budget; };
    ASSERT_TRUE(fits(1));
    int low = 1, high = 1 << 20;
    ASSERT_FALSE(fits(high));
    while (high - low > 1) {
        const int middle = low + (high - low) / 2;
        (fits(middle) ? low : high) = middle;
    }
    int scan = 1;
    while (fits(scan + 1))
        ++scan;
    EXPECT_EQ(low, scan);
    EXPECT_GT(low, 16) << "a batch of an 8B model on an H100 fits 40 ms many times over";
}

// 130 / (7.3 * 0.7) = 25.4: 26 replicas. After losing two: 130 / (24 * 7.3) = 0.742.
TEST(Exercises, SevenAutoscaling)
{
    EXPECT_EQ(replicasFor(RequestRate(130), RequestRate(7.3), 0.7), 26);
    EXPECT_NEAR(utilization(RequestRate(130), RequestRate(7.3), 24), 0.742, 5e-4);
}

// 0.5 % of 40 million: 200,000 may fail. 3 % of 20 req/s over 2 h: 4,320, that is 2.16 % of it.
TEST(Exercises, EightErrorBudget)
{
    EXPECT_NEAR(requestBudget(0.995, 40e6 * request).in(request), 200000, 1e-6);
    const Requests bad = 0.03 * (RequestRate(20) * (2 * hour));
    EXPECT_NEAR(bad.in(request), 4320, 1e-9);
    EXPECT_NEAR(budgetSpent(bad, 0.995, 40e6 * request), 0.0216, 1e-12);
}

// 1.18 * 0.75 = 0.885 is too much still; * 0.92 = 0.814 is enough, at dS = -0.03, just within the bound. The smaller
// model alone would do (0.53) but loses 0.06.
TEST(Exercises, NineDegradation)
{
    const std::array<DegradationStep, 3> ladder{
        {{"cap outputs", -0.02, 0.75}, {"lower k", -0.01, 0.92}, {"smaller model", -0.06, 0.45}}};
    const auto chosen = leastDegradation(ladder, 1.18, 0.85, 0.03);
    ASSERT_TRUE(chosen);
    EXPECT_EQ(chosen->steps, (std::vector<std::size_t>{0, 1}));
    EXPECT_NEAR(chosen->utilization, 0.81, 0.005);
    EXPECT_NEAR(chosen->qualityChange, -0.03, 1e-12);
}

// A trace is complete when each request says how long it queued, when it had its first and last token, how long its
// output was and how it ended, and when those times nest: arrival, queue, prefill, decode, with nothing left over.
TEST(Exercises, TenTraceChecklist)
{
    const Plan plan = examplePlan();
    auto scenario = sim::makeScenario(plan);
    ASSERT_TRUE(scenario) << scenario.error().message;
    scenario->limits.requests = 500;
    scenario->record.rows = true;
    scenario->record.warmupRequests = 0;
    const sim::SimResult result = sim::simulate(*scenario);
    ASSERT_EQ(result.rows.size(), 500U);
    const double before = (plan.latency.network / 2 + plan.latency.frontend + plan.latency.retrieval).si();
    const double after = (plan.latency.network / 2 + plan.latency.post).si();
    double e2e = 0;
    for (const sim::RequestRow& row : result.rows) {
        EXPECT_EQ(row.status, sim::Status::completed);
        EXPECT_GE(row.outputTokens, 1);
        EXPECT_GE(row.promptTokens, 1);
        EXPECT_GE(row.queue, 0);
        const double prefill = row.firstToken - row.arrival - before - row.queue;
        EXPECT_GT(prefill, 0) << "the first token comes after the wait";
        EXPECT_GE(row.finish, row.firstToken + after - 1e-9);
        e2e += (row.finish - row.arrival) / 500;
    }
    EXPECT_NEAR(e2e, result.e2e.mean, 1e-9 * e2e);
    EXPECT_NEAR(result.partsMean.total().si(), result.e2e.mean, 1e-9 * e2e) << "nothing is left over";
    EXPECT_GT(result.kvPeakFraction, 0);
    EXPECT_LE(result.kvPeakFraction, 1);
}

} // namespace
} // namespace headroom
