#include "core/sim/instant.h"
#include "core/sim/simulate.h"
#include "tests/ui/window_fixture.h"
#include "ui/load_simulator.h"
#include "ui/panels/chart_page.h"
#include "ui/panels/playback_bar.h"
#include "ui/panels/sim_panel.h"
#include "ui/panels/study_form.h"
#include "ui/plots/catalog.h"
#include "ui/plots/chart_view.h"
#include "ui/plots/sim_charts.h"
#include "ui/simulator.h"

#include <gmock/gmock.h>

#include <QAction>
#include <QComboBox>
#include <QLabel>
#include <QMenu>
#include <QProgressBar>
#include <QSignalSpy>
#include <QSpinBox>
#include <QStatusBar>
#include <QTemporaryDir>
#include <QToolButton>

namespace headroom::ui {
namespace {

class SimulatorTest : public WindowTest {
protected:
    SimulatorTest()
    {
        StudySettings settings = simulator().settings();
        settings.requests = 3'000;
        settings.replications = 2;
        settings.untilCi.reset();
        settings.policies = {"orca"};
        simulator().setSettings(settings);
    }
    Simulator& simulator() { return document.simulator(); }
    const sim::SimResult& own() { return *document.snapshot()->study->own(); }
    ChartView* view(const char* id) { return window->currentPage()->view(id); }
    QAction* action(const char* words)
    {
        for (QAction* a : window->findChildren<QAction*>())
            if (a->text() == QLatin1String(words))
                return a;
        return nullptr;
    }
    void endless()
    {
        StudySettings settings = simulator().settings();
        settings.requests = 10'000'000;
        settings.replications = 200;
        simulator().setSettings(settings);
    }
};

TEST_F(SimulatorTest, DrawsPointsAtSeveralLoadsWhichStayWhenOnlyTheLoadMoves)
{
    const auto cloud = [&]() -> std::size_t {
        const ChartSpec chart = findChart("latency_vs_load")->build(*document.snapshot());
        for (const Curve& c : std::get<LineChart>(chart.body).curves)
            if (c.name.starts_with("simulated, "))
                return c.x.size();
        return 0;
    };
    EXPECT_EQ(cloud(), 0U);
    ASSERT_TRUE(document.loadSimulator().finish(kPatience));
    EXPECT_EQ(cloud(), 7U);
    ASSERT_TRUE(document.edit("workload.arrival_rate_req_s", "3"));
    EXPECT_EQ(cloud(), 7U);
    ASSERT_TRUE(document.edit("batching.max_sequences", "32"));
    EXPECT_EQ(cloud(), 0U); // they were of another engine
    EXPECT_FALSE(document.loadSimulator().isRunning()) << "starts when the plan has rested, not at once";
    ASSERT_TRUE(document.loadSimulator().finish(kPatience));
    EXPECT_EQ(cloud(), 7U);
}

TEST_F(SimulatorTest, SavingKeepsWhatHasBeenSimulated)
{
    ASSERT_TRUE(simulator().finish(kPatience));
    const auto study = simulator().study();
    QTemporaryDir folder;
    ASSERT_TRUE(document.saveAs(folder.filePath(QStringLiteral("a.plan.json")).toStdString()));
    EXPECT_EQ(simulator().study(), study);
    EXPECT_FALSE(simulator().isRunning());
}

TEST_F(SimulatorTest, F5ShowsTheTabRunsAndFillsTheCharts)
{
    ASSERT_EQ(action("&Run")->shortcut(), QKeySequence(Qt::Key_F5));
    action("&Run")->trigger();
    EXPECT_EQ(window->currentTab(), "simulator");
    EXPECT_TRUE(simulator().isRunning());
    ASSERT_TRUE(simulator().finish(kPatience));
    for (const char* id : {"sim_queue", "sim_batch", "sim_kv", "sim_throughput"}) {
        const auto& body = std::get<LineChart>(view(id)->chart().body);
        ASSERT_EQ(body.curves.size(), 3U) << id << ": the plan, the other policy, the mean of two runs";
        EXPECT_EQ(body.curves[0].name, "this plan");
        EXPECT_NE(body.curves[1].role, body.curves[0].role) << id << ": told apart by colour";
        EXPECT_TRUE(body.keyed) << id;
        EXPECT_EQ(body.curves[2].lo.size(), body.curves[2].y.size()) << id << ": with its band";
        EXPECT_GT(body.curves[0].y.size(), 100U) << id;
    }
    EXPECT_EQ(std::get<LineChart>(view("sim_latency_cdf")->chart().body).curves.size(), 6U)
        << "three latencies, simulated and closed form";
    EXPECT_EQ(std::get<SpanChart>(view("sim_requests")->chart().body).rows.size(), GanttWindow::kRequests);
    EXPECT_EQ(std::get<Table>(view("sim_policies")->chart().body).rows.size(), 3U);
    EXPECT_THAT(window->currentPage()->sentence().toStdString(), testing::HasSubstr("2 runs of 3,000 requests"));
}

TEST_F(SimulatorTest, SingleRequestsFollowTheChosenPolicyAndDifferencesArePaired)
{
    action("&Run")->trigger();
    ASSERT_TRUE(simulator().finish(kPatience));
    auto* cases = window->findChild<SimPanel*>()->findChild<QComboBox*>();
    ASSERT_NE(cases, nullptr);
    ASSERT_EQ(cases->count(), 2);
    const auto before = std::get<SpanChart>(view("sim_requests")->chart().body);
    cases->setCurrentIndex(1);
    emit cases->activated(1);
    EXPECT_THAT(view("sim_requests")->chart().title, testing::HasSubstr(", Orca"));
    const auto after = std::get<SpanChart>(view("sim_requests")->chart().body);
    EXPECT_EQ(before.rows, after.rows) << "the same requests";
    const auto& table = std::get<Table>(view("sim_policies")->chart().body);
    EXPECT_EQ(table.rows[0][2], "");
    EXPECT_THAT(table.rows[1][2], testing::HasSubstr(" ± "));
}

TEST_F(SimulatorTest, TheSameSeedGivesTheNumbersOfTheCommandLine)
{
    StudySettings settings = simulator().settings();
    settings.seed = 11;
    simulator().setSettings(settings);
    ASSERT_TRUE(simulator().finish(kPatience));
    auto scenario = sim::makeScenario(document.plan()); // what `headroom-cli simulate` runs
    ASSERT_TRUE(scenario);
    scenario->limits.requests = 3'000;
    scenario->replications = 2;
    scenario->seed = 11;
    const auto direct = sim::simulate(*scenario);
    EXPECT_EQ(own().fingerprint, direct.fingerprint);
    EXPECT_EQ(own().e2e, direct.e2e);
    simulator().run();
    ASSERT_TRUE(simulator().finish(kPatience));
    EXPECT_EQ(own().fingerprint, direct.fingerprint) << "again the same";
}

TEST_F(SimulatorTest, AChangeOfThePlanStartsAgainAndTheLateAnswerIsDropped)
{
    window->showTab("simulator");
    endless();
    simulator().run();
    while (document.snapshot()->study == nullptr || document.snapshot()->study->own() == nullptr)
        QTest::qWait(1);
    ASSERT_TRUE(simulator().isRunning());
    EXPECT_THAT(view("sim_queue")->chart().title, testing::HasSubstr("so far"));
    ASSERT_TRUE(document.edit("workload.arrival_rate_req_s", "3"));
    EXPECT_FALSE(simulator().isRunning()) << "cancelled at once: a drag has the machine to itself";
    EXPECT_FALSE(studyIsCurrent(*document.snapshot()));
    EXPECT_THAT(view("sim_queue")->chart().title, testing::HasSubstr("of an older plan"));
    EXPECT_THAT(window->currentPage()->sentence().toStdString(), testing::HasSubstr("Of an older plan"));
    const auto older = document.snapshot()->study;
    StudySettings settings = simulator().settings();
    settings.requests = 3'000;
    settings.replications = 1;
    simulator().setSettings(settings);
    QSignalSpy studied(&simulator(), &Simulator::studied);
    while (!simulator().isRunning()) // starts by itself when the plan has rested
        QTest::qWait(5);
    ASSERT_TRUE(simulator().finish(kPatience));
    EXPECT_THAT(view("sim_queue")->chart().title, testing::Not(testing::HasSubstr("so far")));
    EXPECT_GT(studied.count(), 0);
    EXPECT_NE(document.snapshot()->study, older);
    EXPECT_TRUE(studyIsCurrent(*document.snapshot()));
    EXPECT_DOUBLE_EQ(document.snapshot()->study->plan->workload.arrivalRate.si(), 3);
}

TEST_F(SimulatorTest, StopKeepsWhatWasFoundAndNothingStartsByItself)
{
    window->showTab("simulator");
    endless();
    action("&Run")->trigger();
    while (document.snapshot()->study == nullptr || document.snapshot()->study->own() == nullptr)
        QTest::qWait(1);
    EXPECT_TRUE(window->simPanel()->findChild<QProgressBar*>()->isVisible());
    ASSERT_TRUE(action("&Stop")->isEnabled());
    action("&Stop")->trigger();
    EXPECT_FALSE(simulator().isRunning());
    EXPECT_FALSE(action("&Stop")->isEnabled());
    EXPECT_NE(document.snapshot()->study->own(), nullptr);
    EXPECT_FALSE(document.snapshot()->study->complete);
    EXPECT_THAT(window->simPanel()->progressText().toStdString(), testing::HasSubstr("Stopped"));
    window->showTab("capacity");
    window->showTab("simulator");
    QTest::qWait(2 * Simulator::kRestMs);
    EXPECT_FALSE(simulator().isRunning());
}

TEST_F(SimulatorTest, FollowsThePlanOnEveryTabAndSaysMeanwhileThatItIsOlder)
{
    const auto isSaid = [&](const char* words) {
        return std::ranges::any_of(window->statusBar()->findChildren<QLabel*>(),
            [&](const QLabel* label) { return label->text().startsWith(QLatin1String(words)); });
    };
    window->showTab("memory");
    ASSERT_TRUE(simulator().finish(kPatience));
    EXPECT_TRUE(isSaid("Simulated "));
    ASSERT_TRUE(document.edit("workload.arrival_rate_req_s", "3"));
    EXPECT_TRUE(isSaid("Of the plan before"));
    ASSERT_TRUE(QTest::qWaitFor([&] { return simulator().isCurrent(); }, kPatience)) << "by itself";
    EXPECT_TRUE(QTest::qWaitFor([&] { return isSaid("Simulated "); }, kPatience));
}

TEST_F(SimulatorTest, AnotherPriceLeavesWhatRunsAndWhatThereIs)
{
    endless();
    simulator().run();
    ASSERT_TRUE(document.edit("hardware.price_usd_per_gpu_hour", "7.25"));
    EXPECT_TRUE(simulator().isRunning());
    simulator().stop();
}

TEST_F(SimulatorTest, ScrubbingShowsAStateThatTheTimeSeriesKnows)
{
    window->showTab("simulator");
    ASSERT_TRUE(simulator().finish(kPatience));
    SimPanel& panel = *window->simPanel();
    PlaybackBar& bar = panel.playback();
    const sim::TimeSeries& series = own().series;
    EXPECT_NEAR(bar.length(), series.interval * static_cast<double>(series.waiting.size()), 1e-9);
    const double t = 0.6 * bar.length();
    bar.setTime(t);
    const auto now = sim::instantAt(own(), document.plan().latency, t);
    ASSERT_TRUE(now);
    EXPECT_THAT(bar.state().toStdString(), testing::HasSubstr(std::to_string(now->decoding) + " decoding"));
    EXPECT_DOUBLE_EQ(now->kvFraction, series.kvFraction[static_cast<std::size_t>(t / series.interval)]);
    // The cursor stands in every plot over time at that moment, and in the Gantt chart among the requests of then.
    const double unit = timeUnit(bar.length()).seconds;
    for (const char* id : {"sim_queue", "sim_batch", "sim_kv", "sim_throughput"})
        EXPECT_DOUBLE_EQ(view(id)->cursorAt().value(), t / unit) << id;
    const double inGantt = view("sim_requests")->cursorAt().value();
    const auto& gantt = view("sim_requests")->chart();
    EXPECT_GE(inGantt, 0);
    EXPECT_LE(inGantt, std::get<SpanChart>(gantt.body).x.max.value());
    const sim::RequestRow& first = own().rows[panel.firstRequest()];
    EXPECT_LE(first.arrival, t);
}

TEST(PlaybackBar, APressBesideTheHandleTakesItAndTheDragIsFollowed)
{
    PlaybackBar bar;
    bar.resize(900, 80);
    bar.setRun(100, 1, 10);
    bar.show();
    QCoreApplication::processEvents();
    auto* slider = bar.findChild<ValueSlider*>();
    ASSERT_NE(slider, nullptr);
    const auto at = [&](double seconds) {
        return slider->handleCentre(static_cast<int>(seconds / 100 * slider->maximum()));
    };
    const double pixel = 100.0 / slider->width() * 1.2; // seconds
    QTest::mousePress(slider, Qt::LeftButton, {}, at(40));
    EXPECT_NEAR(bar.time(), 40, pixel);
    QTest::mouseMove(slider, at(70));
    EXPECT_NEAR(bar.time(), 70, pixel);
    QTest::mouseMove(slider, at(20));
    EXPECT_NEAR(bar.time(), 20, pixel);
    QTest::mouseRelease(slider, Qt::LeftButton, {}, at(20));
    const double before = bar.time();
    QTest::keyClick(slider, Qt::Key_Right);
    EXPECT_NEAR(bar.time(), before + 0.5, 1e-9);
    QTest::keyClick(slider, Qt::Key_PageDown);
    EXPECT_NEAR(bar.time(), before - 4.5, 1e-9);
}

TEST_F(SimulatorTest, PlayPauseAndStep)
{
    window->showTab("simulator");
    ASSERT_TRUE(simulator().finish(kPatience));
    SimPanel& panel = *window->simPanel();
    PlaybackBar& bar = panel.playback();
    bar.setTime(100);
    panel.step(true);
    const auto next = sim::nearestChange(own(), document.plan().latency, 100, sim::Direction::forward);
    EXPECT_DOUBLE_EQ(bar.time(), next.value());
    panel.step(false);
    EXPECT_LE(bar.time(), 100);
    for (int speed = 0; speed < bar.speedCount(); ++speed) {
        bar.setSpeedIndex(speed);
        bar.setTime(50);
        bar.setPlaying(true);
        while (bar.time() <= 50)
            QTest::qWait(5);
        bar.setPlaying(false);
        const double paused = bar.time();
        QTest::qWait(80);
        EXPECT_DOUBLE_EQ(bar.time(), paused) << "speed " << speed;
    }
    bar.setSpeedIndex(bar.speedCount() - 1);
    bar.setTime(bar.length() - 0.01);
    bar.setPlaying(true);
    while (bar.isPlaying())
        QTest::qWait(5);
    EXPECT_DOUBLE_EQ(bar.time(), bar.length()) << "ends by itself";
}

TEST_F(SimulatorTest, AChosenRequestIsTheFirstOfTheGanttChart)
{
    window->showTab("simulator");
    ASSERT_TRUE(simulator().finish(kPatience));
    auto* box = window->simPanel()->playback().findChild<QSpinBox*>();
    box->setValue(1234);
    EXPECT_EQ(window->simPanel()->firstRequest(), 1233U);
    EXPECT_EQ(std::get<SpanChart>(view("sim_requests")->chart().body).rows.front(), "#1,234");
}

TEST_F(SimulatorTest, AtMostThreePoliciesAreComparedAndTheyShareTheArrivals)
{
    window->showTab("simulator");
    auto* menu = window->simPanel()->findChild<PolicyMenu*>();
    ASSERT_NE(menu, nullptr);
    menu->action("vllm_2023")->trigger();
    menu->action("static")->trigger();
    EXPECT_THAT(simulator().settings().policies, testing::UnorderedElementsAre("orca", "vllm_2023", "static"));
    EXPECT_FALSE(menu->action("shortest")->isEnabled());
    ASSERT_TRUE(simulator().finish(kPatience));
    const auto& cases = document.snapshot()->study->cases;
    ASSERT_EQ(cases.size(), 4U);
    for (const StudyCase& one : cases)
        EXPECT_EQ(one.result->counters.promptTokens, cases.front().result->counters.promptTokens) << one.name;
    menu->action("static")->trigger();
    EXPECT_TRUE(menu->action("shortest")->isEnabled());
}

TEST_F(SimulatorTest, CapacityShowsTheSimulatedPointWithItsInterval)
{
    window->showTab("capacity");
    ASSERT_TRUE(simulator().finish(kPatience));
    const auto& body = std::get<LineChart>(view("latency_vs_load")->chart().body);
    const auto point = std::ranges::find(body.curves, Role::simulated, &Curve::role);
    ASSERT_NE(point, body.curves.end());
    EXPECT_TRUE(point->markers);
    EXPECT_DOUBLE_EQ(point->x.at(0), 4);
    EXPECT_DOUBLE_EQ(point->y.at(0), own().ttft.p95 * 1e3);
    EXPECT_DOUBLE_EQ(point->errorLo.at(0), own().ttft.ciLo.value() * 1e3);
    EXPECT_THAT(point->name, testing::HasSubstr("simulated "));
    ASSERT_TRUE(document.edit("workload.arrival_rate_req_s", "3"));
    const auto& after = std::get<LineChart>(view("latency_vs_load")->chart().body);
    const auto stale = std::ranges::find_if(after.curves, [](const Curve& c) { return c.markers; });
    ASSERT_NE(stale, after.curves.end());
    EXPECT_EQ(stale->role, Role::ghost);
    EXPECT_THAT(stale->name, testing::HasSubstr("older plan"));
}

TEST_F(SimulatorTest, TheStatusBarSaysWhatWasSimulated)
{
    ASSERT_TRUE(simulator().finish(kPatience));
    QString said;
    for (const QLabel* label : window->findChildren<QLabel*>())
        if (label->text().startsWith(QLatin1String("Simulated ")))
            said = label->text();
    EXPECT_THAT(said.toStdString(),
        testing::AllOf(testing::HasSubstr("Simulated 6,000 requests in "), testing::HasSubstr(", seed 1")));
}

TEST_F(SimulatorTest, SettingsOfTheFormReachTheSimulator)
{
    window->showTab("simulator");
    auto* form = window->simPanel()->findChild<StudyForm*>();
    ASSERT_NE(form, nullptr);
    const auto box = [&](const char* name) {
        for (auto* spin : form->findChildren<QSpinBox*>())
            if (spin->accessibleName() == QLatin1String(name))
                return spin;
        return static_cast<QSpinBox*>(nullptr);
    };
    box("Seed")->setValue(5);
    box("Requests")->setValue(2'500);
    box("Warm-up")->setValue(100);
    EXPECT_EQ(simulator().settings().seed, 5U);
    EXPECT_EQ(simulator().settings().requests, 2'500U);
    EXPECT_EQ(simulator().settings().warmup, std::optional<std::uint64_t>(100));
    EXPECT_EQ(simulator().settings().policies.size(), 1U) << "what the form does not show stays";
    ASSERT_TRUE(simulator().finish(kPatience));
    EXPECT_EQ(own().seed, 5U);
    auto scenario = sim::makeScenario(document.plan());
    ASSERT_TRUE(scenario);
    scenario->limits.requests = 2'500;
    scenario->record.warmupRequests = 100;
    scenario->seed = 5;
    scenario->replications = 2;
    EXPECT_EQ(own().ttft, sim::simulate(*scenario).ttft) << "the warm-up is left out";
}

} // namespace
} // namespace headroom::ui
