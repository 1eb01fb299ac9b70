#include "core/plan/fields.h"

#include "core/plan/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace headroom {
namespace {

using testing::HasSubstr;

const NumberField* asNumber(const Field& f) { return std::get_if<NumberField>(&f); }

double number(const Plan& p, std::string_view key) { return std::get<NumberField>(*findField(key)).get(p).value(); }

std::string whyNot(const Plan& p, std::string_view key)
{
    const auto reason = info(*findField(key)).notApplicable;
    return reason ? std::string(reason(p)) : "";
}

TEST(FieldTable, DisplacingSaysWhereItWouldBeIgnored)
{
    Plan plan = defaultPlan();
    EXPECT_THAT(whyNot(plan, "scheduling.preemptive"), HasSubstr("priority"));
    plan.scheduling.order = Order::priority;
    EXPECT_EQ(whyNot(plan, "scheduling.preemptive"), "");
    plan.scheduling.weighted = true;
    EXPECT_THAT(whyNot(plan, "scheduling.preemptive"), HasSubstr("weighted"));
    plan.scheduling.weighted = false;
    plan.batching.policy = BatchPolicy::disaggregated;
    EXPECT_THAT(whyNot(plan, "scheduling.preemptive"), HasSubstr("split"));
    plan.batching.policy = BatchPolicy::static_;
    EXPECT_THAT(whyNot(plan, "scheduling.preemptive"), HasSubstr("static"));
}

TEST(FieldTable, MemorySaysWhereItsPromisesAreIgnored)
{
    Plan plan = defaultPlan();
    plan.batching.reservation = Reservation::maximum;
    EXPECT_EQ(whyNot(plan, "batching.reservation"), "");
    EXPECT_THAT(whyNot(plan, "batching.preemption"), HasSubstr("paged"));
    EXPECT_THAT(whyNot(plan, "batching.block_tokens"), HasSubstr("paged"));
    plan.batching.policy = BatchPolicy::disaggregated;
    EXPECT_THAT(whyNot(plan, "batching.reservation"), HasSubstr("split"));
    EXPECT_EQ(whyNot(plan, "batching.preemption"), "") << "its pools page all the same";
    EXPECT_EQ(whyNot(plan, "batching.block_tokens"), "");
    plan.workload.sharedPrefixes.count = 1;
    EXPECT_THAT(whyNot(plan, "batching.preemption"), HasSubstr("computed again"));
    plan.workload.sharedPrefixes.count = 0;
    EXPECT_EQ(whyNot(plan, "workload.shared_prefixes"), "");
    plan.batching.policy = BatchPolicy::static_;
    plan.batching.reservation = Reservation::paged;
    EXPECT_THAT(whyNot(plan, "workload.shared_prefixes"), HasSubstr("keeps no beginnings"));
    EXPECT_THAT(whyNot(plan, "batching.preemption"), HasSubstr("static"));
}

TEST(FieldTable, HoldsEveryKeyThatScriptsRelyOn)
{
    // CLI.md, "Plan keys that scripts rely on".
    for (const auto key : {"workload.arrival_rate_req_s", "workload.process", "workload.arrival_cv",
             "workload.concurrency", "workload.peak_factor", "workload.prompt_tokens_mean", "workload.prompt_tokens_cv",
             "workload.output_tokens_mean", "workload.output_tokens_cv", "workload.context_tokens_mean",
             "workload.prefix_hit_rate", "model.name", "model.weight_format", "model.kv_format",
             "model.max_context_tokens", "model.layers", "model.hidden", "model.heads", "model.kv_heads",
             "model.head_dim", "model.ffn", "model.vocab", "model.experts", "model.experts_per_token",
             "model.expert_ffn", "hardware.gpu", "hardware.gpus_per_node", "hardware.price_usd_per_gpu_hour",
             "deployment.tp", "deployment.pp", "deployment.ep", "deployment.attention_dp", "deployment.replicas",
             "deployment.spare_replicas", "deployment.memory_utilization", "deployment.engine",
             "deployment.engine_year", "deployment.router", "batching.policy", "batching.reservation",
             "batching.preemption", "batching.max_sequences", "batching.token_budget", "batching.block_tokens",
             "scheduling.order", "scheduling.admission", "latency.network_s", "latency.frontend_s",
             "latency.retrieval_s", "latency.post_s", "targets.ttft_p95_s", "targets.tpot_p95_s", "targets.e2e_p99_s",
             "targets.attainment", "targets.availability", "targets.window_days"})
        EXPECT_NE(findField(key), nullptr) << key;
    EXPECT_EQ(findField("workload.arrival_rate"), nullptr);
}

TEST(FieldTable, EveryRowSaysWhatItIs)
{
    std::set<std::string_view> keys;
    std::set<std::string_view> groups;
    for (const FieldGroup& group : fieldGroups())
        groups.insert(group.id);
    for (const Field& f : fields()) {
        const FieldInfo& i = info(f);
        EXPECT_TRUE(keys.insert(i.key).second) << i.key << " stands twice";
        EXPECT_TRUE(groups.contains(i.group)) << i.key;
        EXPECT_GT(i.label.size(), 1u) << i.key;
        EXPECT_GT(i.help.size(), 15u) << i.key;
        EXPECT_FALSE(i.topic.empty()) << i.key;
        if (const auto* n = asNumber(f)) {
            EXPECT_LT(n->min, n->max) << i.key;
            EXPECT_TRUE(n->fallback >= n->min && n->fallback <= n->max) << i.key;
            EXPECT_TRUE(n->scale == Scale::linear || n->min > 0) << i.key << ": a logarithm needs a lowest value";
        }
    }
}

TEST(FieldTable, DefaultsAreThoseOfAFreshPlan)
{
    const Plan fresh = defaultPlan();
    for (const Field& f : fields()) {
        const FieldInfo& i = info(f);
        if (i.key == "hardware.price_usd_per_gpu_hour") // comes with the GPU
            continue;
        const auto* n = asNumber(f);
        if (n && n->optional)
            EXPECT_EQ(fieldText(f, fresh), "") << i.key;
        else if (n && i.notApplicable && !i.notApplicable(fresh).empty() && i.group == "model")
            continue; // the shape of the model stands in the catalog
        else if (n)
            EXPECT_NEAR(n->get(fresh).value(), n->fallback, 1e-9 * n->fallback) << i.key;
        else
            EXPECT_EQ(fieldText(f, fresh), std::get<ChoiceField>(f).fallback) << i.key;
    }
}

/// A plan in which the field has a meaning of its own: shapes of models need a custom one.
Plan planFor(const FieldInfo& i)
{
    Plan p = defaultPlan();
    bool good = true;
    if (i.notApplicable && i.group == "model")
        good = setField(p, "model.name", "custom").has_value();
    if (i.key == "model.experts_per_token" || i.key == "model.expert_ffn")
        good = good && setField(p, "model.experts", "1024").has_value();
    EXPECT_TRUE(good);
    return p;
}

TEST(FieldTable, EveryNumberCanBeSetToBothEndsAndReadsBack)
{
    for (const Field& f : fields()) {
        const auto* n = asNumber(f);
        if (!n)
            continue;
        for (const double v : {n->min, n->max, n->fallback}) {
            Plan p = planFor(n->info);
            const auto text = std::to_string(v);
            ASSERT_TRUE(setField(p, n->info.key, text)) << n->info.key << ' ' << text;
            if (!n->info.derived) { // the prompt cannot fall below one token
                EXPECT_NEAR(n->get(p).value(), v, 1e-6 * (1 + std::fabs(v))) << n->info.key;
            }
            Plan again = planFor(n->info);
            ASSERT_TRUE(setField(again, n->info.key, fieldText(f, p)));
            EXPECT_EQ(fieldText(f, again), fieldText(f, p)) << n->info.key;
        }
        Plan p = planFor(n->info);
        const Plan before = p;
        const auto above = setField(p, n->info.key, std::to_string(n->max * 1.5 + 1));
        ASSERT_FALSE(above) << n->info.key;
        EXPECT_EQ(above.error().where, n->info.key);
        EXPECT_THAT(above.error().message, HasSubstr("out of range"));
        EXPECT_EQ(p, before);
    }
}

TEST(FieldTable, EveryChoiceCanBeMadeAndReadsBack)
{
    for (const Field& f : fields())
        if (const auto* c = std::get_if<ChoiceField>(&f)) {
            const auto choices = c->choices();
            EXPECT_GT(choices.size(), 1u) << c->info.key;
            for (const auto& choice : choices) {
                Plan p = defaultPlan();
                ASSERT_TRUE(setField(p, c->info.key, choice.id)) << c->info.key << ' ' << choice.id;
                EXPECT_EQ(fieldText(f, p), choice.id) << c->info.key;
            }
            Plan p = defaultPlan();
            const Plan before = p;
            const auto wrong = setField(p, c->info.key, "no such thing");
            ASSERT_FALSE(wrong) << c->info.key;
            EXPECT_EQ(wrong.error().where, c->info.key);
            EXPECT_EQ(p, before);
        }
}

TEST(SetField, RefusesWhatIsNoNumber)
{
    Plan p = defaultPlan();
    const Plan before = p;
    for (const auto text : {"", "fast", "4x", "nan", "inf", "-inf", "1e999", "0x10", "1,5", "--3", "4 5"}) {
        const auto done = setField(p, "workload.arrival_rate_req_s", text);
        ASSERT_FALSE(done) << text;
        EXPECT_EQ(done.error().where, "workload.arrival_rate_req_s");
        EXPECT_THAT(done.error().message, HasSubstr("req/s")) << text;
    }
    EXPECT_THAT(setField(p, "deployment.replicas", "1.5").error().message, HasSubstr("whole"));
    EXPECT_FALSE(setField(p, "deployment.replicas", "99999999999999999999"));
    EXPECT_FALSE(setField(p, "no.such.key", "1"));
    EXPECT_EQ(p, before);
    EXPECT_TRUE(setField(p, "workload.arrival_rate_req_s", " 1e1\n"));
    EXPECT_EQ(p.workload.arrivalRate.si(), 10);
}

TEST(SetField, NoneTakesATargetAway)
{
    Plan p = defaultPlan();
    ASSERT_TRUE(setField(p, "targets.ttft_p95_s", "0.8"));
    EXPECT_EQ(p.targets.ttftP95, Seconds(0.8));
    ASSERT_TRUE(setField(p, "targets.ttft_p95_s", "none"));
    EXPECT_EQ(p.targets.ttftP95, std::nullopt);
    EXPECT_FALSE(setField(p, "workload.arrival_rate_req_s", "none"));
}

TEST(SetField, TextsMustBeReadable)
{
    Plan p = defaultPlan();
    EXPECT_TRUE(setField(p, "name", "Küche, 茶, 🙂"));
    EXPECT_FALSE(setField(p, "name", "\xff\xfe"));
    EXPECT_FALSE(setField(p, "name", "\xed\xa0\x80")) << "half a surrogate";
    EXPECT_FALSE(setField(p, "name", "\xc0\xaf")) << "overlong";
    EXPECT_FALSE(setField(p, "notes", std::string("a\0b", 3)));
    EXPECT_EQ(p.name, "Küche, 茶, 🙂");
}

TEST(ContextLength, ScalesThePromptAndLeavesTheOutput)
{
    Plan p = defaultPlan();
    const double output = number(p, "workload.output_tokens_mean");
    ASSERT_TRUE(setField(p, "workload.context_tokens_mean", "4000"));
    EXPECT_NEAR(number(p, "workload.prompt_tokens_mean"), 4000 - output, 1e-9);
    EXPECT_EQ(number(p, "workload.output_tokens_mean"), output);
    ASSERT_TRUE(setField(p, "workload.context_tokens_mean", "2"));
    EXPECT_EQ(number(p, "workload.prompt_tokens_mean"), 1);
}

TEST(ContextLength, ScalesThePromptsOfAllClasses)
{
    Plan p = defaultPlan();
    ASSERT_TRUE(setField(p, "workload.classes[0].prompt_tokens_mean", "1000"));
    ASSERT_TRUE(setField(p, "workload.classes[0].output_tokens_mean", "100"));
    ASSERT_TRUE(setField(p, "workload.classes[1].prompt_tokens_mean", "3000"));
    ASSERT_TRUE(setField(p, "workload.classes[1].output_tokens_mean", "100"));
    EXPECT_NEAR(number(p, "workload.context_tokens_mean"), 2100, 1e-9);
    ASSERT_TRUE(setField(p, "workload.context_tokens_mean", "4100"));
    EXPECT_NEAR(p.workload.classes[0].shape.prompt.mean, 2000, 1e-9);
    EXPECT_NEAR(p.workload.classes[1].shape.prompt.mean, 6000, 1e-9);
    EXPECT_NE(whyNot(p, "workload.prompt_tokens_mean"), "");
}

TEST(RequestClasses, AppendChangeAndRemove)
{
    Plan p = defaultPlan();
    ASSERT_TRUE(setField(p, "workload.classes[0].share", "3"));
    ASSERT_TRUE(setField(p, "workload.classes[1].name", "batch"));
    ASSERT_TRUE(setField(p, "workload.classes[1].priority", "-2"));
    ASSERT_TRUE(setField(p, "workload.classes[1].ttft_target_s", "9"));
    ASSERT_TRUE(setField(p, "workload.classes[1].output_distribution", "gamma"));
    ASSERT_EQ(p.workload.classes.size(), 2u);
    EXPECT_EQ(p.workload.classes[0].shape, p.workload.shape) << "a new class has the workload's lengths";
    EXPECT_EQ(p.workload.classes[1].priority, -2);
    EXPECT_EQ(p.workload.classes[1].ttftTarget, Seconds(9));
    EXPECT_EQ(p.workload.classes[1].shape.output.shape, LengthShape::gamma);
    const Plan before = p;
    for (const auto key : {"workload.classes[3].share", "workload.classes[-1].share", "workload.classes[0]",
             "workload.classes[0].no_such", "workload.classes[0]share", "workload.classes[", "workload.classesx",
             "workload.classes[99999999999999999999].share", "workload.classes"})
        EXPECT_FALSE(setField(p, key, "1")) << key;
    EXPECT_FALSE(setField(p, "workload.classes[2].share", "-1")) << "a refused value appends nothing";
    EXPECT_EQ(p, before);
    ASSERT_TRUE(setField(p, "workload.classes[0]", "none"));
    EXPECT_EQ(p.workload.classes.front().name, "batch");
    ASSERT_TRUE(setField(p, "workload.classes", "none"));
    EXPECT_TRUE(p.workload.classes.empty());
}

TEST(Distribution, ChangingTheShapeKeepsMeanAndSpread)
{
    Plan p = defaultPlan();
    ASSERT_TRUE(setField(p, "workload.prompt_tokens_mean", "700"));
    ASSERT_TRUE(setField(p, "workload.prompt_tokens_cv", "0.9"));
    const double median = quantile(p.workload.shape.prompt, 0.5);
    ASSERT_TRUE(setField(p, "workload.prompt_distribution", "empirical"));
    EXPECT_NEAR(meanOf(p.workload.shape.prompt), 700, 1e-9);
    EXPECT_NEAR(quantile(p.workload.shape.prompt, 0.5) / median, 1, 0.02);
    EXPECT_NE(whyNot(p, "workload.prompt_tokens_cv"), "");
    ASSERT_TRUE(setField(p, "workload.prompt_distribution", "gamma"));
    EXPECT_NEAR(p.workload.shape.prompt.mean, 700, 1e-9);
    EXPECT_NEAR(p.workload.shape.prompt.cv, 0.9, 0.08) << "quantiles cut the far tail";
    EXPECT_EQ(whyNot(p, "workload.prompt_tokens_cv"), "");
}

TEST(CustomModel, StartsFromThePresentShapeAndFollowsItsKnobs)
{
    Plan p = defaultPlan();
    EXPECT_NE(whyNot(p, "model.layers"), "");
    const auto before = countParameters(p.model.spec).total();
    ASSERT_TRUE(setField(p, "model.name", "custom"));
    EXPECT_EQ(whyNot(p, "model.layers"), "");
    EXPECT_EQ(countParameters(p.model.spec).total(), before);
    ASSERT_TRUE(setField(p, "model.layers", "16"));
    EXPECT_EQ(p.model.spec.layers(), 16);
    ASSERT_TRUE(setField(p, "model.kv_heads", "4"));
    EXPECT_EQ(p.model.spec.groups.front().attention.kvHeads, 4);
    EXPECT_LT(countParameters(p.model.spec).total(), before);
}

TEST(CustomModel, BecomesOneGroupOnlyWhenSomethingChanges)
{
    Plan p = defaultPlan();
    ASSERT_TRUE(setField(p, "model.name", "DeepSeek-V3"));
    ASSERT_TRUE(setField(p, "model.name", "custom"));
    const auto groups = p.model.spec.groups.size();
    ASSERT_GT(groups, 1u);
    ASSERT_TRUE(setField(p, "model.experts", fieldText(*findField("model.experts"), p)));
    ASSERT_TRUE(setField(p, "model.layers", fieldText(*findField("model.layers"), p)));
    EXPECT_EQ(p.model.spec.groups.size(), groups);
    ASSERT_TRUE(setField(p, "model.layers", "40"));
    ASSERT_EQ(p.model.spec.groups.size(), 1u);
    EXPECT_EQ(p.model.spec.layers(), 40);
    EXPECT_EQ(p.model.spec.groups.front().feedForward.experts, 256);
}

TEST(CustomModel, ExpertsTakeOverTheDenseWidthAndGiveItBack)
{
    Plan p = defaultPlan();
    ASSERT_TRUE(setField(p, "model.name", "custom"));
    const double width = number(p, "model.ffn");
    ASSERT_TRUE(setField(p, "model.experts", "8"));
    EXPECT_EQ(number(p, "model.expert_ffn"), width);
    EXPECT_EQ(number(p, "model.experts_per_token"), 2);
    ASSERT_TRUE(setField(p, "model.experts", "0"));
    EXPECT_EQ(number(p, "model.ffn"), width);
}

TEST(Price, SetByTheUserStaysWithAnotherGpu)
{
    Plan p = defaultPlan();
    ASSERT_TRUE(setField(p, "hardware.gpu", "A100-SXM-80GB"));
    const auto listed = p.hardware.pricePerGpu;
    ASSERT_TRUE(setField(p, "hardware.gpu", "H100-SXM-80GB"));
    EXPECT_NE(p.hardware.pricePerGpu, listed);
    ASSERT_TRUE(setField(p, "hardware.price_usd_per_gpu_hour", "1.99"));
    ASSERT_TRUE(setField(p, "hardware.gpu", "A100-SXM-80GB"));
    EXPECT_EQ(fieldText(*findField("hardware.price_usd_per_gpu_hour"), p), "1.99");
}

TEST(Applicability, FollowsThePolicyInWords)
{
    Plan p = defaultPlan();
    EXPECT_EQ(whyNot(p, "batching.static_timeout_s"), "only with the static policy");
    ASSERT_TRUE(setField(p, "batching.policy", "static"));
    EXPECT_EQ(whyNot(p, "batching.static_timeout_s"), "");
    EXPECT_NE(whyNot(p, "deployment.router"), "");
    ASSERT_TRUE(setField(p, "deployment.replicas", "2"));
    EXPECT_EQ(whyNot(p, "deployment.router"), "");
}

} // namespace
TEST(Fields, AMistypedKeyIsAnsweredWithTheNearest)
{
    EXPECT_EQ(nearestKeyHint("workload.arival_rate_req_s"), "; did you mean workload.arrival_rate_req_s?");
    EXPECT_EQ(nearestKeyHint("tp"), "; did you mean deployment.tp?");
    EXPECT_EQ(nearestKeyHint("future.colour_of_the_rack"), "") << "nothing is near";
    EXPECT_EQ(nearestKeyHint(""), "");
    EXPECT_EQ(nearestKeyHint(std::string(1 << 20, 'x')), "");
    for (const Field& field : fields()) { // one letter lost in the middle of any key still leads back to it or its twin
        const std::string key(info(field).key);
        std::string mistyped = key;
        mistyped.erase(key.size() / 2, 1);
        if (findField(mistyped) == nullptr) {
            EXPECT_NE(nearestKeyHint(mistyped), "") << mistyped;
        }
    }
    Plan plan = defaultPlan();
    const auto set = setField(plan, "deployment.replica", "2");
    ASSERT_FALSE(set);
    EXPECT_EQ(set.error().message, "there is no such key; did you mean deployment.replicas?");
}

} // namespace headroom
