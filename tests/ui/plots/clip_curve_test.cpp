#include "ui/plots/clip_curve.h"

#include "ui/plots/plot_frame.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace headroom::ui {
namespace {

/// 100 × 100 pixels that show x and y from 0 to 10.
PlotFrame frame()
{
    PlotFrame f;
    f.area = QRectF(0, 0, 100, 100);
    f.x = {{0, 10}, false, 0, 100};
    f.y = {{0, 10}, false, 100, 0};
    return f;
}

TEST(ClippedCurve, WhatIsInSightStaysAsItIs)
{
    const QVector<QPointF> line{{1, 2}, {3, 9}, {8, 1}};
    EXPECT_EQ(clipped(line, frame()), line);
}

TEST(ClippedCurve, AFarSpikeBecomesTwoShortPiecesWithAGapBetween)
{
    const QVector<QPointF> cut = clipped({{0, 0}, {5, 1e9}, {10, 0}}, frame());
    EXPECT_EQ(std::count_if(cut.begin(), cut.end(), [](QPointF p) { return std::isnan(p.y()); }), 1);
    for (const QPointF& p : cut)
        EXPECT_FALSE(p.y() > 11.001) << p.y();
    EXPECT_EQ(cut.first(), QPointF(0, 0));
    EXPECT_EQ(cut.last(), QPointF(10, 0));
}

TEST(ClippedCurve, WhatIsOutOfSightIsLeftOut) { EXPECT_TRUE(clipped({{0, 1e6}, {10, 1e6}}, frame()).isEmpty()); }

TEST(ClippedCurve, GapsStayGaps)
{
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const QVector<QPointF> cut = clipped({{1, 1}, {2, 2}, {3, nan}, {4, 4}, {5, 5}}, frame());
    ASSERT_EQ(cut.size(), 5);
    EXPECT_TRUE(std::isnan(cut[2].y()));
    EXPECT_EQ(cut[3], QPointF(4, 4));
}

} // namespace
} // namespace headroom::ui
