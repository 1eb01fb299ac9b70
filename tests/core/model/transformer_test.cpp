#include "core/model/transformer.h"

#include "core/plan/catalog.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

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

// DeepSeek-V3's attention by hand: 7168*1536 + 1536*128*192 + 7168*576 + 512*128*256 + 128*128*7168.
TEST(Parameters, OfLatentAttentionAddUpByHand)
{
    const AttentionSpec a{.heads = 128,
        .kvHeads = 128,
        .headDim = 192,
        .latent = {.queryRank = 1536, .kvRank = 512, .ropeDim = 64, .nopeDim = 128, .valueDim = 128}};
    EXPECT_EQ(attentionParameters(a, 7168), 11010048.0 + 37748736 + 4128768 + 16777216 + 117440512);
}

TEST(Parameters, OfAnIndexerAreThoseOfItsThreeProjections)
{
    AttentionSpec a{.heads = 128,
        .kvHeads = 128,
        .headDim = 192,
        .latent = {.queryRank = 1536, .kvRank = 512, .ropeDim = 64, .nopeDim = 128, .valueDim = 128}};
    const double without = attentionParameters(a, 7168);
    a.kind = AttentionKind::sparse;
    a.indexHeads = 64;
    a.indexDim = 128;
    EXPECT_EQ(attentionParameters(a, 7168) - without, 1536.0 * 64 * 128 + 7168 * 128 + 7168 * 64);
}

TEST(Parameters, SharedKeysReusedCachesGatesAndBiasesChangeTheirOwnPart)
{
    const AttentionSpec plain{.heads = 8, .kvHeads = 2, .headDim = 64};
    const double n = attentionParameters(plain, 512);
    EXPECT_EQ(n, 2 * 512.0 * 512 + 2 * 512 * 128);
    AttentionSpec a = plain;
    a.sharedKeyValue = true;
    EXPECT_EQ(n - attentionParameters(a, 512), 512.0 * 128);
    a = plain;
    a.reusesKv = true;
    EXPECT_EQ(n - attentionParameters(a, 512), 2 * 512.0 * 128);
    a = plain;
    a.gated = true;
    EXPECT_EQ(attentionParameters(a, 512) - n, 512.0 * 512);
    a = plain;
    a.biased = true;
    EXPECT_EQ(attentionParameters(a, 512) - n, 512 + 2 * 128 + 512);
    a = plain;
    a.valueHeadDim = 32;
    EXPECT_EQ(attentionParameters(a, 512), 512.0 * 512 + 512 * (128 + 64) + 8 * 32 * 512);
    a = plain;
    a.outputRank = 16;
    a.outputGroups = 4;
    EXPECT_EQ(attentionParameters(a, 512) - n, 16 * (512.0 + 4 * 512) - 512 * 512);
}

TEST(Parameters, OfLayersWithoutAMixerAndOfLinearMixersAreAsStated)
{
    EXPECT_EQ(attentionParameters({.kind = AttentionKind::none, .heads = 8, .kvHeads = 8, .headDim = 64}, 512), 0);
    EXPECT_EQ(attentionParameters({.kind = AttentionKind::linear, .mixerParams = 12345}, 512), 12345);
}

TEST(Parameters, TiedEmbeddingsLeaveOutTheHead)
{
    ModelSpec m;
    m.hidden = 64;
    m.vocab = 1000;
    m.groups = {{"dense", 2, {.heads = 4, .kvHeads = 4, .headDim = 16}, {.width = 128}}};
    const ParameterCount untied = countParameters(m);
    m.tiedEmbeddings = true;
    const ParameterCount tied = countParameters(m);
    EXPECT_EQ(untied.total() - tied.total(), 64000);
    EXPECT_EQ(untied.active, tied.active); // a token goes through one table either way
}

TEST(Parameters, ExpertsSplitIntoRoutedSharedLatentAndRouter)
{
    ModelSpec m;
    m.hidden = 64;
    m.vocab = 10;
    const AttentionSpec none{.kind = AttentionKind::none};
    m.groups = {{"moe", 1, none, {.experts = 8, .expertsPerToken = 2, .expertWidth = 32, .sharedWidth = 48}}};
    ParameterCount n = countParameters(m);
    EXPECT_EQ(n.routedExperts, 8 * 3 * 64.0 * 32);
    EXPECT_EQ(n.sharedExperts, 3 * 64.0 * 48);
    EXPECT_EQ(n.other, 64.0 * 8);
    EXPECT_EQ(n.total() - n.active, n.routedExperts * 6 / 8 + n.embedding);
    m.groups[0].feedForward.latentWidth = 16;
    n = countParameters(m);
    EXPECT_EQ(n.routedExperts, 8 * 3 * 16.0 * 32);
    EXPECT_EQ(n.dense, 2 * 64.0 * 16);
}

