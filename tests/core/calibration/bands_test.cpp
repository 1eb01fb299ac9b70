#include "core/calibration/bands.h"

#include "tests/core/calibration/measured_rows.h"

#include <gtest/gtest.h>

#include <cmath>

namespace headroom {
namespace {

using namespace measured;

/// `groups` families of `each` rows, spread by `within` around means spread by `between`.
std::vector<UnseenRow> rowsOf(int groups, int each, double within, double between)
{
    std::vector<UnseenRow> rows;
    for (int g = 0; g < groups; ++g)
        for (int i = 0; i < each; ++i) {
            UnseenRow r;
            r.family = "family" + std::to_string(g);
            r.gpu = "gpu";
            r.source = "me";
            r.logRatio = (g % 2 ? between : -between) + (i % 2 ? within : -within);
            rows.push_back(r);
        }
    return rows;
}

double widening(const std::vector<UnseenRow>& rows, double least = 0)
{
    return wideningForNewGroup(rows, std::vector<double>(rows.size(), 1), &UnseenRow::family, least);
}

TEST(Bands, GroupsThatDoNotDifferTellAsMuchAsAnyNumberOfThem)
{
    EXPECT_NEAR(widening(rowsOf(3, 40, 0.1, 0)), 1, 0.02);
    EXPECT_GT(widening(rowsOf(2, 40, 0.1, 0), 0.04), 2) << "two cannot tell that they do not";
}

TEST(Bands, TheFewerGroupsThatDifferTheWiderForTheNext)
{
    const double three = widening(rowsOf(4, 40, 0.01, 0.2)), ten = widening(rowsOf(10, 40, 0.01, 0.2)),
                 many = widening(rowsOf(100, 40, 0.01, 0.2));
    EXPECT_GT(three, 1.3);
    EXPECT_GT(three, ten);
    EXPECT_GT(ten, many);
    EXPECT_NEAR(many, 1, 0.03);
    // Student's t of nine degrees of freedom is 1.383 at 90 %, and a mean of ten adds a tenth to the variance.
    EXPECT_NEAR(ten, 1.383 / 1.2816 * std::sqrt(1.1), 0.01);
}

TEST(Bands, ABandHoldsItsOwnPredictionAndLevelsOfFewFamiliesAreLeftToTheOneAbove)
{
    std::vector<UnseenRow> rows = rowsOf(3, 20, 0.1, 0);
    for (UnseenRow& r : rows)
        r.logRatio += 1; // all were slower than predicted
    const auto few = bandsOf(rows);
    ASSERT_EQ(few.size(), 1U) << "three families have no band of their bits";
    EXPECT_EQ(few[0].bits, 0);
    EXPECT_EQ(few[0].lo, 1);
    EXPECT_GT(few[0].hi, std::exp(1.0));
    EXPECT_EQ(bandsOf(rowsOf(4, 20, 0.1, 0)).size(), 3U) << "any, its bits, its architecture";
}

TEST(Bands, FoldsHaveNothingOfWhatTheyLeaveOut)
{
    const MeasurementTable table = tableOf("a,me,,vLLM,,Llama-3.1-8B,H100-SXM-80GB,1,1,1,,,,1024,128,32,"
                                           "fixed_concurrency,tpot_ms,mean,10,A,mine\n");
    std::vector<UnseenRow> rows = rowsOf(4, 10, 0.1, 0);
    for (UnseenRow& r : rows)
        r.regime = MeasuredRegime::closedLoopTpot;
    const std::vector<RowOutcome> outcomes{{0.01, 0, 0, false, {}}};
    const auto without = withBandsOfFolds(table, outcomes, LeaveOut::family, rows);
    UnseenRow wild = rows[0];
    wild.family = "mine";
    wild.logRatio = 5;
    for (int i = 0; i < 30; ++i)
        rows.push_back(wild);
    const auto with = withBandsOfFolds(table, outcomes, LeaveOut::family, rows);
    EXPECT_EQ(with[0].hi, without[0].hi);
    EXPECT_GT(withBandsOfFolds(table, outcomes, LeaveOut::source, rowsOf(1, 1, 0, 0))[0].hi, 0.0099);
    EXPECT_GT(bandOf(bandsOf(rows), table.rows[0], NumberFormat::bf16, GpuArchitecture::hopper, false).hi, 100);
}

TEST(Bands, TimesOfEverythingAtOnceAndRatesOfStaticBatchesAreNotInvertedTwice)
{
    constexpr std::array<ShippedBand, 4> bands{
        {{MeasuredRegime::offlineThroughput, 0, -1, 0.5, 1.25, 9}, {MeasuredRegime::offlineLatency, 0, -1, 0.8, 3, 9},
            {MeasuredRegime::firstToken, 0, -1, 0.9, 5, 9}, {MeasuredRegime::batch, 0, -1, 0.8, 1.6, 9}}};
    const auto of = [&](const char* load, const char* metric) {
        const MeasurementTable t = tableOf("a,me,,vLLM,,Llama-3.1-8B,H100-SXM-80GB,1,1,1,,,,1024,128,4," +
                                           std::string(load) + "," + metric + ",mean,10,A,x\n");
        return bandOf(bands, t.rows[0], NumberFormat::bf16, GpuArchitecture::hopper, false);
    };
    EXPECT_EQ(of("offline_max", "ttft_ms").hi, 3);
    EXPECT_EQ(of("offline_max", "output_tok_s").hi, 1.25);
    EXPECT_EQ(of("static_batch", "output_tok_s").lo, 1 / 1.6);
    EXPECT_EQ(of("request_rate", "ttft_ms").hi, 5) << "as a plan's";
    EXPECT_EQ(of("fixed_concurrency", "ttft_ms").hi, 5);
    EXPECT_EQ(of("fixed_concurrency", "tpot_ms").hi, 2) << "nothing of its own: the time of a rate";
}

TEST(Bands, WhatShipsHoldsItsOwnPredictionAndAnUnmeasuredGpuIsNeverSurer)
{
    for (const ShippedBand& b : shippedBands()) {
        EXPECT_LE(b.lo, 1);
        EXPECT_GE(b.hi, 1);
    }
    for (const auto quantity : {PredictedQuantity::prompt, PredictedQuantity::tpot, PredictedQuantity::e2e,
             PredictedQuantity::throughput, PredictedQuantity::capacity})
        for (const NumberFormat format : {NumberFormat::bf16, NumberFormat::fp8, NumberFormat::int4})
            for (const GpuArchitecture known :
                {GpuArchitecture::ampere, GpuArchitecture::hopper, GpuArchitecture::blackwell}) {
                const ErrorBand measured = bandFor(quantity, known, format),
                                not_ = bandFor(quantity, GpuArchitecture::cdna3, format);
                EXPECT_LE(not_.lo, measured.lo);
                EXPECT_GE(not_.hi, measured.hi);
            }
}

} // namespace
} // namespace headroom
