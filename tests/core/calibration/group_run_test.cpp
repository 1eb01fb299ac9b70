#include "core/calibration/group_run.h"

#include "core/plan/catalog.h"
#include "core/sim/scenario.h"
#include "core/sim/simulate.h"
#include "tests/core/calibration/measured_rows.h"

#include <gtest/gtest.h>

#include <cmath>

namespace headroom {
namespace {

using namespace measured;

TEST(GroupRun, ABatchIsItsPromptStepAndItsDecodeSteps)
{
    MeasuredCase c = caseAt(1, LoadKind::staticBatch, 1000, 101);
    c.tokenBudget = 1e6;
    const StepModel step = c.stepModel(shippedEfficiency());
    const RunResult r = playRun(c, step);
    StepBatch prompt;
    step.addPrompt(prompt, 1000, 0);
    double decode = 0;
    for (int i = 1; i <= 100; ++i)
        decode += step.time(step.decodeBatch(1, 1000 + i)).si();
    EXPECT_NEAR(r.ttft.mean / step.time(prompt).si(), 1, 1e-9);
    EXPECT_NEAR(r.tpot.mean / (decode / 100), 1, 1e-6);
    EXPECT_NEAR(r.outputTokenRate * (r.ttft.mean + decode), 101, 1e-3);
}

TEST(GroupRun, AClosedLoopKeepsLittlesLaw)
{
    MeasuredCase c = caseAt(64, LoadKind::fixedConcurrency, 500, 200);
    c.requests = 640;
    const RunResult r = playRun(c, c.stepModel(shippedEfficiency()));
    // 64 clients, each with one request under way until the work runs out.
    EXPECT_NEAR(r.requestRate * r.e2e.mean / 64, 1, 0.12);
}

TEST(GroupRun, MoreClientsNeverGetFasterTokensNorLessThroughput)
{
    double tpot = 0, rate = 0;
    for (const double clients : {1, 4, 16, 64, 256}) {
        MeasuredCase c = caseAt(clients, LoadKind::fixedConcurrency, 500, 200);
        c.requests = 10 * clients;
        const RunResult r = playRun(c, c.stepModel(shippedEfficiency()));
        EXPECT_GT(r.tpot.mean, tpot);
        EXPECT_GT(r.outputTokenRate, rate);
        tpot = r.tpot.mean;
        rate = r.outputTokenRate;
    }
}

TEST(GroupRun, ACacheThatIsTooSmallMakesRequestsWait)
{
    MeasuredCase roomy = caseAt(256, LoadKind::offlineMax, 1000, 500), tight = roomy;
    tight.kvTokens = 20 * 1500;
    const StepModel step = roomy.stepModel(shippedEfficiency());
    EXPECT_GT(playRun(tight, step).ttft.p95, 2 * playRun(roomy, step).ttft.p95);
    EXPECT_LT(playRun(tight, step).outputTokenRate, 0.5 * playRun(roomy, step).outputTokenRate);
}

TEST(GroupRun, WhoSharesAStepDoesNotDependOnHowLongStepsTake)
{
    EfficiencyTable slow = startingEfficiency();
    for (const Coefficient c : {Coefficient::compute16, Coefficient::bandwidth16, Coefficient::linkBandwidth})
        slow.shared[static_cast<std::size_t>(c)] *= 0.4;
    MeasuredCase c = caseAt(64, LoadKind::fixedConcurrency, 700, 150);
    c.requests = 640;
    c.kvTokens = 30 * 850;
    const StepModel one = c.stepModel(startingEfficiency()), other = c.stepModel(slow);
    ASSERT_LT(1.5 * one.time(one.decodeBatch(64, 800)).si(), other.time(other.decodeBatch(64, 800)).si());
    const RunResult planned = timeRun(planRun(c, one), other), played = playRun(c, other);
    EXPECT_DOUBLE_EQ(planned.tpot.mean, played.tpot.mean);
    EXPECT_DOUBLE_EQ(planned.ttft.p95, played.ttft.p95);
    EXPECT_DOUBLE_EQ(planned.outputTokenRate, played.outputTokenRate);
    EXPECT_EQ(timeRun(RunSchedule{}, one).outputTokenRate, 0);
}

TEST(GroupRun, ALongRunTakesAsLongAsItsWavesOneAfterTheOther)
{
    MeasuredCase c = caseAt(1e9, LoadKind::offlineMax, 128, 512);
    c.reservesAll = true;
    c.kvTokens = 229.6 * 640; // no whole number of requests
    const StepModel step = c.stepModel(shippedEfficiency());
    const auto seconds = [&](double requests) {
        c.requests = c.inFlight = requests;
        return requests / playRun(c, step).requestRate;
    };
    const double wave = seconds(24 * 229) - seconds(12 * 229); // of a dozen
    EXPECT_NEAR(seconds(36 * 229) / (seconds(24 * 229) + wave), 1, 1e-9);
    EXPECT_NEAR(wave / 12 / (seconds(5 * 229) - seconds(4 * 229)), 1, 0.03) << "played to its end, nothing added";
}

TEST(GroupRun, TheLongestOfWideLengthsDecideHowARunDrains)
{
    MeasuredCase c = caseAt(1000, LoadKind::offlineMax, 217, 202);
    c.maxSequences = 1024;
    const StepModel step = c.stepModel(shippedEfficiency());
    const double equal = playRun(c, step).outputTokenRate;
    c.input = {LengthShape::lognormal, 217, 1, {}};
    c.output = {LengthShape::lognormal, 202, 1, {}};
    const RunSchedule wide = planRun(c, step);
    double longest = 0;
    for (const RunSchedule::Group& g : wide.groups)
        longest = std::max(longest, g.output);
    EXPECT_GT(longest, 5 * 202) << "one request in some hundreds";
    EXPECT_LT(timeRun(wide, step).outputTokenRate, 0.8 * equal);
}

TEST(GroupRun, APromptAloneTakesNoLessTimeInAPipeline)
{
    MeasuredCase c = caseAt(1, LoadKind::fixedConcurrency, 4000, 100);
    c.layout.pp = 4;
    const StepModel step = c.stepModel(shippedEfficiency());
    StepBatch prompt, shared;
    step.addPrompt(prompt, 4000, 0, 4); // one in each micro-batch: all are as long as the one there is
    step.addPrompt(shared, 4000, 0);
    const double alone = step.time(prompt).si();
    ASSERT_GT(alone, 2 * step.time(shared).si()) << "shared out over the stages";
    EXPECT_NEAR(playRun(c, step).ttft.mean / alone, 1, 1e-9);
    EXPECT_NEAR(playRun(c, step).tpot.mean / step.time(step.decodeBatch(4, 4050)).si(), 1, 0.01);
}

TEST(GroupRun, APipelineServesWhatItServesInTheSimulator)
{
    for (const auto& [prompt, output] : {std::pair(2000.0, 50.0), {500.0, 200.0}})
        for (const double clients : {2, 16, 128}) {
            MeasuredCase c = caseAt(clients, LoadKind::fixedConcurrency, prompt, output);
            c.layout.pp = 4;
            c.requests = 20 * clients;
            Plan plan = defaultPlan();
            plan.workload = {};
            plan.workload.shape.prompt = c.input;
            plan.workload.shape.output = c.output;
            plan.workload.process = ArrivalProcess::closedLoop;
            plan.workload.concurrency = static_cast<int>(clients);
            plan.deployment.pp = 4;
            plan.deployment.engine = c.engine;
            plan.batching.maxSequences = static_cast<int>(c.maxSequences);
            plan.batching.tokenBudget = Tokens(c.tokenBudget);
            plan.batching.policy = BatchPolicy::chunked;
            plan.latency = {Seconds(0), Seconds(0), Seconds(0), Seconds(0)};
            sim::Scenario scenario = *sim::makeScenario(plan);
            scenario.limits.requests = 4000;
            const double simulated = sim::simulate(scenario).outputTokensPerSecond;
            const double played = playRun(c, c.stepModel(shippedEfficiency())).outputTokenRate;
            // As far as the closed form's capacity of pipelines may be off (README, "The closed form against the simulator").
            EXPECT_GE(played / simulated, 0.9) << prompt << ", " << clients << " clients";
            EXPECT_LE(played / simulated, 1.25) << prompt << ", " << clients << " clients";
        }
}

TEST(GroupRun, WhoIsAdmittedLeavesTheOthersRoomForTheirNextToken)
{
    // Prompts before decodes and a cache full of prompts: the newest group was pushed out and let in again for ever.
    MeasuredCase c = caseAt(500, LoadKind::offlineMax, 400, 100);
    c.mixing = PromptMixing::promptFirst;
    c.kvTokens = 40 * 401;
    c.maxSequences = 2048;
    const RunSchedule plan = planRun(c, c.stepModel(shippedEfficiency()));
    double finished = 0;
    for (const RunSchedule::Group& g : plan.groups)
        finished += g.size;
    EXPECT_NEAR(finished, plan.played, 1e-6);
}

} // namespace
} // namespace headroom
