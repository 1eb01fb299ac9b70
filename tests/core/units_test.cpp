#include "core/units.h"

#include <gtest/gtest.h>

namespace headroom {
namespace {

template <class A, class B>
concept Addable = requires(A a, B b)
{
    a + b;
};

// Unit rules that must not compile.
static_assert(!Addable<TokenRate, RequestRate>, "tok/s and req/s do not mix");
static_assert(!Addable<Seconds, double>, "a bare number is not a time");
static_assert(!std::is_convertible_v<double, Seconds>, "construction from double is explicit");
static_assert(!std::is_convertible_v<Seconds, double>, "a time does not become a number by itself");
static_assert(std::is_same_v<decltype(second / second), double>, "a ratio is a number");

TEST(Units, LittlesLawTypeChecks)
{
    const Requests inSystem = RequestRate(12) * Seconds(2.5);
    EXPECT_DOUBLE_EQ(inSystem.in(request), 30);
}

TEST(Units, DecimalAndBinaryBytesAreTwoConstants) { EXPECT_DOUBLE_EQ((80 * gibibyte).in(gigabyte), 85.89934592); }

TEST(Units, KvBytesPerTokenTimesTokensIsBytes)
{
    const Bytes kv = BytesPerToken(131072) * Tokens(4096);
    EXPECT_DOUBLE_EQ(kv.in(mebibyte), 512);
}

TEST(Units, UsdPerTokenIsPriceOverRate)
{
    const UsdPerToken cost = (10 * dollar / hour) / TokenRate(2400);
    EXPECT_NEAR((cost * millionTokens).in(dollar), 1.157, 5e-4);
}

} // namespace
} // namespace headroom
