#include "ui/panels/field_scale.h"

#include <gtest/gtest.h>

#include <cmath>

namespace headroom::ui {
namespace {

TEST(FieldScale, EveryPositionGivesAValueInRangeThatReturnsToItsPosition)
{
    for (const Field& field : fields()) {
        const auto* f = std::get_if<NumberField>(&field);
        if (f == nullptr)
            continue;
        const FieldScale scale(*f);
        double last = -INFINITY;
        for (int tick = 0; tick <= scale.ticks(); ++tick) {
            const double value = scale.valueAt(tick);
            ASSERT_GE(value, f->min) << f->info.key;
            ASSERT_LE(value, f->max) << f->info.key;
            ASSERT_GE(value, last) << f->info.key << ": a slider never goes back";
            if (f->integer) {
                ASSERT_EQ(value, std::round(value)) << f->info.key;
            }
            last = value;
        }
        EXPECT_EQ(scale.tickOf(f->min), 0) << f->info.key;
        EXPECT_EQ(scale.tickOf(f->max), scale.ticks()) << f->info.key;
    }
}

TEST(FieldScale, AStepAlwaysMovesUnlessTheRangeEnds)
{
    for (const Field& field : fields()) {
        const auto* f = std::get_if<NumberField>(&field);
        if (f == nullptr)
            continue;
        const FieldScale scale(*f);
        for (int tick = 0; tick <= scale.ticks(); tick += 37) {
            const double value = scale.valueAt(tick);
            if (value < f->max) {
                ASSERT_GT(scale.stepped(value, 1), value) << f->info.key << " at " << value;
            }
            if (value > f->min) {
                ASSERT_LT(scale.stepped(value, -1), value) << f->info.key << " at " << value;
            }
            ASSERT_LE(scale.stepped(value, 1000), f->max);
            ASSERT_GE(scale.stepped(value, -1000), f->min);
        }
    }
}

TEST(BoxText, ReadsBackWhatItShows)
{
    for (const double value : {0.0, 0.07, 0.1, 1.0, 4.2, 999.5, 1366.0, 131072.0, 1.5e7, 0.000123, -2.5, 1e-9})
        EXPECT_DOUBLE_EQ(parseBoxText(boxText(value), "").value_or(NAN), value) << boxText(value);
    EXPECT_EQ(boxText(1366), "1,366");
    EXPECT_EQ(boxText(1234567), "1,234,567");
    EXPECT_EQ(boxText(0.07), "0.07");
    EXPECT_EQ(boxText(1365.82), "1,366");
    EXPECT_EQ(boxText(-123.5), "-123.5");
}

TEST(BoxText, TakesUnitsAndSpacesAndRefusesWords)
{
    EXPECT_EQ(parseBoxText("1,366 tok", "tok"), 1366);
    EXPECT_EQ(parseBoxText("4.2req/s", "req/s"), 4.2);
    for (const char* bad : {"", "tok", "four", "1 2x", "nan", "inf", "1e999"})
        EXPECT_FALSE(parseBoxText(bad, "tok")) << bad;
}

} // namespace
} // namespace headroom::ui
