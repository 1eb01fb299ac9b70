#include "core/queueing/prefill_parallelism.h"

#include <gtest/gtest.h>

#include <cmath>

namespace headroom {
namespace {

constexpr Seconds kD{0.2};

TEST(PrefillParallelism, FormulasOfDistServe)
{
    for (const double r : {0.1, 1.0, 3.0, 4.9}) {
        const double d = kD.si(), k = 1.6;
        EXPECT_NEAR(prefillTtft(RequestRate(r), kD).si(), d + r * d * d / (2 * (1 - r * d)), 1e-12);
        EXPECT_NEAR(prefillTtftTwoStages(RequestRate(r), kD).si(), d + r * d * d / (4 * (2 - r * d)), 1e-12);
        EXPECT_NEAR(prefillTtftTwoShards(RequestRate(r), kD, k).si(), d / k + r * d * d / (2 * k * (k - r * d)), 1e-12);
    }
}

TEST(PrefillParallelism, UnstableQueuesWaitForEver)
{
    EXPECT_TRUE(std::isinf(prefillTtft(RequestRate(5), kD).si()));
    EXPECT_TRUE(std::isinf(prefillTtftTwoStages(RequestRate(10), kD).si()));
    EXPECT_TRUE(std::isinf(prefillTtftTwoShards(RequestRate(8), kD, 1.6).si()));
}

TEST(PrefillParallelism, StagesAndShardsMeetAtOneRate)
{
    const RequestRate r = stagesOvertakeShards(kD, 1.6);
    EXPECT_NEAR(prefillTtftTwoStages(r, kD) / prefillTtftTwoShards(r, kD, 1.6), 1, 1e-6);
    EXPECT_LT(prefillTtftTwoShards(0.9 * r, kD, 1.6), prefillTtftTwoStages(0.9 * r, kD));
    EXPECT_TRUE(std::isinf(stagesOvertakeShards(kD, 2).si()));
}

} // namespace
} // namespace headroom
