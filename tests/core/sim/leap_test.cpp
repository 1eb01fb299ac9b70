// The leaping engine against the step-by-step reference, on random plans.
#include "core/sim/simulate.h"
#include "core/slo/percentile.h"
#include "tests/core/sim/random_scenario.h"
#include "tests/core/sim/reference_engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

namespace headroom::sim {
namespace {

constexpr int kPlans = 500; ///< per policy, near ties not counted

::testing::AssertionResult agree(double a, double b)
{
    if (std::abs(a - b) <= 1e-9 * std::max({1e-3, std::abs(a), std::abs(b)}))
        return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << a << " and " << b << " differ by " << a - b;
}

void compareGaps(const SimResult& leaping, std::vector<double> gaps)
{
    EXPECT_EQ(leaping.itl.count, gaps.size());
    if (gaps.empty())
        return;
    std::ranges::sort(gaps, std::greater<>{});
    const auto slowest = std::max<std::size_t>(1, gaps.size() / 10);
    EXPECT_TRUE(agree(leaping.slowestGapsMean,
        std::accumulate(gaps.begin(), gaps.begin() + static_cast<std::ptrdiff_t>(slowest), 0.0) /
            static_cast<double>(slowest)));
    EXPECT_TRUE(
        agree(leaping.itl.mean, std::accumulate(gaps.begin(), gaps.end(), 0.0) / static_cast<double>(gaps.size())));
    EXPECT_TRUE(agree(leaping.itl.p50, quantile(gaps, 0.50)));
    EXPECT_TRUE(agree(leaping.itl.p99, quantile(gaps, 0.99)));
}

void compare(const SimResult& leaping, const reference::Outcome& plain)
{
    compareGaps(leaping, plain.gaps);
    EXPECT_EQ(leaping.counters.steps, plain.steps);
    EXPECT_EQ(leaping.counters.preemptions, plain.preemptions);
    EXPECT_EQ(leaping.counters.swaps, plain.swaps);
    if (leaping.headOfLineMean) {
        EXPECT_TRUE(agree(*leaping.headOfLineMean, plain.headOfLineMean.value_or(-1))) << "head of line";
    }
    ASSERT_EQ(leaping.rows.size(), plain.rows.size());
    for (std::size_t i = 0; i < plain.rows.size(); ++i) {
        const auto& a = leaping.rows[i];
        const auto& b = plain.rows[i];
        SCOPED_TRACE("request " + std::to_string(i));
        ASSERT_EQ(a.status, b.status);
        ASSERT_EQ(a.rejection, b.rejection);
        ASSERT_EQ(a.outputTokens, b.outputTokens);
        ASSERT_EQ(a.preemptions, b.preemptions);
        ASSERT_EQ(a.attempt, b.attempt);
        ASSERT_EQ(a.cachedTokens, b.cachedTokens);
        ASSERT_EQ(a.replica, b.replica);
        ASSERT_TRUE(agree(a.arrival + a.queue, b.arrival + b.queue)) << "queue";
        ASSERT_TRUE(agree(a.firstToken, b.firstToken)) << "first token";
        ASSERT_TRUE(agree(a.finish, b.finish)) << "finish";
        ASSERT_TRUE(agree(a.slowestGaps, b.slowestGaps)) << "slowest gaps";
    }
}

void agreeOnRandomPlans(BatchPolicy policy)
{
    int done = 0, preempted = 0, swapped = 0, timedOut = 0, retried = 0, rejected = 0, cached = 0, resized = 0;
    int misled = 0, blocked = 0, closed = 0, variant = 0, poisson = 0, cutOff = 0;
    for (std::uint64_t seed = 1; done < kPlans; ++seed) {
        ASSERT_LT(seed, 3U * kPlans) << "too many near ties";
        const Scenario scenario = randomScenario(policy, seed);
        const auto plain = reference::run(scenario);
        if (plain.nearTie)
            continue;
        SCOPED_TRACE("seed " + std::to_string(seed) + ": " + describe(scenario));
        const SimResult leaping = simulate(scenario);
        compare(leaping, plain);
        if (::testing::Test::HasFailure())
            return;
        ++done;
        preempted += plain.preemptions > 0 ? 1 : 0;
        swapped += plain.swaps > 0 ? 1 : 0;
        timedOut += leaping.counters.timedOut > 0 ? 1 : 0;
        retried += leaping.counters.attempts > leaping.counters.requests ? 1 : 0;
        rejected += leaping.counters.rejected > 0 ? 1 : 0;
        cached += scenario.prefixCache && leaping.counters.cachedTokens > 0 ? 1 : 0;
        resized += leaping.fleet.size() > 2 ? 1 : 0;
        misled += scenario.scheduling.predictorError > 0 ? 1 : 0;
        blocked += leaping.headOfLineMean.value_or(0) > 0 ? 1 : 0;
        closed += scenario.workload.process == ArrivalProcess::closedLoop ? 1 : 0;
        poisson += scenario.workload.process == ArrivalProcess::poisson ? 1 : 0;
        cutOff += leaping.counters.unfinished > 0 ? 1 : 0;
        variant += scenario.batchingRow || scenario.staticStart != StaticStart::padded ? 1 : 0;
    }
    // The draws must reach the hard parts.
    EXPECT_GT(timedOut, kPlans / 20);
    EXPECT_GT(retried, kPlans / 20);
    EXPECT_GT(rejected, kPlans / 10);
    EXPECT_GT(resized, kPlans / 25); // some are cut off before
    EXPECT_GT(misled, kPlans / 20);
    EXPECT_GT(blocked, kPlans / 10);
    EXPECT_GT(closed, kPlans / 10);
    EXPECT_GT(poisson, kPlans / 10);
    EXPECT_GT(cutOff, kPlans / 10);
    if (policy == BatchPolicy::chunked || policy == BatchPolicy::static_) {
        EXPECT_GT(variant, kPlans / 10);
    }
    if (policy != BatchPolicy::static_) {
        EXPECT_GT(cached, kPlans / 20);
    }
    if (policy == BatchPolicy::chunked || policy == BatchPolicy::prefillFirst) {
        EXPECT_GT(preempted, kPlans / 10);
        EXPECT_GT(swapped, kPlans / 40);
    }
}

TEST(Leaping, AgreesWithStepByStepForChunkedPrefill) { agreeOnRandomPlans(BatchPolicy::chunked); }
TEST(Leaping, AgreesWithStepByStepForPrefillFirst) { agreeOnRandomPlans(BatchPolicy::prefillFirst); }
TEST(Leaping, AgreesWithStepByStepForContinuousBatching) { agreeOnRandomPlans(BatchPolicy::continuous); }
TEST(Leaping, AgreesWithStepByStepForStaticBatching) { agreeOnRandomPlans(BatchPolicy::static_); }
TEST(Leaping, AgreesWithStepByStepForDisaggregatedPools) { agreeOnRandomPlans(BatchPolicy::disaggregated); }

/// One of those that the hot functions have a form of their own for, which asks for nothing that cannot be there.
Scenario plainScenario(std::uint64_t seed)
{
    Scenario s = randomScenario(BatchPolicy::chunked, seed);
    s.batchingRow = nullptr;
    s.batching.reservation = Reservation::paged;
    s.prefixCache = false;
    s.scheduling.order = Order::fifo;
    s.scheduling.retries = 0;
    s.physics.reach[1] = s.physics.reach[2] = 0;
    s.record.headOfLine = s.record.slowestGaps = false;
    return s;
}

TEST(Leaping, GivesThePlainCaseWhatTheGeneralFormAndStepByStepGive)
{
    int done = 0, preempted = 0, swapped = 0, timedOut = 0;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        Scenario scenario = plainScenario(seed);
        SCOPED_TRACE("seed " + std::to_string(seed) + ": " + describe(scenario));
        const SimResult plain = simulate(scenario);
        if (const auto steps = reference::run(scenario); !steps.nearTie) {
            compare(plain, steps);
            ++done;
        }
        scenario.record.headOfLine = true; // the general form has to see to it
        const SimResult general = simulate(scenario);
        EXPECT_EQ(plain.fingerprint, general.fingerprint);
        EXPECT_EQ(plain.counters, general.counters);
        EXPECT_EQ(plain.rows, general.rows);
        EXPECT_EQ(plain.itl, general.itl);
        EXPECT_EQ(plain.series.running, general.series.running);
        EXPECT_EQ(plain.series.kvFraction, general.series.kvFraction);
        EXPECT_EQ(plain.kvPeakFraction, general.kvPeakFraction);
        if (::testing::Test::HasFailure())
            return;
        preempted += plain.counters.preemptions > 0 ? 1 : 0;
        swapped += plain.counters.swaps > 0 ? 1 : 0;
        timedOut += plain.counters.timedOut > 0 ? 1 : 0;
    }
    EXPECT_GT(done, 200);
    EXPECT_GT(preempted, 30);
    EXPECT_GT(swapped, 5);
    EXPECT_GT(timedOut, 30);
}

} // namespace
} // namespace headroom::sim
