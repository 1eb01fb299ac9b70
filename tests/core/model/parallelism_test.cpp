#include "core/model/parallelism.h"

#include "tests/core/model/example_hardware.h"

#include <gtest/gtest.h>

namespace headroom {
namespace {

TEST(AllReduce, OneGpuSendsNothing)
{
    EXPECT_EQ(allReduce(example::h100(), 1, 8).at(1e6), 0);
    EXPECT_EQ(allToAll(example::h100(), 1, 8).at(1e6), 0);
    EXPECT_EQ(stageSend(example::h100(), {}).at(1e6), 0);
}

TEST(AllReduce, TakesTheFastestOfItsAlgorithms)
{
    const CollectiveCost cost{{LinkCost{10e-6, 1e-9}, LinkCost{2e-6, 5e-9}}, 2};
    EXPECT_DOUBLE_EQ(cost.at(1000), 2e-6 + 5e-6); // 7 us against 11 us
    EXPECT_DOUBLE_EQ(cost.at(1e6), 10e-6 + 1e-3);
    EXPECT_EQ(cost.at(0), 0);
}

TEST(AllReduce, LargePayloadsMoveTwiceTheirSizeOverTheRing)
{
    // 2 (p - 1) / p of the payload leaves each GPU: no link can be faster than its peak.
    const GpuSpec g = example::a100();
    const double bytes = 1e9, least = bytes * 2 * 7 / 8 / 300e9;
    EXPECT_GT(allReduce(g, 8, 8).at(bytes), least);
    EXPECT_LT(allReduce(g, 8, 8).at(bytes), 3 * least);
}

TEST(AllReduce, ASwitchThatAddsHalvesLargePayloads)
{
    GpuSpec plain = example::h100();
    plain.inNode.inSwitchReduction = false;
    const double with = allReduce(example::h100(), 8, 8).at(1e9), without = allReduce(plain, 8, 8).at(1e9);
    EXPECT_NEAR(with / without, (9.0 / 8) / (14.0 / 8), 0.05);
}

TEST(AllReduce, PcieAndGroupsBeyondOneNodeAreSlower)
{
    EXPECT_GT(allReduce(example::rtx4090(), 4, 8).at(1e7), 3 * allReduce(example::a100(), 4, 8).at(1e7));
    EXPECT_GT(allReduce(example::h100(), 16, 8).at(1e7), allReduce(example::h100(), 8, 8).at(1e7));
}

TEST(AllReduce, ABridgeJoinsTwoAndNoMore)
{
    GpuSpec g = example::h100();
    g.inNode.topology = LinkTopology::pairs;
    g.inNode.inSwitchReduction = false;
    EXPECT_GT(allReduce(g, 4, 8).at(1e8), 4 * allReduce(g, 2, 8).at(1e8));
}

TEST(AllReduce, NeverShrinksWithBytes)
{
    for (const GpuSpec& g : example::gpus())
        for (const int ranks : {2, 4, 8, 16, 32}) {
            double last = 0;
            for (double bytes = 1; bytes < 1e10; bytes *= 3) {
                const double t = allReduce(g, ranks, 8).at(bytes);
                EXPECT_GE(t, last) << g.name << " " << ranks;
                EXPECT_GE(allToAll(g, ranks, 8).at(bytes), 0);
                last = t;
            }
        }
}

TEST(StageSend, CrossesTheNetworkWhenAReplicaIsWiderThanANode)
{
    EXPECT_GT(stageSend(example::h100(), {.tp = 8, .pp = 2}).at(1e8),
        3 * stageSend(example::h100(), {.tp = 4, .pp = 2}).at(1e8));
}

} // namespace
} // namespace headroom
