#include "ui/plots/bar_layout.h"

#include "ui/theme.h"

#include <gtest/gtest.h>

namespace headroom::ui {
namespace {

StackedBars bars(std::vector<double> values, std::vector<std::string> totals)
{
    StackedBars c;
    for (std::size_t i = 0; i < values.size(); ++i)
        c.categories.push_back("row " + std::to_string(i));
    c.segments = {{"served", Role::primary, std::move(values), {}}};
    c.totals = std::move(totals);
    return c;
}

BarLayout laidOut(const StackedBars& c)
{
    return layOutBars(c, QRectF(0, 0, 330, 240), lightTheme(), uiFont(TextSize::small));
}

TEST(BarLayout, ATextInThePlaceOfABarTakesNoRoomFromTheOthers)
{
    const double plain = laidOut(bars({3, 0}, {"3", ""})).frame.area.width();
    const std::string why = "cannot run: needs 2 replicas, the plan has 1";
    EXPECT_EQ(laidOut(bars({3, 0}, {"3", why})).frame.area.width(), plain);
    EXPECT_LT(laidOut(bars({3, 1}, {"3", why})).frame.area.width(), plain) << "beside a bar it does";
}

TEST(BarLayout, ChangesInBothDirectionsHaveATickOnEachSide)
{
    const BarLayout layout = laidOut(bars({-1, 17}, {}));
    EXPECT_LT(layout.frame.xTicks.front().value, 0);
    EXPECT_GT(layout.frame.xTicks.back().value, 0);
}

TEST(BarLayout, PinnedPlansAreNamedInTheKeyWhereItHasRoomForThem)
{
    StackedBars c = bars({3, 4}, {});
    for (int pin = 1; pin <= 8; ++pin)
        c.ghosts.push_back({"plan " + std::to_string(pin), {2.0 + 0.1 * pin, 3}, pin});
    const auto key = [&](double height) {
        return layOutBars(c, QRectF(0, 0, 430, height), lightTheme(), uiFont(TextSize::small)).legend;
    };
    ASSERT_EQ(key(260).size(), 8U);
    EXPECT_EQ(key(260).back().name, QStringLiteral("plan 8"));
    EXPECT_EQ(key(260).back().pin, 8) << "with its own line";
    ASSERT_EQ(key(90).size(), 1U) << "a low plot keeps its room for the bars";
    EXPECT_TRUE(key(90).front().name.contains(QLatin1String("8 pinned")));
}

} // namespace
} // namespace headroom::ui
