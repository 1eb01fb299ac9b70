#include "core/workload/trace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace headroom {
namespace {

Trace evenTrace(int n, double gap)
{
    Trace t;
    for (int i = 0; i < n; ++i)
        t.requests.push_back({i * gap, 100 + i, 10 + i, 0, 0, 0});
    return t;
}

TEST(TraceSummary, RateIsGapsOverDuration)
{
    const TraceSummary s = summarize(evenTrace(11, 0.5));
    EXPECT_DOUBLE_EQ(s.duration.si(), 5);
    EXPECT_DOUBLE_EQ(s.rate.si(), 2);
    EXPECT_NEAR(s.gapCv, 0, 1e-12);
    EXPECT_NEAR(s.promptOutputCorrelation, 1, 1e-9);
}

TEST(TraceSummary, QuantilesKeepTheMeanAndTheExtremes)
{
    const TraceSummary s = summarize(evenTrace(1001, 0.1));
    EXPECT_DOUBLE_EQ(s.prompt.quantiles.front(), 100);
    EXPECT_DOUBLE_EQ(s.prompt.quantiles.back(), 1100);
    EXPECT_NEAR(meanOf(s.prompt), 600, 1);
    EXPECT_NEAR(quantile(s.prompt, 0.95), 1050, 1);
}

TEST(TraceSummary, OneHugeRequestDoesNotBendTheMean)
{
    Trace t = evenTrace(1000, 0.1);
    t.requests.back().promptTokens = 200'000;
    const TraceSummary s = summarize(t);
    double sum = 0;
    for (const TraceRequest& r : t.requests)
        sum += r.promptTokens;
    EXPECT_NEAR(s.prompt.mean, sum / 1000, 1e-9);
    EXPECT_NEAR(meanOf(s.prompt), s.prompt.mean, 1e-9) << "what the closed forms use";
    EXPECT_TRUE(std::is_sorted(s.prompt.quantiles.begin(), s.prompt.quantiles.end()));
    EXPECT_NEAR(quantile(s.prompt, 0.5), 600, 2);
}

TEST(TraceSummary, OneRequestAndNoneAreAnswers)
{
    EXPECT_EQ(summarize(Trace{}).requests, 0u);
    const TraceSummary one = summarize(evenTrace(1, 1));
    EXPECT_EQ(one.requests, 1u);
    EXPECT_EQ(one.rate.si(), 0);
    EXPECT_DOUBLE_EQ(one.gapCv, 1);
    EXPECT_FALSE(std::isnan(one.promptOutputCorrelation));
}

TEST(TraceSummary, RequestsAtTheSameInstantHaveNoRate)
{
    const TraceSummary s = summarize(evenTrace(5, 0));
    EXPECT_EQ(s.rate.si(), 0);
    EXPECT_DOUBLE_EQ(s.gapCv, 1);
}

TEST(WorkloadOfTrace, TakesRateBurstinessAndLengthsAndKeepsTheRest)
{
    Workload before;
    before.peakFactor = 2;
    before.classes.resize(2);
    const Workload w = workloadOf(summarize(evenTrace(101, 0.25)), before);
    EXPECT_DOUBLE_EQ(w.arrivalRate.si(), 4);
    EXPECT_EQ(w.process, ArrivalProcess::deterministic) << "arrivals at equal gaps";
    EXPECT_EQ(w.peakFactor, 2);
    EXPECT_TRUE(w.classes.empty());
    EXPECT_EQ(w.shape.output.shape, LengthShape::empirical);
}

TEST(WorkloadOfTrace, StaysWithinWhatAPlanMayHold)
{
    TraceSummary s = summarize(evenTrace(101, 0.25));
    s.gapCv = 2;
    EXPECT_EQ(workloadOf(s, {}).process, ArrivalProcess::gamma);
    EXPECT_EQ(workloadOf(s, {}).arrivalCv, 2);
    s.gapCv = 1.05;
    EXPECT_EQ(workloadOf(s, {}).process, ArrivalProcess::poisson);
    s.gapCv = 70;
    s.prefixHitRate = 0.999;
    s.prompt.cv = 30;
    EXPECT_EQ(workloadOf(s, {}).arrivalCv, 20);
    EXPECT_EQ(workloadOf(s, {}).shape.prefixHitRate, 0.99);
    EXPECT_EQ(workloadOf(s, {}).shape.prompt.cv, 10);
}

} // namespace
} // namespace headroom
