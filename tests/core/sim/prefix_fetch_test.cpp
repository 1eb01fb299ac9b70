// Prefixes that come from another replica.
#include "core/plan/catalog.h"
#include "core/sim/policy/routing.h"
#include "core/sim/simulate.h"
#include "tests/core/sim/small_scenario.h"

#include <gtest/gtest.h>

#include <numeric>

namespace headroom::sim {
namespace {

constexpr int kBlock = 16;

/// A replica computes 10,000 prompt tokens a second and fetches `perSecond`; all prompts begin with the same ones of the
/// numbers 0, 1, 2, ...
Scenario twoReplicas(const std::vector<Line>& lines, double perSecond, double factor = 1)
{
    Scenario s = tenMilliseconds(lines);
    auto trace = std::make_shared<Trace>(*s.trace);
    trace->hashBlockTokens = kBlock;
    for (auto& r : trace->requests) {
        r.firstHash = 0;
        r.hashCount = static_cast<std::uint32_t>(r.promptTokens / kBlock);
    }
    trace->hashes.resize(1000);
    std::iota(trace->hashes.begin(), trace->hashes.end(), 0U);
    s.trace = trace;
    s.physics.law = [](double, double tokens, double) { return StepLaw{.base = 0.001 + 1e-4 * tokens}; };
    s.replicas = 2;
    s.batching.tokenBudget = Tokens(100'000);
    s.prefixCache = true;
    s.router = Router::prefixFetching;
    s.prefixFetch = {.secondsPerToken = 1 / perSecond, .factor = factor};
    return s;
}

// The first request teaches replica 0; the second keeps it busy with a long answer of its own; the third finds it busy.
std::vector<Line> busyTeacher() { return {{0, 1600, 1}, {1, 8000, 2}, {1.001, 1640, 2}}; }

TEST(PrefixFetch, TakesAPrefixWhereItsReplicaIsBusy)
{
    const auto r = simulate(twoReplicas(busyTeacher(), 1e6));
    EXPECT_EQ(r.rows[1].replica, 0);
    EXPECT_EQ(r.rows[2].replica, 1);
    EXPECT_EQ(r.rows[2].cachedTokens, 1600);
    EXPECT_EQ(r.counters.fetches, 1U);
    EXPECT_EQ(r.counters.fetchedTokens, 1600U);
    // 1,600 tokens over the link, then 40 tokens computed.
    EXPECT_NEAR(r.rows[2].firstToken - r.rows[2].arrival, 1600e-6 + 0.001 + 40e-4, 1e-9);
}

TEST(PrefixFetch, OverASlowLinkIsNoBetterThanToWait)
{
    const auto r = simulate(twoReplicas(busyTeacher(), 1e3)); // 1.6 s, when replica 0 is free in 0.64 s
    EXPECT_EQ(r.rows[2].replica, 0);
    EXPECT_EQ(r.counters.fetches, 0U);
}

TEST(PrefixFetch, DoesNotHappenWhereThePrefixAtHandIsAsLong)
{
    constexpr PrefixFetch kFetch{.secondsPerToken = 1e-6, .factor = 1};
    EXPECT_EQ(prefixOffer(1600, 1600, kFetch).fetched, 0);
    EXPECT_EQ(prefixOffer(1600, 0, kFetch).fetched, 0);
    EXPECT_EQ(prefixOffer(0, 0, kFetch).fetched, 0);
    EXPECT_EQ(prefixOffer(0, 1600, kFetch).fetched, 1600);
    EXPECT_EQ(prefixOffer(800, 1600, kFetch).tokens(), 1600);
    // Both have it after the first fetch.
    auto lines = busyTeacher();
    lines.push_back({20, 8000, 2});
    lines.push_back({20.001, 1640, 2});
    EXPECT_EQ(simulate(twoReplicas(lines, 1e6)).counters.fetches, 1U);
}

TEST(PrefixFetch, WantsAPrefixLongerByTheFactor)
{
    constexpr PrefixFetch kTwice{.secondsPerToken = 1e-6, .factor = 2};
    EXPECT_EQ(prefixOffer(800, 1600, kTwice).fetched, 0);
    EXPECT_EQ(prefixOffer(784, 1600, kTwice).fetched, 816);
}

TEST(PrefixFetch, NeverMakesFewerTokensCached)
{
    for (std::int64_t local = 0; local <= 3200; local += 400)
        for (std::int64_t longest = local; longest <= 3200; longest += 400)
            for (const double factor : {1.0, 1.5, 4.0})
                EXPECT_GE(prefixOffer(local, longest, {.secondsPerToken = 1e-6, .factor = factor}).tokens(), local);
}

/// Many conversations, each of whose turns begins with all of the turn before.
Scenario conversations(double factor)
{
    Scenario s = twoReplicas({}, 1e6, factor);
    auto trace = std::make_shared<Trace>();
    trace->hashBlockTokens = kBlock;
    constexpr std::uint32_t kTalks = 40, kTurns = 10, kBlocksOfTurn = 20;
    trace->hashes.resize(kTalks * kTurns * kBlocksOfTurn);
    std::iota(trace->hashes.begin(), trace->hashes.end(), 0U);
    for (std::uint32_t turn = 0; turn < kTurns; ++turn)
        for (std::uint32_t talk = 0; talk < kTalks; ++talk) {
            TraceRequest r;
            r.arrival = 0.01 * static_cast<double>(turn * kTalks + talk) + 0.001 * (talk * 7 % 13);
            r.firstHash = talk * kTurns * kBlocksOfTurn;
            r.hashCount = (turn + 1) * kBlocksOfTurn;
            r.promptTokens = static_cast<std::int32_t>(r.hashCount * kBlock + 5);
            r.outputTokens = static_cast<std::int32_t>(1 + talk % 9);
            trace->requests.push_back(r);
        }
    s.trace = trace;
    s.limits.requests = trace->requests.size();
    s.replicas = 4;
    s.kv.blocks = 20'000; // all of it fits in each
    return s;
}

TEST(PrefixFetch, FindsAsMuchAsOneCacheWouldWhereMemoryIsAmple)
{
    const auto fetching = simulate(conversations(1));
    const auto blind = [] {
        Scenario s = conversations(1);
        s.prefixFetch.reset();
        s.router = Router::random;
        return simulate(s);
    }();
    for (const auto& row : fetching.rows) // all of the turn before, wherever it was computed
        EXPECT_EQ(row.cachedTokens, row.request < 40 ? 0 : row.promptTokens - 5 - 20 * kBlock);
    EXPECT_GT(fetching.counters.fetches, 0U);
    EXPECT_GT(fetching.counters.cachedTokens, blind.counters.cachedTokens);
    EXPECT_LT(fetching.ttft.mean, blind.ttft.mean);
}

TEST(PrefixFetch, KeepsAccountsInSplitFleetsWithLittleMemoryAndImpatientClients)
{
    Scenario s = conversations(1);
    s.batching.policy = BatchPolicy::disaggregated;
    s.prefillReplicas = 3;
    s.kv.blocks = 400;
    s.prefixFetch->secondsPerToken = 1e-4;
    s.scheduling.clientTimeout = Seconds(0.4);
    s.scheduling.retries = 1;
    const auto r = simulate(s), again = simulate(s);
    EXPECT_EQ(r.fingerprint, again.fingerprint);
    EXPECT_EQ(r.rows, again.rows);
    EXPECT_EQ(
        r.counters.completed + r.counters.timedOut + r.counters.rejected + r.counters.unfinished, r.counters.attempts);
    EXPECT_GT(r.counters.fetches, 10U);
    EXPECT_GT(r.counters.timedOut, 10U);
    EXPECT_GT(r.counters.completed, 10U);
    for (const auto& station : {r.inQueue, r.inPrefill, r.inDecode, r.inSystem}) // Little's law on the path
        EXPECT_NEAR(station.area, station.residence, 1e-6 * (1 + station.area));
}

TEST(PrefixFetch, IsARouterOfAPlanWhereThereIsACacheAndALink)
{
    Plan plan = defaultPlan();
    plan.deployment.replicas = 4;
    plan.deployment.router = Router::prefixFetching;
    plan.workload.sharedPrefixes = {20, Tokens(2000), 1};
    const auto fetching = makeScenario(plan);
    ASSERT_TRUE(fetching && fetching->prefixFetch);
    // 128 KiB of an 8B model's KV, over a link of hundreds of GB/s.
    EXPECT_GT(fetching->prefixFetch->secondsPerToken, 1e-8);
    EXPECT_LT(fetching->prefixFetch->secondsPerToken, 1e-5);

    auto aware = makeScenario([&] {
        Plan p = plan;
        p.deployment.router = Router::prefixAware;
        return p;
    }());
    ASSERT_TRUE(aware.has_value());
    const auto cached = [](Scenario s) {
        s.limits.requests = 2000;
        return simulate(s).counters.cachedTokens;
    };
    EXPECT_GT(cached(*fetching), 0U);
    EXPECT_GE(cached(*fetching), cached(*aware)); // what lies anywhere is found

    plan.workload.sharedPrefixes.count = 0;
    EXPECT_FALSE(makeScenario(plan)->prefixFetch.has_value()); // nothing to fetch; it still runs
    EXPECT_EQ(simulate([&] {
        Scenario s = *makeScenario(plan);
        s.limits.requests = 200;
        return s;
    }())
                  .counters.completed,
        200U);
    plan.workload.sharedPrefixes.count = 20;
    plan.batching.reservation = Reservation::oracle;
    EXPECT_FALSE(makeScenario(plan)->prefixFetch.has_value());
}

TEST(PrefixFetch, IsSeenByADeadline)
{
    // 1,600 tokens, that keep nobody; 8,000 of a class that has time; 3,000, of which 1,400 are left after a fetch.
    Scenario s = twoReplicas({{0, 1600, 1}, {1, 8000, 2, 1}, {1.001, 3000, 2}}, 1e6);
    s.scheduling.admission = Admission::deadline;
    s.classes[1].ttftTarget = Seconds(10);
    s.targets.ttftP95 = Seconds(0.17);
    EXPECT_EQ(simulate(s).counters.rejected, 0U); // 0.1426 s
    s.prefixFetch->secondsPerToken = 1e-4;
    const auto r = simulate(s); // 0.301 s, and as much where there is nothing to compute before
    EXPECT_EQ(r.rows[2].rejection, Rejection::deadline);
}

} // namespace
} // namespace headroom::sim
