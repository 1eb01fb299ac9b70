#include "ui/plots/numbers.h"

#include <clocale>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace headroom::ui {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Numbers, DigitsBeforeThePointAreNeverRoundedAway)
{
    EXPECT_EQ(number(4.2), "4.2");
    EXPECT_EQ(number(4.2001), "4.2");
    EXPECT_EQ(number(0.0714), "0.0714");
    EXPECT_EQ(number(1366), "1,366");
    EXPECT_EQ(number(131072), "131,072");
    EXPECT_EQ(number(-1234567), "−1,234,567");
    EXPECT_EQ(number(0), "0");
    EXPECT_EQ(number(100), "100");
    EXPECT_EQ(whole(0.4), "0");
    EXPECT_EQ(whole(-0.4), "0");
}

TEST(Numbers, NoValueIsWithoutAText)
{
    EXPECT_EQ(number(kInfinity), "∞");
    EXPECT_EQ(number(-kInfinity), "−∞");
    EXPECT_EQ(number(std::nan("")), "n/a");
    EXPECT_EQ(number(1e-9), "1.00e-09");
    EXPECT_EQ(number(1e300), "1.00e+300");
    EXPECT_EQ(duration(Seconds::infinite()), "∞");
    EXPECT_EQ(usd(kInfinity), "∞");
    EXPECT_EQ(percent(std::nan("")), "n/a");
    EXPECT_EQ(bytes(Bytes::infinite()), "∞");
}

TEST(Numbers, TimesStepToTheUnitPeopleWouldSay)
{
    EXPECT_EQ(duration(Seconds(0)), "0 ms");
    EXPECT_EQ(duration(Seconds(35e-6)), "35 µs");
    EXPECT_EQ(duration(Seconds(0.41)), "410 ms");
    EXPECT_EQ(duration(Seconds(0.9999)), "1 s");
    EXPECT_EQ(duration(Seconds(11.5)), "11.5 s");
    EXPECT_EQ(duration(Seconds(100)), "100 s");
    EXPECT_EQ(duration(Seconds(252)), "252 s") << "as on the axis of latencies";
    EXPECT_EQ(duration(Seconds(2520)), "42 min");
    EXPECT_EQ(duration(Seconds(3 * 3600)), "3 h");
    EXPECT_EQ(duration(Seconds(12 * 86400)), "12 days");
}

TEST(Numbers, MoneyShowsCentsWhereTheyMatter)
{
    EXPECT_EQ(usd(0.39), "$0.39");
    EXPECT_EQ(usd(0.0042), "$0.0042");
    EXPECT_EQ(usd(18.4), "$18.40");
    EXPECT_EQ(usd(1234.4), "$1,234");
    EXPECT_EQ(usd(0), "$0");
}

TEST(Numbers, AShareBelowOneIsNotShownAsTheWhole)
{
    EXPECT_EQ(percent(0.71), "71 %");
    EXPECT_EQ(percent(0.033), "3.3 %");
    EXPECT_EQ(percent(0), "0 %");
    EXPECT_EQ(percent(1), "100 %");
    EXPECT_EQ(percent(0.9996), "99.96 %");
    EXPECT_EQ(percent(0.99), "99 %");
    EXPECT_EQ(percent(0.996), "99.6 %");
    EXPECT_EQ(percent(0.0001), "0.01 %");
    EXPECT_EQ(percent(1e-14), "< 0.01 %");
    EXPECT_EQ(signedPercent(0.24), "+24 %");
    EXPECT_EQ(signedPercent(-0.08), "−8 %");
}

TEST(Numbers, BytesAreBinary)
{
    EXPECT_EQ(bytes(Bytes(512)), "512 B");
    EXPECT_EQ(bytes(16 * gibibyte), "16 GiB");
    EXPECT_EQ(bytes(1536 * mebibyte), "1.5 GiB");
}

TEST(Numbers, OneIsSingular)
{
    EXPECT_EQ(counted(1, "GPU", "GPUs"), "1 GPU");
    EXPECT_EQ(counted(8, "GPU", "GPUs"), "8 GPUs");
    EXPECT_EQ(counted(0, "GPU", "GPUs"), "0 GPUs");
}

TEST(Numbers, ExactTextReadsBackAsTheSameDouble)
{
    for (const double value : {0.1, 1.0 / 3, 1e-300, 4.2, 131072.0, -7.25e18})
        EXPECT_EQ(std::stod(exact(value)), value) << exact(value);
}

TEST(Numbers, TheLocaleOfTheProcessChangesNothing)
{
    const char* before = std::setlocale(LC_ALL, nullptr);
    const std::string kept = before ? before : "C";
    for (const char* locale : {"de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8"})
        if (std::setlocale(LC_ALL, locale)) {
            EXPECT_EQ(number(4.2), "4.2");
            EXPECT_EQ(exact(0.5), "0.5");
        }
    std::setlocale(LC_ALL, kept.c_str());
}

} // namespace
} // namespace headroom::ui
