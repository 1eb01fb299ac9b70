// Laws that hold on every sample path, on random plans of every policy.
#include "core/sim/replications.h"
#include "core/sim/simulate.h"
#include "tests/core/sim/random_scenario.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace headroom::sim {
namespace {

constexpr BatchPolicy kPolicies[] = {BatchPolicy::static_, BatchPolicy::continuous, BatchPolicy::prefillFirst,
    BatchPolicy::chunked, BatchPolicy::disaggregated};
constexpr std::uint64_t kPlans = 100;

template <class Check>
void onRandomPlans(const Check& check)
{
    for (const auto policy : kPolicies)
        for (std::uint64_t seed = 10'000; seed < 10'000 + kPlans; ++seed) {
            Scenario s = randomScenario(policy, seed);
            s.scheduling.retries = static_cast<int>(seed % 3);
            s.scheduling.retryBackoff = Seconds(0.2);
            s.scheduling.admission = static_cast<Admission>(seed % 5);
            s.scheduling.queueCap = 5;
            s.scheduling.bucketRate = RequestRate(20);
            s.scheduling.bucketBurst = 5;
            s.router = static_cast<Router>(seed / 5 % 6);
            SCOPED_TRACE("seed " + std::to_string(seed) + ": " + describe(s));
            check(s, simulate(s));
            if (::testing::Test::HasFailure())
                return;
        }
}

TEST(LittlesLaw, HoldsOnTheSamplePathOfEveryStation)
{
    onRandomPlans([](const Scenario&, const SimResult& r) {
        for (const auto& station : {r.inQueue, r.inPrefill, r.inDecode, r.inSystem})
            EXPECT_NEAR(station.area, station.residence, 1e-9 * std::max(1.0, station.residence));
    });
}

TEST(Conservation, EveryAttemptEndsInExactlyOneWay)
{
    onRandomPlans([](const Scenario& s, const SimResult& r) {
        const auto& c = r.counters;
        EXPECT_EQ(c.attempts, c.completed + c.rejected + c.timedOut + c.unfinished);
        EXPECT_LE(c.requests, s.limits.requests);
        if (std::isinf(s.limits.horizon)) { // from empty to empty
            EXPECT_EQ(c.requests, s.limits.requests);
            EXPECT_EQ(c.unfinished, 0U);
        }
        EXPECT_EQ(r.rows.size(), c.attempts);
        EXPECT_LE(c.completed, c.requests);
        std::uint64_t reasons = 0;
        for (const auto n : c.rejections)
            reasons += n;
        EXPECT_EQ(reasons, c.rejected);
    });
}

TEST(Causality, NoTokenBeforeItsPrefillAndNoPrefillBeforeArrival)
{
    onRandomPlans([](const Scenario& s, const SimResult& r) {
        const double before = s.latency.network.si() / 2 + s.latency.frontend.si() + s.latency.retrieval.si();
        for (const auto& row : r.rows) {
            EXPECT_GE(row.queue, 0);
            EXPECT_GE(row.finish, row.firstToken);
            if (row.outputTokens > 0) { // a step takes time
                EXPECT_GT(row.firstToken, row.arrival + before + row.queue);
            }
        }
    });
}

TEST(Memory, IsNeverOverfilledAndAllOfItReturns)
{
    // Overfilling, and blocks that are still held at the end, stop the program: the run itself checks both.
    onRandomPlans([](const Scenario&, const SimResult& r) {
        EXPECT_LE(r.kvPeakFraction, 1);
        EXPECT_GE(r.kvFraction, 0);
        EXPECT_LE(r.kvFraction, r.kvPeakFraction + 1e-12);
    });
}

void expectSameBytesOnAnyNumberOfThreads(Scenario s)
{
    const SimResult one = simulate(s);
    for (const int threads : {2, 5, 64}) {
        s.threads = threads;
        const SimResult many = simulate(s);
        EXPECT_EQ(one.fingerprint, many.fingerprint);
        EXPECT_EQ(one.counters, many.counters);
        EXPECT_EQ(one.ttft, many.ttft);
        EXPECT_EQ(one.e2e, many.e2e);
        EXPECT_EQ(one.itl, many.itl);
        EXPECT_EQ(one.rows, many.rows);
        EXPECT_EQ(one.series.waiting, many.series.waiting);
        EXPECT_EQ(one.seriesBand.mean.waiting, many.seriesBand.mean.waiting);
        EXPECT_EQ(one.seriesBand.half.waiting, many.seriesBand.half.waiting);
    }
    ++s.seed;
    if (one.counters.completed > 0) { // who only turns away at regular times leaves nothing to chance
        EXPECT_NE(one.fingerprint, simulate(s).fingerprint);
    }
}

TEST(Determinism, SameSeedSameBytesOnAnyNumberOfThreads)
{
    constexpr ArrivalProcess kProcesses[] = {ArrivalProcess::poisson, ArrivalProcess::gamma, ArrivalProcess::weibull,
        ArrivalProcess::deterministic, ArrivalProcess::mmpp2, ArrivalProcess::diurnal, ArrivalProcess::closedLoop};
    for (const auto policy : kPolicies)
        for (std::uint64_t seed = 0; seed < 7; ++seed) {
            Scenario s = randomScenario(policy, seed);
            s.trace.reset();
            s.workload.process = kProcesses[seed];
            s.workload.arrivalCv = 2;
            s.workload.concurrency = 20;
            s.workload.arrivalRate = RequestRate(8);
            for (auto& c : s.classes)
                c.shape = {{LengthShape::lognormal, 60, 1.0, {}}, {LengthShape::lognormal, 20, 0.8, {}}, 0};
            s.limits.requests = 400;
            s.replications = 6;
            SCOPED_TRACE("seed " + std::to_string(seed) + ": " + describe(s));
            expectSameBytesOnAnyNumberOfThreads(s);
            if (::testing::Test::HasFailure())
                return;
        }
}

TEST(CommonRandomNumbers, AnotherPolicySeesTheSameRequests)
{
    Scenario s = randomScenario(BatchPolicy::chunked, 8);
    s.trace.reset();
    s.workload.process = ArrivalProcess::poisson;
    s.workload.arrivalRate = RequestRate(5);
    s.limits.requests = 500;
    s.scheduling = {};
    s.batchingRow = nullptr;
    s.router = Router::random;
    const SimResult chunked = simulate(s);
    s.batching.policy = BatchPolicy::prefillFirst;
    s.router = Router::joinShortest;
    const SimResult prefillFirst = simulate(s);
    ASSERT_EQ(chunked.rows.size(), prefillFirst.rows.size());
    for (std::size_t i = 0; i < chunked.rows.size(); ++i) {
        EXPECT_EQ(chunked.rows[i].arrival, prefillFirst.rows[i].arrival);
        EXPECT_EQ(chunked.rows[i].promptTokens, prefillFirst.rows[i].promptTokens);
    }
}

/// Mean queueing of each of ten runs, s: the i-th of another number of replicas sees the same requests.
std::vector<double> meanQueues(Scenario s, int replicas)
{
    s.replicas = replicas;
    std::vector<double> means;
    for (s.seed = 1; s.seed <= 10; ++s.seed)
        means.push_back(simulate(s).queue.mean);
    return means;
}

Scenario fleetScenario(BatchPolicy policy)
{
    Scenario s;
    s.classes = {RequestClass{}};
    s.physics = affinePhysics(0.01, 1e-4, 5e-5, 1e-6);
    s.kv = {.blocks = 2000, .blockTokens = 16};
    s.batching.policy = policy;
    s.batching.maxSequences = 16;
    s.router = Router::joinShortest;
    s.limits.requests = 2000;
    return s;
}

/// The mean queue of one replica more is not above that of the last number, but for what chance makes of the difference on
/// the same requests.
void expectNoLongerQueues(const Scenario& s)
{
    auto fewer = meanQueues(s, 1);
    for (const int replicas : {2, 3, 4}) {
        auto more = meanQueues(s, replicas);
        const auto d = pairedDifference(more, fewer);
        EXPECT_LE(d->mean, d->half) << s.workload.arrivalRate.si() << " req/s, " << replicas << " replicas";
        fewer = std::move(more);
    }
}

// Static batches are no case of it: a batch waits to be full, and of two replicas each takes longer to be.
TEST(Replicas, AnotherOneDoesNotLengthenTheMeanQueue)
{
    for (const auto policy : {BatchPolicy::chunked, BatchPolicy::prefillFirst, BatchPolicy::continuous}) {
        SCOPED_TRACE("policy " + std::to_string(static_cast<int>(policy)));
        for (const double rate : {1.0, 4.0, 8.0, 16.0}) {
            Scenario s = fleetScenario(policy);
            s.workload.arrivalRate = RequestRate(rate);
            expectNoLongerQueues(s);
        }
        SCOPED_TRACE("requests that vary, in bursts, little memory, the shortest first");
        Scenario s = fleetScenario(policy);
        s.workload.arrivalRate = RequestRate(6);
        s.workload.process = ArrivalProcess::gamma;
        s.workload.arrivalCv = 3;
        s.classes[0].shape.prompt = {LengthShape::lognormal, 600, 1.2, {}};
        s.classes[0].shape.output = {LengthShape::lognormal, 150, 1.2, {}};
        s.kv.blocks = 400;
        s.batching.maxSequences = 64;
        expectNoLongerQueues(s);
        s.scheduling.order = Order::shortest;
        expectNoLongerQueues(s);
    }
}

} // namespace
} // namespace headroom::sim
