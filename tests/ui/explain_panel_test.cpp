#include "tests/ui/window_fixture.h"
#include "ui/format.h"
#include "ui/panels/explain_panel.h"
#include "ui/panels/explanations.h"
#include "ui/panels/simulated_summary.h"
#include "ui/plots/chart_view.h"
#include "ui/plots/load_curve.h"

#include <gmock/gmock.h>

namespace headroom::ui {
namespace {

TEST(Explain, SpeaksOfNoQueueWhereNothingFits)
{
    const Snapshot s = snapshotOf(with(with(testPlan(), "model.name", "Llama-3.1-70B"), "hardware.gpu", "L4-24GB"));
    for (const char* id : {"headroom", "ttft", "tpot", "utilization", "binding", "cost", "nothing of the kind"}) {
        const Explanation e = explain(QLatin1String(id), s);
        const QString words = (e.formula.mid(1) + e.notes).join(u' ');
        EXPECT_FALSE(words.contains(QLatin1String("queue"))) << id << ": " << qPrintable(words);
        EXPECT_FALSE(words.contains(u'∞')) << id << ": " << qPrintable(words);
        EXPECT_TRUE(words.contains(QLatin1String("does not fit"))) << id << ": " << qPrintable(words);
    }
}

TEST(Explanations, SayOverloadInWordsAndNotInInfinities)
{
    const Snapshot s = snapshotOf(with(testPlan(), "workload.arrival_rate_req_s", "500"));
    const QString check = explain(QStringLiteral("utilization"), s).notes.join(QLatin1Char(' '));
    EXPECT_FALSE(check.contains(QStringLiteral("∞"))) << qPrintable(check);
    EXPECT_THAT(check.toStdString(), testing::HasSubstr("queue grows by"));
    for (const char* id : {"headroom", "ttft", "tpot", "utilization", "kv_memory", "cost", "binding"}) {
        const Explanation one = explain(QLatin1String(id), s);
        const QString words = (one.formula + one.notes).join(QLatin1Char(' '));
        EXPECT_FALSE(words.contains(QStringLiteral("∞"))) << id << ": " << qPrintable(words);
    }
}

TEST(Explanations, SayHowSureThePartsAre)
{
    const Snapshot s = snapshotOf(testPlan());
    const auto notes = [&](const char* id) { return explain(QLatin1String(id), s).notes.join(QLatin1Char(' ')); };
    const Band decode = s.now.evaluation.partsMeanBand.of(&LatencyParts::decode);
    EXPECT_TRUE(notes("e2e").contains(QStringLiteral("decode ") + range(decode.lo, decode.hi, "s")));
    EXPECT_TRUE(notes("ttft").contains(QStringLiteral("Bands of the means (80 %): queue ")));
    EXPECT_TRUE(notes("tpot").contains(QStringLiteral("Band of one step (80 %): ")));
    EXPECT_TRUE(notes("cost").contains(QStringLiteral("No band at this load"))) << qPrintable(notes("cost"));
    Plan busy = testPlan();
    busy.workload.arrivalRate = s.now.evaluation.capacity;
    EXPECT_TRUE(explain(QStringLiteral("cost"), snapshotOf(busy))
                    .notes.join(QLatin1Char(' '))
                    .contains(QStringLiteral("Band (80 %): $")));
}

TEST(Explanations, AddUpForStaticBatchesToo)
{
    Plan plan = with(with(testPlan(), "batching.policy", "static"), "batching.reservation", "max");
    plan.workload.arrivalRate = RequestRate(0.2);
    const Snapshot s = snapshotOf(plan);
    ASSERT_TRUE(s.now.evaluation.stable);
    const LatencyParts& p = s.now.evaluation.partsMean;
    ASSERT_NEAR(s.now.evaluation.ttft.mean.si(), p.total().si(), 1e-6) << "what is said below";
    for (const char* id : {"ttft", "e2e"}) {
        const QString sum = explain(QLatin1String(id), s).formula.value(1);
        EXPECT_TRUE(sum.contains(QStringLiteral("decode ") + quantity(p.decode.si(), "s"))) << qPrintable(sum);
        EXPECT_FALSE(sum.contains(QLatin1String("TTFT"))) << qPrintable(sum);
    }
}

TEST(Explanations, SayThatThePlanIsCalibrated)
{
    const Explanation shipped = explain(QStringLiteral("tpot"), snapshotOf(testPlan()));
    EXPECT_FALSE(shipped.notes.join(QLatin1Char(' ')).contains(QStringLiteral("alibrated")));
    const Explanation own =
        explain(QStringLiteral("tpot"), snapshotOf(with(testPlan(), "hardware.calibration_compute", "0.8")));
    EXPECT_THAT(own.notes.join(QLatin1Char(' ')).toStdString(), testing::HasSubstr("compute × 0.8 of what ships"));
}

TEST(Explanations, PutThePlansOwnNumbersIn)
{
    const Snapshot s = snapshotOf(testPlan());
    const Explanation e = explain(QStringLiteral("utilization"), s);
    // Little's law holds in the words too: both sides read the same number (network and post are outside the replicas).
    const QString inside = number(s.now.evaluation.meanConcurrency * s.now.plan->deployment.replicas);
    EXPECT_EQ(e.notes.join(QLatin1Char(' ')).count(inside), 2) << qPrintable(e.notes.join(QLatin1Char(' ')));
    EXPECT_EQ(e.topic, QStringLiteral("2.3"));
    EXPECT_THAT(e.formula.join(QLatin1Char(' ')).toStdString(), testing::HasSubstr("= 4 / (1 ×"));
    const Explanation other =
        explain(QStringLiteral("utilization"), snapshotOf(with(testPlan(), "workload.arrival_rate_req_s", "8")));
    EXPECT_NE(e.formula, other.formula);
    for (const char* id : {"headroom", "ttft", "tpot", "utilization", "kv_memory", "cost", "binding"}) {
        const Explanation one = explain(QLatin1String(id), s);
        EXPECT_EQ(one.id, QLatin1String(id));
        EXPECT_GE(one.formula.size(), 3) << id;
        EXPECT_FALSE(one.source.isEmpty()) << id;
    }
}

TEST(SimulatedSummary, StandsBesideTheClosedForm)
{
    Snapshot s = snapshotOf(testPlan());
    EXPECT_TRUE(simulatedSummary(s).rows.empty()) << "nothing was simulated";
    s = withStudy(std::move(s));
    const SimulatedSummary said = simulatedSummary(s);
    const std::string words = ValueRows::inWords(said.rows).toStdString();
    EXPECT_THAT(words, testing::HasSubstr("TTFT p95: " + quantity(s.study->own()->ttft.p95, "s").toStdString()));
    EXPECT_THAT(words, testing::ContainsRegex("TTFT p95: [^\n]+\n95 % interval: [^\n]+ (ms|s)\n"));
    EXPECT_THAT(
        words, testing::HasSubstr("formula says: " + quantity(s.now.evaluation.ttft.p95.si(), "s").toStdString()));
    EXPECT_THAT(said.heading.toStdString(), testing::HasSubstr("seed 1"));
}

TEST(SimulatedSummary, SaysWhenThePlanHasChangedSince)
{
    Snapshot s = withStudy(snapshotOf(testPlan()));
    const Snapshot other = snapshotOf(with(testPlan(), "workload.arrival_rate_req_s", "500"));
    s.now = other.now;
    const SimulatedSummary said = simulatedSummary(s);
    EXPECT_THAT(said.heading.toStdString(), testing::HasSubstr("before its last change"));
    const QString words = ValueRows::inWords(said.rows);
    EXPECT_FALSE(words.contains(QStringLiteral("formula"))) << "of another plan";
    EXPECT_FALSE(words.contains(QStringLiteral("∞")));
}

TEST(SimulatedSummary, OverloadIsSaidInWords)
{
    const Snapshot s = withStudy(snapshotOf(with(testPlan(), "workload.arrival_rate_req_s", "500")));
    const QString words = ValueRows::inWords(simulatedSummary(s).rows);
    EXPECT_FALSE(words.contains(QStringLiteral("∞"))) << qPrintable(words);
}

TEST(SimulatedSummary, AStaticBatchHasNoPaceOfItsOwn)
{
    Snapshot snapshot = snapshotOf(with(testPlan(), "batching.policy", "static"));
    snapshot = withStudy(std::move(snapshot));
    EXPECT_THAT(
        ValueRows::inWords(simulatedSummary(snapshot).rows).toStdString(), testing::Not(testing::HasSubstr("TPOT")));
}

TEST(Explanations, SayHowManyReplicasForWhichPeakOrThatThereAreTooMany)
{
    const auto said = [](Plan plan) { return replicasNeededText(snapshotOf(std::move(plan)).now); };
    const Plan peaky = with(with(testPlan(), "workload.arrival_rate_req_s", "500"), "workload.peak_factor", "2");
    EXPECT_THAT(said(peaky), testing::HasSubstr("needed for peaks of 1,000 req/s"));
    EXPECT_EQ(said(with(testPlan(), "workload.arrival_rate_req_s", "100000")), "more than 4,096 replicas are needed");
    EXPECT_EQ(said(with(testPlan(), "targets.ttft_p95_s", "0.001")), "no number of replicas meets the targets");
}

TEST_F(WindowTest, TheExplainDockFollowsTheTileAndThePlan)
{
    window->explainPanel().choose(QStringLiteral("utilization"));
    const QString before = window->explainPanel().text();
    ASSERT_TRUE(document.edit("workload.arrival_rate_req_s", "8"));
    EXPECT_NE(window->explainPanel().text(), before);
    EXPECT_THAT(window->explainPanel().text().toStdString(), testing::HasSubstr("= 8 / (1 ×"));
}

TEST_F(WindowTest, TheTornadoIsOfThePlanAtRestAndComesBesideTheWindow)
{
    ExplainPanel& panel = window->explainPanel();
    panel.choose(QStringLiteral("ttft"));
    const auto* tornado = panel.findChild<ChartView*>();
    const auto isThere = [&] { return !panel.isWorking() && tornado->isVisible(); };
    ASSERT_TRUE(QTest::qWaitFor(isThere, 10000));
    const std::string calm = tornado->chart().says;
    EXPECT_THAT(calm, testing::HasSubstr("time to first token depends most on"));
    ASSERT_TRUE(document.edit("workload.arrival_rate_req_s", "8", Gesture::continued));
    EXPECT_FALSE(panel.isWorking()) << "not while a hand moves";
    EXPECT_EQ(tornado->chart().says, calm);
    document.endGesture();
    EXPECT_TRUE(panel.isWorking()) << "later: the window does not wait for it";
    EXPECT_EQ(tornado->chart().says, calm);
    ASSERT_TRUE(QTest::qWaitFor(isThere, 10000));
    EXPECT_NE(tornado->chart().says, calm);
    ASSERT_TRUE(document.edit("workload.arrival_rate_req_s", "1e5"));
    ASSERT_TRUE(QTest::qWaitFor([&] { return !panel.isWorking() && !tornado->isVisible(); }, 10000))
        << "no latency to vary";
}

} // namespace
} // namespace headroom::ui
