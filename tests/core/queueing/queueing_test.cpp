#include "core/queueing/queueing.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace headroom {
namespace {

constexpr RequestRate perSecond(double x) { return RequestRate(x); }

TEST(LittlesLaw, ConcurrencyIsArrivalRateTimesTimeInSystem)
{
    EXPECT_DOUBLE_EQ(inSystem(perSecond(12), Seconds(2.5)).in(request), 30);
    EXPECT_DOUBLE_EQ(inSystem(perSecond(0), Seconds::infinite()).in(request), 0);
}

TEST(MM1, HasTheTextbookWait)
{
    // rho = 45/60; Wq = rho / (mu - lambda) = 0.75/15 = 1/20 s; Lq = 45/20 = 2.25; L = 3.
    const QueueState q = mm1(perSecond(45), perSecond(60));
    EXPECT_DOUBLE_EQ(q.utilization, 0.75);
    EXPECT_NEAR(q.wait.si(), 0.05, 1e-15);
    EXPECT_NEAR(q.time.si(), 1.0 / 15, 1e-15);
    EXPECT_NEAR(q.queueLength, 2.25, 1e-12);
    EXPECT_NEAR(q.inSystem, 3, 1e-12);
    EXPECT_NEAR(q.waitProbability, 0.75, 1e-15);
}

TEST(Erlang, TwoServersMatchTheFormulaByHand)
{
    // a = 1 erlang, c = 2: B = (1/2)/(1 + 1 + 1/2) = 0.2; C = 2 B / (2 - a(1 - B)) = 0.4/1.2 = 1/3.
    EXPECT_NEAR(erlangB(2, 1), 0.2, 1e-15);
    EXPECT_NEAR(erlangC(2, 1), 1.0 / 3, 1e-15);
    const QueueState q = mmc(perSecond(1), perSecond(1), 2);
    EXPECT_NEAR(q.wait.si(), 1.0 / 3, 1e-15); // C / (c mu - lambda)
}

TEST(Erlang, TenThousandServersStayFiniteAndRight)
{
    // Erlang B at a = c for large c: sqrt(2 / (pi c)) (1 + O(1/sqrt(c))).
    const double b = erlangB(10000, 10000);
    EXPECT_NEAR(b, std::sqrt(2 / (std::acos(-1.0) * 10000)), 1e-4);
    const double c = erlangC(10000, 9900);
    EXPECT_GT(c, 0);
    EXPECT_LT(c, 1);
    // Halfin and Whitt: beta = (c - a)/sqrt(a) = 1.005; P(wait) -> 1/(1 + beta Phi(beta)/phi(beta)).
    const double beta = 100 / std::sqrt(9900.0);
    const double phi = std::exp(-0.5 * beta * beta) / std::sqrt(2 * std::acos(-1.0));
    const double cumulative = 0.5 * std::erfc(-beta / std::sqrt(2.0));
    EXPECT_NEAR(c, 1 / (1 + beta * cumulative / phi), 2e-3);
    EXPECT_EQ(erlangB(10000, 1e-300), 0);
}

TEST(MMc, OneServerIsMM1)
{
    for (double rho : {0.1, 0.5, 0.9, 0.999}) {
        const QueueState one = mm1(perSecond(rho), perSecond(1)), many = mmc(perSecond(rho), perSecond(1), 1);
        EXPECT_EQ(one, many);
        EXPECT_NEAR(one.wait.si(), rho / (1 - rho), 1e-9);
    }
}

TEST(MMc, MoreServersOfTheSameTotalCapacityWaitLessButServeLonger)
{
    const QueueState one = mmc(perSecond(8), perSecond(10), 1), ten = mmc(perSecond(8), perSecond(1), 10);
    EXPECT_LT(ten.wait, one.wait);
    EXPECT_GT(ten.time, one.time);
}

TEST(MD1, WaitsHalfAsLongAsMM1)
{
    EXPECT_NEAR(md1(perSecond(3), perSecond(4)).wait.si(), 0.5 * mm1(perSecond(3), perSecond(4)).wait.si(), 1e-15);
}

TEST(MG1, FollowsPollaczekAndKhinchine)
{
    // lambda = 0.5, S = 1, cs^2 = 3: W = lambda E[S^2] / (2 (1 - rho)) = 0.5 * 4 / (2 * 0.5) = 2 s.
    EXPECT_NEAR(mg1(perSecond(0.5), perSecond(1), 3).wait.si(), 2, 1e-12);
}

TEST(GGc, IsExactWhereAllenAndCunneenAre)
{
    EXPECT_EQ(ggc(perSecond(3), perSecond(1), 5, 1, 1), mmc(perSecond(3), perSecond(1), 5));
    EXPECT_EQ(ggc(perSecond(3), perSecond(5), 1, 1, 0.4), mg1(perSecond(3), perSecond(5), 0.4));
    EXPECT_EQ(ggc(perSecond(3), perSecond(5), 1, 0, 0).wait, Seconds(0)); // D/D/1 never waits
}

TEST(MMcK, WithoutWaitingPlacesIsErlangB)
{
    EXPECT_NEAR(mmck(perSecond(4), perSecond(1), 5, 5).blocked, erlangB(5, 4), 1e-15);
}

TEST(MMcK, MM12MatchesTheStatesByHand)
{
    // M/M/1/2 with rho = 0.5: p = (4, 2, 1)/7. Blocked 1/7, L = 4/7, Lq = 1/7, admitted 3/7 req/s: Wq = 1/3 s.
    const QueueState q = mmck(perSecond(0.5), perSecond(1), 1, 2);
    EXPECT_NEAR(q.blocked, 1.0 / 7, 1e-15);
    EXPECT_NEAR(q.inSystem, 4.0 / 7, 1e-15);
    EXPECT_NEAR(q.queueLength, 1.0 / 7, 1e-15);
    EXPECT_NEAR(q.wait.si(), 1.0 / 3, 1e-15);
    EXPECT_NEAR(q.time.si(), 4.0 / 3, 1e-15);
    EXPECT_NEAR(q.waitProbability, 1.0 / 3, 1e-15); // of the admitted, those that found one
}

TEST(MMcK, ManyPlacesTendToMMc)
{
    const QueueState loss = mmck(perSecond(3), perSecond(1), 4, 4000), open = mmc(perSecond(3), perSecond(1), 4);
    EXPECT_NEAR(loss.wait.si(), open.wait.si(), 1e-9);
    EXPECT_NEAR(loss.waitProbability, open.waitProbability, 1e-9);
}

TEST(MMcK, OverloadIsAnAnswer)
{
    const QueueState q = mmck(perSecond(1000), perSecond(1), 2, 50);
    EXPECT_NEAR(q.blocked, 0.998, 1e-4);
    EXPECT_NEAR(q.inSystem, 50, 0.01);
    EXPECT_TRUE(std::isfinite(q.wait.si()));
}

TEST(Quantiles, OfTheWaitInMMcInvertTheExponentialTail)
{
    // M/M/1 with rho = 0.75, mu - lambda = 15: P(W > t) = 0.75 exp(-15 t).
    const auto wait = [](double p) { return mmcWaitQuantile(perSecond(45), perSecond(60), 1, p).si(); };
    EXPECT_EQ(wait(0.25), 0);
    EXPECT_NEAR(wait(0.95), std::log(0.75 / 0.05) / 15, 1e-12);
    EXPECT_TRUE(std::isinf(wait(1)));
}

TEST(Cobham, TwoClassesMatchTheFormulaByHand)
{
    // Two classes of lambda 0.3, S = 1, exponential: residual = 0.6; W1 = 0.6/0.7, W2 = 0.6/(0.7 * 0.4).
    const std::array<PriorityClass, 2> classes{{{perSecond(0.3), Seconds(1), 1}, {perSecond(0.3), Seconds(1), 1}}};
    const auto waits = cobhamWaits(classes);
    EXPECT_NEAR(waits[0].si(), 0.6 / 0.7, 1e-12);
    EXPECT_NEAR(waits[1].si(), 0.6 / 0.28, 1e-12);
}

TEST(Cobham, PrioritiesConserveTheMeanWaitOfEqualJobs)
{
    // Whatever the order, work is conserved: the mean over classes is that of M/G/1 without priorities.
    const std::array<PriorityClass, 3> classes{
        {{perSecond(0.2), Seconds(1), 0.5}, {perSecond(0.3), Seconds(1), 0.5}, {perSecond(0.4), Seconds(1), 0.5}}};
    const auto waits = cobhamWaits(classes);
    const double mean = (0.2 * waits[0].si() + 0.3 * waits[1].si() + 0.4 * waits[2].si()) / 0.9;
    EXPECT_NEAR(mean, mg1(perSecond(0.9), perSecond(1), 0.5).wait.si(), 1e-12);
}

TEST(Cobham, OneClassIsMG1AndAnOverloadedClassWaitsForEver)
{
    const std::array<PriorityClass, 2> classes{{{perSecond(0.5), Seconds(1), 3}, {perSecond(0.6), Seconds(1), 1}}};
    EXPECT_NEAR(cobhamWaits(std::span(classes).first(1))[0].si(), 2, 1e-12);
    EXPECT_TRUE(std::isinf(cobhamWaits(classes)[1].si()));
    EXPECT_TRUE(std::isfinite(cobhamWaits(classes)[0].si()));
}

TEST(Preemption, HidesLowerClassesFromTheFirst)
{
    const std::array<PriorityClass, 2> classes{{{perSecond(0.5), Seconds(1), 1}, {perSecond(0.4), Seconds(1), 1}}};
    EXPECT_NEAR(preemptiveTimes(classes)[0].si(), mm1(perSecond(0.5), perSecond(1)).time.si(), 1e-12);
    EXPECT_LT(preemptiveTimes(classes)[0].si(), cobhamWaits(classes)[0].si() + 1);
}

TEST(ProcessorSharing, StretchesWorkByTheIdleShare)
{
    EXPECT_DOUBLE_EQ(processorSharing(Seconds(2), 0.75).si(), 8);
    EXPECT_TRUE(std::isinf(processorSharing(Seconds(2), 1).si()));
    EXPECT_EQ(processorSharing(Seconds(0), 2).si(), 0);
    // The mean over exponential work is that of M/M/1.
    EXPECT_NEAR(processorSharing(Seconds(1.0 / 60), 0.75).si(), mm1(perSecond(45), perSecond(60)).time.si(), 1e-15);
}

TEST(Queues, AreTotal)
{
    for (double lambda : {0.0, 1.0, 5.0, 1e9}) {
        for (double mu : {0.0, 1.0, 1e9}) {
            for (const QueueState& q : {mm1(perSecond(lambda), perSecond(mu)), mmc(perSecond(lambda), perSecond(mu), 7),
                     mg1(perSecond(lambda), perSecond(mu), 2), mmck(perSecond(lambda), perSecond(mu), 2, 9)}) {
                for (double x : {q.utilization, q.waitProbability, q.blocked, q.wait.si(), q.time.si(), q.queueLength,
                         q.inSystem}) {
                    EXPECT_FALSE(std::isnan(x)) << lambda << ' ' << mu;
                    EXPECT_GE(x, 0);
                }
            }
        }
    }
    EXPECT_FALSE(mm1(perSecond(60), perSecond(60)).stable);
    EXPECT_TRUE(std::isinf(mm1(perSecond(60), perSecond(60)).wait.si()));
}

} // namespace
} // namespace headroom
