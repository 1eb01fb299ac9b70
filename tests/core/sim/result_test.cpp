// What a run reports agrees with what happened in it.
#include "core/sim/replications.h"
#include "core/sim/simulate.h"
#include "core/sim/spans.h"
#include "core/slo/percentile.h"
#include "core/workload/workload.h"
#include "tests/core/sim/random_scenario.h"
#include "tests/core/sim/small_scenario.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

namespace headroom::sim {
namespace {

/// One replica with memory for everybody; every request takes a few steps of 10 ms.
Scenario quick(std::uint64_t requests)
{
    Scenario s;
    RequestClass c;
    c.shape.prompt = {LengthShape::lognormal, 200, 1, {}};
    c.shape.output = {LengthShape::lognormal, 4, 0.5, {}};
    s.classes = {c};
    s.physics = affinePhysics(0.01, 1e-4, 5e-6, 1e-7);
    s.kv = {.blocks = 100'000, .blockTokens = 16};
    s.workload.arrivalRate = RequestRate(100);
    s.limits.requests = requests;
    return s;
}

TEST(Percentiles, OfMoreThanAMillionRequestsAreWithinHalfAPercent)
{
    Scenario s = quick(1'200'000);
    s.record.rows = true;
    s.record.warmupRequests = 0;
    const auto r = simulate(s);
    ASSERT_GT(r.e2e.count, Sample::kExactLimit);
    std::vector<double> ttft, e2e;
    for (const auto& row : r.rows) {
        ttft.push_back(row.firstToken - row.arrival);
        e2e.push_back(row.finish - row.arrival);
    }
    for (const auto& [reported, values] : {std::pair(&r.ttft, &ttft), std::pair(&r.e2e, &e2e)}) {
        EXPECT_EQ(reported->count, values->size());
        for (const auto& [value, p] : {std::pair(reported->p50, 0.5), {reported->p95, 0.95}, {reported->p99, 0.99}})
            EXPECT_NEAR(value / quantile(*values, p), 1, 0.005) << p;
        EXPECT_NEAR(reported->mean,
            std::accumulate(values->begin(), values->end(), 0.0) / static_cast<double>(values->size()),
            1e-9 * reported->mean);
    }
}

/// `ramps` of two gaps, each different from every other, one of which is a second longer.
std::vector<double> addShortRamps(GapSample& sample, int ramps, double first)
{
    std::vector<double> gaps;
    for (int i = 0; i < ramps; ++i) {
        const double gap = first + 1e-6 * static_cast<double>((i * 7919LL) % ramps);
        sample.add(gap, 1, 2, 1);
        gaps.insert(gaps.end(), {gap, gap + 1});
    }
    return gaps;
}

// A prompt in every step makes every step a ramp of its own: their number used to end exactness at 250,000 of them.
TEST(Percentiles, OfGapsAreExactUpToAMillionHoweverFewComeInARow)
{
    GapSample one, two;
    std::vector<double> all = addShortRamps(one, 330'000, 1);
    Distribution d;
    double slowest = 0;
    one.summarise(d, slowest);
    EXPECT_EQ(d.count, 660'000U);
    EXPECT_EQ(d.p50, quantile(all, 0.50));
    EXPECT_EQ(d.p99, quantile(all, 0.99));
    const auto others = addShortRamps(two, 160'000, 1.5);
    all.insert(all.end(), others.begin(), others.end());
    one.merge(two);
    one.summarise(d, slowest);
    EXPECT_EQ(d.count, 980'000U);
    EXPECT_EQ(d.p95, quantile(all, 0.95)) << "of two replications put together";
    two.merge(one); // which holds it already
    all.insert(all.end(), others.begin(), others.end());
    two.summarise(d, slowest);
    EXPECT_EQ(d.count, 1'300'000U);
    EXPECT_NEAR(d.p95, quantile(all, 0.95), 0.005 * d.p95) << "more than a million: a histogram";
}

TEST(Lengths, OfEveryShapeHaveTheirMeanAndSpread)
{
    const LengthDistribution shapes[] = {{LengthShape::fixed, 300, 0, {}}, {LengthShape::uniform, 300, 0.4, {}},
        {LengthShape::lognormal, 300, 1, {}}, {LengthShape::gamma, 300, 0.7, {}},
        {LengthShape::empirical, 0, 0, {10, 40, 50, 400, 1000}}};
    for (const auto& shape : shapes) {
        Scenario s = quick(100'000);
        s.classes[0].shape.prompt = shape;
        s.classes[0].shape.output = {LengthShape::fixed, 1, 0, {}};
        s.maxContext = Tokens(1e6);
        s.record.rows = true;
        double sum = 0, squares = 0;
        const auto rows = simulate(s).rows;
        for (const auto& row : rows) {
            sum += row.promptTokens;
            squares += static_cast<double>(row.promptTokens) * row.promptTokens;
        }
        const auto n = static_cast<double>(rows.size());
        const double mean = meanOf(shape), deviation = std::sqrt(std::max(0.0, secondMoment(shape) - mean * mean));
        EXPECT_NEAR(sum / n, mean, 4 * deviation / std::sqrt(n) + 0.01) << static_cast<int>(shape.shape);
        EXPECT_NEAR(std::sqrt(std::max(0.0, squares / n - sum / n * sum / n)), deviation, 0.03 * deviation + 0.01)
            << static_cast<int>(shape.shape);
    }
}

TEST(Intervals, RunsStopWhenTheIntervalIsAsNarrowAsWanted)
{
    Scenario s = quick(400);
    s.untilCi = 0.2;
    const auto wide = simulate(s);
    s.untilCi = 0.02;
    const auto narrow = simulate(s);
    EXPECT_GE(wide.replications, 5);
    EXPECT_GT(narrow.replications, wide.replications);
    EXPECT_LT(narrow.replications, 200) << "it stopped because it was narrow";
    for (const auto& [r, share] : {std::pair(&wide, 0.2), std::pair(&narrow, 0.02)})
        for (const auto* d : {&r->ttft, &r->e2e})
            EXPECT_GE(d->p95, *d->ciLo) << "the interval is about what is shown";
    EXPECT_LE(*narrow.ttft.ciHi - *narrow.ttft.ciLo, 2 * 0.02 * narrow.ttft.p95 * 1.05);
    s.threads = 2;
    const auto parallel = simulate(s);
    EXPECT_EQ(parallel.replications, narrow.replications);
    EXPECT_EQ(parallel.fingerprint, narrow.fingerprint);
}

TEST(Intervals, HoldThePercentileOfAllRequestsNearSaturationToo)
{
    Scenario s = quick(2000); // short runs in a long transient: their own p95 lies far below that of all
    s.workload.arrivalRate = 3 * s.workload.arrivalRate;
    s.replications = 20;
    const auto r = simulate(s);
    EXPECT_LT(*r.ttft.ciLo, r.ttft.p95);
    EXPECT_GT(*r.ttft.ciHi, r.ttft.p95);
}

TEST(Intervals, OfQuantileCurvesHoldThoseOfThePercentiles)
{
    Scenario s = randomScenario(BatchPolicy::chunked, 5);
    s.trace.reset();
    s.workload.process = ArrivalProcess::poisson;
    s.workload.arrivalRate = RequestRate(5);
    s.limits = {.requests = 2000};
    s.record.shares = {0.5, 0.95};
    EXPECT_TRUE(simulate(s).quantiles.ttftHalf.empty()) << "one run";
    s.replications = 5;
    const auto r = simulate(s);
    ASSERT_EQ(r.quantiles.e2eHalf.size(), 2U);
    EXPECT_NEAR(r.quantiles.e2eHalf[1], *r.e2e.ciHi - r.e2e.p95, 1e-12 * r.e2e.p95);
    EXPECT_GT(r.quantiles.ttftHalf[0], 0);
    ASSERT_EQ(r.goodputEach.size(), 5U);
    EXPECT_NEAR(
        std::accumulate(r.requestRateEach.begin(), r.requestRateEach.end(), 0.0) / 5, r.requestsPerSecond, 1e-9);
}

TEST(Intervals, RunsThatDoNotDifferHaveNone)
{
    Scenario s = quick(300);
    auto trace = std::make_shared<Trace>();
    for (int i = 0; i < 300; ++i)
        trace->requests.push_back({.arrival = 0.1 * i, .promptTokens = 100, .outputTokens = 20});
    s.trace = trace;
    s.replications = 3;
    EXPECT_FALSE(simulate(s).ttft.ciLo);
}

TEST(Intervals, SayWhenTheyAreNotAsNarrowAsWanted)
{
    Scenario s = quick(20);
    s.untilCi = 1e-6;
    EXPECT_EQ(simulate(s).limit, "replications");
}

TEST(Intervals, OfPairedDifferencesLeaveOutWhatBothShare)
{
    const std::vector<double> a{10, 20, 30, 40}, b{9, 18.5, 29, 38.5, 700};
    const auto d = pairedDifference(a, b);
    ASSERT_TRUE(d);
    EXPECT_DOUBLE_EQ(d->mean, 1.25);
    EXPECT_NEAR(d->half, 3.182 * std::sqrt(0.25 / 3 / 4), 1e-12); // t of 3 degrees of freedom
    EXPECT_LT(d->half, halfWidth95(a));
    EXPECT_FALSE(pairedDifference(a, std::vector<double>{1}));
}

TEST(Warmup, RequestsLeftOutAreInNoDistribution)
{
    Scenario s = quick(5000);
    s.record.warmupRequests = 1000;
    EXPECT_EQ(simulate(s).e2e.count, 4000U);
    s.record.warmupRequests = 0;
    EXPECT_EQ(simulate(s).e2e.count, 5000U);
}

template <class Check>
void onRandomRuns(const Check& check)
{
    for (const auto policy : {BatchPolicy::static_, BatchPolicy::continuous, BatchPolicy::prefillFirst,
             BatchPolicy::chunked, BatchPolicy::disaggregated})
        for (std::uint64_t seed = 20'000; seed < 20'050; ++seed) {
            const Scenario s = randomScenario(policy, seed);
            SCOPED_TRACE("seed " + std::to_string(seed) + ": " + describe(s));
            check(s, simulate(s));
            if (::testing::Test::HasFailure())
                return;
        }
}

TEST(Series, AddUpToTheWholeRun)
{
    onRandomRuns([](const Scenario&, const SimResult& r) {
        const auto& series = r.series;
        double waiting = 0, busy = 0, kv = 0, running = 0, tokens = 0;
        for (std::size_t i = 0; i < series.waiting.size(); ++i) {
            const double seconds =
                std::min(series.interval, r.simulatedSeconds - static_cast<double>(i) * series.interval);
            waiting += series.waiting[i] * seconds;
            busy += series.busyFraction[i] * seconds;
            kv += series.kvFraction[i] * seconds;
            running += series.running[i] * seconds;
            tokens += series.outputTokensPerSecond[i] * seconds;
        }
        EXPECT_NEAR(waiting, r.inQueue.area, 1e-9 * std::max(1.0, r.inQueue.area));
        EXPECT_NEAR(busy, r.busyFraction * r.simulatedSeconds, 1e-9 * std::max(1.0, busy));
        EXPECT_NEAR(kv, r.kvFraction * r.simulatedSeconds, 1e-9 * std::max(1.0, kv));
        EXPECT_GE(running, 0);
        EXPECT_GE(tokens, static_cast<double>(r.counters.outputTokens) * (1 - 1e-9)) << "and those that were wasted";
    });
}

TEST(Series, OfStaticBatchesHoldTheTokensOfAnswersAndNoPadding)
{
    for (const StaticStart start : {StaticStart::padded, StaticStart::shortestPrompt}) {
        Scenario s = quick(500);
        s.batching.policy = BatchPolicy::static_;
        s.staticStart = start;
        s.classes[0].shape.prompt = {LengthShape::lognormal, 200, 1, {}};
        s.classes[0].shape.output = {LengthShape::lognormal, 50, 1, {}};
        const auto r = simulate(s);
        double tokens = 0;
        for (std::size_t i = 0; i < r.series.waiting.size(); ++i)
            tokens += r.series.outputTokensPerSecond[i] *
                      std::min(r.series.interval, r.simulatedSeconds - static_cast<double>(i) * r.series.interval);
        EXPECT_NEAR(tokens / static_cast<double>(r.counters.outputTokens), 1, 1e-9);
    }
}

TEST(Series, CoverARunInWhichNothingEverRan)
{
    Scenario s = tenMilliseconds({{0, 9000, 1}, {900, 9000, 1}}); // beyond the context limit: turned away
    const auto r = simulate(s);
    EXPECT_EQ(r.counters.rejected, 2U);
    ASSERT_EQ(r.simulatedSeconds, 900);
    EXPECT_GE(r.series.interval * static_cast<double>(r.series.waiting.size()), 900);
    EXPECT_LT(r.series.interval * static_cast<double>(r.series.waiting.size() - 1), 900);
}

TEST(Series, CoverTheIdleEndOfARun)
{
    Scenario s = tenMilliseconds({{0, 10, 5}, {5000, 10, 5}});
    s.limits.horizon = 1000;
    const auto r = simulate(s);
    EXPECT_EQ(r.counters.completed, 1U);
    ASSERT_EQ(r.simulatedSeconds, 1000);
    EXPECT_GE(r.series.interval * static_cast<double>(r.series.running.size()), 1000);
    EXPECT_EQ(r.series.running.back(), 0);
}

TEST(Spans, FollowEachOtherFromArrivalToFinish)
{
    onRandomRuns([](const Scenario& s, const SimResult& r) {
        for (const auto& row : r.rows) {
            if (row.status != Status::completed)
                continue;
            const auto spans = spansOf(row, s.latency);
            EXPECT_EQ(spans.front().begin, row.arrival);
            EXPECT_NEAR(spans.back().end, row.finish, 1e-12 * std::max(1.0, row.finish));
            for (std::size_t i = 0; i < spans.size(); ++i) {
                EXPECT_GE(spans[i].end, spans[i].begin - 1e-12 * std::max(1.0, row.finish));
                if (i > 0) {
                    EXPECT_EQ(spans[i].begin, spans[i - 1].end);
                }
            }
        }
    });
}

TEST(Parts, OfTheMeanAddUpToTheMeanOfE2e)
{
    onRandomRuns([](const Scenario&, const SimResult& r) {
        if (r.e2e.count > 0) {
            EXPECT_NEAR(r.partsMean.total().si(), r.e2e.mean, 1e-9 * std::max(1.0, r.e2e.mean));
        }
    });
}

} // namespace
} // namespace headroom::sim
