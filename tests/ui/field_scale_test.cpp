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
    EXPECT_EQ(boxText(5.53014, 4), "5.53");
    EXPECT_EQ(boxText(123456, 3), "123,456") << "digits before the point stay";
}

TEST(BoxText, TakesUnitsAndSpacesAndRefusesWords)
{
    EXPECT_EQ(parseBoxText("1,366 tok", "tok"), 1366);
    EXPECT_EQ(parseBoxText("4.2req/s", "req/s"), 4.2);
    for (const char* bad : {"", "tok", "four", "1 2x", "nan", "inf", "1e999"})
        EXPECT_FALSE(parseBoxText(bad, "tok")) << bad;
}

TEST(BoxText, ACommaOrSpaceCountsOnlyWhereItSeparatesThousands)
{
    EXPECT_EQ(parseBoxText("1,234,567.5", ""), 1234567.5);
    EXPECT_EQ(parseBoxText("-12 500", ""), -12500);
    EXPECT_EQ(parseBoxText("4.2 req/s", "req/s"), 4.2);
    const struct {
        const char *typed, *complaint;
    } cases[] = {{"12,5", "12,5: a comma only separates thousands; write 12.5"},
        {"0,125", "0,125: a comma only separates thousands; write 0.125"},
        {"-0,5 s", "-0,5: a comma only separates thousands; write -0.5"},
        {"1,00,000", "1,00,000: a comma only separates thousands; write 100000"},
        {"1234,567", "1234,567: a comma only separates thousands; write 1234.567"},
        {"1.5,000", "1.5,000: a comma only separates thousands; write 1.5000"},
        {"12,500.0,1", "12,500.0,1: a comma only separates thousands; write 12500.01"},
        {"1,234 567", "1,234 567: a comma only separates thousands; write 1234567"},
        {"1 2", "1 2: a space only separates thousands; write 12"}};
    for (const auto& c : cases) {
        EXPECT_FALSE(parseBoxText(c.typed, "s")) << c.typed;
        EXPECT_EQ(separatorComplaint(c.typed, "s"), c.complaint);
    }
    for (const char* other : {"", "four, five", "none", "1,366", "7.5 s", ","})
        EXPECT_EQ(separatorComplaint(other, "s"), "") << other;
}

} // namespace
} // namespace headroom::ui
