// The step of a replica whose weights, cache or activations lie on its host or on disk.
#include "core/model/step_time.h"

#include "core/model/memory.h"
#include "tests/core/model/example_hardware.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace headroom {
namespace {

const ModelSpec& opt()
{
    static const ModelSpec m = example::opt13b();
    return m;
}
const GpuSpec& card()
{
    static const GpuSpec g = example::rtx4090();
    return g;
}

StepInput input(const Offloading& offload, const HostSpec& host = {})
{
    return {.model = &opt(),
        .gpu = &card(),
        .weightFormat = NumberFormat::fp16,
        .kvFormat = NumberFormat::fp16,
        .offload = offload,
        .host = host,
        .meanContext = 600};
}
StepModel stepWith(const Offloading& offload, const HostSpec& host = {}) { return StepModel(input(offload, host)); }

/// All weights on the host, everything else on the GPU.
Offloading weightsAway() { return {.enabled = true, .weightsOnGpu = 0}; }
double decodeSeconds(const StepModel& step, double batch, double context = 600)
{
    return step.time(step.decodeBatch(batch, context)).si();
}

TEST(OffloadStep, WithEverythingOnTheGpuIsTheStepOfThatGpu)
{
    const StepModel plain(input({})), on = stepWith({.enabled = true});
    for (const double b : {1.0, 7.0, 200.0})
        EXPECT_DOUBLE_EQ(decodeSeconds(on, b), decodeSeconds(plain, b));
    StepBatch prompt;
    plain.addPrompt(prompt, 700, 0);
    EXPECT_DOUBLE_EQ(on.time(prompt).si(), plain.time(prompt).si());
}

TEST(OffloadStep, OneSequenceWaitsForTheWholeModelToCrossTheLink)
{
    // 25.7 GB over 88 % of 32 GB/s, and the step of the GPU itself behind it.
    const double crossing = weightBytes(opt(), NumberFormat::fp16, {}).total().si() / (0.88 * 32e9);
    const StepModel plain(input({}));
    EXPECT_NEAR(decodeSeconds(stepWith(weightsAway()), 1), crossing + decodeSeconds(plain, 1), 1e-9);
    Offloading half = weightsAway();
    half.weightsOnGpu = 0.5;
    EXPECT_NEAR(decodeSeconds(stepWith(half), 1), 0.5 * crossing + decodeSeconds(plain, 1), 1e-9);
}

TEST(OffloadStep, ALayerIsLoadedOnceForAllSequencesUnlessTheyGoRowByRow)
{
    Offloading rows = weightsAway();
    rows.gpuBatch = 32;
    rows.schedule = OffloadSchedule::rowByRow;
    const double crossing = weightBytes(opt(), NumberFormat::fp16, {}).total().si() / (0.88 * 32e9);
    for (const double batch : {1.0, 32.0, 33.0, 128.0})
        EXPECT_NEAR(decodeSeconds(stepWith(rows), batch) - decodeSeconds(stepWith(weightsAway()), batch),
            (std::ceil(batch / 32) - 1) * crossing, 1e-9);
}

TEST(OffloadStep, WhatTheDiskReadsHidesBehindNothingFaster)
{
    Offloading onDisk = weightsAway();
    onDisk.restOfWeightsOnHost = 0;
    const HostSpec slow{.diskRead = 1 * gigabyte / second};
    const double bytes = weightBytes(opt(), NumberFormat::fp16, {}).total().si();
    EXPECT_NEAR(decodeSeconds(stepWith(onDisk, slow), 4), bytes / (0.88 * 32e9) + bytes / 1e9, 1e-6);
}

TEST(OffloadStep, TheHostAttendsToTheCacheThatItHolds)
{
    const Offloading cacheAway{.enabled = true, .cacheOnGpu = 0};
    const HostSpec host{.attention = 10 * gigabyte / second};
    const StepModel plain(input({})), away = stepWith(cacheAway, host);
    const double perToken = kvBytesPerToken(opt(), NumberFormat::fp16).si() / 10e9;
    const double more = decodeSeconds(away, 100, 700) - decodeSeconds(away, 100, 600);
    EXPECT_NEAR(more, 100 * 100 * perToken, 1e-9);
    EXPECT_GT(decodeSeconds(away, 100), decodeSeconds(plain, 100));
    Offloading moved = cacheAway;
    moved.cpuAttention = false; // over the link instead
    const double byLink = kvBytesPerToken(opt(), NumberFormat::fp16).si() / (0.88 * 32e9);
    const StepModel link = stepWith(moved, host);
    EXPECT_GT(decodeSeconds(link, 100, 700) - decodeSeconds(link, 100, 600), 100 * 100 * byLink * (1 - 1e-9));
}

/// Any placement, flags and host.
struct Drawn {
    Offloading offload;
    HostSpec host;
};
Drawn draw(std::mt19937_64& random)
{
    const auto unit = [&] { return static_cast<double>(random() >> 11) * 0x1p-53; };
    Drawn d;
    d.offload.enabled = true;
    d.offload.weightsOnGpu = unit();
    d.offload.restOfWeightsOnHost = unit();
    d.offload.cacheOnGpu = unit();
    d.offload.restOfCacheOnHost = unit();
    d.offload.activationsOnGpu = unit();
    d.offload.gpuBatch = 1 + static_cast<int>(100 * unit());
    d.offload.cpuAttention = unit() < 0.5;
    d.offload.overlap = unit() < 0.7;
    d.offload.schedule = unit() < 0.5 ? OffloadSchedule::zigzag : OffloadSchedule::rowByRow;
    d.host.diskRead = (0.2 + 5 * unit()) * gigabyte / second;
    d.host.diskWrite = (0.2 + 3 * unit()) * gigabyte / second;
    d.host.attention = (2 + 50 * unit()) * gigabyte / second;
    return d;
}
StepBatch drawBatch(const StepModel& step, std::mt19937_64& random)
{
    const auto upTo = [&](std::uint64_t most) { return static_cast<double>(random() % (most + 1)); };
    StepBatch b;
    for (double i = upTo(40); i > 0; --i)
        step.addDecode(b, 1 + upTo(1500));
    for (double i = upTo(3); i > 0; --i)
        step.addPrompt(b, 1 + upTo(800), upTo(300));
    return b;
}

TEST(OffloadStep, IsFiniteAndNoShorterThanWhatTheGpuDoesItself)
{
    std::mt19937_64 random(7);
    for (int i = 0; i < 2000; ++i) {
        const Drawn d = draw(random);
        const StepModel step = stepWith(d.offload, d.host);
        const StepBatch batch = drawBatch(step, random);
        const StepParts parts = step.parts(batch);
        ASSERT_TRUE(std::isfinite(step.time(batch).si()));
        ASSERT_GE(parts.host.si(), 0);
        ASSERT_NEAR(parts.total().si(), step.time(batch).si(), 1e-9 * step.time(batch).si());
        const Seconds groups = parts.attention + parts.projections + parts.feedForward + parts.experts + parts.head +
                               parts.other + parts.communication + parts.engine + parts.host;
        ASSERT_NEAR(groups.si(), parts.total().si(), 1e-9 * parts.total().si());
    }
}

TEST(OffloadStep, FasterLinksNeverMakeAStepLongerAndOverlapNeverDoes)
{
    std::mt19937_64 random(11);
    for (int i = 0; i < 1000; ++i) {
        Drawn d = draw(random);
        const StepModel step = stepWith(d.offload, d.host);
        const double decodes = 1 + static_cast<double>(random() % 200);
        // At the mean context of the workload, where the longest chain is known exactly.
        const double before = decodeSeconds(step, decodes);
        Drawn faster = d;
        faster.host.diskRead *= 1.5;
        faster.host.attention *= 1.5;
        ASSERT_LE(decodeSeconds(stepWith(faster.offload, faster.host), decodes), before * (1 + 1e-12));
        d.offload.overlap = false;
        ASSERT_GE(decodeSeconds(stepWith(d.offload, d.host), decodes), before * (1 - 1e-12));
        ASSERT_GE(decodeSeconds(step, decodes + 1), before * (1 - 1e-12));
    }
}

TEST(OffloadStep, GpusOfAReplicaShareTheDiskAndHaveALinkEach)
{
    Offloading onDisk = weightsAway();
    StepInput two = input(onDisk);
    two.layout.tp = 2;
    const double linkOfOne = decodeSeconds(stepWith(onDisk), 1), linkOfTwo = decodeSeconds(StepModel(two), 1);
    EXPECT_LT(linkOfTwo, 0.6 * linkOfOne) << "each loads half of the weights over a link of its own";
    onDisk.restOfWeightsOnHost = 0;
    const HostSpec slow{.diskRead = 0.5 * gigabyte / second};
    two = input(onDisk, slow);
    two.layout.tp = 2;
    const double diskOfOne = decodeSeconds(stepWith(onDisk, slow), 1), diskOfTwo = decodeSeconds(StepModel(two), 1);
    EXPECT_NEAR(diskOfTwo / diskOfOne, 1, 0.05) << "the disk reads all of them either way";
}

TEST(HostAttention, KeepsATenthAtLeastAndAllOfItsRateAtLargeBatches)
{
    EXPECT_EQ(hostAttentionShare(64, 4096), 1);
    EXPECT_EQ(hostAttentionShare(512, 12288), 1);
    EXPECT_LT(hostAttentionShare(1, 4096), 0.9);
    EXPECT_GE(hostAttentionShare(1, 64), 0.1);
}

} // namespace
} // namespace headroom
