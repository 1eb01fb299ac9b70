#include "core/calibration/measurements.h"

#include <gtest/gtest.h>

#include <sstream>

namespace headroom {
namespace {

constexpr const char* kHeader = "case_id,source,model,gpu,tp,isl,osl,concurrency_or_batch_or_rate,load_kind,metric,"
                                "statistic,value\n";

Result<MeasurementTable> read(const std::string& text)
{
    std::istringstream in(text);
    return readMeasurements(in, "runs.csv");
}

TEST(Measurements, ALineWithoutEndIsRefusedBeforeItFillsTheMemory)
{
    std::istringstream in(std::string(5 << 20, 'x'));
    const auto table = readMeasurements(in, "huge.csv");
    ASSERT_FALSE(table);
    EXPECT_NE(table.error().message.find("4 MiB"), std::string::npos) << table.error().message;
}

TEST(Measurements, LatenciesBecomeSecondsAndRatesStay)
{
    const auto table = read(std::string(kHeader) + "a,me,Llama-3.1-8B,H100-SXM-80GB,1,512,128,8,fixed_concurrency,"
                                                   "tpot_ms,mean,7.5\nb,me,Llama-3.1-8B,H100-SXM-80GB,,512,128,inf,"
                                                   "offline_max,output_tok_s,total,9000\n");
    ASSERT_TRUE(table) << table.error().message;
    ASSERT_EQ(table->rows.size(), 2U);
    EXPECT_DOUBLE_EQ(table->rows[0].value, 0.0075);
    EXPECT_EQ(table->rows[0].load, 8);
    EXPECT_EQ(table->rows[0].loadKind, LoadKind::fixedConcurrency);
    EXPECT_DOUBLE_EQ(table->rows[1].value, 9000);
    EXPECT_FALSE(table->rows[1].load.has_value()) << "everything at once";
    EXPECT_FALSE(table->rows[1].tp.has_value());
    EXPECT_EQ(table->rows[1].family, "Llama-3.1-8B") << "a model without a family is its own";
}

TEST(Measurements, ErrorsNameFileLineAndColumn)
{
    const auto bad = [](const std::string& row) { return read(kHeader + row).error(); };
    EXPECT_EQ(bad("a,me,M,G,1,1,1,1,sideways,tpot_ms,mean,1\n").where, "runs.csv:2: load_kind");
    EXPECT_EQ(bad("a,me,M,G,1,1,1,1,static_batch,happiness,mean,1\n").where, "runs.csv:2: metric");
    EXPECT_EQ(bad("a,me,M,G,1,1,1,1,static_batch,tpot_ms,mean,-3\n").where, "runs.csv:2: value");
    EXPECT_EQ(bad("a,me,M,G,1,1,1,1,static_batch,tpot_ms,mean,nan\n").where, "runs.csv:2: value");
    EXPECT_EQ(bad("a,me,M,G,3.7,1,1,1,static_batch,tpot_ms,mean,1\n").where, "runs.csv:2: tp");
    EXPECT_EQ(bad("a,me,M,G,0,1,1,1,static_batch,tpot_ms,mean,1\n").where, "runs.csv:2: tp");
    EXPECT_EQ(bad("a,me,M,G,1,-5,1,1,static_batch,tpot_ms,mean,1\n").where, "runs.csv:2: isl");
    EXPECT_EQ(bad("a,me,M,G,1,abc,1,1,static_batch,tpot_ms,mean,1\n").where, "runs.csv:2: isl");
    EXPECT_EQ(
        bad("a,me,M,G,1,abc,1,1,static_batch,tpot_ms,mean,1\n").message, "expected a number above 0, found \"abc\"");
    EXPECT_EQ(bad("a,me,M,G,1,1,0,1,static_batch,tpot_ms,mean,1\n").where, "runs.csv:2: osl");
    EXPECT_EQ(
        bad("a,me,M,G,1,1,1,many,static_batch,tpot_ms,mean,1\n").where, "runs.csv:2: concurrency_or_batch_or_rate");
    EXPECT_EQ(bad("a,me,M,G,1,1,1,1,static_batch,tpot_ms,mean,\n").message, "is empty, expected a number above 0");
    EXPECT_EQ(bad("a,me,M\n").where, "runs.csv:2");
    EXPECT_EQ(read("model,gpu\n").error().where, "runs.csv:1");
    EXPECT_EQ(read("").error().where, "runs.csv");
}

TEST(Measurements, SpreadsheetsMarksAndSpacesDoNotCount)
{
    const auto table = read("\xEF\xBB\xBF" + std::string("model,gpu,tp,load_kind,metric,value\r\n") +
                            "Llama-3.1-8B, H100-SXM-80GB , 2 ,offline_max,req_s, 3.5 \r\n");
    ASSERT_TRUE(table) << table.error().where << ": " << table.error().message;
    EXPECT_EQ(table->rows[0].gpu, "H100-SXM-80GB");
    EXPECT_EQ(table->rows[0].tp, 2);
    EXPECT_DOUBLE_EQ(table->rows[0].value, 3.5);
}

TEST(CsvLine, QuotedCellsComeBackAsTheyWere)
{
    const std::vector<std::string> cells{"a", "b, c", "say \"hi\"", ""};
    EXPECT_EQ(splitCsvLine(joinCsvLine(cells)), cells);
    EXPECT_EQ(splitCsvLine("x,\"1,2\",\"a\"\"b\"\r"), (std::vector<std::string>{"x", "1,2", "a\"b"}));
}

} // namespace
} // namespace headroom
