// Arrival processes have the rate and burstiness they were asked for.
#include "core/sim/arrivals.h"
#include "core/workload/workload.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace headroom::sim {
namespace {

struct Moments {
    double rate, cv;
};

Moments measure(const Workload& w, int n)
{
    ArrivalClock clock(w, RandomStream(7, "arrivals"));
    double last = 0, sum = 0, squares = 0;
    for (int i = 0; i < n; ++i) {
        const double t = clock.next();
        EXPECT_GE(t, last);
        const double gap = t - last;
        sum += gap;
        squares += gap * gap;
        last = t;
    }
    const double mean = sum / n;
    return {1 / mean, std::sqrt(std::max(0.0, squares / n / (mean * mean) - 1))};
}

TEST(Arrivals, RenewalProcessesKeepTheirRateAndCv)
{
    Workload w;
    w.arrivalRate = RequestRate(5);
    for (const auto process : {ArrivalProcess::gamma, ArrivalProcess::weibull})
        for (const double cv : {0.3, 1.0, 2.5}) {
            w.process = process;
            w.arrivalCv = cv;
            const auto m = measure(w, 400'000);
            EXPECT_NEAR(m.rate, 5, 5 * 4 * cv / std::sqrt(400'000.0));
            EXPECT_NEAR(m.cv, cv, 0.03 * cv);
        }
    w.process = ArrivalProcess::poisson;
    EXPECT_NEAR(measure(w, 400'000).cv, 1, 0.01);
    w.process = ArrivalProcess::deterministic;
    EXPECT_NEAR(measure(w, 1000).cv, 0, 1e-6);
}

TEST(Arrivals, BurstsHaveTheMeanRateAndTheBurstinessOfTheClosedForm)
{
    Workload w;
    w.arrivalRate = RequestRate(5);
    w.process = ArrivalProcess::mmpp2;
    w.burst = {.peakRatio = 4, .burstShare = 0.15, .meanBurst = Seconds(5)};
    const auto m = measure(w, 2'000'000);
    EXPECT_NEAR(m.rate, 5, 0.1);
    EXPECT_NEAR(m.cv * m.cv, summarize(w).arrivalScv, 0.05 * m.cv * m.cv);
}

TEST(Arrivals, VaryingRatesArriveWhenTheyShould)
{
    Workload w;
    w.arrivalRate = RequestRate(50);
    w.peakFactor = 3;
    w.diurnal = {.amplitude = 0.8, .period = Seconds(100)};
    for (const auto process : {ArrivalProcess::diurnal, ArrivalProcess::ramp, ArrivalProcess::step}) {
        w.process = process;
        ArrivalClock clock(w, RandomStream(3, "arrivals"));
        int n = 0;
        double t = clock.next();
        for (const double until : {20.0, 60.0, 100.0, 180.0}) {
            for (; t <= until; t = clock.next())
                ++n;
            const double expected = expectedArrivals(w, until);
            EXPECT_NEAR(n, expected, 4 * std::sqrt(expected)) << until;
        }
    }
}

TEST(Random, StreamsOfOtherPurposesAndReplicationsDiffer)
{
    RandomStream a(1, "arrivals"), b(1, "lengths"), c(1, "arrivals", 1), d(2, "arrivals"), same(1, "arrivals");
    const auto first = a.next();
    EXPECT_NE(first, b.next());
    EXPECT_NE(first, c.next());
    EXPECT_NE(first, d.next());
    EXPECT_EQ(first, same.next());
}

} // namespace
} // namespace headroom::sim
