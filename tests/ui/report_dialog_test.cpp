#include "ui/report_dialog.h"

#include "core/sizing.h"
#include "tests/ui/window_fixture.h"
#include "ui/report/report.h"
#include "ui/report_preparation.h"

#include <gmock/gmock.h>

#include <QAction>
#include <QListWidget>
#include <QProgressBar>
#include <QPushButton>
#include <QTimer>

#include <algorithm>

namespace headroom::ui {
namespace {

class ReportDialogTest : public WindowTest {
protected:
    static QPushButton* saveButton(const ReportDialog& dialog)
    {
        for (QPushButton* button : dialog.findChildren<QPushButton*>())
            if (button->text().contains(QLatin1String("PDF")))
                return button;
        return nullptr;
    }
};

TEST_F(ReportDialogTest, OpensBeforeItsContentIsWorkedOutAndSavesOnlyThen)
{
    ReportDialog dialog(document.snapshot());
    dialog.show();
    EXPECT_FALSE(dialog.isReady());
    EXPECT_FALSE(saveButton(dialog)->isEnabled());
    EXPECT_TRUE(dialog.findChild<QProgressBar*>()->isVisible());
    ASSERT_TRUE(QTest::qWaitFor([&] { return dialog.isReady(); }, kPatience));
    EXPECT_TRUE(saveButton(dialog)->isEnabled());
    EXPECT_FALSE(dialog.findChild<QProgressBar*>()->isVisible());
    const auto file = folder() / "report.pdf";
    ASSERT_TRUE(dialog.write(QString::fromStdString(file.string())));
    constexpr std::uintmax_t kSomePages = 20'000;
    EXPECT_GT(std::filesystem::file_size(file), kSomePages);
}

TEST_F(ReportDialogTest, AllAndNoneTickThePlotsAtOnce)
{
    ReportDialog dialog(document.snapshot());
    const auto* list = dialog.findChild<QListWidget*>();
    const auto ticked = [&] {
        int count = 0;
        for (int i = 0; i < list->count(); ++i)
            count += list->item(i)->checkState() == Qt::Checked ? 1 : 0;
        return count;
    };
    const auto press = [&](const char* words) {
        for (QPushButton* button : dialog.findChildren<QPushButton*>())
            if (button->text() == QLatin1String(words))
                button->click();
    };
    EXPECT_EQ(ticked(), list->count());
    press("&None");
    EXPECT_EQ(ticked(), 0);
    EXPECT_TRUE(dialog.options().charts && dialog.options().charts->empty()) << "no plot, not every plot";
    press("&All");
    EXPECT_EQ(ticked(), list->count());
}

TEST_F(ReportDialogTest, CanBeClosedWhileItsContentIsWorkedOut)
{
    QTimer::singleShot(0, window.get(), [&] { window->findChild<ReportDialog*>()->reject(); });
    for (QAction* action : window->findChildren<QAction*>())
        if (action->text().contains(QLatin1String("Re&port")))
            action->trigger();
    EXPECT_EQ(window->findChild<ReportDialog*>(), nullptr);
}

TEST_F(ReportDialogTest, ThePreparationAddsWhatTheWindowWorksOutAsideAndNothingElse)
{
    const auto given = document.snapshot();
    ReportPreparation preparation(given, {});
    std::vector<double> fractions;
    QObject::connect(&preparation, &ReportPreparation::progressed, &preparation,
        [&](double fraction, const QString&) { fractions.push_back(fraction); });
    ASSERT_TRUE(QTest::qWaitFor([&] { return preparation.isComplete(); }, kPatience));
    const Snapshot& all = *preparation.snapshot();
    EXPECT_EQ(all.now.plan, given->now.plan);
    ASSERT_NE(all.now.everyGpu.value, nullptr);
    EXPECT_FALSE(all.now.everyGpu.value->empty());
    EXPECT_FALSE(all.now.everyGpu.isOlder);
    EXPECT_TRUE(studyIsCurrent(all) && all.study->complete);
    EXPECT_TRUE(std::ranges::is_sorted(fractions));
    EXPECT_TRUE(ReportPreparation(preparation.snapshot(), {}).isComplete()) << "nothing is worked out twice";
}

} // namespace
} // namespace headroom::ui
