#include "core/calibration/nearness.h"

#include "core/plan/catalog.h"
#include "core/plan/fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace headroom {
namespace {

Plan planOn(const char* gpu)
{
    Plan plan = defaultPlan();
    EXPECT_TRUE(setField(plan, "hardware.gpu", gpu));
    return plan;
}

TEST(Nearness, APlanIsNoDistanceFromItself)
{
    const MeasuredSetting s = settingOf(planOn("H100-SXM-80GB"));
    EXPECT_EQ(distance(s, s), 0);
    EXPECT_EQ(differences(s, s), "");
}

TEST(Nearness, AnotherArchitectureIsFartherThanAnotherGpuOfTheSame)
{
    const MeasuredSetting mine = settingOf(planOn("H100-SXM-80GB"));
    const MeasuredSetting sibling = settingOf(planOn("H200-SXM-141GB")), other = settingOf(planOn("A100-SXM-80GB"));
    EXPECT_LT(distance(mine, sibling), distance(mine, other));
    EXPECT_EQ(distance(mine, other), distance(other, mine));
}

TEST(Nearness, EveryShippedGroupIsOfAKnownGpuAndModelAndHidesSingleRuns)
{
    for (const ResidualGroup& group : shippedResiduals()) {
        EXPECT_NE(settingOf(group).model, "") << group.gpu << " " << group.model;
        EXPECT_GE(group.rows, 3) << "the error of one run would give the run away";
        EXPECT_GE(group.median, 0);
    }
    EXPECT_GE(shippedResiduals().size(), 30U);
}

TEST(Nearness, TheSentenceSaysWhetherThePlanWasMeasured)
{
    EXPECT_THAT(nearnessSentence(planOn("TPU-v4")), testing::HasSubstr("not measured on this GPU"));
    const std::string measured = nearnessSentence(planOn("H100-SXM-80GB"));
    EXPECT_THAT(measured, testing::HasSubstr("% (TPOT")) << "each figure says what it is of";
}

TEST(Nearness, ErrorsOfSeveralMetricsAreJoinedAsInASentence)
{
    EXPECT_EQ(listed({}), "");
    EXPECT_EQ(listed({"a"}), "a");
    EXPECT_EQ(listed({"a", "b"}), "a and b");
    EXPECT_EQ(listed({"a", "b", "c"}), "a, b and c");
    int most = 0;
    for (const ResidualGroup& group : shippedResiduals()) {
        Plan plan = planOn(std::string(group.gpu).c_str());
        if (!setField(plan, "model.name", std::string(group.model)))
            continue;
        const std::string sentence = nearnessSentence(plan);
        const std::string errors = sentence.substr(sentence.find("off by less than"));
        int figures = 0, joined = 0;
        for (std::size_t at = errors.find(" % ("); at != std::string::npos; at = errors.find(" % (", at + 1))
            ++figures;
        for (std::size_t at = errors.find(") and "); at != std::string::npos; at = errors.find(") and ", at + 1))
            ++joined;
        EXPECT_EQ(joined, figures > 1 ? 1 : 0) << sentence;
        most = std::max(most, figures);
    }
    EXPECT_GE(most, 2);
}

TEST(Nearness, EveryRunThatWasLeftOutStandsInARowOfTheErrors)
{
    int runs = 0;
    for (const ShippedAccuracy& a : shippedAccuracy())
        runs += a.leftOut == "GPU" ? a.rows : 0;
    EXPECT_EQ(runs, shippedRuns());
    for (const ResidualGroup& group : shippedResiduals())
        EXPECT_TRUE(std::ranges::any_of(
            shippedAccuracy(), [&](const auto& a) { return a.metric == group.metric && a.loadKind == group.loadKind; }))
            << name(group.metric) << " " << name(group.loadKind);
}

TEST(Nearness, AFewWordsSayTheSame)
{
    EXPECT_THAT(nearnessInShort(planOn("TPU-v4")),
        testing::AnyOf(testing::StartsWith("nearest measured: "), testing::StartsWith("far from anything measured: ")));
    EXPECT_THAT(nearnessInShort(planOn("H100-SXM-80GB")), testing::HasSubstr("measured"));
}

TEST(Nearness, AnOffloadedPlanIsToldThatItsBandsAreTooNarrow)
{
    Plan plan = planOn("H100-SXM-80GB");
    EXPECT_EQ(bandsCaution(plan), "");
    plan.deployment.offload.enabled = true;
    EXPECT_THAT(std::string(bandsCaution(plan)), testing::HasSubstr("too narrow"));
    EXPECT_THAT(nearnessSentence(plan), testing::HasSubstr("too narrow"));
}

TEST(Nearness, ShippedBandsHoldWhatTheyPromise)
{
    for (const ShippedAccuracy& a : shippedAccuracy()) {
        if (!a.isJudged())
            continue;
        EXPECT_GT(a.rows, 40);
        EXPECT_LT(a.median, a.p90);
        EXPECT_GE(a.inside, 0.72) << a.leftOut << " " << name(a.metric) << " " << name(a.loadKind);
        EXPECT_LE(a.inside, 0.88) << a.leftOut << " " << name(a.metric) << " " << name(a.loadKind);
    }
}

} // namespace
} // namespace headroom
