#include "ui/topics/topics.h"

#include "core/plan/catalog.h"
#include "core/plan/fields.h"
#include "ui/plots/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace headroom::ui {
namespace {

/// A plan with its results, kept together.
struct Case {
    explicit Case(std::initializer_list<std::pair<std::string_view, std::string_view>> settings = {})
        : plan(planWith(settings)), evaluator(plan), now(evaluate(evaluator))
    {}
    static Plan planWith(std::initializer_list<std::pair<std::string_view, std::string_view>> settings)
    {
        Plan p = defaultPlan();
        for (const auto& [key, value] : settings)
            EXPECT_TRUE(setField(p, key, value)) << key;
        return p;
    }
    TopicAnswer answer(std::string_view id) const { return findTopic(id)->answer({plan, evaluator, now}); }
    double value(std::string_view id) const { return answer(id).value.value(); }

    Plan plan;
    Evaluator evaluator;
    Evaluation now;
};

TEST(Topics, AreTenSectionsOfFive)
{
    std::vector<std::string> ids, wanted;
    for (const Topic& topic : topics())
        ids.emplace_back(topic.id);
    for (int section = 1; section <= 10; ++section)
        for (int i = 1; i <= 5; ++i)
            wanted.push_back(std::to_string(section) + "." + std::to_string(i));
    EXPECT_EQ(ids, wanted);
    EXPECT_EQ(findTopic("11.1"), nullptr);
}

TEST(Topics, SayAllThatATopicHas)
{
    for (const Topic& topic : topics()) {
        EXPECT_FALSE(topic.title.empty() || topic.formula.empty() || topic.unit.empty() || topic.source.empty())
            << topic.id;
        EXPECT_TRUE(topic.chart.empty() || findChart(topic.chart)) << topic.id << ": no chart " << topic.chart;
    }
}

TEST(Topics, WhatStepsTakeIsInABandThatHoldsIt)
{
    const std::vector<std::string_view> predicted{"1.1", "1.2", "1.3", "2.2", "2.5", "3.1", "3.2", "3.3", "3.5", "4.2",
        "4.3", "4.5", "6.1", "7.2", "7.3", "7.4", "7.5", "8.1"};
    for (const Case& c : {Case(), Case({{"workload.arrival_rate_req_s", "40"}}), Case({{"deployment.tp", "4"}})})
        for (const Topic& topic : topics()) {
            const TopicAnswer answer = c.answer(topic.id);
            const bool isPredicted = std::ranges::find(predicted, topic.id) != predicted.end();
            EXPECT_TRUE(answer.band || !isPredicted) << topic.id;
            if (!answer.band || !answer.value)
                continue;
            EXPECT_LE(answer.band->lo, *answer.value * (1 + 1e-12)) << topic.id;
            EXPECT_GE(answer.band->hi, *answer.value * (1 - 1e-12)) << topic.id;
        }
}

TEST(Topics, AnswerEveryPlanWithoutNotANumber)
{
    const std::vector<Case> plans = [] {
        std::vector<Case> all;
        all.emplace_back();
        all.emplace_back(Case({{"workload.arrival_rate_req_s", "5000"}}));     // overloaded
        all.emplace_back(Case({{"model.name", "DeepSeek-V3"}}));               // does not fit
        all.emplace_back(Case({{"hardware.price_usd_per_gpu_hour", "0.01"}})); // nearly free
        all.emplace_back(Case({{"targets.attainment", "0.9999"}, {"scheduling.admission", "queue_cap"}}));
        all.emplace_back(Case({{"deployment.replicas", "3"}, {"deployment.router", "round_robin"},
            {"scheduling.admission", "token_bucket"}, {"workload.classes[0].share", "1"},
            {"workload.classes[1].share", "2"}, {"workload.classes[1].priority", "3"}}));
        return all;
    }();
    for (const Case& c : plans)
        for (const Topic& topic : topics()) {
            const TopicAnswer answer = c.answer(topic.id);
            EXPECT_FALSE(answer.substituted.empty()) << topic.id;
            EXPECT_FALSE(std::isnan(answer.value.value_or(0))) << topic.id;
            EXPECT_THAT(answer.substituted, testing::Not(testing::HasSubstr("n/a"))) << topic.id;
        }
}

TEST(Topics, AgreeWithTheEvaluationTheyExplain)
{
    const Case c;
    EXPECT_DOUBLE_EQ(c.value("2.3"), c.now.utilization);
    EXPECT_DOUBLE_EQ(c.value("5.4"), c.now.memory.seats);
    EXPECT_DOUBLE_EQ(c.value("5.2"), c.now.kvBytesPerToken.si());
    EXPECT_NEAR(c.value("3.1") + c.value("3.2") + c.value("3.3") + c.value("3.4"), c.value("3.5"), 1e-12);
    EXPECT_NEAR(c.value("3.5"), c.now.e2e.mean.si(), 1e-9 * c.value("3.5"));
    EXPECT_NEAR(c.value("7.2") * c.value("7.3"), 1e6, 1e-3) << "tokens a dollar and dollars a million tokens";
    EXPECT_GE(c.value("1.3"), c.value("7.3")) << "tokens of bad requests are no use";
    EXPECT_NEAR(c.value("2.4"), c.now.meanConcurrency, 0.02 * c.now.meanConcurrency) << "Little's law";
}

TEST(Topics, OverloadIsAnAnswer)
{
    const Case c({{"workload.arrival_rate_req_s", "5000"}});
    EXPECT_TRUE(std::isinf(c.value("2.4")));
    EXPECT_GT(c.value("10.1"), 0.9) << "nearly all of it must go elsewhere";
    EXPECT_NEAR(c.value("10.4"), 1 - c.plan.operations.targetUtilization / c.now.utilization, 1e-12);
    EXPECT_GT(c.value("8.5"), c.plan.deployment.replicas);
}

TEST(Topics, PrioritiesFavourTheHigherClass)
{
    const Case c({{"workload.classes[0].share", "1"}, {"workload.classes[1].share", "1"},
        {"workload.classes[1].priority", "5"}});
    const Case single;
    EXPECT_THAT(c.answer("8.3").substituted, testing::HasSubstr("highest priority"));
    EXPECT_THAT(single.answer("8.3").substituted, testing::HasSubstr("one class"));
}

} // namespace
} // namespace headroom::ui
