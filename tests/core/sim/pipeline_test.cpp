// Micro-batches in the stages of a pipeline (MODEL.md 6.2): what they wait for, and what that costs.
#include "core/sim/simulate.h"
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

constexpr double kStage = 0.01, kPerToken = 0.001; ///< s: of a micro-batch on a stage, and of a further prompt token

/// `stages` stages; a micro-batch takes kStage on each, and kPerToken for every prompt token but the first.
Scenario pipeline(std::vector<Line> lines, int stages)
{
    Scenario s = tenMilliseconds(std::move(lines));
    s.stages = stages;
    s.batching.policy = BatchPolicy::continuous;
    s.record.warmupRequests = 0;
    s.physics.law = [stages](double, double prefillTokens, double prompts) {
        return StepLaw{.base = stages * (kStage + kPerToken * (prefillTokens - prompts))};
    };
    return s;
}

double end(const SimResult& r)
{
    double last = 0;
    for (const auto& row : r.rows)
        last = std::max(last, row.finish);
    return last;
}

/// Share of the time until the last answer in which a stage is idle, all stages together.
double idleShare(const Scenario& s, const SimResult& r)
{
    double work = 0;
    for (const auto& row : r.rows)
        work += kPerToken * row.promptTokens;
    work += (kStage - kPerToken) * static_cast<double>(r.counters.steps); // so much less for a chunk's first token
    EXPECT_EQ(s.maxContext, Scenario{}.maxContext);
    return 1 - work / end(r);
}

TEST(Pipeline, EqualMicroBatchesIdleOnlyWhileItFillsAndDrains)
{
    constexpr int kOutput = 100;
    for (const int stages : {1, 2, 4, 7}) {
        const std::vector<Line> lines(static_cast<std::size_t>(stages), Line{0, 1, kOutput});
        const SimResult r = simulate(pipeline(lines, stages));
        EXPECT_EQ(r.counters.steps, static_cast<std::uint64_t>(stages * kOutput));
        EXPECT_NEAR(end(r), (stages * kOutput + stages - 1) * kStage, 1e-9) << stages << " stages";
    }
}

TEST(Pipeline, FewerMicroBatchesThanStagesLeaveTheOthersIdle)
{
    const SimResult r = simulate(pipeline({{0, 1, 50}, {0, 1, 50}}, 4));
    EXPECT_NEAR(end(r), 50 * 4 * kStage + kStage, 1e-9); // a token of each in the time of four stages
}

TEST(Pipeline, OneStageIsNoPipeline)
{
    for (std::uint64_t seed = 1; seed < 20; ++seed) {
        Scenario s = randomScenario(BatchPolicy::chunked, seed);
        const SimResult before = simulate(s);
        s.physics = ofMicroBatch(s.physics, 1);
        EXPECT_EQ(before.fingerprint, simulate(s).fingerprint);
    }
}

/// When the micro-batches leave that enter in this order: the recursion of a tandem. ready[i] is when micro-batch i can
/// enter at the earliest, seconds[i] what it takes on each stage.
class Tandem {
public:
    explicit Tandem(std::size_t stages) : m_left(stages, 0) {}
    double pass(double ready, double seconds)
    {
        double at = ready;
        for (double& left : m_left)
            at = left = std::max(at, left) + seconds;
        return at;
    }
    double entrance() const { return m_left.front(); }

private:
    std::vector<double> m_left;
};

