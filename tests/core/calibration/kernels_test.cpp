#include "core/calibration/kernels.h"
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
    ASSERT_EQ(errors->size(), 4U) << "three GPUs and all";
    EXPECT_EQ(errors->back().runs, 60);
    for (const KernelErrors& e : *errors)
        EXPECT_LT(e.median, 0.1) << e.gpu;
}

TEST(Kernels, AGpuThatDiffersShowsItsErrorWhenItIsLeftOut)
{
    const auto table = tableOf(kHeader + madeProducts("H100-SXM-80GB", 0.8) + madeProducts("A100-SXM-80GB", 0.3));
    const auto errors = crossValidateKernels(*table);
    ASSERT_TRUE(errors);
    EXPECT_GT(errors->back().median, 0.25);
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
