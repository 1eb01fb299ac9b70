#include "core/calibration/publish.h"

#include "core/model/shipped_fit.h"
#include "tests/core/calibration/measured_rows.h"

#include <gtest/gtest.h>

namespace headroom {
namespace {

using namespace measured;

MeasurementTable twoGpus()
{
    std::string text;
    for (const char* gpu : {"H100-SXM-80GB", "A100-SXM-80GB"})
        for (const int clients : {1, 2, 4, 8, 16, 32})
            text += std::string(gpu) + std::to_string(clients) + ",me,,vLLM,0.11.0,Llama-3.1-8B," + gpu +
                    ",1,1,1,,,,1024,128," + std::to_string(clients) + ",fixed_concurrency,tpot_ms,mean," +
                    std::to_string((gpu[0] == 'H' ? 8 : 13) * (1 + clients / 32.0)) + ",A,llama-8b\n";
    return tableOf(text);
}

TEST(PublishFit, WritesEveryCoefficientAndWhatWasLeftOutByGpu)
{
    const auto fit = publishFit(twoGpus(), twoGpus(), FitOptions{.iterations = 2}, 1);
    ASSERT_TRUE(fit) << fit.error().message;
    for (const CoefficientInfo& info : coefficientInfos())
        EXPECT_NE(fit->fit.find("// " + std::string(info.name) + "\n"), std::string::npos) << info.name;
    EXPECT_NE(fit->fit.find("{R::closedLoopTpot, 0, -1, "), std::string::npos);
    EXPECT_EQ(fit->fit.find("R::offlineThroughput"), std::string::npos) << "nothing was measured of it";
    for (const char* gpu : {"H100-SXM-80GB", "A100-SXM-80GB"})
        EXPECT_NE(fit->residuals.find("{\"" + std::string(gpu) +
                                      "\", \"vLLM\", \"Llama-3.1-8B\", 16, "
                                      "L::fixedConcurrency, M::tpot, 6, "),
            std::string::npos);
    EXPECT_NE(fit->residuals.find("{\"GPU\", M::tpot, L::fixedConcurrency, 12, "), std::string::npos);
    EXPECT_NE(fit->residuals.find("int shippedRuns() { return 12; }"), std::string::npos);
}

TEST(PublishFit, AKindThatIsMeasuredSeldomHasItsErrorsToo)
{
    MeasurementTable table = twoGpus();
    const MeasurementTable first =
        tableOf("h1,me,,vLLM,0.11.0,Llama-3.1-8B,H100-SXM-80GB,1,1,1,,,,1024,128,1,fixed_concurrency,ttft_ms,mean,40,A,"
                "llama-8b\n");
    table.rows.push_back(first.rows[0]);
    const auto fit = publishFit(table, table, FitOptions{.iterations = 2}, 1);
    ASSERT_TRUE(fit) << fit.error().message;
    EXPECT_NE(fit->residuals.find("{\"GPU\", M::ttft, L::fixedConcurrency, 1, "), std::string::npos);
    EXPECT_NE(fit->residuals.find("int shippedRuns() { return 13; }"), std::string::npos);
}

TEST(PublishFit, RefusesATableThatAFitCannotUse)
{
    const MeasurementTable queueing = tableOf(
        "a,me,,vLLM,,Llama-3.1-8B,H100-SXM-80GB,1,1,1,,,,1024,128,8,request_rate,ttft_ms,mean,100,A,llama-8b\n");
    EXPECT_EQ(publishFit(queueing, queueing, {}, 1).error().where, "--fit-on");
}

TEST(ShippedBands, TheNarrowestKindThatIsKnownCounts)
{
    constexpr std::array<ShippedBand, 3> bands{
        {{MeasuredRegime::batch, 0, -1, 0.5, 2, 90}, {MeasuredRegime::batch, 8, -1, 0.7, 1.5, 50},
            {MeasuredRegime::batch, 8, static_cast<int>(GpuArchitecture::hopper), 0.8, 1.3, 30}}};
    const auto low = [&](int bits, GpuArchitecture a) {
        return narrowestBand(bands, MeasuredRegime::batch, bits, a).lo;
    };
    EXPECT_EQ(low(16, GpuArchitecture::hopper), 0.5);
    EXPECT_EQ(low(8, GpuArchitecture::ampere), 0.7);
    EXPECT_EQ(low(8, GpuArchitecture::hopper), 0.8);
    EXPECT_EQ(narrowestBand(bands, MeasuredRegime::closedLoopTpot, 8, GpuArchitecture::hopper).hi, 1);
}

TEST(ShippedBands, EveryKindHasOneAndNoneIsTheWrongWayRound)
{
    for (const auto regime : {MeasuredRegime::offlineThroughput, MeasuredRegime::closedLoopTpot,
             MeasuredRegime::closedLoopTtft, MeasuredRegime::batch}) {
        const ErrorBand any = residualBand(regime, NumberFormat::int8, GpuArchitecture::tpu);
        EXPECT_LT(any.lo, any.hi);
    }
    for (const ShippedBand& b : shippedBands()) {
        EXPECT_LT(b.lo, b.hi);
        EXPECT_GT(b.rows, 0);
    }
}

} // namespace
} // namespace headroom