TEST(Pipeline, ALongPromptBesideDecodesIsATandem)
{
    // Three sequences decode in micro-batches of their own when a prompt of 1,000 tokens comes to the fourth.
    constexpr int kOutput = 60, kLate = 5, kPrompt = 1000;
    constexpr double kCome = 0.502;
    const SimResult r =
        simulate(pipeline({{0, 1, kOutput}, {0, 1, kOutput}, {0, 1, kOutput}, {kCome, kPrompt, kLate}}, 4));

    Tandem tandem(4);
    std::vector<double> left{0, 0, 0, kCome};
    std::vector<int> tokens{kOutput, kOutput, kOutput, kLate};
    bool isPrompt = true;
    for (;;) { // whoever has been back longest enters first; the prompt when the entrance is free after it has come
        std::size_t next = 4;
        for (std::size_t i = 0; i < 4; ++i)
            if (tokens[i] > 0 && (next == 4 || left[i] < left[next]))
                next = i;
        if (next == 4)
            break;
        const bool isLong = next == 3 && isPrompt;
        left[next] = tandem.pass(left[next], isLong ? kStage + kPerToken * (kPrompt - 1) : kStage);
        isPrompt = isPrompt && !isLong;
        --tokens[next];
    }
    ASSERT_EQ(r.rows.size(), 4U);
    for (std::size_t i = 0; i < 4; ++i)
        EXPECT_NEAR(r.rows[i].finish, left[i], 1e-9) << "sequence " << i;
    EXPECT_NEAR(r.rows[3].firstToken, 0.51 + 4 * (kStage + kPerToken * (kPrompt - 1)), 1e-9);
    EXPECT_GT(r.rows[0].finish, kOutput * 4 * kStage + 3.5); // the others have waited behind it
}

TEST(Pipeline, ChunksIdleLessThanWholePrompts)
{
    std::vector<Line> lines;
    for (int i = 0; i < 200; ++i)
        lines.push_back({0.05 * i, i % 7 == 0 ? 900 : 60, 20 + i % 50});
    Scenario whole = pipeline(lines, 4);
    Scenario chunks = whole;
    chunks.batching.policy = BatchPolicy::chunked;
    chunks.batching.tokenBudget = Tokens(64);
    const SimResult a = simulate(whole), b = simulate(chunks);
    EXPECT_LT(b.itl.p99, 0.5 * a.itl.p99);
    EXPECT_LT(idleShare(chunks, b), idleShare(whole, a));
}

TEST(Pipeline, WorkIsConservedUnderEveryPolicy)
{
    for (const auto policy :
        {BatchPolicy::continuous, BatchPolicy::prefillFirst, BatchPolicy::chunked, BatchPolicy::disaggregated})
        for (std::uint64_t seed = 1; seed <= 150; ++seed) {
            Scenario s = randomScenario(policy, seed);
            s.stages = 2 + static_cast<int>(seed % 4);
            s.scheduling.retries = static_cast<int>(seed % 3);
            s.record.slowestGaps = seed % 2 == 0;
            s.record.headOfLine = seed % 3 == 0;
            SCOPED_TRACE("seed " + std::to_string(seed) + ", " + describe(s));
            const SimResult r = simulate(s); // the run itself sees that all memory comes back
            EXPECT_EQ(r.counters.attempts,
                r.counters.completed + r.counters.rejected + r.counters.timedOut + r.counters.unfinished);
            for (const auto& station : {r.inQueue, r.inPrefill, r.inDecode, r.inSystem})
                EXPECT_NEAR(station.area, station.residence, 1e-9 * std::max(1.0, station.residence));
            if (std::isinf(s.limits.horizon)) {
                EXPECT_EQ(r.counters.unfinished, 0U);
            }
            EXPECT_LE(r.busyFraction, 1 + 1e-9);
            EXPECT_EQ(r.fingerprint, simulate(s).fingerprint);
            if (testing::Test::HasFailure())
                return;
        }
}

TEST(Pipeline, AMicroBatchHasTheLawOfItsOwnTokens)
{
    // A law that shares a step out evenly: what four micro-batches of two decodes and ten tokens take together.
    const Physics all = affinePhysics(0.02, 0.001, 0.0005, 1e-6, 1e-8, 1e-7);
    const StepLaw one = ofMicroBatch(all, 4).law(2, 10, 1), four = all.law(8, 40, 4);
    EXPECT_DOUBLE_EQ(one.base, four.base);
    EXPECT_DOUBLE_EQ(one.perContext[0], 4 * four.perContext[0]);
    EXPECT_DOUBLE_EQ(one.perPair[0], 4 * four.perPair[0]);
    EXPECT_DOUBLE_EQ(one.perPrefix[0], 4 * four.perPrefix[0]);
}

} // namespace
} // namespace headroom::sim
