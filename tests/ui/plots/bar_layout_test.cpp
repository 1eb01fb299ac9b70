#include "ui/plots/bar_layout.h"

#include "ui/theme.h"

#include <QImage>
#include <QPainter>

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

TEST(BarLayout, TextsAtBothEndsTouchNeitherTheBarsNorTheNames)
{
    StackedBars c = bars({-1, -6, -0.2}, {"+2 %", "+17 %", "overloaded"});
    c.segments.push_back({"more", Role::moreInput, {2, 17, 17}, {}});
    c.leftTotals = {"−1 %", "−6 %", "−0.2 %"};
    for (const double width : {200.0, 330.0, 640.0}) {
        const QFont font = uiFont(TextSize::small);
        const BarLayout layout = layOutBars(c, QRectF(0, 0, width, 240), lightTheme(), font);
        QImage image(static_cast<int>(width), 240, QImage::Format_RGB32);
        QPainter p(&image);
        const auto texts = paintBarsFront(p, c, layout, lightTheme(), font);
        ASSERT_GE(texts.size(), 9U) << "three names, three texts on each side";
        for (std::size_t i = 0; i < texts.size(); ++i) {
            EXPECT_GE(texts[i].left(), 0) << width;
            for (std::size_t k = 0; k < i; ++k)
                EXPECT_FALSE(texts[i].intersects(texts[k])) << i << " and " << k << " at " << width;
            for (const BarPiece& piece : barPieces(c))
                EXPECT_FALSE(texts[i].intersects(layout.rect(piece))) << i << " at " << width;
        }
    }
}

TEST(BarLayout, ANarrowPlotKeepsItsBarsAndSaysBothEndsBehindThem)
{
    StackedBars c = bars({-8.5, -1}, {"+10", "+9.3"});
    c.segments.push_back({"more", Role::moreInput, {10, 9.3}, {}});
    c.leftTotals = {"−8.5", "−1"};
    const auto laid = [&](double width) {
        return layOutBars(c, QRectF(0, 0, width, 240), lightTheme(), uiFont(TextSize::small));
    };
    EXPECT_FALSE(laid(240).joinsEnds);
    const BarLayout narrow = laid(135);
    ASSERT_TRUE(narrow.joinsEnds);
    EXPECT_EQ(narrow.totals.front(), QString::fromUtf8("−8.5/+10"));
    for (const double width : {135.0, 150.0, 186.0, 240.0})
        EXPECT_GE(laid(width).frame.area.width(), 30) << width;
    QImage image(135, 240, QImage::Format_RGB32);
    QPainter p(&image);
    const auto texts = paintBarsFront(p, c, narrow, lightTheme(), uiFont(TextSize::small));
    ASSERT_EQ(texts.size(), 4U) << "names, and one text behind each bar";
    for (const QRectF& text : texts)
        EXPECT_LE(text.right(), 135);
}

TEST(BarLayout, TheKeyGoesBelowTheNamesWhereItWouldBeCutBelowTheBars)
{
    StackedBars c = bars({-8.5, -1}, {"+10", "+9.3"});
    c.categories = {"output tokens", "prompt tokens"};
    c.segments.push_back({"ten per cent more", Role::moreInput, {10, 9.3}, {}});
    c.leftTotals = {"−8.5", "−1"};
    const QFont font = uiFont(TextSize::small);
    for (const double width : {150.0, 186.0, 220.0, 330.0, 640.0}) {
        const BarLayout layout = layOutBars(c, QRectF(0, 0, width, 240), lightTheme(), font);
        EXPECT_LE(layout.legendLeft + legendWidth(layout.legend, font), width);
        EXPECT_TRUE(width < 300 || layout.legendLeft == layout.frame.area.left()) << "below the bars where it fits";
    }
}

TEST(BarLayout, TheKeyIsAsPaleAsTheBars)
{
    StackedBars c = bars({3, 4}, {});
    c.segments.push_back({"waiting", Role::queue, {1, 2}, {}});
    const QColor full = laidOut(c).legend.front().color;
    EXPECT_EQ(full.alpha(), 255);
    c.faded = true;
    const QColor pale = laidOut(c).legend.front().color;
    EXPECT_LT(pale.alpha(), 150);
    EXPECT_EQ(pale, pieceColor(c, c.segments.front(), lightTheme()));
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
    EXPECT_EQ(key(260).back().swatch.pin, 8) << "with its own line";
    ASSERT_EQ(key(90).size(), 1U) << "a low plot keeps its room for the bars";
    EXPECT_TRUE(key(90).front().name.contains(QLatin1String("8 pinned")));
}

} // namespace
} // namespace headroom::ui
