#include "ui/plots/label_placement.h"

#include <gtest/gtest.h>

#include <random>

namespace headroom::ui {
namespace {

const QRectF kBounds(0, 0, 300, 200);
const QSizeF kSize(60, 14);

LabelRequest at(std::vector<QPointF> candidates) { return {kSize, std::move(candidates), {}}; }

TEST(LabelPlacement, TakesTheFirstCandidateWhenNothingIsInTheWay)
{
    const std::vector requests{at({{10, 10}, {100, 100}})};
    const auto placed = placeLabels(requests, {}, kBounds);
    ASSERT_TRUE(placed[0]);
    EXPECT_EQ(placed[0]->rect.topLeft(), QPointF(10, 10));
    EXPECT_FALSE(placed[0]->crossed);
}

TEST(LabelPlacement, NeverLeavesTheBounds)
{
    const std::vector requests{at({{280, 10}, {-5, 10}, {20, 195}, {200, 100}})};
    const auto placed = placeLabels(requests, {}, kBounds);
    ASSERT_TRUE(placed[0]);
    EXPECT_EQ(placed[0]->rect.topLeft(), QPointF(200, 100));
}

TEST(LabelPlacement, GivesUpRatherThanCoverAnotherLabel)
{
    const std::vector requests{at({{10, 10}}), at({{30, 12}})};
    const auto placed = placeLabels(requests, {}, kBounds);
    EXPECT_TRUE(placed[0]);
    EXPECT_FALSE(placed[1]);
}

TEST(LabelPlacement, NeverCoversAPoint)
{
    LabelObstacles obstacles;
    obstacles.rects = {QRectF(20, 12, 8, 8)};
    const std::vector requests{at({{10, 10}, {100, 10}})};
    const auto placed = placeLabels(requests, obstacles, kBounds);
    ASSERT_TRUE(placed[0]);
    EXPECT_EQ(placed[0]->candidate, 1U);
}

TEST(LabelPlacement, PrefersALaterPlaceOverALongCrossingOfACurve)
{
    LabelObstacles obstacles;
    obstacles.lines = {QLineF(0, 17, 300, 17)};
    const std::vector requests{at({{10, 10}, {10, 60}})};
    const auto placed = placeLabels(requests, obstacles, kBounds);
    ASSERT_TRUE(placed[0]);
    EXPECT_EQ(placed[0]->candidate, 1U);
}

TEST(LabelPlacement, SaysWhenACurveRunsThrough)
{
    LabelObstacles obstacles;
    obstacles.lines = {QLineF(0, 17, 300, 17)};
    const std::vector requests{at({{10, 10}})};
    EXPECT_TRUE(placeLabels(requests, obstacles, kBounds)[0]->crossed);
}

TEST(LabelPlacement, StaysWhereItWasIfAboutAsGood)
{
    LabelRequest r = at({{10, 10}, {10, 60}, {10, 110}});
    r.previous = 1;
    EXPECT_EQ(placeLabels(std::vector{r}, {}, kBounds)[0]->candidate, 1U);
}

TEST(LabelPlacement, KeepsAllLabelsApartWhateverIsAsked)
{
    std::mt19937 random(11);
    const auto coordinate = [&random](int most) { return static_cast<double>(random() % static_cast<unsigned>(most)); };
    for (int round = 0; round < 200; ++round) {
        std::vector<LabelRequest> requests;
        for (int i = 0; i < 12; ++i) {
            LabelRequest r{QSizeF(20 + coordinate(80), 14), {}, {}};
            for (int c = 0; c < 6; ++c)
                r.candidates.emplace_back(coordinate(300), coordinate(200));
            requests.push_back(r);
        }
        const auto placed = placeLabels(requests, {}, kBounds);
        for (std::size_t i = 0; i < placed.size(); ++i) {
            if (!placed[i])
                continue;
            EXPECT_TRUE(kBounds.contains(placed[i]->rect));
            for (std::size_t k = 0; k < i; ++k)
                EXPECT_FALSE(placed[k] && placed[k]->rect.intersects(placed[i]->rect));
        }
    }
}

TEST(LengthInside, CountsOnlyThePartWithinTheRectangle)
{
    const QRectF r(10, 10, 20, 20);
    EXPECT_DOUBLE_EQ(lengthInside(QLineF(0, 20, 100, 20), r), 20);
    EXPECT_DOUBLE_EQ(lengthInside(QLineF(15, 0, 15, 15), r), 5);
    EXPECT_DOUBLE_EQ(lengthInside(QLineF(0, 0, 5, 100), r), 0);
    EXPECT_DOUBLE_EQ(lengthInside(QLineF(12, 12, 15, 16), r), 5);
}

} // namespace
} // namespace headroom::ui
