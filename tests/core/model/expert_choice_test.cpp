// How many experts the tokens of a step reach (MODEL.md 5.2): laws of ExpertChoice.
#include "core/model/expert_choice.h"

#include <gtest/gtest.h>

#include <random>

namespace headroom {
namespace {

TEST(ExpertChoice, OneTokenReachesItsOwnExperts)
{
    for (double popularity : {0.2, 1.0, 40.0})
        EXPECT_NEAR(ExpertChoice(256, 8, popularity).reached(1), 8, 1e-9);
    EXPECT_EQ(ExpertChoice(256, 8, 1).reached(0), 0);
}

TEST(ExpertChoice, AllLikedAlikeIsEvenCounting)
{
    // 32 tokens that choose 8 of 256: 256 (1 - (1 - 1/32)^32) = 163.3
    const ExpertChoice even(256, 8, 1e9);
    EXPECT_NEAR(even.reached(32), 256 * (1 - std::pow(1 - 8.0 / 256, 32)), 1e-4);
    EXPECT_NEAR(even.reached(32), 163.3, 0.05);
}

TEST(ExpertChoice, EveryTokenReachesAllWhereItChoosesAll)
{
    for (double tokens : {1.0, 2.0, 1000.0})
        EXPECT_EQ(ExpertChoice(8, 8, 1).reached(tokens), 8);
}

/// A simulated router: popularity drawn from the gamma distribution, tokens choose with those odds.
TEST(ExpertChoice, AgreesWithARouterOfThatPopularity)
{
    constexpr int kExperts = 128, kTokens = 64, kRuns = 400;
    constexpr double kChosen = 2, kShape = 1.0;
    std::mt19937_64 random(7);
    std::gamma_distribution<double> popularity(kShape, 1);
    double reached = 0;
    for (int run = 0; run < kRuns; ++run) {
        std::vector<double> odds(kExperts);
        for (double& o : odds)
            o = popularity(random);
        std::discrete_distribution<int> choice(odds.begin(), odds.end());
        std::vector<bool> hit(kExperts);
        for (int i = 0; i < kTokens * static_cast<int>(kChosen); ++i)
            hit[static_cast<std::size_t>(choice(random))] = true;
        reached += static_cast<double>(std::count(hit.begin(), hit.end(), true)) / kRuns;
    }
    EXPECT_NEAR(ExpertChoice(kExperts, kChosen, kShape).reached(kTokens), reached, 0.02 * reached);
}

TEST(ExpertChoiceLaws, MoreTokensReachMoreFavouritesReachFewer)
{
    std::mt19937_64 random(11);
    std::uniform_real_distribution<double> uniform(0, 1);
    for (int i = 0; i < 500; ++i) {
        const double experts = std::round(8 + 500 * uniform(random)), k = std::round(1 + 7 * uniform(random));
        const double tokens = 3000 * uniform(random) * uniform(random), a = std::exp(6 * uniform(random) - 2);
        const ExpertChoice some(experts, k, a), more(experts, k, 2 * a);
        SCOPED_TRACE(
            testing::Message() << experts << " experts, " << k << " chosen, " << tokens << " tokens, shape " << a);
        EXPECT_LE(some.reached(tokens), some.reached(tokens + 1));
        EXPECT_LE(some.reached(tokens), more.reached(tokens) + 1e-9);
        EXPECT_LE(some.reached(tokens), std::min(experts, tokens * k) * (1 + 1e-12));
        EXPECT_GE(some.reached(tokens), 0);
    }
}

} // namespace
} // namespace headroom
