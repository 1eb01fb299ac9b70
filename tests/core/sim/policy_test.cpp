// What single policies and measures do, on runs small enough to follow by hand.
#include "core/evaluate.h"
#include "core/plan/catalog.h"
#include "core/sim/kv_blocks.h"
#include "core/sim/policy/order.h"
#include "core/sim/prefix_cache.h"
#include "core/sim/simulate.h"
#include "tests/core/sim/small_scenario.h"

#include <gtest/gtest.h>

#include <vector>

namespace headroom::sim {
namespace {

TEST(HeadOfLine, AShortRequestBehindALongOneIsBlockedForItsWholeWait)
{
    Scenario s = tenMilliseconds({{0, 10, 100}, {0, 10, 5}});
    s.batching.maxSequences = 1;
    s.record.headOfLine = true;
    const auto r = simulate(s);
    EXPECT_NEAR(*r.headOfLineMean, 1.0 / 2, 1e-9); // 100 steps of 10 ms, one of two requests
}

TEST(HeadOfLine, ALongRequestBehindAShortOneIsNot)
{
    Scenario s = tenMilliseconds({{0, 10, 5}, {0, 10, 100}});
    s.batching.maxSequences = 1;
    s.record.headOfLine = true;
    EXPECT_EQ(*simulate(s).headOfLineMean, 0);
}

TEST(ShortestFirst, LetsTheShorterPass)
{
    Scenario s = tenMilliseconds({{0, 10, 50}, {0.001, 10, 40}, {0.002, 10, 5}});
    s.batching.maxSequences = 1;
    EXPECT_LT(simulate(s).rows[1].finish, simulate(s).rows[2].finish);
    s.scheduling.order = Order::shortest;
    EXPECT_GT(simulate(s).rows[1].finish, simulate(s).rows[2].finish);
}

TEST(Priority, DisplacesRunningWorkOnlyWhenPreemptive)
{
    Scenario s = tenMilliseconds({{0, 10, 100, 0}, {0.105, 10, 5, 1}});
    s.classes[1].priority = 5;
    s.batching.maxSequences = 1;
    s.scheduling.order = Order::priority;
    const auto patient = simulate(s);
    EXPECT_NEAR(patient.rows[1].queue, 1.0 - 0.105, 1e-9);
    s.scheduling.preemptive = true;
    const auto preemptive = simulate(s);
    EXPECT_NEAR(preemptive.rows[1].queue, 0.005, 1e-9); // from the next step boundary on
    EXPECT_EQ(preemptive.counters.preemptions, 1U);
    EXPECT_EQ(preemptive.counters.completed, 2U);
}

// The displaced one used to come back from host memory at once, only to be displaced again, at every step.
TEST(Priority, ASequenceSwappedOutWaitsUntilTheHigherOneIsDone)
{
    Scenario s = tenMilliseconds({{0, 10, 100, 0}, {0.105, 10, 50, 1}});
    s.classes[1].priority = 5;
    s.batching.maxSequences = 1;
    s.batching.preemption = Preemption::swap;
    s.scheduling.order = Order::priority;
    s.scheduling.preemptive = true;
    const auto r = simulate(s);
    EXPECT_EQ(r.counters.preemptions, 1U);
    EXPECT_EQ(r.counters.swaps, 1U);
    EXPECT_NEAR(r.rows[1].queue, 0.005, 1e-9);
    EXPECT_NEAR(r.rows[1].finish, 0.11 + 50 * 0.01, 1e-9);
    EXPECT_NEAR(r.rows[0].finish, 1.5, 1e-9); // what the other one took longer
}

TEST(WeightedPriority, OnePreemptedGoesFirstAndItsClassDoesNotPayTwice)
{
    Scheduling scheduling;
    scheduling.order = Order::priority;
    scheduling.weighted = true;
    const OrderRow& weighted = orderPolicy(scheduling);
    OrderState state;
    const WaitingView request{.tokens = 100, .weight = 2};
    EXPECT_EQ(weighted.key(request, state), 50);
    state.served = 50; // it has been taken
    EXPECT_EQ(weighted.key(request, state), 100);
    WaitingView preempted = request;
    preempted.hasLostPlace = true;
    EXPECT_EQ(weighted.key(preempted, state), 50); // before the second of its class
    EXPECT_EQ(weighted.key(request, state), 150);  // which would be 200
}

TEST(Chunked, SpreadsAPromptOverStepsOfTheBudget)
{
    Scenario s = tenMilliseconds({{0, 1000, 3}});
    s.batching.tokenBudget = Tokens(256);
    const auto r = simulate(s);
    EXPECT_NEAR(r.rows[0].firstToken, 0.04, 1e-12); // 256 + 256 + 256 + 232
    EXPECT_NEAR(r.rows[0].finish, 0.06, 1e-12);
    EXPECT_EQ(r.counters.steps, 6U);
    EXPECT_LT(r.counters.leaps, 6U);
}

TEST(Static, WaitsForTheTimeoutAndAnswersTogether)
{
    Scenario s = tenMilliseconds({{0, 10, 5}, {0.02, 10, 20}});
    s.batching.policy = BatchPolicy::static_;
    s.batching.staticTimeout = Seconds(0.05);
    const auto r = simulate(s);
    EXPECT_NEAR(r.rows[0].queue, 0.05, 1e-12);
    EXPECT_NEAR(r.rows[1].queue, 0.03, 1e-12);
    EXPECT_NEAR(r.rows[0].finish, 0.05 + 20 * 0.01, 1e-12); // until the longest is done
    EXPECT_EQ(r.rows[0].finish, r.rows[1].finish);
    EXPECT_EQ(r.rows[0].firstToken, r.rows[0].finish); // nothing is streamed
}

TEST(PrefixCache, ASharedPrefixIsComputedOnceAndItsMemoryCountedOnce)
{
    auto trace = std::make_shared<Trace>();
    trace->hashBlockTokens = 64;
    trace->hashes = {1, 2, 3, 1, 2, 4};
    for (std::uint32_t i = 0; i < 2; ++i) {
        TraceRequest r;
        r.arrival = i;
        r.promptTokens = 192;
        r.outputTokens = 200;
        r.firstHash = 3 * i;
        r.hashCount = 3;
        trace->requests.push_back(r);
    }
    Scenario s = tenMilliseconds({});
    s.trace = trace;
    s.limits.requests = 2;
    s.prefixCache = true;
    const auto r = simulate(s);
    EXPECT_EQ(r.rows[0].cachedTokens, 0);
    EXPECT_EQ(r.rows[1].cachedTokens, 128);
    EXPECT_EQ(r.counters.cachedTokens, 128U);
    // Both run together at the peak: 25 blocks of the first, 17 of its own of the second (100 tokens later, 8 shared).
    EXPECT_LT(r.kvPeakFraction, 2 * 25.0 / 1000);
}

TEST(PrefixCache, ForgetsTheLeastRecentlyUsedFirst)
{
    PrefixCache cache(64, 4);
    for (const std::uint64_t hash : {1, 2, 3}) {
        EXPECT_TRUE(cache.insert(hash));
        EXPECT_TRUE(cache.drop(hash));
    }
    EXPECT_TRUE(cache.hold(1)); // used again
    EXPECT_TRUE(cache.drop(1));
    cache.shrinkIdle(8);
    const std::uint64_t two[] = {2}, one[] = {1}, three[] = {3};
    EXPECT_EQ(cache.match(two), 0U);
    EXPECT_EQ(cache.match(one), 1U);
    EXPECT_EQ(cache.match(three), 1U);
}

// The estimate took seats and memory for free: with 16 seats nearly all of those who were let in missed.
TEST(Deadline, LetsInHardlyAnybodyWhoMisses)
{
    for (const auto& [policy, sequences] : {std::pair(BatchPolicy::chunked, 16), {BatchPolicy::chunked, 256},
             {BatchPolicy::prefillFirst, 256}, {BatchPolicy::continuous, 64}}) {
        Plan plan = defaultPlan();
        plan.batching.policy = policy;
        plan.batching.maxSequences = sequences;
        plan.targets.ttftP95 = Seconds(0.5);
        plan.scheduling.admission = Admission::deadline;
        plan.workload.arrivalRate = 2 * Evaluator(plan).capacity();
        auto s = makeScenario(plan);
        ASSERT_TRUE(s.has_value());
        s->limits.requests = 6'000;
        s->record.rows = true;
        int admitted = 0, missed = 0;
        for (const RequestRow& row : simulate(*s).rows) {
            admitted += row.status == Status::completed ? 1 : 0;
            missed += row.status == Status::completed && row.firstToken - row.arrival > 0.5 ? 1 : 0;
        }
        EXPECT_GT(admitted, 1'500) << sequences;
        EXPECT_LT(missed, admitted / 4) << sequences << " sequences, policy " << int(policy);
    }
}

TEST(Buddy, HoldsSevenMaximumReservationsOfOrcaOnOpt13b)
{
    BuddyAllocator buddy(15728); // PAPERS.md A1 and A2: slots of OPT-13B on 12 GB, 2048 tokens each
    int held = 0;
    for (; buddy.has(2048); ++held)
        buddy.take(2048);
    EXPECT_EQ(held, 7);
}

TEST(Buddy, JoinsWhatItSplit)
{
    BuddyAllocator buddy(1024);
    std::vector<std::int64_t> starts;
    for (int i = 0; i < 64; ++i)
        starts.push_back(buddy.take(16));
    EXPECT_FALSE(buddy.has(1));
    for (const auto start : starts)
        buddy.give(start, 16);
    EXPECT_TRUE(buddy.has(1024));
}

} // namespace
} // namespace headroom::sim
