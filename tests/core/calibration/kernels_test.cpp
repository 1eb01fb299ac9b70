#include "core/calibration/kernel_laws.h"
#include "core/plan/catalog.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

namespace headroom {
namespace {

Result<KernelTable> tableOf(const std::string& text)
{
    std::istringstream in(text);
    return readKernels(in, "made.csv");
}

/// Products as they would take at `share` of the peak and of the bandwidth, 4 microseconds to start. Large ones, so that
/// neither a wave nor a cache counts.
std::string madeProducts(const std::string& gpu, double share)
{
    const GpuSpec& spec = findGpu(gpu)->spec;
    std::ostringstream text;
    for (const double m : {1, 64, 1024, 8192, 16384})
        for (const double n : {16384, 32768})
            for (const double k : {16384, 32768}) {
                const double compute = 2 * m * n * k / (spec.fp16.si() * share);
                const double memory = (2 * n * k + 2 * m * (n + k)) / (spec.bandwidth.si() * share);
                text << gpu << ",bfloat16," << m << "," << n << "," << k << ","
                     << 4 + 1e6 * std::sqrt(compute * compute + memory * memory) << ",made\n";
            }
    return text.str();
}
constexpr const char* kHeader = "gpu,dtype,m,n,k,latency_us,source\n";

TEST(Kernels, AFitFindsTheShareOfThePeakThatMadeTheData)
{
    const auto table = tableOf(kHeader + madeProducts("H100-SXM-80GB", 0.7) + madeProducts("A100-SXM-80GB", 0.7));
    ASSERT_TRUE(table);
    EXPECT_EQ(table->kind, KernelKind::gemm);
    const auto fit = fitKernels(*table);
    ASSERT_TRUE(fit);
    for (const KernelCoefficient& c : coefficientsOf(*fit)) {
        if (c.name == "compute.0") {
            EXPECT_NEAR(c.value, 0.7, 0.07);
        }
        if (c.name == "bandwidth.0") {
            EXPECT_NEAR(c.value, 0.7, 0.1);
        }
    }
    for (const KernelRun& r : table->runs)
        EXPECT_NEAR(kernelSeconds(*fit, r) / r.seconds, 1, 0.1);
}

TEST(Kernels, WhatIsCommonToGpusCarriesOverToOneThatWasLeftOut)
{
    const auto table = tableOf(kHeader + madeProducts("H100-SXM-80GB", 0.7) + madeProducts("A100-SXM-80GB", 0.7) +
                               madeProducts("B200-180GB", 0.7));
    ASSERT_TRUE(table);
    const auto errors = crossValidateKernels(*table);
    ASSERT_TRUE(errors);
    ASSERT_EQ(errors->byGpu.size(), 3U);
    EXPECT_EQ(errors->all.runs, 60);
    for (const KernelErrors& e : errors->byGpu)
        EXPECT_LT(e.median, 0.1) << e.of;
    ASSERT_EQ(errors->byLabel.size(), 1U) << "one number format and library";
    EXPECT_EQ(errors->byLabel.front().runs, 60);
}

TEST(Kernels, AGpuThatDiffersShowsItsErrorWhenItIsLeftOut)
{
    const auto table = tableOf(kHeader + madeProducts("H100-SXM-80GB", 0.8) + madeProducts("A100-SXM-80GB", 0.3));
    const auto errors = crossValidateKernels(*table);
    ASSERT_TRUE(errors);
    EXPECT_GT(errors->all.median, 0.25);
}

TEST(Kernels, TheKindFollowsFromTheColumns)
{
    const std::string attention = "gpu,dtype,kv_dtype,batch,q_len,kv_len,heads,kv_heads,head_dim,latency_us,source\n"
                                  "H100-SXM-80GB,bfloat16,fp8,1,";
    EXPECT_EQ(tableOf(attention + "1,100,32,8,128,10,x\n")->kind, KernelKind::attentionDecode);
    EXPECT_EQ(tableOf(attention + "100,100,32,8,128,10,x\n")->kind, KernelKind::attentionPrefill);
    EXPECT_EQ(tableOf("gpu,num_gpus,bytes,dtype,latency_us,source\nH100-SXM-80GB,2,512,half,10,a/nccl\n")->kind,
        KernelKind::allReduce);
}

TEST(Kernels, ALineWithoutEndIsRefusedAndNotKept)
{
    const std::string endless(5u << 20u, 'x');
    for (const std::string& before : {std::string(), kHeader + madeProducts("H100-SXM-80GB", 0.7)}) {
        const auto table = tableOf(before + endless);
        ASSERT_FALSE(table);
        EXPECT_NE(table.error().message.find("4 MiB"), std::string::npos) << table.error().message;
    }
}

TEST(Kernels, AreNamedByNumberFormatAndLibrary)
{
    EXPECT_EQ(
        tableOf(std::string(kHeader) + "H100-SXM-80GB,fp8,16,4096,4096,10,made/vllm-0.24.0\n")->runs.front().label,
        "fp8, vllm");
    EXPECT_EQ(tableOf("gpu,num_gpus,bytes,dtype,latency_us,source\nH100-SXM-80GB,2,512,half,10,a/b-1/vLLM_graph\n")
                  ->runs.front()
                  .label,
        "half, vLLM_graph");
}

constexpr const char* kExperts =
    "gpu,dtype,tokens,hidden,inter_size,topk,experts,moe_tp,moe_ep,distribution,latency_us,source\n";

TEST(Kernels, KnowWhetherTokensAreDealtOutEvenlyAndWhichKernelsAGpuHas)
{
    const std::string row = "H100-SXM-80GB,w4a16_mxfp4,64,4096,1536,8,128,1,8,";
    const auto table = tableOf(kExperts + row + "balanced,50,a/vllm-1\n" + row + "power_law_1.2,60,a/trtllm-1\n");
    ASSERT_EQ(table->runs.size(), 2U);
    EXPECT_EQ(table->runs[0].size[7], 0);
    EXPECT_EQ(table->runs[1].size[7], 1);
    EXPECT_EQ(table->runs[1].group, table->runs[0].group + kKernelFormats) << "another library";

    const std::string columns = "gpu,dtype,kv_dtype,batch,q_len,kv_len,heads,kv_heads,head_dim,latency_us,source\n";
    const std::string sizes = ",bfloat16,bfloat16,1,1,100,32,8,128,10,a/vllm-1\n";
    const auto attention =
        tableOf(columns + "A100-SXM-80GB" + sizes + "RTX-PRO-6000-96GB" + sizes + "H100-SXM-80GB" + sizes);
    ASSERT_EQ(attention->runs.size(), 3U);
    EXPECT_EQ(attention->runs[0].group, attention->runs[1].group);
    EXPECT_NE(attention->runs[0].group, attention->runs[2].group);
}

KernelRun kernelOf(const char* gpu, std::array<double, kKernelSizes> size)
{
    return {findGpu(gpu)->spec, gpu, 0, 0, size};
}
/// By the coefficients that a fit starts from.
double atStart(KernelKind kind, const KernelRun& run)
{
    const KernelSlots slots(kind);
    return kernelSeconds(kind, slots, slots.start(), run);
}

TEST(KernelLaws, TakeLongerForMoreOfAnything)
{
    struct Case {
        KernelKind kind;
        std::array<double, kKernelSizes> size;
        std::vector<std::size_t> growing;
    };
    const std::vector<Case> cases{{KernelKind::gemm, {64, 4096, 4096}, {0, 1, 2}},
        {KernelKind::attentionDecode, {8, 1, 1000, 32, 8, 128, 2}, {0, 2, 4, 5, 6}},
        {KernelKind::attentionPrefill, {2, 500, 1000, 32, 8, 128, 2}, {0, 2, 3, 5}},
        {KernelKind::moe, {64, 4096, 1536, 8, 128, 1, 8, 1}, {0, 1, 2, 3}}, {KernelKind::allReduce, {4, 1e6}, {0, 1}}};
    for (const Case& c : cases)
        for (const char* gpu : {"A100-SXM-80GB", "H100-SXM-80GB", "B300-288GB", "RTX-PRO-6000-96GB"})
            for (const std::size_t i : c.growing)
                for (double times = 1; times < 1e4; times *= 4) {
                    auto less = c.size, more = c.size;
                    less[i] *= times;
                    more[i] *= 4 * times;
                    const double before = atStart(c.kind, kernelOf(gpu, less));
                    EXPECT_GT(before, 0);
                    EXPECT_LE(before, atStart(c.kind, kernelOf(gpu, more))) << name(c.kind) << " size " << i;
                    EXPECT_TRUE(std::isfinite(before));
                }
}

TEST(KernelLaws, TheBusiestRankSetsTheTimeWhereSomeExpertsArePopular)
{
    const std::array<double, kKernelSizes> even{8192, 4096, 1536, 8, 128, 1, 16, 0};
    auto skewed = even;
    skewed[7] = 1;
    EXPECT_GT(atStart(KernelKind::moe, kernelOf("H100-SXM-80GB", skewed)),
        1.3 * atStart(KernelKind::moe, kernelOf("H100-SXM-80GB", even)));
    std::array<double, kKernelSizes> few = even, fewSkewed = skewed;
    few[0] = fewSkewed[0] = 32;
    few[6] = fewSkewed[6] = 1;
    EXPECT_LT(atStart(KernelKind::moe, kernelOf("H100-SXM-80GB", fewSkewed)),
        atStart(KernelKind::moe, kernelOf("H100-SXM-80GB", few)))
        << "fewer experts are reached";
}

TEST(KernelLaws, TwiceTheExponentialsShortenTheAttentionOfNarrowHeadsMost)
{
    const auto gain = [](double width) {
        const std::array<double, kKernelSizes> size{4, 8192, 8192, 32, 8, width, 2};
        return atStart(KernelKind::attentionPrefill, kernelOf("B200-180GB", size)) /
               atStart(KernelKind::attentionPrefill, kernelOf("B300-288GB", size));
    };
    EXPECT_GT(gain(64), gain(128));
    EXPECT_GT(gain(128), 1);
}

TEST(Kernels, RefusesWhatItCannotUse)
{
    EXPECT_FALSE(tableOf(""));
    EXPECT_EQ(tableOf("gpu,x,latency_us\n").error().where, "made.csv:1");
    EXPECT_EQ(tableOf(std::string(kHeader) + "H100-SXM-80GB,bfloat16,1,0,1,5,x\n").error().where, "made.csv:2: n");
    EXPECT_EQ(tableOf(std::string(kHeader) + "no-such-gpu,bfloat16,1,1,1,5,x\n")->skipped, 1);
    const auto one = tableOf(kHeader + madeProducts("H100-SXM-80GB", 0.7));
    EXPECT_FALSE(crossValidateKernels(*one)) << "nothing to fit to when the only GPU is left out";
    EXPECT_FALSE(fitKernels(*one, "H100-SXM-80GB"));
}

} // namespace
} // namespace headroom
