#include "core/sizing.h"
#include "tests/core/charts/example_plans.h"
#include "ui/plots/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <variant>

namespace headroom::ui {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(TabSentence, WithoutALatencyTargetNoneIsSaidToHold)
{
    Plan plan = example();
    plan.targets.ttftP95.reset();
    plan.targets.tpotP95.reset();
    plan.targets.e2eP99.reset();
    const Snapshot snapshot = snapshotOf(plan);
    EXPECT_THAT(tabSentence("capacity", snapshot), HasSubstr("without a latency target"));
    EXPECT_THAT(tabSentence("capacity", snapshot), Not(HasSubstr("targets hold")));
    const ChartSpec cost = findChart("cost_vs_load")->build(snapshot);
    for (const Curve& curve : std::get<LineChart>(cost.body).curves)
        EXPECT_NE(curve.name, "misses targets");
}

TEST(TabSentence, WithoutATargetNoGpuMeetsOne)
{
    Snapshot snapshot = snapshotOf(difficultPlans().at("no targets"));
    snapshot.now.everyGpu.value = std::make_shared<const std::vector<GpuSizing>>(sizeOnEveryGpu(*snapshot.now.plan));
    for (const char* tab : {"cost", "simulator"})
        EXPECT_THAT(tabSentence(tab, snapshot), Not(HasSubstr("target"))) << tab;
    EXPECT_THAT(tabSentence("cost", snapshot), HasSubstr("serves the load at the least cost"));
    const Snapshot withTargets = snapshotOf(example());
    EXPECT_THAT(tabSentence("simulator", withTargets), HasSubstr("met their targets"));
}

TEST(TabSentence, TheBillSaysWhatOfItIsPower)
{
    EXPECT_THAT(tabSentence("cost", snapshotOf(example())), Not(HasSubstr("power")));
    const Plan paysPower = with(example(), {{"cost.power_usd_per_kwh", "0.5"}});
    EXPECT_THAT(tabSentence("cost", snapshotOf(paysPower)), HasSubstr("(power $"));
}

TEST(TabSentence, ChangesWithTheNumbersAndTheirNumber)
{
    const Snapshot one = snapshotOf(example());
    EXPECT_THAT(
        tabSentence("capacity", one), HasSubstr("one H100-SXM-80GB gives 95 % of requests a first token within **"));
    const Snapshot two = snapshotOf(with(example(), {{"deployment.replicas", "2"}}));
    EXPECT_THAT(tabSentence("capacity", two), HasSubstr("2 × H100-SXM-80GB give "));
    EXPECT_THAT(tabSentence("parallelism", one), HasSubstr("**1 replica** of **1 GPU**"));
    EXPECT_THAT(tabSentence("parallelism", two), HasSubstr("**2 replicas** of **1 GPU** each"));
    for (const char* tab : {"capacity", "latency", "memory", "batching", "parallelism", "cost"})
        EXPECT_NE(tabSentence(tab, one),
            tabSentence(
                tab, snapshotOf(with(example(),
                         {{"model.name", "OPT-13B"}, {"model.max_context_tokens", "2048"}, {"deployment.tp", "2"}}))))
            << tab;
    EXPECT_EQ(tabSentence("no_such_tab", one), "");
}

TEST(TabSentence, SaysHelpfullyWhatIsWrong)
{
    const auto plans = difficultPlans();
    for (const char* tab : {"capacity", "memory", "batching", "parallelism", "cost"})
        EXPECT_THAT(tabSentence(tab, snapshotOf(plans.at("does not fit"))), HasSubstr("**does not fit**")) << tab;
    EXPECT_THAT(tabSentence("capacity", snapshotOf(plans.at("overloaded"))), HasSubstr("**overloaded**"));
    EXPECT_THAT(tabSentence("capacity", snapshotOf(plans.at("target out of reach"))), HasSubstr("**at any load**"));
    EXPECT_THAT(tabSentence("capacity", snapshotOf(plans.at("closed loop"))), HasSubstr("32 requests in flight"));
    for (const auto& [why, plan] : plans) {
        const Snapshot snapshot = snapshotOf(plan);
        for (const char* tab : {"capacity", "latency", "memory", "batching", "parallelism", "cost"}) {
            const std::string sentence = tabSentence(tab, snapshot);
            EXPECT_FALSE(sentence.empty()) << tab << ", " << why;
            EXPECT_THAT(sentence, Not(HasSubstr("n/a"))) << tab << ", " << why;
            EXPECT_THAT(sentence, Not(HasSubstr("∞"))) << tab << ", " << why;
        }
    }
}

} // namespace
} // namespace headroom::ui
