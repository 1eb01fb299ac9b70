#include "core/model/transformer.h"

#include <gtest/gtest.h>

namespace headroom {
namespace {

// Llama-3.1-8B by hand: attention 4096 * (4096 + 1024 + 1024 + 4096) = 41,943,040 a layer,
// feed-forward 3 * 4096 * 14336 = 176,160,768, two norms of 4096, 32 layers; embedding and head 128256 * 4096 each.
TEST(Parameters, OfAGroupedQueryModelAddUpByHand)
{
    ModelSpec m;
    m.hidden = 4096;
    m.vocab = 128256;
    m.groups = {{"dense", 32, {.heads = 32, .kvHeads = 8, .headDim = 128}, {.width = 14336}}};
    const ParameterCount n = countParameters(m);
    EXPECT_EQ(n.attention, 32 * 41943040.0);
    EXPECT_EQ(n.dense, 32 * 176160768.0);
    EXPECT_EQ(n.norms, 65.0 * 4096);
    EXPECT_EQ(n.total(), 8030261248.0);
    EXPECT_EQ(n.active, n.total() - n.embedding);
}

} // namespace
} // namespace headroom
