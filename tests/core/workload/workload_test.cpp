#include "core/workload/workload.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace headroom {
namespace {

/// One distribution of each shape, mean 300 tokens.
std::vector<LengthDistribution> oneOfEach()
{
    LengthDistribution empirical{LengthShape::empirical, 300, 0, {100, 200, 300, 400, 500}};
    return {{LengthShape::fixed, 300, 0, {}}, {LengthShape::uniform, 300, 0.4, {}},
        {LengthShape::lognormal, 300, 1.2, {}}, {LengthShape::gamma, 300, 0.7, {}}, {LengthShape::gamma, 300, 2.5, {}},
        empirical};
}

/// E[f(X)] by brute force: the quantile function over 2^18 midpoints.
template <class F>
double bruteForce(const LengthDistribution& d, F f)
{
    constexpr int kPoints = 1 << 16;
    double sum = 0;
    for (int i = 0; i < kPoints; ++i)
        sum += f(quantile(d, (i + 0.5) / kPoints));
    return sum / kPoints;
}

TEST(LengthDistribution, QuantileAndDistributionFunctionAreInverse)
{
    for (const auto& d : oneOfEach())
        for (const double p : {0.01, 0.3, 0.5, 0.77, 0.99}) {
            if (d.shape == LengthShape::fixed)
                EXPECT_EQ(quantile(d, p), 300);
            else
                EXPECT_NEAR(cumulative(d, quantile(d, p)), p, 1e-9) << static_cast<int>(d.shape);
        }
}

TEST(LengthDistribution, MomentsAreThoseOfTheQuantileFunction)
{
    for (const auto& d : oneOfEach()) {
        EXPECT_NEAR(meanOf(d), 300, 1e-9);
        EXPECT_NEAR(bruteForce(d, [](double x) { return x; }), 300, 0.3) << static_cast<int>(d.shape);
        EXPECT_NEAR(bruteForce(d, [](double x) { return x * x; }) / secondMoment(d), 1, 0.01);
        for (const double cap : {1.0, 150.0, 320.0, 5000.0})
            EXPECT_NEAR(bruteForce(d, [&](double x) { return std::min(x, cap); }), meanCapped(d, cap), 0.3) << cap;
    }
}

TEST(LengthDistribution, StatedSpreadIsTheSpread)
{
    for (const auto& d : oneOfEach())
        if (d.shape != LengthShape::empirical) {
            EXPECT_NEAR(std::sqrt(secondMoment(d) / (300.0 * 300.0) - 1), d.cv, 1e-7);
        }
    const LengthDistribution empirical = oneOfEach().back(); // uniform from 100 to 500: 400^2 / 12
    EXPECT_NEAR(secondMoment(empirical) - 300.0 * 300.0, 400.0 * 400.0 / 12, 1e-6);
}

TEST(LengthDistribution, RescalingKeepsTheShape)
{
    for (const auto& d : oneOfEach()) {
        const auto doubled = withMean(d, 600);
        EXPECT_NEAR(meanOf(doubled), 600, 1e-9);
        EXPECT_NEAR(quantile(doubled, 0.9), 2 * quantile(d, 0.9), 1e-6);
        EXPECT_EQ(doubled.shape, d.shape);
    }
}

TEST(LengthDistribution, WithoutSpreadEveryShapeIsFixed)
{
    for (const auto shape : {LengthShape::uniform, LengthShape::lognormal, LengthShape::gamma}) {
        const LengthDistribution d{shape, 64, 0, {}};
        EXPECT_EQ(quantile(d, 0.99), 64);
        EXPECT_EQ(cumulative(d, 63.9), 0);
        EXPECT_EQ(cumulative(d, 64), 1);
        EXPECT_EQ(meanCapped(d, 10), 10);
    }
}

// Fixed lengths 1,000 in and 200 out: m = 199, c = 1,000 + 200 / 2, and the context of a running request is uniform
// from 1,000 to 1,200, so its variance is 200^2 / 12.
TEST(WorkloadSummary, FixedLengthsByHand)
{
    Workload w;
    w.shape = {{LengthShape::fixed, 1000, 0, {}}, {LengthShape::fixed, 200, 0, {}}, 0.25};
    const auto s = summarize(w);
    EXPECT_DOUBLE_EQ(s.promptMean.si(), 1000);
    EXPECT_DOUBLE_EQ(s.uncachedPromptMean.si(), 750);
    EXPECT_DOUBLE_EQ(s.uncachedPromptSecond, 750.0 * 750.0);
    EXPECT_DOUBLE_EQ(s.decodeStepsMean, 199);
    EXPECT_DOUBLE_EQ(s.contextMean, 1100);
    EXPECT_NEAR(s.contextVariance, 200.0 * 200.0 / 12, 1e-6);
    EXPECT_NEAR(lengthP99(s), 1200, 1);
    ASSERT_EQ(s.classes.size(), 1u);
    EXPECT_EQ(s.classes[0].share, 1);
}

TEST(WorkloadSummary, MeanContextOfIndependentLengthsIsTheFormulaOfTheModel)
{
    Workload w; // MODEL.md 5.4: E[n_in] + E[n_out] (1 + cv^2) / 2
    w.shape = {{LengthShape::lognormal, 1500, 1.1, {}}, {LengthShape::gamma, 400, 0.5, {}}, 0};
    EXPECT_NEAR(summarize(w).contextMean, 1500 + 400 * (1 + 0.25) / 2, 0.01);
}

// Two classes, shares 3 : 1. E[n_out] = 0.75 * 100 + 0.25 * 300 = 150; a running request is of the second class with
// probability 0.25 * 300 / 150 = 0.5, so c = (500 + 50 + 100 + 150) / 2.
TEST(WorkloadSummary, RunningRequestsWeighByTheirOutput)
{
    Workload w;
    RequestClass a, b;
    a.share = 3;
    a.shape = {{LengthShape::fixed, 500, 0, {}}, {LengthShape::fixed, 100, 0, {}}, 0};
    b.share = 1;
    b.shape = {{LengthShape::fixed, 100, 0, {}}, {LengthShape::fixed, 300, 0, {}}, 0};
    w.classes = {a, b};
    const auto s = summarize(w);
    EXPECT_DOUBLE_EQ(s.outputMean.si(), 150);
    EXPECT_DOUBLE_EQ(s.promptMean.si(), 400);
    EXPECT_DOUBLE_EQ(s.contextMean, (550.0 + 250.0) / 2);
    EXPECT_DOUBLE_EQ(s.classes[0].share, 0.75);
}

TEST(WorkloadSummary, SplittingAClassInTwoChangesNothing)
{
    Workload one, two;
    RequestClass half;
    half.shape = one.shape;
    two.classes = {half, half};
    const auto a = summarize(one), b = summarize(two);
    EXPECT_NEAR(a.contextMean, b.contextMean, 1e-9);
    EXPECT_NEAR(a.contextVariance, b.contextVariance, 1e-6);
    EXPECT_NEAR(lengthP99(a), lengthP99(b), 1e-6);
}

TEST(WorkloadSummary, AnOutputHasAtLeastOneToken)
{
    Workload w;
    w.shape.output = {LengthShape::gamma, 0.5, 1, {}}; // exponential of mean 1/2: E[max(X, 1)] = 1 + e^-2 / 2
    const auto s = summarize(w);
    EXPECT_NEAR(s.decodeStepsMean, 0.5 * std::exp(-2), 1e-12);
    EXPECT_NEAR(s.outputMean.si(), 1 + s.decodeStepsMean, 1e-12);
    w.shape.output = {LengthShape::fixed, 1, 0, {}};
    EXPECT_EQ(summarize(w).decodeStepsMean, 0);
}

// Reference: scipy 1.10, survival of the sum integrated over 400,000 output quantiles.
TEST(WorkloadSummary, LengthPercentileIsThatOfTheSum)
{
    const auto p99 = [](LengthDistribution in, LengthDistribution out) {
        Workload w;
        w.shape = {std::move(in), std::move(out), 0};
        return lengthP99(summarize(w));
    };
    EXPECT_NEAR(p99({LengthShape::lognormal, 1024, 1, {}}, {LengthShape::lognormal, 256, 0.8, {}}) / 5299.2, 1, 0.005);
    EXPECT_NEAR(p99({LengthShape::gamma, 1200, 0.5, {}}, {LengthShape::lognormal, 500, 1.5, {}}) / 4911.2, 1, 0.005);
    EXPECT_NEAR(p99({LengthShape::lognormal, 100, 0.3, {}}, {LengthShape::lognormal, 2000, 2, {}}) / 17211, 1, 0.005);
}

TEST(ArrivalVariability, FollowsTheProcess)
{
    Workload w;
    w.arrivalCv = 2;
    const auto scv = [&](ArrivalProcess p) {
        w.process = p;
        return summarize(w).arrivalScv;
    };
    EXPECT_EQ(scv(ArrivalProcess::poisson), 1);
    EXPECT_EQ(scv(ArrivalProcess::deterministic), 0);
    EXPECT_EQ(scv(ArrivalProcess::gamma), 4);
    EXPECT_EQ(scv(ArrivalProcess::weibull), 4);
}

TEST(ArrivalVariability, BurstsAtTheMeanRateArePoisson)
{
    Workload w;
    w.process = ArrivalProcess::mmpp2;
    w.burst.peakRatio = 1;
    EXPECT_NEAR(summarize(w).arrivalScv, 1, 1e-12);
    w.burst.peakRatio = 3;
    EXPECT_GT(summarize(w).arrivalScv, 1);
}

// Interrupted Poisson (all arrivals in bursts): on-rate a, on to off r, off to on s. Known: 1 + 2 a r / (r + s)^2.
TEST(ArrivalVariability, InterruptedPoissonByHand)
{
    Workload w;
    w.process = ArrivalProcess::mmpp2;
    w.arrivalRate = RequestRate(2);
    w.burst = {.peakRatio = 4, .burstShare = 0.25, .meanBurst = Seconds(10)};
    const double a = 8, r = 0.1, s = r / 3;
    EXPECT_NEAR(summarize(w).arrivalScv, 1 + 2 * a * r / ((r + s) * (r + s)), 1e-9);
}

} // namespace
} // namespace headroom
