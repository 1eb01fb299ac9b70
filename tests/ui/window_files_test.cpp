// The window and the file of its plan: opening, saving, closing, the title.
#include "core/plan/plan_io.h"
#include "tests/ui/window_fixture.h"
#include "ui/panels/notice_bar.h"

#include <gmock/gmock.h>

#include <QAbstractButton>
#include <QAction>
#include <QMessageBox>
#include <QTimer>

#include <fstream>

namespace headroom::ui {
namespace {

TEST_F(WindowTest, ABadFileLeavesTheOpenPlanAndSaysFileAndKey)
{
    const Plan before = document.plan();
    const auto file = folder() / "broken.plan.json";
    std::ofstream(file) << "{\"schema\": 1, \"workload\": {\"arrival_rate_req_s\": \"fast\"}}";
    window->openFile(file);
    EXPECT_EQ(document.plan(), before);
    EXPECT_THAT(window->notices().text().toStdString(),
        testing::AllOf(testing::HasSubstr("broken.plan.json"), testing::HasSubstr("arrival_rate_req_s")));
}

/// Answers Cancel to the question whether to save, if it comes, and says whether it came.
void cancelTheQuestion(MainWindow& window, bool& asked)
{
    QTimer::singleShot(0, &window, [&] {
        auto* box = window.findChild<QMessageBox*>(QStringLiteral("question.save"));
        asked = box != nullptr;
        if (box != nullptr)
            box->button(QMessageBox::Cancel)->click();
    });
}

TEST_F(WindowTest, AFileThatCannotBeReadCostsNoQuestionAboutWhatIsOpen)
{
    ASSERT_TRUE(document.edit("workload.arrival_rate_req_s", "7"));
    const auto file = folder() / "broken.plan.json";
    std::ofstream(file) << "{";
    bool asked = false;
    cancelTheQuestion(*window, asked);
    window->openFile(file);
    QCoreApplication::processEvents();
    EXPECT_FALSE(asked);
    EXPECT_THAT(window->notices().text().toStdString(), testing::HasSubstr("broken.plan.json"));
    EXPECT_TRUE(document.isModified());
}

TEST_F(WindowTest, ClosingWithChangesAsksAndCancelKeepsTheWindow)
{
    ASSERT_TRUE(document.edit("workload.arrival_rate_req_s", "7"));
    bool asked = false;
    cancelTheQuestion(*window, asked);
    EXPECT_FALSE(window->close());
    EXPECT_TRUE(asked);
    EXPECT_TRUE(window->isVisible());
    QTimer::singleShot(0, window.get(), [&] {
        window->findChild<QMessageBox*>(QStringLiteral("question.save"))->button(QMessageBox::Discard)->click();
    });
    EXPECT_TRUE(window->close());
}

TEST_F(WindowTest, SavingOverAFileThatAnotherProgramChangedAsks)
{
    const auto file = folder() / "shared.plan.json";
    ASSERT_TRUE(document.saveAs(file));
    ASSERT_TRUE(document.edit("workload.arrival_rate_req_s", "7"));
    const auto save = [this](const QString& answer) { // presses the button of this text; whether it was asked
        bool asked = false;
        QTimer::singleShot(0, window.get(), [&] {
            auto* box = window->findChild<QMessageBox*>(QStringLiteral("question.overwrite"));
            asked = box != nullptr;
            if (box != nullptr)
                for (QAbstractButton* button : box->buttons())
                    if (button->text().remove(QLatin1Char('&')) == answer)
                        button->click();
        });
        for (QAction* action : window->findChildren<QAction*>())
            if (action->text() == QStringLiteral("&Save"))
                action->trigger();
        QCoreApplication::processEvents();
        return asked;
    };
    const auto nameInFile = [&] { return loadPlan(file)->name; };
    EXPECT_FALSE(save(QStringLiteral("Cancel"))) << "nobody else wrote to it";
    EXPECT_FALSE(document.isModified());
    Plan theirs = document.plan();
    theirs.name = "theirs";
    ASSERT_TRUE(savePlan(theirs, file));
    ASSERT_TRUE(document.edit("workload.arrival_rate_req_s", "8"));
    EXPECT_TRUE(save(QStringLiteral("Cancel")));
    EXPECT_EQ(nameInFile(), "theirs");
    EXPECT_TRUE(document.isModified());
    EXPECT_TRUE(save(QStringLiteral("Overwrite")));
    EXPECT_EQ(nameInFile(), "test");
    EXPECT_FALSE(document.isModified());
    EXPECT_FALSE(save(QStringLiteral("Cancel"))) << "it was overwritten";
}

TEST_F(WindowTest, ANewPlanTakesTheNoticesOfTheOldFileAway)
{
    const auto file = folder() / "old.plan.json";
    ASSERT_TRUE(document.saveAs(file));
    std::ofstream(file) << "{";
    const auto trigger = [this](const QString& text) {
        for (QAction* action : window->findChildren<QAction*>())
            if (action->text() == text)
                action->trigger();
    };
    trigger(QStringLiteral("Re&load"));
    ASSERT_THAT(window->notices().text().toStdString(), testing::HasSubstr("old.plan.json"));
    trigger(QStringLiteral("&New"));
    EXPECT_THAT(window->notices().text().toStdString(), testing::Not(testing::HasSubstr("old.plan.json")));
}

TEST_F(WindowTest, ClosingWithoutChangesAsksNothing) { EXPECT_TRUE(window->close()); }

TEST_F(WindowTest, TheTitleNamesThePlanAndShowsChanges)
{
    EXPECT_THAT(window->windowTitle().toStdString(), testing::HasSubstr("test[*]"));
    EXPECT_FALSE(window->isWindowModified());
    ASSERT_TRUE(document.edit("workload.arrival_rate_req_s", "7"));
    EXPECT_TRUE(window->isWindowModified());
    document.undoStack().undo();
    EXPECT_FALSE(window->isWindowModified());
}

} // namespace
} // namespace headroom::ui
