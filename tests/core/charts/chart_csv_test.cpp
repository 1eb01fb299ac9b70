#include "ui/plots/catalog.h"

#include <gtest/gtest.h>

namespace headroom::ui {
namespace {

TEST(ChartCsv, QuotesWhatMustBeQuotedAndReadsBackExactly)
{
    EXPECT_EQ(csvCell("plain"), "plain");
    EXPECT_EQ(csvCell("a,b"), "\"a,b\"");
    EXPECT_EQ(csvCell("5\" pipe"), "\"5\"\" pipe\"");
    EXPECT_EQ(csvCell("two\nlines"), "\"two\nlines\"");
    ChartSpec chart{"t", "", "s", "", LineChart{}};
    auto& body = std::get<LineChart>(chart.body);
    body.x = {"rate", "req/s", false, {}, {}};
    body.y = {"time", "ms", false, {}, {}};
    body.curves = {{"a", Role::primary, {0.1, 0.2}, {1.0 / 3, 2}, {0, 1}, {1, 3}, false, false, {}, {}},
        {"b, dashed", Role::ghost, {5}, {6}, {}, {}, true, false, {}, {}}};
    EXPECT_EQ(chartCsv(chart),
        "a: rate (req/s),a: time (ms),a: low,a: high,\"b, dashed: rate (req/s)\",\"b, dashed: time (ms)\"\r\n"
        "0.1,0.3333333333333333,0,1,5,6\r\n0.2,2,1,3,,\r\n");
}

} // namespace
} // namespace headroom::ui
