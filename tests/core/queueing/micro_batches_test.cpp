#include "core/queueing/micro_batches.h"

#include <gtest/gtest.h>

namespace headroom {
namespace {

TEST(MicroBatches, WithOneStageAllIsInOne)
{
    EXPECT_EQ(longestMicroBatch(5000, 1, 2048, 700), 5000);
    EXPECT_EQ(decodesOfMicroBatch(17, 1), 17);
}

TEST(MicroBatches, TheLongestHoldsNoLessThanItsShareAndNoMoreThanThereIs)
{
    for (const int stages : {2, 4, 8})
        for (const double tokens : {1.0, 100.0, 2000.0, 16384.0}) {
            const double longest = longestMicroBatch(tokens, stages, 8192, 700);
            EXPECT_GE(longest, tokens / stages);
            EXPECT_LE(longest, tokens);
        }
    EXPECT_EQ(longestMicroBatch(8 * 2048, 8, 2048, 700), 2048) << "all are full: none waits for another";
}

TEST(MicroBatches, ASequenceIsInOneOfThemOnly)
{
    EXPECT_EQ(decodesOfMicroBatch(0, 4), 0);
    EXPECT_EQ(decodesOfMicroBatch(1, 4), 1);
    EXPECT_EQ(decodesOfMicroBatch(3, 4), 1);
    EXPECT_EQ(decodesOfMicroBatch(64, 4), 16);
}

} // namespace
} // namespace headroom
