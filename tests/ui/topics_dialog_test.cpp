// Help, Topics: every topic is listed with this plan's numbers, follows the plan, and leads to its plot.
#include "ui/panels/topics_dialog.h"

#include "tests/ui/window_fixture.h"
#include "ui/topics/topics.h"

#include <gmock/gmock.h>

#include <QAction>
#include <QLineEdit>
#include <QPushButton>
#include <QTreeWidget>

namespace headroom::ui {
namespace {

class TopicsTest : public WindowTest {
protected:
    TopicsDialog* openTopics()
    {
        for (QAction* action : window->findChildren<QAction*>())
            if (action->objectName() == QLatin1String("help.topics"))
                action->trigger();
        QApplication::processEvents();
        return window->findChild<TopicsDialog*>();
    }
};

TEST_F(TopicsTest, ListAllFiftyWithNumbers)
{
    TopicsDialog* dialog = openTopics();
    ASSERT_NE(dialog, nullptr);
    auto* tree = dialog->findChild<QTreeWidget*>();
    int rows = 0;
    for (QTreeWidgetItemIterator it(tree); *it != nullptr; ++it)
        if ((*it)->parent() != nullptr) {
            ++rows;
            EXPECT_FALSE((*it)->text(1).isEmpty()) << (*it)->text(0).toStdString();
        }
    EXPECT_EQ(rows, 50);
}

TEST_F(TopicsTest, FollowThePlanWhileTheyAreOpen)
{
    TopicsDialog* dialog = openTopics();
    ASSERT_NE(dialog, nullptr);
    dialog->choose(QStringLiteral("2.3"));
    const QString before = dialog->text();
    ASSERT_TRUE(document.edit("workload.arrival_rate_req_s", "6"));
    EXPECT_NE(dialog->text(), before);
    EXPECT_TRUE(dialog->text().contains(QStringLiteral("6 / (1 × "))) << dialog->text().toStdString();
}

TEST_F(TopicsTest, LeadToTheirPlot)
{
    TopicsDialog* dialog = openTopics();
    ASSERT_NE(dialog, nullptr);
    dialog->choose(QStringLiteral("5.4"));
    dialog->findChild<QPushButton*>()->click();
    EXPECT_EQ(window->currentTab(), "memory");
}

TEST_F(TopicsTest, SearchHidesTheRest)
{
    TopicsDialog* dialog = openTopics();
    ASSERT_NE(dialog, nullptr);
    dialog->findChild<QLineEdit*>()->setText(QStringLiteral("cobham"));
    int shown = 0;
    for (QTreeWidgetItemIterator it(dialog->findChild<QTreeWidget*>()); *it != nullptr; ++it)
        shown += (*it)->parent() != nullptr && !(*it)->isHidden() ? 1 : 0;
    EXPECT_EQ(shown, 1) << "priorities, by their source";
}

} // namespace
} // namespace headroom::ui
