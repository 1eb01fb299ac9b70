// What comes from outside may be anything: each odd input has one defined answer.
#include "core/sim/simulate.h"
#include "core/sim/stoppable_sort.h"
#include "tests/core/sim/random_scenario.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace headroom::sim {
namespace {

/// One replica of 1,000 blocks of 16 tokens, chunked, patient clients.
Scenario plain()
{
    Scenario s;
    s.classes = {RequestClass{}};
    s.physics = affinePhysics(0.01, 1e-4, 5e-5, 1e-6);
    s.kv = {.blocks = 1000, .blockTokens = 16};
    s.maxContext = Tokens(8192);
    s.workload.arrivalRate = RequestRate(4);
    s.limits.requests = 300;
    s.record.rows = true;
    return s;
}

Scenario replaying(std::vector<TraceRequest> requests)
{
    Scenario s = plain();
    auto trace = std::make_shared<Trace>();
    trace->requests = std::move(requests);
    s.trace = trace;
    s.limits.requests = s.trace->requests.size();
    return s;
}

TraceRequest at(double arrival, int prompt, int output)
{
    TraceRequest r;
    r.arrival = arrival;
    r.promptTokens = prompt;
    r.outputTokens = output;
    return r;
}

void expectFinite(const SimResult& r)
{
    for (const double x : {r.ttft.mean, r.ttft.p99, r.tpot.p95, r.itl.p95, r.e2e.mean, r.queue.p95, r.slowdown.mean,
             r.outputTokensPerSecond, r.busyFraction, r.kvFraction, r.attainment, r.slowestGapsMean,
             r.normalizedLatency.mean, r.partsP99.total().si()})
        EXPECT_TRUE(std::isfinite(x));
}

TEST(BadInput, LengthsOfZeroBecomeOneTokenAndAreCounted)
{
    const auto r = simulate(replaying({at(0, 0, 10), at(1, 10, 0), at(2, 10, 10)}));
    EXPECT_EQ(r.counters.adjusted, 2U);
    EXPECT_EQ(r.counters.completed, 3U);
    EXPECT_EQ(r.rows[0].promptTokens, 1);
    EXPECT_EQ(r.rows[1].outputTokens, 1);
    expectFinite(r);
}

TEST(BadInput, PromptsBeyondTheContextLimitAreRejectedWithTheReason)
{
    const auto r = simulate(replaying({at(0, 8192, 1), at(1, 9000, 5), at(2, 100, 5)}));
    EXPECT_EQ(r.counters.rejections[static_cast<std::size_t>(Rejection::contextLimit)], 2U);
    EXPECT_EQ(r.counters.completed, 1U);
    EXPECT_EQ(r.rows[0].rejection, Rejection::contextLimit);
}

TEST(BadInput, OutputsAreCutAtTheContextLimit)
{
    Scenario s = replaying({at(0, 100, 500)});
    s.maxContext = Tokens(300);
    const auto r = simulate(s);
    EXPECT_EQ(r.counters.truncated, 1U);
    EXPECT_EQ(r.rows[0].outputTokens, 200);
}

TEST(BadInput, RequestsLongerThanMemoryAreRejectedWithTheReason)
{
    Scenario s = replaying({at(0, 500, 400), at(1, 100, 5)});
    s.kv.blocks = 50; // 800 tokens
    const auto r = simulate(s);
    EXPECT_EQ(r.counters.rejections[static_cast<std::size_t>(Rejection::memory)], 1U);
    EXPECT_EQ(r.counters.completed, 1U);
}

TEST(BadInput, AModelThatDoesNotFitRejectsEverything)
{
    for (const auto policy : {BatchPolicy::chunked, BatchPolicy::static_, BatchPolicy::continuous}) {
        Scenario s = plain();
        s.batching.policy = policy;
        s.kv.blocks = 0;
        const auto r = simulate(s);
        EXPECT_EQ(r.counters.rejections[static_cast<std::size_t>(Rejection::memory)], 300U);
        EXPECT_EQ(r.counters.completed, 0U);
        expectFinite(r);
    }
}

TEST(BadInput, UnsortedAndDuplicateTimesAreReplayedInOrder)
{
    const auto sorted = simulate(replaying({at(0, 10, 10), at(1, 20, 10), at(1, 30, 10), at(2, 40, 10)}));
    const auto mixed = simulate(replaying({at(2, 40, 10), at(1, 20, 10), at(0, 10, 10), at(1, 30, 10)}));
    EXPECT_EQ(sorted.rows, mixed.rows);
    EXPECT_EQ(sorted.rows[1].arrival, sorted.rows[2].arrival);
}

TEST(BadInput, ATraceOfOneLineIsOneRequest)
{
    const auto r = simulate(replaying({at(17, 100, 20)}));
    EXPECT_EQ(r.counters.completed, 1U);
    EXPECT_NEAR(r.slowdown.mean, 1, 1e-12); // alone it is as fast as alone
    EXPECT_EQ(r.rows[0].arrival, 0);        // the first request of a trace is at 0
    expectFinite(r);
}

TEST(BadInput, ATraceOfNoneIsAnEmptyRun)
{
    const auto r = simulate(replaying({}));
    EXPECT_EQ(r.counters.requests, 0U);
    EXPECT_EQ(r.simulatedSeconds, 0);
    expectFinite(r);
}

TEST(BadInput, AnArrivalRateOfZeroIsAnEmptyRun)
{
    for (const auto process : {ArrivalProcess::poisson, ArrivalProcess::mmpp2, ArrivalProcess::diurnal,
             ArrivalProcess::gamma, ArrivalProcess::deterministic}) {
        Scenario s = plain();
        s.workload.process = process;
        s.workload.arrivalRate = RequestRate(0);
        const auto r = simulate(s);
        EXPECT_EQ(r.counters.requests, 0U);
        expectFinite(r);
    }
}

TEST(BadInput, AnInfiniteHorizonEndsWithTheRequestsAndAFiniteOneIsSaid)
{
    Scenario s = plain();
    s.limits.horizon = std::numeric_limits<double>::infinity();
    EXPECT_TRUE(simulate(s).limit.empty());
    s.limits.horizon = 10;
    const auto r = simulate(s);
    EXPECT_EQ(r.limit, "horizon");
    EXPECT_EQ(r.simulatedSeconds, 10);
    EXPECT_GT(r.counters.unfinished + r.counters.completed, 0U);
    EXPECT_EQ(r.counters.attempts, r.counters.completed + r.counters.unfinished);
    EXPECT_NEAR(r.inSystem.area, r.inSystem.residence, 1e-9 * r.inSystem.residence);
}

TEST(BadInput, TheEventLimitIsSaidInTheResult)
{
    Scenario s = plain();
    s.limits.events = 4096;
    s.limits.requests = 1'000'000;
    EXPECT_EQ(simulate(s).limit, "events");
}

TEST(BadInput, MoreThreadsThanCoresChangeNothing)
{
    Scenario s = plain();
    s.replications = 3;
    const auto few = simulate(s);
    s.threads = 1'000'000;
    EXPECT_EQ(few.fingerprint, simulate(s).fingerprint);
}

TEST(BadInput, TenMillionRequestsNeedNoMoreMemoryThanThoseInTheSystem)
{
    auto trace = std::make_shared<Trace>();
    trace->requests.reserve(10'000'000);
    for (int i = 0; i < 10'000'000; ++i)
        trace->requests.push_back(at(i * 0.1, 1, 1));
    Scenario s = plain();
    s.trace = trace;
    s.record.rows = false;
    s.limits.requests = trace->requests.size();
    const auto r = simulate(s);
    EXPECT_EQ(r.counters.completed, 10'000'000U);
    EXPECT_EQ(r.ttft.count, 10'000'000U);
    expectFinite(r);
}

// The promise is 50 ms. What is counted here does not depend on the machine: between two looks at the token lie 2,048
// events, which take a millisecond.
TEST(Cancel, IsAnsweredAfterAFewThousandEvents)
{
    Scenario s = plain();
    s.record.rows = false;
    s.limits.requests = 1'000'000'000;
    std::stop_source stop;
    double offered = 0; // when the stop was asked for
    const auto r = simulate(s, stop.get_token(), [&](const ProgressReport& report) {
        if (!stop.stop_requested())
            offered = report.fraction * 1e9;
        stop.request_stop();
    });
    EXPECT_TRUE(r.cancelled);
    EXPECT_GT(r.counters.requests, 0U);
    EXPECT_LT(static_cast<double>(r.counters.requests) - offered, 5000);
}

TEST(Cancel, WhileAHugeTraceIsSortedThereAreNoRequests)
{
    std::vector<TraceRequest> lines;
    for (int i = 200'000; i > 0; --i)
        lines.push_back(at(i, 10, 10));
    std::stop_source stop;
    stop.request_stop();
    const auto r = simulate(replaying(std::move(lines)), stop.get_token());
    EXPECT_TRUE(r.cancelled);
    EXPECT_EQ(r.counters.requests, 0U);
}

TEST(Cancel, WhileRowsAreSortedOrPercentilesAreSoughtThereAreNone)
{
    std::stop_source stop;
    stop.request_stop();
    Scenario s = plain(); // too short a run for a look at the token on the way
    s.limits.requests = 100;
    for (const int replications : {1, 3}) {
        s.replications = replications;
        const auto r = simulate(s, stop.get_token());
        EXPECT_TRUE(r.cancelled);
        EXPECT_EQ(r.ttft.count, 0U);
        EXPECT_FALSE(r.ttft.ciHi.has_value());
    }
}

TEST(Cancel, OfASortLeavesItAtOnce)
{
    std::vector<int> values(300'000);
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = static_cast<int>(i * 7919 % values.size());
    auto sorted = values;
    std::stop_source stop;
    EXPECT_TRUE(sortUnlessStopped(sorted.begin(), sorted.end(), std::less<>{}, stop.get_token()));
    EXPECT_TRUE(std::ranges::is_sorted(sorted));
    std::uint64_t comparisons = 0;
    const auto stopping = [&](int a, int b) {
        if (++comparisons == 100'000)
            stop.request_stop();
        return a < b;
    };
    EXPECT_FALSE(sortUnlessStopped(values.begin(), values.end(), stopping, stop.get_token()));
    EXPECT_LT(comparisons, 200'000U);
}

TEST(ClosedLoop, KeepsAsManyRequestsInFlightAsThereAreClients)
{
    Scenario s = plain();
    s.workload.process = ArrivalProcess::closedLoop;
    s.workload.concurrency = 7;
    s.latency = {Seconds(0), Seconds(0), Seconds(0), Seconds(0)};
    const auto r = simulate(s);
    EXPECT_EQ(r.counters.completed, 300U);
    // Until the last are out there are always seven in the system.
    double tail = 0;
    for (const auto& row : r.rows)
        tail = std::max(tail, row.arrival);
    EXPECT_NEAR(r.inSystem.residence, 7 * r.simulatedSeconds, 7 * (r.simulatedSeconds - tail));
}

TEST(Retries, StopAtTheirNumberAndTheirBudget)
{
    Scenario s = plain();
    s.scheduling.clientTimeout = Seconds(0.05); // less than one answer takes
    s.scheduling.retries = 3;
    const auto r = simulate(s);
    EXPECT_EQ(r.counters.completed, 0U);
    EXPECT_EQ(r.counters.attempts, 4 * r.counters.requests);
    EXPECT_GT(r.counters.wastedTokens, 0U);
    s.clients.retryBudget = 0.1;
    const auto limited = simulate(s);
    EXPECT_LE(limited.counters.attempts, limited.counters.requests + limited.counters.requests / 10 + 1);
}

TEST(Retries, DoNotWaitBeyondTheLongestBackOff)
{
    Scenario s = plain();
    s.limits.requests = 1;
    s.scheduling.clientTimeout = Seconds(0.05);
    s.scheduling.retries = 100;
    s.scheduling.retryBackoff = Seconds(600);
    const auto all = simulate(s);
    EXPECT_EQ(all.counters.attempts, 101U);
    EXPECT_LE(all.simulatedSeconds, 101 * 86'401.0) << "doubled without end it is longer than the age of the universe";
    s.scheduling.retryBackoff = Seconds(1);
    s.scheduling.retryBackoffMost = Seconds(5);
    const auto rows = simulate(s).rows;
    ASSERT_EQ(rows.size(), 101U);
    const auto gap = [&](std::size_t i) { return rows[i].arrival - rows[i - 1].arrival; };
    EXPECT_NEAR(gap(3) - gap(2), 2, 1e-6) << "it doubles: 1, 2, 4";
    for (std::size_t i = 5; i < rows.size(); ++i)
        EXPECT_NEAR(gap(i), gap(4), 1e-6) << "then it stays at 5 s";
}

TEST(SplitPhases, PageTheirMemoryWhateverIsReserved)
{
    Scenario s = plain();
    s.batching.policy = BatchPolicy::disaggregated;
    s.replicas = 2;
    s.prefillReplicas = 1;
    s.batching.reservation = Reservation::paged;
    const auto paged = simulate(s).fingerprint;
    for (const auto reserved : {Reservation::maximum, Reservation::powerOfTwo, Reservation::oracle}) {
        s.batching.reservation = reserved;
        EXPECT_EQ(simulate(s).fingerprint, paged) << "the field says that it is ignored";
    }
}

} // namespace
} // namespace headroom::sim
