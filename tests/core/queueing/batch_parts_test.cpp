// The pieces of the batching station by themselves: prompt phase, chain, grid.
#include "core/queueing/batch_chain.h"
#include "core/queueing/burst_chain.h"
#include "core/queueing/decode_time.h"
#include "core/queueing/latency_grid.h"
#include "core/queueing/prompt_phase.h"
#include "core/queueing/queueing.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

namespace headroom {
namespace {

// Steps that hold any number of prompt tokens are a queue with gated vacations, solved exactly by moments:
// E[T] = d / (1 - rho), E[T^2] = (d^2 + 2 d rho E[T] + e^2 lambda p2 E[T]) / (1 - rho^2).
TEST(PromptPhase, WithoutALimitIsTheGatedQueue)
{
    const double d = 0.01, e = 3e-5, lambda = 20, p = 600, p2 = 2 * p * p, rho = e * lambda * p;
    const PromptPhase phase = solvePromptPhase({.idleStep = d,
                                                   .setup = d,
                                                   .perToken = e,
                                                   .capacity = 1e9,
                                                   .fullStep = d + e * 1e9,
                                                   .loneFull = 0,
                                                   .exclusive = false},
        {.rate = lambda, .mean = p, .second = p2});
    const double mean = d / (1 - rho);
    const double second = (d * d + 2 * d * rho * mean + e * e * lambda * p2 * mean) / (1 - rho * rho);
    EXPECT_TRUE(phase.stable);
    EXPECT_NEAR(phase.stepMean, mean, 1e-12);
    EXPECT_NEAR(phase.stepSecond, second, 1e-3 * second);
    EXPECT_EQ(phase.fullSteps, 0);
}

// Found by the address sanitizer: no step was left to decodes, their interval was infinite, and a hundred of them were NaN.
TEST(PromptPhase, DecodesThatPromptsLeaveNoStepStandStillButStayFinite)
{
    const PromptPhase phase = solvePromptPhase({.idleStep = 1,
                                                   .setup = 10,
                                                   .perToken = 0,
                                                   .capacity = 1e9,
                                                   .fullStep = 10,
                                                   .loneFull = 0,
                                                   .exclusive = true},
        {.rate = 100, .mean = 10, .second = 200});
    EXPECT_TRUE(phase.stable);
    EXPECT_EQ(phase.idleSteps, 0);
    EXPECT_TRUE(std::isfinite(phase.tokenInterval));
    EXPECT_GT(phase.tokenInterval, 100);
}

TEST(PromptPhase, WithoutPromptsIsDecodeSteps)
{
    const PromptPhase phase = solvePromptPhase({0.02, 0.03, 1e-5, 2048, 0.05, 0, false}, {0, 500, 5e5});
    EXPECT_EQ(phase.stepMean, 0.02);
    EXPECT_EQ(phase.tokenInterval, 0.02);
    EXPECT_EQ(phase.residual(), 0.01);
}

TEST(PromptPhase, ServesWhatComes)
{
    // Tokens that leave in steps are those that arrive: E[X] = lambda p E[T], and rates of idle steps stay shares.
    for (double load : {0.1, 0.5, 0.9, 0.99}) {
        const PromptLaw law{0.01, 0.012, 2e-5, 1000, 0.032, 0, false};
        const double rate = load * law.capacity / law.fullStep / 400;
        const PromptPhase phase = solvePromptPhase(law, {rate, 400, 2 * 400 * 400});
        ASSERT_TRUE(phase.stable);
        EXPECT_NEAR(phase.perBusyStep * (1 - phase.idleSteps), rate * 400 * phase.stepMean, 1e-9);
        EXPECT_GE(phase.idleSteps, 0);
        EXPECT_LE(phase.fullSteps, 1 - phase.idleSteps + 1e-12);
        EXPECT_GE(phase.stepSecond, phase.stepMean * phase.stepMean);
    }
    EXPECT_FALSE(
        solvePromptPhase({0.01, 0.012, 2e-5, 1000, 0.032, 0, false}, {1000 / 0.032 / 400 * 1.001, 400, 3.2e5}).stable);
}

TEST(PromptPhase, PrefillFirstDelaysTokensByThePromptsBetweenThem)
{
    // With tiny prompts' setup only: of the time a share lambda f goes to prompts while they come one by one.
    const PromptPhase phase = solvePromptPhase({0.01, 0.001, 1e-6, 1e6, 1.001, 0, true}, {2, 100, 1e4});
    EXPECT_NEAR(phase.tokenInterval, 0.01 / (1 - 2 * 0.0011), 0.01 * 1e-3);
}

/// Residence of M/M/c: service 1/mu up to c requests.
Residence servers(double c, double mu) { return {{1, c}, {1 / mu, 1 / mu}}; }

TEST(Chain, WithIndependentServersIsMMc)
{
    for (double rho : {0.3, 0.7, 0.95}) {
        const double c = 12, mu = 2, rate = rho * c * mu;
        ChainInput in;
        in.rate = rate;
        in.seats = c;
        in.capacity = c * mu;
        const ChainSolution solved = solveChain(in, servers(c, mu));
        const QueueState exact = mmc(RequestRate(rate), RequestRate(mu), static_cast<int>(c));
        EXPECT_NEAR(solved.waits, exact.waitProbability, 1e-6) << rho;
        EXPECT_NEAR(solved.waits * solved.meanWait, exact.wait.si(), 1e-6) << rho;
        EXPECT_NEAR(solved.meanSeated + solved.meanQueued, exact.inSystem, 1e-5 * exact.inSystem) << rho;
        const double found = std::accumulate(solved.found.begin(), solved.found.end(), solved.waits);
        EXPECT_NEAR(found, 1, 1e-12);
    }
}

TEST(Chain, PooledReplicasAreOneLargerStation)
{
    ChainInput in;
    in.rate = 30;
    in.replicas = 4;
    in.seats = 5;
    in.capacity = 40;
    const ChainSolution solved = solveChain(in, servers(5, 2));
    const QueueState exact = mmc(RequestRate(30), RequestRate(2), 20);
    EXPECT_NEAR(solved.waits, exact.waitProbability, 1e-6);
}

TEST(Chain, OfVanishingLoadIsEmpty)
{
    ChainInput in;
    in.rate = 1e-9;
    in.seats = 256;
    in.capacity = 100;
    const ChainSolution solved = solveChain(in, servers(256, 0.4));
    EXPECT_NEAR(solved.idle, 1, 1e-8);
    EXPECT_NEAR(solved.meanSeated, 1e-9 / 0.4, 1e-12);
}

TEST(BurstChain, WithEqualRatesIsTheChain)
{
    ChainInput in;
    in.rate = 14;
    in.seats = 8;
    in.capacity = 16;
    const BurstSolution bursts =
        solveBurstChain(in, {.peakRatio = 1, .burstShare = 0.3, .meanBurst = Seconds(5)}, servers(8, 2));
    const QueueState exact = mmc(RequestRate(14), RequestRate(2), 8);
    EXPECT_NEAR(bursts.calm.waits + bursts.burst.waits, exact.waitProbability, 1e-9);
    EXPECT_NEAR(bursts.calm.meanQueued + bursts.burst.meanQueued, exact.queueLength, 1e-7);
    EXPECT_NEAR(bursts.calm.idle / 0.7, bursts.burst.idle / 0.3, 1e-12);
}

TEST(BurstChain, OfVeryLongBurstsIsAMixtureOfTwoSteadyStates)
{
    ChainInput in;
    in.rate = 10;
    in.seats = 8;
    in.capacity = 16;
    const BurstSpec burst{.peakRatio = 1.4, .burstShare = 0.25, .meanBurst = Seconds(1e6)};
    const BurstSolution solved = solveBurstChain(in, burst, servers(8, 2));
    const QueueState high = mmc(RequestRate(14), RequestRate(2), 8);
    const QueueState low = mmc(RequestRate(10 * 0.65 / 0.75), RequestRate(2), 8);
    EXPECT_NEAR(solved.burst.meanQueued, 0.25 * high.queueLength, 1e-3);
    EXPECT_NEAR(solved.calm.meanQueued, 0.75 * low.queueLength, 1e-3);
    EXPECT_NEAR(solved.burstRatio, 1.4, 1e-12);
}

TEST(BurstChain, SharesOfArrivalsSumToOneEvenInLongOverload)
{
    ChainInput in;
    in.rate = 1166;
    in.replicas = 12;
    in.seats = 26;
    in.capacity = 1944;
    const BurstSolution solved =
        solveBurstChain(in, {.peakRatio = 3, .burstShare = 0.1, .meanBurst = Seconds(60)}, {{1, 26}, {0.1, 0.16}});
    double sum = 0;
    for (const ChainSolution* phase : {&solved.calm, &solved.burst}) {
        sum = std::accumulate(phase->found.begin(), phase->found.end(), sum + phase->waits);
        EXPECT_GE(phase->idle, 0);
        EXPECT_GT(phase->meanWait, 0);
    }
    EXPECT_NEAR(sum, 1, 1e-9);
}

/// What a user sees of a solution: averages, and mean and deviation of what arrivals find.
struct Seen {
    double seated = 0, queued = 0, waits = 0, mean = 0, deviation = 0, all = 0;
    std::size_t states = 0;
};
Seen seen(const BurstSolution& solution)
{
    Seen out;
    double square = 0, free = 0;
    for (const ChainSolution* phase : {&solution.calm, &solution.burst}) {
        out.seated += phase->meanSeated;
        out.queued += phase->meanQueued;
        out.waits += phase->waits;
        out.states = phase->found.size();
        for (std::size_t i = 0; i < phase->found.size(); ++i) {
            free += phase->found[i];
            out.mean += phase->found[i] * phase->state(i);
            square += phase->found[i] * phase->state(i) * phase->state(i);
        }
    }
    out.all = free + out.waits;
    out.mean /= free;
    out.deviation = std::sqrt(square / free - out.mean * out.mean);
    return out;
}

TEST(BurstChain, WithLumpedStatesIsNearTheWholeChain)
{
    constexpr double kAll = std::numeric_limits<double>::infinity();
    for (double replicas : {4.0, 64.0})
        for (double load : {0.05, 0.5, 0.8, 0.95})
            for (double burst : {1.0, 30.0, 600.0})
                for (double peak : {1.5, 3.0, 8.0}) {
                    SCOPED_TRACE(testing::Message() << replicas << ' ' << load << ' ' << burst << ' ' << peak);
                    ChainInput in;
                    in.replicas = replicas;
                    in.seats = 64;
                    in.capacity = replicas * 64 / 3.0;
                    in.rate = load * in.capacity;
                    const Residence residence{{1, 4, 16, 64}, {1.0, 1.1, 1.5, 3.0}};
                    const BurstSpec spec{.peakRatio = peak, .burstShare = 0.1, .meanBurst = Seconds(burst)};
                    const Seen whole = seen(solveBurstChain(in, spec, residence, kAll));
                    const Seen lumped = seen(solveBurstChain(in, spec, residence, 0));
                    EXPECT_LT(lumped.states, 0.6 * static_cast<double>(whole.states));
                    EXPECT_NEAR(lumped.all, 1, 1e-9);
                    EXPECT_NEAR(lumped.seated, whole.seated, 4e-3 * whole.seated);
                    EXPECT_NEAR(lumped.mean, whole.mean, 2e-3 * whole.mean);
                    EXPECT_NEAR(lumped.deviation, whole.deviation, 4e-3 * whole.deviation);
                    EXPECT_NEAR(lumped.waits, whole.waits, 0.03 * whole.waits + 1e-6);
                    EXPECT_NEAR(lumped.queued, whole.queued, 0.03 * whole.queued + 1e-6);
                }
}

TEST(BurstChain, HoldsWhereManySeatsAreHardlyUsed)
{
    for (double load : {1e-9, 1e-6, 1e-4, 0.01}) {
        ChainInput in;
        in.replicas = 12;
        in.seats = 1024;
        in.capacity = 12 * 1024 / 3.0;
        in.rate = load * in.capacity;
        const BurstSpec burst{.peakRatio = 10, .burstShare = 0.1, .meanBurst = Seconds(60)}; // none while calm
        const Seen out = seen(solveBurstChain(in, burst, servers(1024, 1.0 / 3)));
        EXPECT_NEAR(out.all, 1, 1e-6) << load;
        EXPECT_NEAR(out.seated, 3 * in.rate, 1e-3 * 3 * in.rate) << load;
        EXPECT_EQ(out.waits, 0) << load;
    }
}

TEST(BurstChain, OfAnyFleetHasFewStates)
{
    const auto states = [](double seats) {
        ChainInput in;
        in.replicas = seats / 64;
        in.seats = 64;
        in.capacity = seats / 3;
        in.rate = 0.9 * in.capacity;
        const BurstSpec burst{.peakRatio = 3, .burstShare = 0.1, .meanBurst = Seconds(60)};
        const Seen out = seen(solveBurstChain(in, burst, {{1, 4, 16, 64}, {1.0, 1.1, 1.5, 3.0}}));
        EXPECT_NEAR(out.all, 1, 1e-5);
        return out.states;
    };
    EXPECT_EQ(states(1024), 1024U); // each number by itself
    EXPECT_LT(states(64 * 1024), 2200U);
    EXPECT_LT(states(64e6), 10'000U);
}

TEST(LatencyGrid, HoldsAMixtureOfRamps)
{
    LatencyGrid grid(2, 40);
    grid.add(0.5, 1.5, 0.8, 0.25);
    grid.add(10, 30, 0.2, 5);
    grid.finish();
    EXPECT_NEAR(grid.mean(), 0.8 * 1 + 0.2 * 20, 1e-9);
    EXPECT_NEAR(grid.quantile(0.4), 1, 0.01);
    EXPECT_NEAR(grid.quantile(0.9), 20, 0.02);
    EXPECT_NEAR(grid.at(20).cumulative, 0.9, 1e-9);
    EXPECT_NEAR(grid.at(20).waited, 0.8 * 0.25 + 0.1 * 5, 1e-9);
    EXPECT_NEAR(grid.at(40).integral, 40 - grid.mean(), 1e-3);
    EXPECT_EQ(grid.at(-1).cumulative, 0);
    EXPECT_NEAR(grid.at(1e9).cumulative, 1, 1e-12);
}

TEST(LatencyGrid, KeepsAJumpWhereItIs)
{
    LatencyGrid grid(1, 10);
    grid.add(0.25, 0.25, 1, 0);
    grid.finish();
    EXPECT_NEAR(grid.quantile(0.5), 0.25, 0.01);
    EXPECT_NEAR(grid.mean(), 0.25, 1e-5);
}

TEST(DecodeTime, OfSteadyStepsIsTheirNumberTimesTheirLength)
{
    const DecodeTime steady{.interval = 0.02, .start = 0, .memory = 1, .slow = 0, .fast = 0, .least = 0.02};
    EXPECT_NEAR(steady.spread(100).at(1.6), 2, 1e-3);
    EXPECT_EQ(steady.meets(100, 0.021), 1);
    EXPECT_EQ(steady.meets(100, 0.019), 0);
}

TEST(DecodeTime, VariesLessPerTokenForLongerRequests)
{
    const DecodeTime noisy{.interval = 0.02, .start = 0.1, .memory = 3, .slow = 1e-6, .fast = 1e-4, .least = 0.01};
    EXPECT_GT(noisy.moments(10).variance / 100, noisy.moments(1000).variance / 1e6);
    EXPECT_NEAR(noisy.moments(1e6).variance / 1e12, noisy.slow, 1e-9);
    EXPECT_NEAR(noisy.moments(1e6).mean, 1e6 * 0.02 + 0.1, 1e-6);
    EXPECT_LT(noisy.meets(10, 0.025), noisy.meets(1000, 0.025));
}

} // namespace
} // namespace headroom
