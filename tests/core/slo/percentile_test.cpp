#include "core/slo/percentile.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <random>

namespace headroom {
namespace {

TEST(Quantile, IsTheSmallestValueThatPOfAllDoNotExceed)
{
    std::vector<double> twenty(20);
    std::iota(twenty.begin(), twenty.end(), 1.0);
    std::shuffle(twenty.begin(), twenty.end(), std::mt19937_64(1));
    EXPECT_EQ(quantile(twenty, 0.95), 19); // 19 of 20 are at or below 19
    EXPECT_EQ(quantile(twenty, 0.951), 20);
    EXPECT_EQ(quantile(twenty, 0.5), 10);
    EXPECT_EQ(quantile(twenty, 0), 1);
    EXPECT_EQ(quantile(twenty, 1), 20);
    std::vector<double> none;
    EXPECT_EQ(quantile(none, 0.5), 0);
}

TEST(Quantile, DoesNotSlipForProbabilitiesWithoutExactRepresentation)
{
    for (std::size_t n : {10U, 100U, 1000U, 99999U}) {
        std::vector<double> values(n);
        std::iota(values.begin(), values.end(), 1.0);
        for (int percent : {1, 7, 29, 57, 90, 95, 99}) {
            const double expected = std::ceil(static_cast<double>(percent * static_cast<long>(n)) / 100.0 - 1e-9);
            EXPECT_EQ(quantile(values, percent / 100.0), expected) << percent << " % of " << n;
        }
    }
}

TEST(Quantile, SeveralTogetherAreThoseAlone)
{
    std::mt19937_64 engine(7);
    std::vector<double> values(1001);
    for (double& v : values)
        v = static_cast<double>(engine() % 300);
    const std::array<double, 6> p{0.1, 0.5, 0.5, 0.95, 0.95, 0.999};
    std::array<double, 6> together{};
    quantiles(values, p, together);
    std::sort(values.begin(), values.end());
    for (std::size_t i = 0; i < p.size(); ++i)
        EXPECT_EQ(together[i], values[static_cast<std::size_t>(std::ceil(p[i] * 1001 - 1e-9)) - 1]);
}

std::vector<double> lognormalValues(std::size_t n, std::uint64_t seed)
{
    std::mt19937_64 engine(seed);
    std::vector<double> values(n);
    for (double& v : values) { // Irwin and Hall: near enough to a normal exponent
        double z = -6;
        for (int k = 0; k < 12; ++k)
            z += static_cast<double>(engine() >> 11) * 0x1p-53;
        v = std::exp(2 * z - 3);
    }
    return values;
}

TEST(Histogram, IsWithinHalfAPercentOfTheExactQuantile)
{
    std::vector<double> values = lognormalValues(200000, 3);
    Histogram histogram;
    for (double v : values)
        histogram.add(v);
    for (double p : {0.001, 0.1, 0.5, 0.9, 0.95, 0.99, 0.9999})
        EXPECT_NEAR(histogram.quantile(p) / quantile(values, p), 1, 0.005) << p;
    EXPECT_EQ(histogram.quantile(0), quantile(values, 0));
    EXPECT_EQ(histogram.quantile(1), quantile(values, 1));
    EXPECT_NEAR(histogram.mean(), std::accumulate(values.begin(), values.end(), 0.0) / 200000, 1e-9);
}

TEST(Histogram, MergedInAnyOrderGivesTheSameQuantiles)
{
    const std::vector<double> values = lognormalValues(3000, 5);
    Histogram all, parts[3];
    for (std::size_t i = 0; i < values.size(); ++i) {
        all.add(values[i]);
        parts[i % 3].add(values[i]);
    }
    Histogram forward = parts[0], backward = parts[2];
    forward.merge(parts[1]);
    forward.merge(parts[2]);
    backward.merge(parts[1]);
    backward.merge(parts[0]);
    for (double p : {0.01, 0.5, 0.77, 0.99}) {
        EXPECT_EQ(forward.quantile(p), all.quantile(p));
        EXPECT_EQ(backward.quantile(p), all.quantile(p));
    }
    EXPECT_EQ(forward.count(), 3000U);
    Histogram empty;
    empty.merge(all);
    EXPECT_EQ(empty.quantile(0.5), all.quantile(0.5));
}

TEST(Histogram, ARampIsItsValuesOneByOne)
{
    struct Ramp {
        double first, increment;
        std::uint64_t terms, count;
    };
    for (const Ramp& r : {Ramp{0.01, 1e-5, 5000, 3}, Ramp{0.02, 0, 100, 7}, Ramp{0.5, -1e-4, 4000, 1},
             Ramp{0, 1e-3, 50, 2}, Ramp{1e-15, 1e-14, 1000, 1}, Ramp{3, 1e-9, 1, 4}, Ramp{0.01, 1e-9, 1000, 256}}) {
        Histogram ramp, single;
        ramp.addRamp(r.first, r.increment, r.terms, r.count);
        for (std::uint64_t i = 0; i < r.terms; ++i)
            single.add(r.first + r.increment * static_cast<double>(i), r.count);
        EXPECT_EQ(ramp.count(), single.count());
        EXPECT_NEAR(ramp.sum(), single.sum(), 1e-9 * single.sum());
        EXPECT_NEAR(ramp.min(), single.min(), 1e-15);
        EXPECT_NEAR(ramp.max(), single.max(), 1e-15);
        for (double p : {0.001, 0.2, 0.5, 0.8, 0.999})
            EXPECT_EQ(ramp.quantile(p), single.quantile(p)) << r.first << " + " << r.increment << " i, p " << p;
    }
}

TEST(Histogram, MeanOfTheSlowestTenthIsRight)
{
    Histogram histogram;
    for (int i = 1; i <= 1000; ++i)
        histogram.add(i);
    EXPECT_NEAR(histogram.meanOfLargest(0.1), 950.5, 950.5 * 0.005);
    EXPECT_NEAR(histogram.meanOfLargest(1), 500.5, 500.5 * 0.005);
    EXPECT_EQ(Histogram().meanOfLargest(0.1), 0);
}

TEST(Histogram, CountsZerosAndKeepsEndsExact)
{
    Histogram histogram;
    histogram.add(0, 90);
    histogram.add(5, 10);
    EXPECT_EQ(histogram.quantile(0.9), 0);
    EXPECT_EQ(histogram.quantile(0.95), 5);
    EXPECT_DOUBLE_EQ(histogram.cumulative(0), 0.9);
    EXPECT_DOUBLE_EQ(histogram.cumulative(5), 1);
    EXPECT_EQ(histogram.cumulative(-1), 0);
}

TEST(Sample, IsExactUntilItsLimitAndCloseBeyond)
{
    const std::vector<double> values = lognormalValues(5000, 11);
    Sample small(10000), large(1000);
    for (double v : values) {
        small.add(v);
        large.add(v);
    }
    EXPECT_TRUE(small.isExact());
    EXPECT_FALSE(large.isExact());
    EXPECT_EQ(large.count(), 5000U);
    std::vector<double> copy = values;
    EXPECT_EQ(small.quantile(0.95), quantile(copy, 0.95));
    EXPECT_NEAR(large.quantile(0.95) / small.quantile(0.95), 1, 0.005);
    EXPECT_NEAR(large.mean(), small.mean(), 1e-9);
}

TEST(Sample, MergesExactAndSpilled)
{
    Sample a(10), b(10), c(10);
    for (int i = 1; i <= 8; ++i)
        a.add(i);
    for (int i = 9; i <= 16; ++i)
        b.add(i);
    for (int i = 0; i < 100; ++i)
        c.add(100);
    a.merge(b);
    EXPECT_FALSE(a.isExact());
    EXPECT_EQ(a.count(), 16U);
    EXPECT_NEAR(a.quantile(0.5), 8, 0.04);
    b.merge(c);
    EXPECT_EQ(b.count(), 108U);
    EXPECT_NEAR(b.quantile(0.5), 100, 0.5);
}

} // namespace
} // namespace headroom
