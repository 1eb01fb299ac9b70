// Replications over simulated time: the band about their mean.
#include "core/sim/series_band.h"

#include "core/sim/run.h"
#include "core/sim/simulate.h"
#include "tests/core/sim/random_scenario.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

namespace headroom::sim {
namespace {

constexpr std::array kQuantities{&TimeSeries::waiting, &TimeSeries::running, &TimeSeries::kvFraction,
    &TimeSeries::outputTokensPerSecond, &TimeSeries::busyFraction};

Scenario poisson(int replications)
{
    Scenario s = randomScenario(BatchPolicy::chunked, 5);
    s.trace.reset();
    s.workload.process = ArrivalProcess::poisson;
    s.workload.arrivalRate = RequestRate(5);
    s.limits = {.requests = 1000};
    s.record.seriesPoints = 50;
    s.replications = replications;
    return s;
}

TimeSeries series(double interval, std::vector<double> waiting)
{
    TimeSeries s;
    s.interval = interval;
    for (const auto quantity : kQuantities)
        s.*quantity = waiting;
    return s;
}

double meanOf(const std::vector<double>& values)
{
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

TEST(SeriesBand, JoinsNeighboursUntilAllIntervalsAreAlike)
{
    const std::vector<TimeSeries> each{series(2, {1, 3, 5, 7, 9}), series(4, {4, 6, 8}), series(4, {6, 12})};
    const SeriesBand band = bandOver(each);
    EXPECT_EQ(band.mean.interval, 4);
    EXPECT_EQ(band.half.interval, 4);
    EXPECT_EQ(band.mean.waiting, (std::vector<double>{4, 8})) << "means of 2, 4, 6 and of 6, 6, 12";
    ASSERT_EQ(band.half.waiting.size(), 2U);
    EXPECT_NEAR(band.half.waiting[0], 4.303 * 2 / std::sqrt(3), 1e-12) << "Student's t, two degrees of freedom";
}

TEST(SeriesBand, CountsWholeIntervalsOnly)
{
    EXPECT_EQ(wholeIntervals(series(2, {1, 3, 5}), 5.9).waiting, (std::vector<double>{1, 3}));
    EXPECT_EQ(wholeIntervals(series(2, {1, 3, 5}), 6).waiting, (std::vector<double>{1, 3, 5}));
    EXPECT_TRUE(wholeIntervals(TimeSeries{}, 0).waiting.empty()) << "a run of no length";
}

TEST(SeriesBand, IsAboutTheMeanOfTheRunsOneByOne)
{
    const Scenario s = poisson(4);
    std::vector<TimeSeries> each;
    for (std::uint64_t i = 0; i < 4; ++i) {
        sim::Run run(s, i, {});
        SimResult one = run.execute({});
        each.push_back(wholeIntervals(one.series, one.simulatedSeconds));
    }
    const SeriesBand band = simulate(s).seriesBand, expected = bandOver(each);
    ASSERT_FALSE(band.isEmpty());
    for (const auto quantity : kQuantities) {
        EXPECT_EQ(band.mean.*quantity, expected.mean.*quantity);
        EXPECT_EQ(band.half.*quantity, expected.half.*quantity);
        ASSERT_EQ((band.mean.*quantity).size(), (band.half.*quantity).size());
    }
    // However the intervals were joined, what the shortest run did in all of its whole ones is in the mean.
    EXPECT_GT(meanOf(band.mean.busyFraction), 0);
    EXPECT_LE(*std::ranges::max_element(band.mean.busyFraction), 1 + 1e-9);
}

TEST(SeriesBand, HoldsTheMeanAndNarrowsWithMoreRuns)
{
    const SeriesBand few = simulate(poisson(4)).seriesBand, many = simulate(poisson(40)).seriesBand;
    ASSERT_FALSE(few.isEmpty());
    ASSERT_FALSE(many.isEmpty());
    EXPECT_GE(*std::ranges::min_element(few.half.running), 0);
    EXPECT_LT(meanOf(many.half.running), 0.5 * meanOf(few.half.running)) << "about a fifth is expected";
    // Half widths are of the mean: most of those of few runs hold what many found.
    std::size_t held = 0, points = 0;
    if (few.mean.interval == many.mean.interval)
        for (; points < std::min(few.mean.running.size(), many.mean.running.size()); ++points)
            held += std::abs(few.mean.running[points] - many.mean.running[points]) <= few.half.running[points] ? 1 : 0;
    ASSERT_GT(points, 10U);
    EXPECT_GE(held, points * 8 / 10);
}

TEST(SeriesBand, IsNotThereWithOneRunOrWithRunsThatAreAlike)
{
    EXPECT_TRUE(simulate(poisson(1)).seriesBand.isEmpty());
    const TimeSeries one = series(1, {1, 2, 3});
    EXPECT_TRUE(bandOver(std::vector{one, one, one}).isEmpty());
    EXPECT_TRUE(bandOver(std::vector{one}).isEmpty());
    EXPECT_TRUE(bandOver(std::vector{one, series(1, {})}).isEmpty()) << "one run ended before the first interval did";
}

} // namespace
} // namespace headroom::sim
