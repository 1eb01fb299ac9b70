#include "ui/plots/axis_scale.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

namespace headroom::ui {
namespace {

using testing::DoubleEq;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::Pointwise;

TEST(Ticks, StandAtOneTwoFiveTimesAPowerOfTen)
{
    EXPECT_THAT(ticks({0, 7}, false, 8).values, Pointwise(DoubleNear(1e-9), {0., 1., 2., 3., 4., 5., 6., 7.}));
    EXPECT_THAT(ticks({0, 7}, false, 4).values, Pointwise(DoubleNear(1e-9), {0., 2., 4., 6.}));
    EXPECT_THAT(ticks({-0.3, 0.3}, false, 4).values, Pointwise(DoubleNear(1e-9), {-0.2, 0., 0.2}));
}

TEST(Ticks, OfALogarithmicAxisAreOneTwoFiveWhereTheyFit)
{
    EXPECT_THAT(ticks({100, 1000}, true, 5).values, Pointwise(DoubleNear(1e-9), {100., 200., 500., 1000.}));
    EXPECT_THAT(ticks({100, 10000}, true, 5).values, Pointwise(DoubleNear(1e-9), {100., 300., 1000., 3000., 10000.}));
    EXPECT_THAT(ticks({1, 1e6}, true, 4).values, Pointwise(DoubleNear(1e-9), {1., 100., 1e4, 1e6}));
}

TEST(Ticks, OfANarrowLogarithmicRangeAreLinear)
{
    EXPECT_THAT(ticks({20, 30}, true, 6).values, Pointwise(DoubleNear(1e-9), {20., 22., 24., 26., 28., 30.}));
}

TEST(Ticks, OfALogarithmicAxisAreAtLeastTwo)
{
    for (double from = 0.001; from < 0.01; from *= 1.13)
        for (double ratio = 1.5; ratio < 100; ratio *= 1.17)
            EXPECT_GE(ticks({from, ratio * from}, true, 5).values.size(), 2U) << from << " to " << ratio * from;
}

TEST(Ticks, NeverExceedTheirNumberAndStayInsideTheRange)
{
    for (const bool logarithmic : {false, true})
        for (int most = 1; most <= 12; ++most)
            for (double from = 0.013; from < 1e5; from *= 3.7)
                for (double factor = 1.01; factor < 1e8; factor *= 6.3) {
                    const Interval r{from, from * factor};
                    const Ticks t = ticks(r, logarithmic, most);
                    EXPECT_LE(static_cast<int>(t.values.size()), most + 1) << from << " x " << factor;
                    for (const double v : t.values) {
                        EXPECT_GE(v, r.from * (1 - 1e-6));
                        EXPECT_LE(v, r.to * (1 + 1e-6));
                    }
                }
}

TEST(Ticks, OfBarsStandOnEachSideOfZeroThatTheyReach)
{
    for (const Interval asked : {Interval{-17, 18}, Interval{-1, 20}, Interval{-20, 0.03}, Interval{-12, 14},
             Interval{0, 4.2}, Interval{-10, 100}, Interval{0, 60}, Interval{-0.08, 0}})
        for (const int most : {2, 3, 5, 8}) {
            Interval r = asked;
            const Ticks t = ticksFromZero(r, most);
            const auto beside = [&](auto isThere) { return std::ranges::any_of(t.values, isThere); };
            EXPECT_EQ(beside([](double v) { return v > 0; }), asked.to > 0) << asked.from << " to " << asked.to;
            EXPECT_EQ(beside([](double v) { return v < 0; }), asked.from < 0) << asked.from << " to " << asked.to;
            EXPECT_LE(static_cast<int>(t.values.size()), most + 3) << asked.from << " to " << asked.to;
            EXPECT_LE(r.from, asked.from);
            EXPECT_GE(r.to, asked.to);
            EXPECT_LE(r.length(), 2 * asked.length()) << "bars are not flattened for a tick";
        }
}

TEST(Ticks, OfAnEmptyOrInfiniteRangeAreNone)
{
    EXPECT_TRUE(ticks({3, 3}, false, 5).values.empty());
    EXPECT_TRUE(ticks({0, INFINITY}, false, 5).values.empty());
    EXPECT_TRUE(ticks({0, NAN}, true, 5).values.empty());
}

TEST(AxisScale, PixelAndValueAreInverse)
{
    const AxisScale linear{{2, 12}, false, 40, 440}, logarithmic{{0.1, 1000}, true, 300, 10};
    for (double v = 0.2; v < 900; v *= 1.7) {
        EXPECT_NEAR(linear.value(linear.pixel(v)), v, 1e-9 * v);
        EXPECT_NEAR(logarithmic.value(logarithmic.pixel(v)), v, 1e-9 * v);
    }
    EXPECT_DOUBLE_EQ(linear.pixel(2), 40);
    EXPECT_DOUBLE_EQ(linear.pixel(12), 440);
    EXPECT_DOUBLE_EQ(logarithmic.pixel(10), 155) << "two of four decades are half the way";
}

TEST(AxisScale, ZeroOnALogarithmicAxisLiesFarOutside)
{
    const AxisScale up{{1, 100}, true, 300, 0};
    EXPECT_GT(up.pixel(0), 1000);
    EXPECT_TRUE(std::isfinite(up.pixel(0)));
}

TEST(NiceRange, StartsAtZeroUnlessTheDataAreFarFromIt)
{
    EXPECT_EQ(niceRange({3, 97}, Axis{}, 6), (Interval{0, 100}));
    EXPECT_GT(niceRange({95, 97}, Axis{}, 6).from, 50);
}

TEST(NiceRange, OfALogarithmicAxisEndsAtOneTwoFive)
{
    EXPECT_EQ(niceRange({130, 780}, Axis{"", "", true, {}, {}}, 6), (Interval{100, 1000}));
}

TEST(NiceRange, OfNothingFiniteIsStillDrawable)
{
    EXPECT_EQ(niceRange({NAN, INFINITY}, Axis{}, 6), (Interval{0, 1}));
    const Interval r = niceRange({0, -3}, Axis{"", "", true, {}, {}}, 6);
    EXPECT_GT(r.from, 0);
    EXPECT_GT(r.to, r.from);
}

TEST(NiceRange, ObeysTheBuilder) { EXPECT_EQ(niceRange({3, 97}, Axis{"", "", false, 10, 50}, 6), (Interval{10, 50})); }

LineChart climbing()
{
    LineChart c;
    Curve k{"latency", Role::primary, {}, {}, {}, {}, false, false, {}, {}};
    for (int i = 0; i < 100; ++i) {
        k.x.push_back(i * 0.1);
        k.y.push_back(i < 99 ? 100 / (1 - i / 99.0) : INFINITY);
    }
    c.curves = {k};
    c.markers = {{"you", Role::primary, 4, 168}};
    return c;
}

TEST(FittedRanges, CutACurveThatClimbsToSaturation)
{
    const PlotRanges r = fittedRanges(climbing());
    EXPECT_GE(r.y.to, 168);
    EXPECT_LE(r.y.to, 168 * 4) << "the curve ends at 9900";
}

TEST(FittedRanges, CutACurveThatEndsSteeplyWithoutAnInfiniteValue)
{
    LineChart c = climbing();
    c.curves[0].x.pop_back();
    c.curves[0].y.pop_back();
    EXPECT_LE(fittedRanges(c).y.to, 168 * 4);
}

TEST(FittedRanges, ShowAllOfACurveThatDoesNotClimb)
{
    LineChart c = climbing();
    for (std::size_t i = 0; i < c.curves[0].x.size(); ++i)
        c.curves[0].y[i] = 1000 * c.curves[0].x[i];
    c.limits = {{"saturates", Role::saturation, 9.9, true}};
    EXPECT_GE(fittedRanges(c).y.to, 9900);
}

TEST(FittedRanges, IncludeTargetsNearTheDataAndLeaveFarOnesOut)
{
    LineChart c = climbing();
    c.curves[0].y.back() = 9900;
    c.limits = {{"near", Role::target, 20000, false}};
    EXPECT_GE(fittedRanges(c).y.to, 20000);
    c.limits[0].value = 1e6;
    EXPECT_LT(fittedRanges(c).y.to, 20000);
}

TEST(Zoom, KeepsTheCentreAndScalesTheLength)
{
    const Interval linear = zoomed({0, 10}, false, 2, 0.5);
    EXPECT_THAT(linear.from, DoubleEq(1));
    EXPECT_THAT(linear.to, DoubleEq(6));
    const Interval logarithmic = zoomed({1, 10000}, true, 100, 0.5);
    EXPECT_NEAR(logarithmic.from, 10, 1e-9);
    EXPECT_NEAR(logarithmic.to, 1000, 1e-9);
}

TEST(Pan, MovesByAShareOfTheLength)
{
    EXPECT_EQ(panned({0, 10}, false, 0.1), (Interval{1, 11}));
    const Axis rate{"arrival rate", "req/s", false, 0.0, {}};
    EXPECT_EQ(notBelow({-3, 7}, rate), (Interval{0, 10})) << "there are no negative rates";
    EXPECT_EQ(notBelow({1, 11}, rate), (Interval{1, 11}));
    const Interval r = panned({1, 100}, true, 0.5);
    EXPECT_NEAR(r.from, 10, 1e-9);
    EXPECT_NEAR(r.to, 1000, 1e-9);
}

TEST(CellEdges, LieMidwayBetweenCentres)
{
    EXPECT_THAT(cellEdges({1, 2, 4}, false), Pointwise(DoubleNear(1e-9), {0.5, 1.5, 3., 5.}));
    EXPECT_THAT(cellEdges({1, 100}, true), Pointwise(DoubleNear(1e-9), {0.1, 10., 1000.}));
    EXPECT_TRUE(cellEdges({}, false).empty());
}

TEST(FittedRanges, OfACloudHalveNoPointAtTheEdge)
{
    ScatterChart chart;
    chart.x = {"away", "", false, 0.0, {}};
    chart.y = {"error", "%", false, {}, {}};
    Curve cloud;
    cloud.x = {0.3, 5.98};
    cloud.y = {-79, 50};
    chart.groups = {cloud};
    const PlotRanges r = fittedRanges(chart);
    EXPECT_LT(r.y.from, -81);
    EXPECT_GT(r.y.to, 52);
    EXPECT_GT(r.x.to, 6.1);
    EXPECT_EQ(r.x.from, 0) << "a fixed end of an axis stays";
}

} // namespace
} // namespace headroom::ui
