#include "core/model/roofline.h"

#include "core/model/memory.h"
#include "core/plan/catalog.h"

#include <gtest/gtest.h>

namespace headroom {
namespace {

WorkInput workOf(const ModelSpec& model) { return {&model, Layout{}, NumberFormat::bf16, NumberFormat::bf16}; }

TEST(Roofline, OneSequenceReadsEveryWeightOnceAndDoesTwoFlopForEach)
{
    const ModelSpec& model = findModel("Llama-3.1-8B")->model->spec;
    const ParameterCount count = countParameters(model);
    const StepWork work = decodeWork(workOf(model), 1, Tokens(0));
    EXPECT_NEAR(work.flops.si(), 2 * count.active, 1e-9 * work.flops.si());
    // Untied embedding: its 128,256 x 4,096 table is looked up, not read.
    EXPECT_NEAR(work.bytes.si(), 2 * (count.total() - 128256.0 * 4096), 1e-6 * work.bytes.si());
    EXPECT_NEAR(work.intensity(), 1, 0.05) << "sixteen-bit weights, one sequence: one FLOP for each byte";
}

TEST(Roofline, AttentionOfOneCachedTokenIsFourFlopPerHeadWidthAndLayer)
{
    const ModelSpec& model = findModel("Llama-3.1-8B")->model->spec;
    const StepWork empty = decodeWork(workOf(model), 1, Tokens(0)), one = decodeWork(workOf(model), 1, Tokens(1));
    EXPECT_NEAR((one.flops - empty.flops).si(), 4.0 * 32 * 128 * 32, 1); // 4 x heads x width x layers
    EXPECT_NEAR((one.bytes - empty.bytes).si(), 131072, 1);
}

TEST(Roofline, IntensityGrowsWithTheBatchUntilLongContextsMakeItThatOfAttention)
{
    const ModelSpec& model = findModel("Llama-3.1-8B")->model->spec;
    double before = 0;
    for (const double batch : {1.0, 4.0, 16.0, 64.0, 256.0}) {
        const double intensity = decodeWork(workOf(model), batch, Tokens(1000)).intensity();
        EXPECT_GT(intensity, before);
        before = intensity;
    }
    // 32 query heads share 8 KV heads of two bytes an entry: four queries, one FLOP for each byte they read.
    EXPECT_NEAR(decodeWork(workOf(model), 256, Tokens(1e8)).intensity(), 4, 0.01);
    EXPECT_EQ(decodeWork(workOf(model), 0, Tokens(1000)).intensity(), 0);
}

TEST(Roofline, ExpertsReachedByFewTokensAreFewerThanAll)
{
    const ModelSpec& model = findModel("DeepSeek-V3")->model->spec;
    const Bytes all = weightBytes(model, NumberFormat::bf16, Layout{}).routedExperts;
    const Bytes one = decodeWork(workOf(model), 1, Tokens(0)).bytes,
                many = decodeWork(workOf(model), 4096, Tokens(0)).bytes;
    EXPECT_NEAR((many - one) / all, 1 - 8.0 / 256, 1e-3) << "eight of 256 experts, then all";
}

TEST(Roofline, NarrowWeightsMoveTheRidgeWhereTheGpuMultipliesThem)
{
    const GpuSpec& h100 = findGpu("H100-SXM-80GB")->spec;
    EXPECT_EQ(peakFor(h100, NumberFormat::bf16), h100.fp16);
    EXPECT_EQ(peakFor(h100, NumberFormat::fp8), *h100.fp8);
    const GpuSpec& a100 = findGpu("A100-SXM-80GB")->spec;
    EXPECT_EQ(peakFor(a100, NumberFormat::fp8), a100.fp16) << "widened before use";
}

} // namespace
} // namespace headroom
