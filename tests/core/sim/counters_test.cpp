// What is counted, on runs small enough to follow by hand.
#include "core/sim/simulate.h"
#include "core/sim/spans.h"
#include "tests/core/sim/small_scenario.h"

#include <gtest/gtest.h>

namespace headroom::sim {
namespace {

// Both prompts fill ten blocks of 16 and thirty are there: after 80 more tokens each the later one has to go.
Scenario twoThatOutgrowTheMemory()
{
    Scenario s = tenMilliseconds({{0, 160, 200}, {0, 160, 200}});
    s.batching.policy = BatchPolicy::prefillFirst;
    s.kv.blocks = 30;
    return s;
}

TEST(Wasted, IsWhatADisplacedSequenceHadComputed)
{
    const SimResult r = simulate(twoThatOutgrowTheMemory());
    EXPECT_EQ(r.counters.preemptions, 1U);
    EXPECT_EQ(r.counters.wastedTokens, 240U);
}

TEST(Wasted, LeavesOutWhatWasFoundInThePrefixCache)
{
    Scenario s = twoThatOutgrowTheMemory();
    for (RequestClass& c : s.classes)
        c.shape.prefixHitRate = 0.5; // 80 tokens of each prompt
    const SimResult r = simulate(s);
    EXPECT_EQ(r.counters.preemptions, 1U);
    EXPECT_EQ(r.counters.wastedTokens, 160U);
}

TEST(Wasted, CountsNothingTwiceWhenTheDisplacedGiveUpLater)
{
    Scenario s = twoThatOutgrowTheMemory();
    s.scheduling.clientTimeout = Seconds(3);
    const SimResult r = simulate(s);
    ASSERT_EQ(r.counters.timedOut, 1U);
    const RequestRow& late = r.rows[1];
    ASSERT_EQ(late.status, Status::timedOut);
    // 240 at the displacement; then all it had, prompt and 81 tokens, anew, and what came after them.
    EXPECT_EQ(r.counters.wastedTokens, 240U + (160 + 81) + static_cast<unsigned>(late.outputTokens - 81));
}

TEST(Attainment, CountsRequestsHoweverOftenTheirClientsTry)
{
    Scenario s = tenMilliseconds({{0, 10, 100}, {0, 10, 10}, {0.01, 10, 10}});
    s.batching.maxSequences = 1;
    s.scheduling.admission = Admission::queueCap;
    s.scheduling.queueCap = 1;
    s.scheduling.retries = 5;
    s.scheduling.retryBackoff = Seconds(1.2);
    const SimResult r = simulate(s);
    EXPECT_GT(r.counters.attempts, r.counters.requests);
    EXPECT_EQ(r.counters.good, 3U);
    EXPECT_EQ(r.attainment, 1);
}

TEST(Attainment, SaysWhereNothingWasMeasured)
{
    Scenario s = tenMilliseconds({{0, 10, 10}});
    s.record.warmupRequests = 5;
    EXPECT_EQ(simulate(s).counters.measured, 0U);
}

TEST(Warmup, IsAShareOfWhatAHorizonLetsIn)
{
    Scenario s = tenMilliseconds({});
    s.trace = nullptr;
    s.workload.process = ArrivalProcess::poisson;
    s.workload.arrivalRate = RequestRate(2);
    s.limits.requests = 100'000;
    s.limits.horizon = 100;
    const SimResult r = simulate(s);
    EXPECT_GT(r.e2e.count, 150U) << "ten of some 200 are left out, not five thousand";
}

TEST(Goodput, IsOfTheTimeInWhichRequestsCame)
{
    const SimResult r = simulate(tenMilliseconds({{0, 10, 100}, {1, 10, 100}, {2, 10, 100}}));
    EXPECT_EQ(r.counters.good, 3U);
    EXPECT_DOUBLE_EQ(r.goodputPerSecond, 3 / 2.0) << "the last answer ends a second after its request came";
}

TEST(Goodput, IsTheAttainedShareOfWhatCameAfterTheWarmUp)
{
    Scenario s = tenMilliseconds({});
    s.trace = nullptr;
    s.workload.process = ArrivalProcess::poisson;
    s.workload.arrivalRate = RequestRate(300); // many more than the seats serve
    s.classes = {RequestClass{}};
    s.targets.ttftP95 = Seconds(0.5);
    s.limits.requests = 20'000;
    const SimResult r = simulate(s);
    EXPECT_GT(r.counters.good, 0U) << "the first find an empty queue";
    EXPECT_EQ(r.attainment, 0);
    EXPECT_EQ(r.goodputPerSecond, 0);
    s.workload.arrivalRate = RequestRate(2);
    const SimResult light = simulate(s);
    EXPECT_NEAR(light.goodputPerSecond, 2 * light.attainment, 0.05);
}

TEST(RowsCsv, WritesTokensAsWholeNumbers)
{
    RequestRow row;
    row.promptTokens = 100'000;
    row.outputTokens = 200'000;
    EXPECT_NE(rowsCsv(std::span(&row, 1)).find(",100000,200000,"), std::string::npos);
}

} // namespace
} // namespace headroom::sim
