// Ways to run that a Scenario may ask for and no plan does: the baselines papers compare with.
#include "core/sim/policy/batching.h"
#include "core/sim/simulate.h"

#include <gtest/gtest.h>

#include <memory>

namespace headroom::sim {
namespace {

/// A step takes a second, and a thousandth more for each prompt token; requests as given, all at time zero.
Scenario atOnce(std::vector<TraceRequest> requests)
{
    Scenario s;
    s.workload.process = ArrivalProcess::trace;
    s.classes = summarize(s.workload).classes;
    auto trace = std::make_shared<Trace>();
    trace->requests = std::move(requests);
    s.limits.requests = trace->requests.size();
    s.trace = std::move(trace);
    s.physics.law = [](double, double prefillTokens, double) {
        StepLaw law;
        law.base = 1 + prefillTokens / 1000;
        return law;
    };
    s.kv = {.blocks = 10'000, .blockTokens = 16};
    s.latency = {.network = Seconds(0), .frontend = Seconds(0), .retrieval = Seconds(0), .post = Seconds(0)};
    s.batching.staticTimeout = Seconds(0);
    s.record.warmupRequests = 0;
    s.record.seriesPoints = 10;
    s.record.rows = true;
    return s;
}

TraceRequest request(double at, int prompt, int output)
{
    TraceRequest r;
    r.arrival = at;
    r.promptTokens = prompt;
    r.outputTokens = output;
    return r;
}

TEST(StaticStart, BeginsAtTheShortestPromptAndEatsTheRestTokenByToken)
{
    auto s = atOnce({request(0, 100, 5), request(0, 130, 3)});
    s.batching.policy = BatchPolicy::static_;
    s.batching.reservation = Reservation::oracle;
    s.batching.maxSequences = 2;
    s.staticStart = StaticStart::shortestPrompt;
    // First step: two prompts of 100; then the longer of 0 + 4 and 30 + 2 steps.
    EXPECT_NEAR(simulate(s).rows.at(0).finish, 1.2 + 32, 1e-9);
    s.staticStart = StaticStart::padded;
    EXPECT_NEAR(simulate(s).rows.at(0).finish, 1.26 + 4, 1e-9);
}

TEST(ChunksApart, AStepIsAChunkOrTheDecodesInTurns)
{
    auto s = atOnce({request(0, 100, 20), request(1.05, 300, 2)});
    s.batchingRow = &chunksApart();
    s.batching.tokenBudget = Tokens(100);
    const auto rows = simulate(s).rows;
    // The first is prefilled in 1.1 s. The second needs three chunks of 100; a decode step comes before each.
    EXPECT_NEAR(rows.at(0).firstToken, 1.1, 1e-9);
    EXPECT_NEAR(rows.at(1).firstToken, 1.1 + 3 * (1 + 1.1), 1e-9);
    // Nineteen decode steps in all, three chunks among them.
    EXPECT_NEAR(rows.at(0).finish, 1.1 + 19 + 3 * 1.1, 1e-9);
}

} // namespace
} // namespace headroom::sim
