#include "core/plan/validate.h"

#include "core/plan/catalog.h"
#include "core/plan/fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <limits>
#include <utility>

namespace headroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// The keys that validate() complains about after these settings.
std::vector<std::string> complaints(std::initializer_list<std::pair<std::string_view, std::string_view>> settings)
{
    Plan plan = defaultPlan();
    for (const auto& [key, value] : settings) {
        const auto done = setField(plan, key, value);
        EXPECT_TRUE(done) << key << ": " << (done ? "" : done.error().message);
    }
    std::vector<std::string> keys;
    for (const auto& e : validate(plan)) {
        keys.push_back(e.where);
        EXPECT_GT(e.message.size(), 20u) << "says what to do";
    }
    return keys;
}

TEST(Validate, EveryModelAndGpuOfTheCatalogIsValid)
{
    for (const auto& model : catalogModels()) {
        Plan plan = defaultPlan();
        ASSERT_TRUE(chooseModel(plan, model.spec.name));
        for (const auto& e : validate(plan))
            ADD_FAILURE() << model.spec.name << ": " << e.where << ' ' << e.message;
    }
    for (const auto& gpu : catalogGpus()) {
        Plan plan = defaultPlan();
        ASSERT_TRUE(chooseGpu(plan, gpu.spec.name));
        EXPECT_THAT(validate(plan), IsEmpty()) << gpu.spec.name;
    }
}

TEST(Validate, FindsEachNumberOutOfItsRange)
{
    for (const Field& field : fields()) {
        const auto* n = std::get_if<NumberField>(&field);
        if (!n || n->info.derived || n->integer || n->info.notApplicable)
            continue;
        Plan plan = defaultPlan();
        n->set(plan, std::numeric_limits<double>::quiet_NaN());
        ASSERT_FALSE(validate(plan).empty()) << n->info.key;
        EXPECT_EQ(validate(plan).front().where, n->info.key);
        n->set(plan, n->max * 2 + 1);
        ASSERT_FALSE(validate(plan).empty()) << n->info.key;
    }
}

TEST(Validate, TensorParallelismMustDivideTheHeads)
{
    EXPECT_THAT(complaints({{"deployment.tp", "3"}}), ElementsAre("deployment.tp")); // 32 heads
    EXPECT_THAT(complaints({{"deployment.tp", "16"}}), IsEmpty());
    EXPECT_THAT(
        complaints({{"deployment.tp", "6"}, {"deployment.attention_dp", "4"}}), ElementsAre("deployment.attention_dp"));
    EXPECT_THAT(complaints({{"model.name", "DeepSeek-V3"}, {"deployment.tp", "8"}, {"deployment.ep", "3"}}),
        ElementsAre("deployment.ep"));
    EXPECT_THAT(complaints({{"model.name", "DeepSeek-V3"}, {"deployment.tp", "8"}, {"deployment.ep", "8"},
                    {"deployment.attention_dp", "8"}}),
        IsEmpty());
}

TEST(Validate, StagesAndSparesAreLimitedByWhatThereIs)
{
    EXPECT_THAT(complaints({{"deployment.pp", "33"}}), ElementsAre("deployment.pp"));
    EXPECT_THAT(complaints({{"deployment.spare_replicas", "1"}}), ElementsAre("deployment.spare_replicas"));
    EXPECT_THAT(complaints({{"batching.policy", "disaggregated"}}), ElementsAre("deployment.replicas"));
    EXPECT_THAT(complaints({{"batching.policy", "disaggregated"}, {"deployment.replicas", "2"}}), IsEmpty());
}

TEST(Validate, BurstsMayNotExceedTheMean)
{
    EXPECT_THAT(complaints({{"workload.process", "mmpp2"}, {"workload.burst_peak_ratio", "20"}}),
        ElementsAre("workload.burst_share"));
    EXPECT_THAT(complaints({{"workload.burst_peak_ratio", "20"}}), IsEmpty()) << "without bursts it does not matter";
}

TEST(Validate, LengthsMustBePossible)
{
    EXPECT_THAT(complaints({{"workload.prompt_tokens_mean", "9000"}}), ElementsAre("model.max_context_tokens"));
    EXPECT_THAT(complaints({{"workload.prompt_distribution", "uniform"}, {"workload.prompt_tokens_cv", "0.9"}}),
        ElementsAre("workload.prompt_tokens_cv"));
    EXPECT_THAT(
        complaints({{"workload.classes[0].output_tokens_mean", "9000"}}), ElementsAre("model.max_context_tokens"));
    Plan plan = defaultPlan();
    plan.workload.shape.output = {LengthShape::empirical, 5, 0, {3, 2}};
    EXPECT_EQ(validate(plan).front().where, "workload.output_distribution");
    plan.workload.classes.emplace_back();
    EXPECT_THAT(validate(plan), IsEmpty()) << "with classes the workload's own lengths are not used";
    plan.workload.classes.front().share = -1;
    EXPECT_EQ(validate(plan).front().where, "workload.classes[0].share");
}

TEST(Validate, CustomShapesMustBePossible)
{
    EXPECT_THAT(complaints({{"model.name", "custom"}, {"model.kv_heads", "5"}}), ElementsAre("model.kv_heads"));
    EXPECT_THAT(complaints({{"model.name", "custom"}, {"model.experts", "4"}, {"model.experts_per_token", "8"}}),
        ElementsAre("model.experts_per_token"));
    Plan empty;
    std::vector<std::string> keys;
    for (const auto& e : validate(empty))
        keys.push_back(e.where);
    EXPECT_THAT(keys, ElementsAre("model.name", "hardware.gpu")) << "a plan without model and GPU";
}

TEST(Validate, ADeadlineNeedsATarget)
{
    EXPECT_THAT(complaints({{"scheduling.admission", "deadline"}}), ElementsAre("scheduling.admission"));
    EXPECT_THAT(complaints({{"scheduling.admission", "deadline"}, {"targets.ttft_p95_s", "1"}}), IsEmpty());
}

} // namespace
} // namespace headroom