// A law beside the examples: active never exceeds the total, and no part is negative, for every catalog model.
TEST(Parameters, PartsOfEveryModelAreNotNegativeAndActiveIsAtMostTheTotal)
{
    for (const CatalogModel& m : catalogModels()) {
        const ParameterCount n = countParameters(m.spec);
        for (const double part :
            {n.embedding, n.attention, n.dense, n.routedExperts, n.sharedExperts, n.norms, n.head, n.other})
            EXPECT_GE(part, 0) << m.spec.name;
        EXPECT_LE(n.active, n.total()) << m.spec.name;
        EXPECT_GT(n.active, 0) << m.spec.name;
    }
}

bool isRounded(const CatalogModel& m, const std::string& figure)
{
    const auto p = std::ranges::find(m.provenance, figure, &Provenance::figure);
    return p != m.provenance.end() && p->source.find("round") != std::string::npos;
}

/// Active counts are published with both tables of the vocabulary, with one, or with none: the distance to the
/// nearest of these.
double activeError(const CatalogModel& m)
{
    const ParameterCount n = countParameters(m.spec);
    const double table = double(m.spec.vocab) * m.spec.hidden;
    double best = 1;
    for (const double counted : {n.active - table, n.active, n.active + table})
        best = std::min(best, std::abs(counted / m.activePublished - 1));
    return best;
}

TEST(Parameters, OfCatalogModelsAreWithinOnePercentOfPublishedCounts)
{
    constexpr double kExact = 0.01;
    // "235B" stands for 234.5 to 235.5, a name such as "Gemma-4-31B" or "1.04T" for less: three percent and a half
    // billion cover every rounding seen.
    constexpr double kRounded = 0.03, kHalfBillion = 0.5e9;
    // Active: two digits are published ("37B", "5.1B"), and what counts as active differs by publisher.
    constexpr double kActive = 0.035;
    int exact = 0;
    std::printf(
        "%-34s %10s %10s %8s   %8s %8s %7s\n", "model", "published", "counted", "error", "active", "counted", "error");
    for (const CatalogModel& m : catalogModels()) {
        const double published = m.spec.publishedParams;
        if (published <= 0)
            continue;
        const ParameterCount n = countParameters(m.spec);
        const double error = n.total() / published - 1;
        const bool rounded = isRounded(m, "published_params");
        std::printf("%-34s %9.2fB %9.2fB %7.2f%%%s", m.spec.name.c_str(), published / 1e9, n.total() / 1e9, error * 100,
            rounded ? " r" : "  ");
        exact += rounded ? 0 : 1;
        EXPECT_LE(std::abs(n.total() - published),
            rounded ? std::max(kRounded * published, kHalfBillion) : kExact * published)
            << m.spec.name;
        if (m.activePublished > 0) {
            std::printf(" %7.2fB %7.2fB %6.2f%%", m.activePublished / 1e9, n.active / 1e9, activeError(m) * 100);
            EXPECT_LE(activeError(m) * m.activePublished, std::max(kActive * m.activePublished, kHalfBillion))
                << m.spec.name;
        }
        std::printf("\n");
    }
    EXPECT_GE(exact, 60);
}

TEST(Parameters, AgreeWithTheListOfPublishedCounts)
{
    const std::filesystem::path path = HEADROOM_SOURCE_DIR "/../shared/catalog/published_params.csv";
    if (!std::filesystem::exists(path))
        GTEST_SKIP() << "needs " << path;
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    int models = 0;
    while (std::getline(file, line)) {
        std::stringstream cells(line);
        std::string name, total, active, source;
        std::getline(cells, name, ',');
        std::getline(cells, total, ',');
        std::getline(cells, active, ',');
        std::getline(cells, source);
        const auto match = findModel(name);
        ASSERT_TRUE(match) << name;
        const double tolerance = source.find("rounds") == std::string::npos ? 0.01 : 0.015;
        EXPECT_NEAR(countParameters(match->model->spec).total() / (std::stod(total) * 1e9), 1, tolerance) << name;
        ++models;
    }
    EXPECT_GE(models, 32);
}

} // namespace
} // namespace headroom
