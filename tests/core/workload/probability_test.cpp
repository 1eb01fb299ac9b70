#include "core/workload/probability.h"

#include <gtest/gtest.h>

#include <cmath>

namespace headroom {
namespace {

TEST(NormalQuantile, InvertsTheDistributionFunctionInBothTails)
{
    EXPECT_DOUBLE_EQ(normalQuantile(0.5), 0);
    EXPECT_NEAR(normalQuantile(0.975), 1.959963984540054, 1e-14);
    EXPECT_NEAR(normalQuantile(1e-20), -9.262340089798408, 1e-12);
    for (double z = -8; z < 8; z += 0.25) {
        const double p = normalCumulative(z);
        EXPECT_NEAR(normalQuantile(p), z, z < 5 ? 1e-9 : 0.1) << p; // 1 - p has few digits left far right
    }
    EXPECT_TRUE(std::isinf(normalQuantile(0)) && std::isinf(normalQuantile(1)));
}

TEST(LogGamma, IsTheLogarithmOfFactorials)
{
    double factorial = 1;
    for (int n = 1; n < 20; ++n) {
        EXPECT_NEAR(logGamma(n), std::log(factorial), 1e-12 * (1 + std::log(factorial))) << n;
        factorial *= n;
    }
    EXPECT_NEAR(logGamma(0.5), 0.5 * std::log(std::acos(-1)), 1e-14);
}

// Reference values: scipy.special 1.10, gammainc and gammaincinv.
TEST(GammaQuantile, MatchesReferenceValuesFromSmallToLargeShapes)
{
    EXPECT_NEAR(gammaCumulative(2.5, 3.1), 0.7127583165744391, 1e-14);
    EXPECT_NEAR(gammaQuantile(0.25, 0.001) / 6.749697893115376e-13, 1, 1e-10);
    EXPECT_NEAR(gammaQuantile(0.25, 0.5), 4.367380235287340e-02, 1e-12);
    EXPECT_NEAR(gammaQuantile(6.25, 0.99), 13.47751738584037, 1e-9);
    EXPECT_NEAR(gammaQuantile(1e4, 0.99), 10234.104379158054, 1e-6);
    EXPECT_NEAR(gammaQuantile(0.04, 0.05) / 1.7281646552257326e-33, 1, 1e-9);
}

TEST(GammaQuantile, InvertsTheDistributionFunctionForEveryShape)
{
    for (const double shape : {0.02, 0.3, 1.0, 2.0, 7.5, 120.0, 1e6})
        for (const double p : {0.001, 0.2, 0.4999, 0.5, 0.7, 0.99, 0.99999}) {
            const double x = gammaQuantile(shape, p);
            if (x > 0) { // a shape of 0.02 has its lowest thousandth below the smallest double
                EXPECT_NEAR(gammaCumulative(shape, x), p, 1e-9) << shape << ' ' << p;
            }
        }
    EXPECT_EQ(gammaQuantile(2, 0), 0);
    EXPECT_TRUE(std::isinf(gammaQuantile(2, 1)));
}

TEST(GammaQuantile, OfShapeOneIsTheExponential)
{
    for (const double p : {0.01, 0.3, 0.9, 0.9999})
        EXPECT_NEAR(gammaQuantile(1, p), -std::log1p(-p), 1e-11);
}

} // namespace
} // namespace headroom
