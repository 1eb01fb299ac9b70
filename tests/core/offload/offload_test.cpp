#include "core/offload/offload.h"

#include "core/plan/catalog.h"

#include <gtest/gtest.h>

namespace headroom {
namespace {

const ModelSpec& opt30() { return findModel("OPT-30B")->model->spec; }

OffloadPolicy published()
{
    OffloadPolicy p;
    p.gpuBatch = 48;
    p.batches = 3;
    p.weights = {0.2, 0.8, 0};
    p.cache = {0, 1, 0};
    p.activations = {0, 1, 0};
    return p;
}

TEST(Offload, TheWalkedScheduleAgreesWithTheCostModel)
{
    for (const int prompt : {128, 512, 1024}) {
        const OffloadJob job{prompt, 32};
        const auto model = offloadCost(opt30(), flexgenT4(), published(), job);
        const auto walked = simulateOffload(opt30(), flexgenT4(), published(), job);
        EXPECT_NEAR(walked.throughput / model.throughput, 1, 0.02) << prompt;
    }
}

TEST(Offload, ZigZagLoadsWeightsOnceABlock)
{
    auto rows = published();
    rows.schedule = OffloadSchedule::rowByRow;
    const OffloadJob job{512, 32};
    const auto a = offloadCost(opt30(), flexgenT4(), rows, job),
               b = offloadCost(opt30(), flexgenT4(), published(), job);
    EXPECT_DOUBLE_EQ(a.weightTraffic / b.weightTraffic, 3);
    EXPECT_LT(a.throughput, b.throughput);
}

TEST(Offload, NothingIsLoadedWhenAllLiesOnTheGpu)
{
    OffloadPolicy p;
    const auto prefill = prefillLayer(opt30(), flexgenT4(), p, {512, 32});
    const auto decode = decodeLayer(opt30(), flexgenT4(), p, 512);
    EXPECT_EQ(prefill.sum(), prefill.compute);
    EXPECT_EQ(decode.sum(), decode.compute);
    EXPECT_EQ(offloadCost(opt30(), flexgenT4(), p, {512, 32}).weightTraffic, Bytes(0));
}

TEST(Offload, OverlapNeverCosts)
{
    auto apart = published();
    apart.overlap = false;
    const OffloadJob job{512, 32};
    EXPECT_LT(offloadCost(opt30(), flexgenT4(), apart, job).throughput,
        offloadCost(opt30(), flexgenT4(), published(), job).throughput);
}

TEST(Offload, MemoryOnAllLevelsIsTheModelPlusCachePlusWorkingSet)
{
    const OffloadJob job{512, 32};
    auto p = published();
    p.cache = {0, 0.5, 0.5};
    const auto m = offloadMemory(opt30(), p, job);
    const double h = 7168, cache = 4 * 544 * h * 144 * 48, weights = 24 * h * h * 48;
    EXPECT_NEAR(m.disk.si(), 0.5 * cache, 1);
    EXPECT_NEAR(m.host.si(), 0.8 * weights + 0.5 * cache + 2 * 512 * h * 144, 1);
    EXPECT_GT(m.gpu.si(), 0.2 * weights);
}

TEST(Offload, SearchFindsWhatFitsAndIsBestOfItsNeighbours)
{
    const OffloadJob job{512, 32};
    const auto found = searchOffload(opt30(), flexgenT4(), job);
    ASSERT_TRUE(found);
    EXPECT_TRUE(offloadMemory(opt30(), *found, job).fits(flexgenT4()));
    const TokenRate best = offloadCost(opt30(), flexgenT4(), *found, job).throughput;
    auto smaller = *found;
    smaller.gpuBatch = 1;
    EXPECT_GT(best, offloadCost(opt30(), flexgenT4(), smaller, job).throughput);
    OffloadMachine tiny = flexgenT4();
    tiny.gpuMemory = tiny.hostMemory = tiny.diskMemory = 1 * gibibyte;
    EXPECT_FALSE(searchOffload(opt30(), tiny, job));
}

} // namespace
} // namespace headroom
