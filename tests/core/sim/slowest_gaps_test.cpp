// The mean of the slowest tenth of the gaps of each single request, against what can be said of it.
#include "core/sim/gap_log.h"
#include "core/sim/simulate.h"
#include "core/sim/spans.h"
#include "tests/core/sim/random_scenario.h"
#include "tests/core/sim/reference_engine.h"
#include "tests/core/sim/small_scenario.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace headroom::sim {
namespace {

TEST(SlowestGaps, OfEqualGapsAreThatGap)
{
    Scenario s = tenMilliseconds({{0, 100, 50}, {0.003, 200, 7}, {0.1, 10, 2}, {0.2, 10, 1}});
    s.record.slowestGaps = true;
    const auto rows = simulate(s).rows;
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_NEAR(rows[i].slowestGaps, 0.01, 1e-12);
    EXPECT_EQ(rows[3].slowestGaps, 0); // an answer of one token has no gaps
}

// Prompts first: the second request comes when the first decodes, and its prompt is one step more between two tokens.
TEST(SlowestGaps, HoldTheStallByThePromptOfAnother)
{
    Scenario s = tenMilliseconds({{0, 100, 21}, {0.055, 100, 21}});
    s.batching.policy = BatchPolicy::prefillFirst;
    s.record.slowestGaps = true;
    const auto rows = simulate(s).rows;
    EXPECT_NEAR(rows[0].slowestGaps, (0.02 + 0.01) / 2, 1e-12); // two of 20 gaps
    EXPECT_NEAR(rows[1].slowestGaps, 0.01, 1e-12);
}

TEST(SlowestGaps, AreZeroUnlessAskedFor)
{
    const auto rows = simulate(tenMilliseconds({{0, 100, 50}})).rows;
    EXPECT_EQ(rows[0].slowestGaps, 0);
}

TEST(SlowestGaps, AreTheLastColumnOfTheTable)
{
    Scenario s = tenMilliseconds({{0, 100, 5}});
    s.physics.law = [](double, double, double) { return StepLaw{.base = 0.5}; };
    s.record.slowestGaps = true;
    const std::string table = rowsCsv(simulate(s).rows);
    EXPECT_NE(table.find(",slowest_gaps_s\r\n"), std::string::npos);
    EXPECT_TRUE(table.ends_with(",completed,0,0,,0.5\r\n")) << table;
}

TEST(SlowestGaps, LieBetweenTheMeanGapAndTheWholeAnswer)
{
    int seen = 0;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        Scenario s = randomScenario(BatchPolicy::chunked, seed);
        s.record.slowestGaps = true;
        s.latency = {Seconds(0), Seconds(0), Seconds(0), Seconds(0)};
        for (const auto& row : simulate(s).rows) {
            if (row.status != Status::completed || row.outputTokens < 2)
                continue;
            const double whole = row.finish - row.firstToken, rounding = 1e-9 * (1 + row.finish);
            EXPECT_GE(row.slowestGaps, whole / (row.outputTokens - 1) - rounding);
            EXPECT_LE(row.slowestGaps, whole + rounding);
            ++seen;
        }
    }
    EXPECT_GT(seen, 1000);
}

TEST(SlowestGaps, ChangeNothingElse)
{
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        Scenario s = randomScenario(BatchPolicy::disaggregated, seed);
        s.record.slowestGaps = false;
        const auto without = simulate(s);
        s.record.slowestGaps = true;
        const auto with = simulate(s);
        EXPECT_EQ(without.fingerprint, with.fingerprint);
        EXPECT_EQ(without.counters, with.counters);
    }
}

// More leaps than a log keeps: what nobody needs is forgotten, and what the long answers need is not.
TEST(SlowestGaps, OfLongAnswersAmongManyShortOnesAreThoseOfStepByStep)
{
    std::vector<Line> lines{{0, 50, 6000}, {9.0001, 50, 4000}};
    for (int i = 0; i < 3000; ++i)
        lines.push_back({0.0137 + 0.01931 * i, 10 + i % 7, 1 + i % 5});
    std::ranges::sort(lines, {}, &Line::arrival);
    Scenario s = tenMilliseconds(lines);
    s.physics.law = [](double decodes, double tokens, double) {
        return StepLaw{.base = 0.005 + 1e-4 * decodes + 1e-5 * tokens};
    };
    s.record.slowestGaps = true;
    const auto plain = reference::run(s);
    ASSERT_FALSE(plain.nearTie);
    const auto leaping = simulate(s);
    ASSERT_GT(leaping.counters.leaps, 3000U);
    for (std::size_t i = 0; i < plain.rows.size(); ++i)
        ASSERT_NEAR(leaping.rows[i].slowestGaps, plain.rows[i].slowestGaps, 1e-9) << i;
}

TEST(SlowestGaps, ALogForgetsOnlyWhatCameBefore)
{
    GapLog log;
    for (std::int64_t i = 0; i < 3000; ++i)
        log.add(2 * i, {.start = 2.0 * static_cast<double>(i), .first = 1, .increment = 0, .steps = 2},
            2.0 * static_cast<double>(i));
    EXPECT_TRUE(log.isFull());
    log.forgetBefore(5000);
    EXPECT_FALSE(log.isFull());
    std::vector<double> gaps;
    log.collect(5000, 4999.5, gaps);
    EXPECT_EQ(gaps.size(), 1000U);
    EXPECT_EQ(gaps[0], 1.5);
    EXPECT_EQ(gaps[1], 1);
}

} // namespace
} // namespace headroom::sim
