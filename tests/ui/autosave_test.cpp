#include "ui/autosave.h"

#include "core/plan/catalog.h"
#include "core/plan/plan_io.h"
#include "tests/ui/window_fixture.h"
#include "ui/panels/notice_bar.h"

#include <gtest/gtest.h>

#include <QProcess>
#include <QPushButton>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <sys/types.h>

namespace headroom::ui {
namespace {

std::size_t copiesIn(const std::filesystem::path& folder)
{
    std::size_t found = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        found += entry.path().string().ends_with(".plan.json") ? 1 : 0;
    return found;
}

/// Kills an editing session the hard way once its copy is on the disk.
void leaveAnOrphan(const std::filesystem::path& folder)
{
    std::filesystem::create_directories(folder);
    QProcess victim;
    victim.start(QStringLiteral(AUTOSAVE_VICTIM), {QString::fromStdString(folder.string())});
    ASSERT_TRUE(victim.waitForStarted());
    ASSERT_TRUE(QTest::qWaitFor([&] { return copiesIn(folder) == 1; }, 20000));
    EXPECT_TRUE(Autosave::orphans(folder).empty()) << "a session that lives has no orphan";
    ASSERT_EQ(::kill(static_cast<pid_t>(victim.processId()), SIGKILL), 0);
    victim.waitForFinished();
}

TEST(Autosave, AKilledSessionLeavesACopyThatOpens)
{
    const QTemporaryDir temporary;
    const std::filesystem::path folder = temporary.path().toStdString();
    leaveAnOrphan(folder);
    const auto orphans = Autosave::orphans(folder);
    ASSERT_EQ(orphans.size(), 1U);
    const auto plan = loadPlan(orphans[0].copy);
    ASSERT_TRUE(plan) << plan.error().where << ": " << plan.error().message;
    const double rate = plan->workload.arrivalRate.si();
    EXPECT_DOUBLE_EQ(rate - std::floor(rate), 0.25) << "it is one of the edits";
    Autosave::discard(orphans[0]);
    EXPECT_TRUE(Autosave::orphans(folder).empty());
}

TEST(Autosave, TheLockOfAKilledSessionWithoutACopyGoesAtTheNextStart)
{
    const QTemporaryDir temporary;
    const std::filesystem::path folder = temporary.path().toStdString();
    leaveAnOrphan(folder);
    const auto orphans = Autosave::orphans(folder);
    ASSERT_EQ(orphans.size(), 1U);
    std::filesystem::remove(orphans[0].copy); // as if it had been killed with nothing unsaved
    Document document(defaultPlan());
    const Autosave first(document, folder), second(document, folder);
    std::size_t locks = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        locks += entry.path().extension() == ".lock" ? 1U : 0U;
    EXPECT_EQ(locks, 2U) << "those of the sessions that live";
}

TEST(Autosave, ACleanEndLeavesNothing)
{
    const QTemporaryDir temporary;
    const std::filesystem::path folder = temporary.path().toStdString();
    {
        Document document(defaultPlan());
        const Autosave autosave(document, folder);
        ASSERT_TRUE(document.edit("workload.arrival_rate_req_s", "7"));
        ASSERT_TRUE(QTest::qWaitFor([&] { return copiesIn(folder) == 1; }, 10000));
    }
    EXPECT_EQ(copiesIn(folder), 0U);
    EXPECT_TRUE(Autosave::orphans(folder).empty());
}

TEST(Autosave, SavingTakesTheCopyAway)
{
    const QTemporaryDir temporary;
    const std::filesystem::path folder = temporary.path().toStdString();
    Document document(defaultPlan());
    const Autosave autosave(document, folder / "copies");
    ASSERT_TRUE(document.edit("workload.arrival_rate_req_s", "7"));
    ASSERT_TRUE(QTest::qWaitFor([&] { return copiesIn(folder / "copies") == 1; }, 10000));
    ASSERT_TRUE(document.saveAs(folder / "saved.plan.json"));
    EXPECT_EQ(copiesIn(folder / "copies"), 0U);
}

TEST_F(WindowTest, TheNoticeThatAnotherProgramWroteTheFileGoesWhenItIsReadAgain)
{
    const std::filesystem::path file = folder() / "shared.plan.json";
    ASSERT_TRUE(document.saveAs(file));
    Plan other = document.plan();
    other.name = "other";
    ASSERT_TRUE(savePlan(other, file));
    ASSERT_TRUE(QTest::qWaitFor([&] { return !window->notices().text().isEmpty(); }));
    EXPECT_TRUE(window->notices().text().contains(QStringLiteral("shared.plan.json")));
    for (QPushButton* button : window->notices().findChildren<QPushButton*>())
        if (button->text() == QLatin1String("Reload"))
            button->click();
    EXPECT_EQ(document.plan().name, "other");
    EXPECT_EQ(window->notices().text().toStdString(), "");
}

TEST_F(WindowTest, AfterACrashTheNextStartOffersThePlanAndRecoversIt)
{
    window.reset();
    leaveAnOrphan(folder() / "autosave");
    open();
    ASSERT_FALSE(window->notices().text().isEmpty());
    for (QPushButton* button : window->notices().findChildren<QPushButton*>())
        if (button->text() == QLatin1String("Recover"))
            button->click();
    const double rate = document.plan().workload.arrivalRate.si();
    EXPECT_DOUBLE_EQ(rate - std::floor(rate), 0.25);
    EXPECT_TRUE(document.isModified()) << "closing must ask";
    EXPECT_TRUE(Autosave::orphans(folder() / "autosave").empty());
}

} // namespace
} // namespace headroom::ui
