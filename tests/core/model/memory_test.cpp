#include "core/model/memory.h"

#include "core/model/layer_shapes.h"
#include "core/plan/catalog.h"
#include "tests/core/model/example_hardware.h"

#include <gtest/gtest.h>

#include <cmath>

namespace headroom {
namespace {

WorkloadSummary fixedLengths(double prompt, double output)
{
    Workload w;
    w.shape.prompt = {LengthShape::fixed, prompt, 0, {}};
    w.shape.output = {LengthShape::fixed, output, 0, {}};
    return summarize(w);
}

TEST(KvCache, BytesPerTokenAreThePublishedOnes)
{
    EXPECT_EQ(kvBytesPerToken(example::llama8b(), NumberFormat::bf16).si(), 131072);
    EXPECT_EQ(kvBytesPerToken(example::llama70b(), NumberFormat::bf16).si(), 327680);
    EXPECT_EQ(kvBytesPerToken(example::deepSeekV3(), NumberFormat::bf16).si(), 70272);
    EXPECT_EQ(kvBytesPerToken(example::opt13b(), NumberFormat::bf16).si(), 819200);
    EXPECT_EQ(kvBytesPerToken(example::llama8b(), NumberFormat::fp8).si(), 65536);
}

TEST(KvCache, TwelveGibibytesHold15728SlotsOfOpt13bAndSevenReservedSequences)
{
    const double slots = std::floor(12 * gibibyte / kvBytesOnGpu(example::opt13b(), NumberFormat::fp16, {}, Tokens(1)));
    EXPECT_EQ(slots, 15728);
    EXPECT_EQ(std::floor(12 * gibibyte / kvBytesOnGpu(example::opt13b(), NumberFormat::fp16, {}, Tokens(2048))), 7);
}

TEST(KvCache, HeadsAreSplitOverRanksAndCopiedBeyondTheirNumber)
{
    const auto onGpu = [](const ModelSpec& m, Layout l) {
        return kvBytesOnGpu(m, NumberFormat::bf16, l, Tokens(1)).si();
    };
    EXPECT_EQ(onGpu(example::llama70b(), {.tp = 4}), 327680 / 4);
    EXPECT_EQ(onGpu(example::llama70b(), {.tp = 8}), 327680 / 8);
    EXPECT_EQ(onGpu(example::llama70b(), {.tp = 16}), 327680 / 8) << "one head each, twice";
    EXPECT_EQ(onGpu(example::deepSeekV3(), {.tp = 8}), 70272) << "latents are copied on each rank";
    EXPECT_EQ(onGpu(example::llama70b(), {.tp = 2, .pp = 4}), 327680 / 8);
    EXPECT_EQ(onGpu(example::llama70b(), {.tp = 8, .attentionDp = 8}), 327680) << "a sequence lives on one rank";
}

TEST(KvCache, WindowsCapMemoryAndStatesAreConstant)
{
    const ModelSpec m = example::hybrid();
    const auto held = [&](double tokens) { return kvBytesOnGpu(m, NumberFormat::bf16, {}, Tokens(tokens)).si(); };
    const double perLayer = 2 * 8 * 128 * 2; // bytes a token
    const double states = 8 * 2e6, growing = 8 * perLayer + 8 * (perLayer + 2 * 128);
    EXPECT_EQ(held(0), states);
    EXPECT_EQ(held(1000), states + 1000 * (growing + 16 * perLayer));
    EXPECT_EQ(held(5000), states + 5000 * growing + 1024 * 16 * perLayer);
}

TEST(Weights, OfLlama8bAre16Gigabytes)
{
    const WeightBytes w = weightBytes(example::llama8b(), NumberFormat::bf16, {});
    EXPECT_NEAR(w.total().in(gigabyte), 16.06, 0.01);
    EXPECT_EQ(w.attention.si(), 2 * 32.0 * (4096 * 6144 + 4096 * 4096));
    EXPECT_EQ(w.dense.si(), 2 * 32.0 * 3 * 4096 * 14336);
    EXPECT_EQ(w.embedding.si(), 2 * 128256.0 * 4096);
    EXPECT_EQ(w.embedding, w.head);
}

TEST(Weights, WithoutShardingAreTheParameterCount)
{
    for (const ModelSpec& m : example::models())
        EXPECT_NEAR(weightBytes(m, NumberFormat::bf16, {}).total().si() / (2 * countParameters(m).total()), 1, 1e-9)
            << m.name;
}

TEST(Weights, AttentionMatricesHoldTheAttentionParametersOfEveryCatalogModel)
{
    for (const CatalogModel& m : catalogModels())
        for (const LayerGroup& g : m.spec.groups) {
            const double counted = attentionParameters(g.attention, m.spec.hidden); // with biases
            EXPECT_NEAR(attentionMatrices(g.attention, m.spec.hidden, 1).parameters(), counted, 0.002 * counted)
                << m.spec.name << " " << g.name;
        }
}

TEST(Weights, NarrowFormatsCoverTheLinearLayersOrTheExpertsOnly)
{
    ModelSpec m = example::mixtral8x7b();
    const WeightBytes wide = weightBytes(m, NumberFormat::bf16, {}), all = weightBytes(m, NumberFormat::fp8, {});
    EXPECT_NEAR(all.routedExperts / wide.routedExperts, 0.5, 0.001);
    EXPECT_NEAR(all.attention / wide.attention, 0.5, 0.001);
    EXPECT_EQ(all.head, wide.head);
    m.quantizedPart = QuantizedPart::expertsOnly;
    const WeightBytes experts = weightBytes(m, NumberFormat::mxfp4, {});
    EXPECT_NEAR(experts.routedExperts / wide.routedExperts, 0.53125 / 2, 1e-9);
    EXPECT_EQ(experts.attention, wide.attention);
}

TEST(Weights, ShrinkWithEveryGpu)
{
    for (const ModelSpec& m : example::models()) {
        const auto total = [&](Layout l) { return weightBytes(m, NumberFormat::bf16, l).total(); };
        EXPECT_LT(total({.tp = 2}), total({})) << m.name;
        EXPECT_LT(total({.tp = 8}), total({.tp = 4})) << m.name;
        EXPECT_LT(total({.tp = 2, .pp = 2}), total({.tp = 2})) << m.name;
        EXPECT_GE(total({.tp = 8}), total({}) / 8) << m.name;
        EXPECT_GE(total({.tp = 8, .attentionDp = 8}), total({.tp = 8})) << m.name;
    }
}

TEST(MemoryUse, SeatsAreThePoolOverOneRequest)
{
    const ModelSpec m = example::llama8b();
    const GpuSpec g = example::h100();
    const WorkloadSummary load = fixedLengths(1000, 200);
    const MemoryInput in{.model = &m, .gpu = &g, .maxSequences = 100000, .workload = &load};
    const MemoryUse use = memoryUse(in);
    EXPECT_TRUE(use.fits);
    EXPECT_DOUBLE_EQ((use.weights.total() + use.workspace + use.kvPool) / use.usable, 1);
    EXPECT_NEAR(use.kvPerRequest.si(), 131072 * (load.contextMean + 7.5), 1);
    EXPECT_EQ(use.seatsByMemory, std::floor(use.kvPool / use.kvPerRequest));
    EXPECT_EQ(use.seats, use.seatsByMemory);
    EXPECT_EQ(worstCaseSeats(in, use), std::floor(use.kvPool.si() / (131072 * (lengthP99(load) + 7.5))));
    EXPECT_EQ(use.kvCapacity.si(), std::floor(use.kvPool.si() / 131072));
    EXPECT_EQ(memoryUse({.model = &m, .gpu = &g, .maxSequences = 64, .workload = &load}).seats, 64);
}

TEST(MemoryUse, AModelThatDoesNotFitIsAnAnswer)
{
    const ModelSpec m = example::llama70b();
    const GpuSpec g = example::rtx4090();
    const WorkloadSummary load = fixedLengths(1000, 200);
    const MemoryUse use = memoryUse({.model = &m, .gpu = &g, .workload = &load});
    EXPECT_FALSE(use.fits);
    EXPECT_EQ(use.seats, 0);
    EXPECT_EQ(use.kvPool.si(), 0);
    EXPECT_GT(use.weights.total(), use.gpuMemory);
}

TEST(MemoryUse, ARequestLongerThanTheCacheDoesNotFit)
{
    const ModelSpec m = example::llama8b();
    const GpuSpec g = example::rtx4090();
    const WorkloadSummary load = fixedLengths(100000, 200);
    EXPECT_FALSE(memoryUse({.model = &m, .gpu = &g, .maxContext = Tokens(131072), .workload = &load}).fits);
}

TEST(MemoryUse, ReservationsWasteWhatTheyPromise)
{
    const ModelSpec m = example::opt13b();
    GpuSpec g = example::a100();
    const WorkloadSummary load = fixedLengths(161, 338); // ShareGPT's means (PagedAttention, table 1)
    const auto use = [&](Reservation r) {
        return memoryUse({.model = &m,
            .gpu = &g,
            .maxSequences = 100000,
            .reservation = r,
            .maxContext = Tokens(2048),
            .workload = &load});
    };
    const MemoryUse max = use(Reservation::maximum), pow2 = use(Reservation::powerOfTwo),
                    oracle = use(Reservation::oracle), paged = use(Reservation::paged);
    EXPECT_EQ(max.seats, std::floor(max.kvPool / kvBytesOnGpu(m, NumberFormat::bf16, {}, Tokens(2048))));
    EXPECT_LT(max.seats, pow2.seats);
    EXPECT_LT(pow2.seats, oracle.seats);
    EXPECT_LT(oracle.seats, paged.seats);
    EXPECT_GT(max.fragmentation.internal, 0.6);
    EXPECT_NEAR(pow2.kvPerRequest.si(), 819200 * 1024.0, 1) << "161 + 512 in a chunk of a buddy allocator";
    EXPECT_NEAR(oracle.kvPerRequest.si(), 819200 * 512.0, 1) << "161 + 338 in one";
    EXPECT_LT(paged.fragmentation.internal, 0.04) << "PagedAttention wastes under 4 %";
    EXPECT_EQ(paged.fragmentation.reserved + paged.fragmentation.external, 0);
    for (const MemoryUse& u : {max, pow2, oracle, paged})
        EXPECT_LE(u.fragmentation.reserved + u.fragmentation.internal + u.fragmentation.external, 1);
}

TEST(MemoryUse, PreemptionIsUnlikelyWithRoomAndAnEvenChanceWhenFull)
{
    const ModelSpec m = example::llama8b();
    const GpuSpec g = example::h100();
    Workload w;
    w.shape.prompt = {LengthShape::lognormal, 1000, 1, {}};
    w.shape.output = {LengthShape::lognormal, 300, 1, {}};
    const WorkloadSummary load = summarize(w);
    const auto probability = [&](int seats) {
        return memoryUse({.model = &m, .gpu = &g, .maxSequences = seats, .workload = &load}).preemptionProbability;
    };
    EXPECT_LT(probability(64), 1e-6);
    EXPECT_NEAR(probability(100000), 0.5, 0.03);
    EXPECT_EQ(
        memoryUse(
            {.model = &m, .gpu = &g, .maxSequences = 100000, .reservation = Reservation::oracle, .workload = &load})
            .preemptionProbability,
        0);
}

TEST(MemoryUse, AttentionDataParallelHoldsMoreDistinctLatents)
{
    const ModelSpec m = example::deepSeekV3();
    const GpuSpec g = example::b200();
    const WorkloadSummary load = fixedLengths(4000, 1000);
    const auto use = [&](int dp) {
        return memoryUse({.model = &m,
            .gpu = &g,
            .layout = {.tp = 8, .ep = 8, .attentionDp = dp},
            .weightFormat = NumberFormat::fp8,
            .maxSequences = 100000,
            .workload = &load});
    };
    EXPECT_GT(use(8).kvCapacity, 6 * use(1).kvCapacity);
    EXPECT_GT(use(8).weights.total(), use(1).weights.total());
}

TEST(DistinctExperts, AreTheExpectedNumberUnderUniformRouting)
{
    EXPECT_DOUBLE_EQ(distinctExperts(8, 2, 1), 2);
    EXPECT_DOUBLE_EQ(distinctExperts(8, 2, 2), 3.5);
    EXPECT_NEAR(distinctExperts(256, 8, 1000), 256, 1e-9);
    EXPECT_EQ(distinctExperts(8, 2, 0), 0);
    EXPECT_EQ(distinctExperts(4, 4, 3), 4);
}

TEST(PipelineStages, TheBusiestHoldsTheRoundedUpShare)
{
    EXPECT_DOUBLE_EQ(busiestStageShare(80, 4), 0.25);
    EXPECT_DOUBLE_EQ(busiestStageShare(61, 2), 31.0 / 61);
    EXPECT_DOUBLE_EQ(busiestStageShare(32, 1), 1);
}

MemoryInput optOnASmallCard(const ModelSpec& model, const GpuSpec& gpu, const WorkloadSummary& load)
{
    return {.model = &model,
        .gpu = &gpu,
        .weightFormat = NumberFormat::fp16,
        .kvFormat = NumberFormat::fp16,
        .utilization = 1,
        .maxSequences = 10'000,
        .workload = &load};
}

TEST(OffloadedMemory, OfSharesAllOnTheGpuIsThatOfThePlainPlan)
{
    const ModelSpec model = example::llama8b();
    const GpuSpec gpu = example::rtx4090();
    const WorkloadSummary load = fixedLengths(512, 32);
    MemoryInput in = optOnASmallCard(model, gpu, load);
    const MemoryUse plain = memoryUse(in);
    in.offload.enabled = true;
    const MemoryUse offloaded = memoryUse(in);
    EXPECT_EQ(offloaded.seats, plain.seats);
    EXPECT_EQ(offloaded.kvPool.si(), plain.kvPool.si());
    EXPECT_EQ(offloaded.kvReach.si(), plain.kvPool.si());
    EXPECT_EQ(offloaded.host.weights.si(), 0);
}

TEST(OffloadedMemory, TheLevelThatIsFullFirstEndsTheCache)
{
    const ModelSpec model = example::opt13b();
    const GpuSpec gpu = example::rtx4090();
    const WorkloadSummary load = fixedLengths(512, 32);
    MemoryInput in = optOnASmallCard(model, gpu, load);
    EXPECT_EQ(memoryUse(in).lacks, MemoryLevel::gpu) << "25.7 GB of weights, 25.8 of memory, and workspace";
    in.offload = {.enabled = true, .weightsOnGpu = 0.5, .cacheOnGpu = 0};
    in.host.memory = 100 * gibibyte;
    const MemoryUse use = memoryUse(in);
    ASSERT_TRUE(use.fits);
    const Bytes weights = weightBytes(model, NumberFormat::fp16, {}).total();
    EXPECT_NEAR(use.weights.total().si(), 0.5 * weights.si(), 1);
    EXPECT_NEAR(use.host.weights.si(), 0.5 * weights.si(), 1);
    EXPECT_NEAR(use.kvReach.si(), (100 * gibibyte - 0.5 * weights).si(), 1);
    in.offload.restOfCacheOnHost = 0.5; // and half of it on a disk with room for 10 GiB: that ends it
    in.host.disk = 10 * gibibyte;
    EXPECT_NEAR(memoryUse(in).kvReach.in(gibibyte), 20, 1e-9);
    in.offload.cacheOnGpu = 0.5; // now it is what the GPU has left
    in.offload.restOfCacheOnHost = 1;
    EXPECT_NEAR(memoryUse(in).kvReach.si(), 2 * memoryUse(in).kvPool.si(), 1);
}

TEST(OffloadedMemory, WeightsThatFitNoLevelAreNamedByIt)
{
    const ModelSpec model = example::opt13b();
    const GpuSpec gpu = example::rtx4090();
    const WorkloadSummary load = fixedLengths(512, 32);
    MemoryInput in = optOnASmallCard(model, gpu, load);
    in.offload = {.enabled = true, .weightsOnGpu = 0.2};
    in.host.memory = 16 * gibibyte;
    EXPECT_EQ(memoryUse(in).lacks, MemoryLevel::host);
    EXPECT_FALSE(memoryUse(in).fits);
    in.offload.restOfWeightsOnHost = 0.5;
    in.host.disk = 5 * gibibyte;
    EXPECT_EQ(memoryUse(in).lacks, MemoryLevel::disk);
    in.host.disk = 50 * gibibyte;
    EXPECT_TRUE(memoryUse(in).fits);
}

} // namespace
} // namespace headroom
