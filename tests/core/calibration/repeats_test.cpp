#include "core/calibration/repeats.h"

#include <gtest/gtest.h>

#include <sstream>

namespace headroom {
namespace {

MeasurementTable tableOf(const std::string& rows)
{
    std::istringstream in("case_id,source,engine,model,gpu,tp,isl,osl,concurrency_or_batch_or_rate,load_kind,metric,"
                          "statistic,value\n" +
                          rows);
    return *readMeasurements(in, "rows.csv");
}

std::string row(const char* id, const char* engine, const char* clients, const char* value)
{
    return std::string(id) + ",me," + engine + ",Llama-3.1-8B,H100-SXM-80GB,1,512,128," + clients +
           ",fixed_concurrency,tpot_ms,mean," + value + "\n";
}

TEST(Repeats, EqualRunsAreComparedAndOthersAreNot)
{
    const auto spread = repeatSpread(tableOf(row("a", "vLLM", "8", "10") + row("b", "vLLM", "8", "11") +
                                             row("c", "vLLM", "16", "90") + row("d", "SGLang", "8", "20")));
    ASSERT_EQ(spread.size(), 2U);
    EXPECT_TRUE(spread[0].sameEngine);
    EXPECT_EQ(spread[0].rows, 2);
    EXPECT_NEAR(spread[0].median, 1.0 / 11, 1e-9);
    EXPECT_NEAR(spread[0].p90, 0.1, 1e-9);
    EXPECT_FALSE(spread[1].sameEngine);
    EXPECT_EQ(spread[1].rows, 3);
    EXPECT_GT(spread[1].p90, 0.5);
}

TEST(Repeats, RunsThatStateNoLengthsTellNothing)
{
    std::string rows = row("a", "vLLM", "8", "10") + row("b", "vLLM", "8", "11");
    for (std::size_t at = rows.find(",512,"); at != std::string::npos; at = rows.find(",512,"))
        rows.replace(at, 5, ",,");
    EXPECT_TRUE(repeatSpread(tableOf(rows)).empty());
}

} // namespace
} // namespace headroom
