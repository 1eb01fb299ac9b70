// Prompts that begin with one of a few common texts, without hashes from a trace.
#include "core/sim/simulate.h"
#include "tests/core/sim/small_scenario.h"

#include <gtest/gtest.h>

#include <cmath>

namespace headroom::sim {
namespace {

/// `count` requests far apart, of which `prefixes` common beginnings of 160 tokens can be seen.
Scenario apart(int count, int prefixes, double skew, std::int64_t blocks)
{
    std::vector<Line> lines;
    for (int i = 0; i < count; ++i)
        lines.push_back({1.0 * i, 200, 5});
    Scenario s = tenMilliseconds(lines);
    s.kv = {.blocks = blocks, .blockTokens = 16};
    s.workload.sharedPrefixes = {prefixes, Tokens(160), skew};
    s.prefixCache = true;
    return s;
}

TEST(SharedPrefixes, AreComputedOnceEachWhileThereIsMemory)
{
    const auto r = simulate(apart(200, 3, 0, 1000));
    int computed = 0;
    for (const auto& row : r.rows) {
        computed += row.cachedTokens == 0 ? 1 : 0;
        EXPECT_TRUE(row.cachedTokens == 0 || row.cachedTokens == 160) << row.cachedTokens;
    }
    EXPECT_EQ(computed, 3);
    EXPECT_EQ(r.counters.cachedTokens, 197U * 160);
}

TEST(SharedPrefixes, APartOfABlockIsNotShared)
{
    Scenario s = apart(50, 1, 0, 1000);
    s.workload.sharedPrefixes.length = Tokens(175);
    for (std::size_t i = 1; i < 50; ++i)
        EXPECT_EQ(simulate(s).rows[i].cachedTokens, 160);
}

/// Hit rate of a cache that keeps the most popular, the best that there is: by hand from the Zipf law.
double hitRateOfTheMostPopular(int prefixes, double skew, int kept)
{
    double all = 0, hits = 0;
    for (int k = 1; k <= prefixes; ++k) {
        all += std::pow(k, -skew);
        hits += k <= kept ? std::pow(k, -skew) : 0;
    }
    return hits / all;
}

TEST(SharedPrefixes, LeastRecentlyUsedOnesAreForgottenWhenMemoryIsShort)
{
    // 213 blocks: 13 for the running request, 10 for each of 20 prefixes besides its own, out of 60.
    const auto hitRate = [](double skew) {
        return static_cast<double>(simulate(apart(4000, 60, skew, 213)).counters.cachedTokens) / (4000.0 * 160);
    };
    const double uniform = hitRate(0), skewed = hitRate(1.2);
    EXPECT_NEAR(uniform, 21.0 / 60, 0.03); // which ones are kept does not matter
    EXPECT_GT(skewed, uniform + 0.2);
    EXPECT_LT(skewed, hitRateOfTheMostPopular(60, 1.2, 21)); // LRU is no oracle
}

TEST(SharedPrefixes, ADeadlineKnowsWhatIsInTheCache)
{
    // 200 tokens at 100 a step are two steps, with 160 of them in the cache one.
    Scenario s = apart(10, 1, 0, 1000);
    s.batching.tokenBudget = Tokens(100);
    s.scheduling.admission = Admission::deadline;
    s.targets.ttftP95 = Seconds(0.015);
    EXPECT_EQ(simulate(s).counters.completed, 0U); // nobody comes in, so that nothing is in the cache
    s.targets.ttftP95 = Seconds(0.025);
    const auto r = simulate(s);
    EXPECT_EQ(r.counters.completed, 10U);
    // Two prompts at once: the second waits for the first to be computed, unless it is in the cache.
    const auto twoAtOnce = [](int prefixes) {
        Scenario two = tenMilliseconds({{0, 200, 5}, {1, 200, 5}, {1, 200, 5}});
        two.workload.sharedPrefixes = {prefixes, Tokens(160), 0};
        two.prefixCache = prefixes > 0;
        two.batching.tokenBudget = Tokens(100);
        two.scheduling.admission = Admission::deadline;
        two.targets.ttftP95 = Seconds(0.035);
        return simulate(two).counters.rejected;
    };
    EXPECT_EQ(twoAtOnce(0), 1U);
    EXPECT_EQ(twoAtOnce(1), 0U);
}

TEST(SharedPrefixes, AnotherPolicySeesTheSameOnes)
{
    Scenario s = apart(100, 5, 1, 1000);
    const auto chunked = simulate(s);
    s.batching.policy = BatchPolicy::prefillFirst;
    const auto prefillFirst = simulate(s);
    for (std::size_t i = 0; i < 100; ++i)
        EXPECT_EQ(chunked.rows[i].cachedTokens, prefillFirst.rows[i].cachedTokens);
}

// What decodes have overwritten is not found any more, even if nobody was admitted in between.
TEST(SharedPrefixes, GrowingSequencesTakeTheMemoryOfIdlePrefixes)
{
    Scenario s = tenMilliseconds({{0, 160, 5}, {1, 17, 350}, {6, 160, 5}});
    s.kv = {.blocks = 24, .blockTokens = 16}; // the second one alone grows to 23 blocks
    s.workload.sharedPrefixes = {1, Tokens(160), 0};
    s.prefixCache = true;
    const auto r = simulate(s);
    EXPECT_EQ(r.rows[1].cachedTokens, 16); // one whole block of the same beginning
    EXPECT_EQ(r.rows[2].cachedTokens, 32); // its own and one that was left: 23 of 24 blocks were wanted
}

} // namespace
} // namespace headroom::sim
