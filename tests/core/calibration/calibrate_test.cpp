#include "core/calibration/calibrate.h"
#include "core/calibration/validate.h"

#include "core/plan/catalog.h"
#include "tests/core/calibration/measured_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace headroom {
namespace {

using namespace measured;
using testing::HasSubstr;

/// A row of a closed loop of Llama-3.1-8B on one H100.
std::string row(const std::string& id, const std::string& isl, const std::string& osl, int clients, double tpotMs,
    const std::string& gpu = "H100-SXM-80GB")
{
    return id + ",me,,vLLM,,Llama-3.1-8B," + gpu + ",1,1,1,,,," + isl + "," + osl + "," + std::to_string(clients) +
           ",fixed_concurrency,tpot_ms,mean," + std::to_string(tpotMs) + ",A,x\n";
}

/// Six runs as the shipped model would measure them, `slower` times slower.
std::string madeRows(double slower)
{
    std::string rows;
    for (const int clients : {1, 4, 16, 64, 128, 256}) {
        const MeasurementTable t = tableOf(row("1", "1024", "256", clients, 1));
        const double tpot = predictRows(t, shippedEfficiency())[0].predicted.value_or(0);
        rows += row(std::to_string(clients), "1024", "256", clients, 1e3 * slower * tpot);
    }
    return rows;
}

std::string firstOf(const std::string& rows) { return rows.substr(0, rows.find('\n') + 1); }

TEST(Calibrate, FactorsExplainAServerThatIsSlowerThroughout)
{
    const auto fit = calibrate(tableOf(madeRows(1.4)));
    ASSERT_TRUE(fit) << fit.error().message;
    EXPECT_EQ(fit->runs, 6);
    EXPECT_EQ(fit->values, 6);
    EXPECT_NEAR(fit->medianBefore, 1 - 1 / 1.4, 0.02);
    EXPECT_LT(fit->medianAfter, 0.05);
    EXPECT_LT(fit->calibration.bandwidth, 0.95);
    EXPECT_TRUE(fit->cautions.empty());
}

TEST(Calibrate, RefusesWhatItCannotLearnFrom)
{
    const std::string rows = madeRows(1);
    EXPECT_EQ(calibrate(tableOf(firstOf(rows))).error().where, "measurements") << "one run";
    const auto twice = [&](double factor) { return rows + row("r", "1024", "256", 1, factor); };
    EXPECT_EQ(calibrate(tableOf(twice(100))).error().where, "rows.csv:8") << "contradiction";
    EXPECT_THAT(calibrate(tableOf(twice(100))).error().message, HasSubstr("contradicts rows.csv:2"));
    EXPECT_THAT(calibrate(tableOf(rows + row("z", "1024", "256", 4, 20, "A100-SXM-80GB"))).error().message,
        HasSubstr("a calibration is of one GPU"));
}

TEST(Calibrate, TheSameRunAgainIsNoMoreEvidence)
{
    const std::string rows = madeRows(1.2);
    const std::string one = firstOf(rows);
    const auto repeated = calibrate(tableOf(one + one + one + one));
    EXPECT_THAT(repeated.error().message, HasSubstr("1 different run can be used, expected at least 4"));
    const auto once = calibrate(tableOf(rows)), often = calibrate(tableOf(rows + one + one + one));
    ASSERT_TRUE(once && often);
    EXPECT_EQ(often->repeats, 3);
    EXPECT_EQ(often->values, 6);
    EXPECT_NEAR(often->calibration.overhead, once->calibration.overhead, 1e-6);
    EXPECT_NEAR(often->calibration.bandwidth, once->calibration.bandwidth, 1e-6);
}

TEST(Calibrate, FiguresThatAreNoEvidenceAreCountedWithTheirReason)
{
    const auto refused = [](const std::string& line) {
        return calibrate(tableOf(line + line + line + line)).error().message;
    };
    EXPECT_THAT(refused(row("a", "1024", "1", 8, 100)), HasSubstr("4 not used: metric: the run does not show tpot_ms"))
        << "one token has no gap: a missing prediction is not a right one";
    EXPECT_THAT(refused(row("a", "", "", 8, 10)), HasSubstr("isl: is empty"));
    EXPECT_THAT(refused(row("a", "1024", "", 8, 10)), HasSubstr("osl: is empty"));
    EXPECT_THAT(refused(row("a", "1024", "128", 8, 10, "H100X")), HasSubstr("unknown GPU \"H100X\""));
    const auto fit = calibrate(tableOf(madeRows(1.1) + row("a", "1024", "1", 8, 100)));
    ASSERT_TRUE(fit) << fit.error().message;
    EXPECT_EQ(fit->skippedValues(), 1);
    EXPECT_LT(fit->medianAfter, 0.05);
}

TEST(Calibrate, NoFactorLetsAGpuExceedItsDatasheet)
{
    const auto fit = calibrate(tableOf(madeRows(0.6))); // faster than the memory can be
    if (!fit) {
        EXPECT_THAT(fit.error().message, HasSubstr("no factors"));
        return;
    }
    const EfficiencyTable& table = shippedEfficiency();
    const GpuSpec& gpu = findGpu("H100-SXM-80GB")->spec;
    const auto gemm =
        gemmEfficiency(table, gpu.architecture, computeFormat(gpu, NumberFormat::bf16), NumberFormat::bf16);
    EXPECT_LE(fit->calibration.compute * gemm.compute, 1 + 1e-9);
    EXPECT_LE(fit->calibration.bandwidth * gemm.weightBandwidth, 1 + 1e-9);
    ASSERT_FALSE(fit->cautions.empty());
    EXPECT_THAT(fit->cautions.front(), HasSubstr("would exceed its datasheet"));
}

TEST(Calibrate, SaysWhereTheFitMakesSomethingWorse)
{
    std::string rows = madeRows(1); // right already, but for one run that no factor fits
    rows += row("odd", "4096", "64", 2, 9.5);
    const auto fit = calibrate(tableOf(rows));
    ASSERT_TRUE(fit) << fit.error().message;
    const bool worse = fit->medianAfter > fit->medianBefore || fit->p90After > fit->p90Before;
    EXPECT_EQ(!fit->cautions.empty(), worse);
}

TEST(Calibrate, AGpuThatIsInNoCatalogTakesItsFiguresFromThePlan)
{
    Plan plan = defaultPlan();
    plan.hardware.gpu.name = "Mine";
    std::string rows = madeRows(1.3);
    for (std::size_t at = rows.find("H100-SXM-80GB"); at != std::string::npos; at = rows.find("H100-SXM-80GB"))
        rows.replace(at, 13, "Mine");
    EXPECT_FALSE(calibrate(tableOf(rows)));
    const auto fit = calibrate(tableOf(rows), &plan.hardware);
    ASSERT_TRUE(fit) << fit.error().message;
    EXPECT_EQ(fit->gpu, "Mine");
    EXPECT_LT(fit->medianAfter, 0.05);
}

TEST(CalibrationWords, NameOnlyTheFactorsThatAreSet)
{
    EXPECT_EQ(calibrationWords({}), "");
    EXPECT_EQ(calibrationWords({.compute = 1.25, .overhead = 0.9}), "compute × 1.25, overhead × 0.9 of what ships");
}

} // namespace
} // namespace headroom
