#include "core/plan/plan_io.h"
#include "tests/ui/window_fixture.h"
#include "ui/panels/chart_page.h"
#include "ui/panels/classes_panel.h"
#include "ui/panels/notice_bar.h"
#include "ui/panels/summary_panel.h"
#include "ui/plots/catalog.h"
#include "ui/plots/chart_view.h"
#include "ui/simulator.h"

#include <gmock/gmock.h>

#include <QAbstractButton>
#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QTabBar>
#include <QUndoStack>

#include <map>
#include <set>

namespace headroom::ui {
namespace {

TEST_F(WindowTest, EveryChartOfEveryTabDrawsAndFollowsTheLoad)
{
    StudySettings settings = document.simulator().settings();
    settings.requests = 2'000;
    settings.replications = 2;
    document.simulator().setSettings(settings);
    ASSERT_TRUE(document.simulator().finish(kPatience));
    for (const std::string& tab : window->tabs()) {
        ASSERT_TRUE(window->showTab(tab));
        ChartPage* page = window->currentPage();
        if (page == nullptr)
            continue;
        ASSERT_TRUE(QTest::qWaitFor([&] { return !document.isWorkingAside(); }, 60000));
        ASSERT_GT(page->chartCount(), 0) << tab;
        EXPECT_FALSE(page->sentence().isEmpty()) << tab;
        for (const ChartView* view : page->views()) {
            EXPECT_EQ(view->chart().empty, "") << qPrintable(view->chartId());
            const QImage picture = view->image();
            std::set<QRgb> colours;
            for (int y = 0; y < picture.height(); y += 2)
                for (int x = 0; x < picture.width(); x += 2)
                    colours.insert(picture.pixel(x, y));
            EXPECT_GT(colours.size(), 4U) << qPrintable(view->chartId());
        }
    }
}

TEST_F(WindowTest, EveryChartChangesWithAnInputAndUndoBringsItsPictureBack)
{
    for (const std::string& tab : window->tabs()) {
        ASSERT_TRUE(window->showTab(tab));
        ChartPage* page = window->currentPage();
        if (page == nullptr || tab == "simulator") // its charts follow when a simulation has ended: simulator_test.cpp
            continue;
        std::set<const ChartView*> still;
        for (const ChartView* view : page->views())
            still.insert(view);
        const auto settle = [&] { // some come from another thread; layouts take some rounds of events
            const bool ended = QTest::qWaitFor([&] { return !document.isWorkingAside(); }, 60000);
            for (int i = 0; i < 3; ++i)
                QCoreApplication::processEvents();
            return ended;
        };
        ASSERT_TRUE(settle());
        for (const auto& [key, value] :
            {std::pair("workload.arrival_rate_req_s", "2.5"), {"model.name", "Qwen2.5-7B"}}) {
            std::map<const ChartView*, QImage> before;
            for (const ChartView* view : page->views())
                before[view] = view->image();
            ASSERT_TRUE(document.edit(key, value)) << key;
            ASSERT_TRUE(settle());
            for (const ChartView* view : page->views())
                if (view->image() != before[view])
                    still.erase(view);
            document.undoStack().undo();
            ASSERT_TRUE(settle());
            for (const ChartView* view : page->views())
                EXPECT_TRUE(view->image() == before[view]) << qPrintable(view->chartId()) << " after undoing " << key;
        }
        for (const ChartView* view : still)
            ADD_FAILURE() << qPrintable(view->chartId()) << " follows neither the load nor the model";
    }
}

TEST_F(WindowTest, AChartBelowTheFoldIsBuiltOnceItIsScrolledTo)
{
    window->resize(1280, 720);
    ASSERT_TRUE(window->showTab("batching"));
    QCoreApplication::processEvents();
    ChartPage* page = window->currentPage();
    const ChartView* last = page->views().back();
    const auto shown = [&] { return std::get<StackedBars>(last->chart().body).totals; };
    ASSERT_TRUE(last->visibleRegion().isEmpty()) << "the page fits, so that nothing is below the fold";
    const auto before = shown();
    ASSERT_TRUE(document.edit("model.name", "Qwen2.5-7B"));
    QCoreApplication::processEvents();
    EXPECT_EQ(shown(), before) << "nobody sees it";
    page->verticalScrollBar()->setValue(page->verticalScrollBar()->maximum());
    EXPECT_TRUE(QTest::qWaitFor([&] { return shown() != before; }, 5000)) << "it shows numbers of another plan";
    const auto seen = shown();
    ASSERT_TRUE(document.edit("model.name", "Llama-3.1-8B"));
    EXPECT_TRUE(QTest::qWaitFor([&] { return shown() != seen; }, 5000)) << "a chart in sight follows";
}

TEST_F(WindowTest, PlotsFillTheirRowsInWideWindows)
{
    window->resize(2560, 1440);
    for (const std::string& tab : window->tabs()) {
        ASSERT_TRUE(window->showTab(tab));
        QCoreApplication::processEvents();
        ChartPage* page = window->currentPage();
        std::map<int, int> ends; // of the rows, by their top
        if (page != nullptr)
            for (const ChartView* view : page->views())
                ends[view->y()] = std::max(ends[view->y()], view->geometry().right());
        for (const auto& [top, end] : ends)
            EXPECT_EQ(end, ends.begin()->second) << tab << ", row at " << top;
    }
}

TEST_F(WindowTest, PagesAreNoHigherThanTheirPlotsNeed)
{
    window->resize(1280, 720);
    constexpr int kUsual = 320; // pixels; the window shows more than one row
    for (const std::string& tab : window->tabs()) {
        ASSERT_TRUE(window->showTab(tab));
        QCoreApplication::processEvents();
        if (ChartPage* page = window->currentPage()) {
            EXPECT_LE(page->views().front()->height(), kUsual) << tab;
        }
    }
}

TEST_F(WindowTest, APlanThatDoesNotFitShowsNoEmptyCard)
{
    ASSERT_TRUE(document.edit("model.name", "Llama-3.1-70B"));
    ASSERT_FALSE(document.snapshot()->now.evaluation.fits);
    const auto shown = [&](ChartPage& page) {
        return std::ranges::count_if(page.views(), [](const ChartView* view) { return !view->isHidden(); });
    };
    for (const std::string& tab : window->tabs()) {
        ASSERT_TRUE(window->showTab(tab));
        ASSERT_TRUE(QTest::qWaitFor([&] { return !document.isWorkingAside(); }, kPatience));
        ChartPage* page = window->currentPage();
        if (page == nullptr)
            continue;
        EXPECT_FALSE(page->sentence().isEmpty()) << tab;
        for (const ChartView* view : page->views())
            EXPECT_TRUE(view->isHidden() || view->chart().empty.empty()) << view->objectName().toStdString();
        EXPECT_EQ(shown(*page) > 0, tab != "simulator") << tab;
    }
    ASSERT_TRUE(window->showTab("simulator"));
    document.undoStack().undo();
    EXPECT_EQ(shown(*window->currentPage()), window->currentPage()->chartCount()) << "once it fits they are back";
}

TEST_F(WindowTest, HiddenTabsAreNotBuilt)
{
    window->showTab("capacity");
    int pages = static_cast<int>(window->findChildren<ChartPage*>().size());
    EXPECT_EQ(pages, 1);
}

TEST_F(WindowTest, EveryActionHasANameATipAndAShortcutOfItsOwn)
{
    std::map<QString, QString> owners;
    int named = 0;
    for (const QAction* action : window->findChildren<QAction*>()) {
        if (action->isSeparator() || action->menu() != nullptr || action->text().isEmpty())
            continue;
        ++named;
        EXPECT_FALSE(action->toolTip().isEmpty()) << qPrintable(action->text());
        if (action->shortcut().isEmpty())
            continue;
        const auto [it, fresh] = owners.emplace(action->shortcut().toString(), action->text());
        EXPECT_TRUE(fresh) << qPrintable(action->text()) << " and " << qPrintable(it->second) << " share "
                           << qPrintable(it->first);
    }
    EXPECT_GT(named, 15);
}

TEST_F(WindowTest, EveryControlHasAnAccessibleName)
{
    for (const Field& field : fields())
        window->planPanel().editor(info(field).key);
    for (const QWidget* widget : window->findChildren<QWidget*>()) {
        const bool control = qobject_cast<const QAbstractButton*>(widget) != nullptr ||
                             qobject_cast<const QComboBox*>(widget) != nullptr ||
                             qobject_cast<const QAbstractSlider*>(widget) != nullptr ||
                             qobject_cast<const QAbstractSpinBox*>(widget) != nullptr;
        if (!control || widget->focusPolicy() == Qt::NoFocus || widget->objectName().startsWith(QLatin1String("qt_")))
            continue;
        const auto* button = qobject_cast<const QAbstractButton*>(widget);
        EXPECT_TRUE(!widget->accessibleName().isEmpty() || (button != nullptr && !button->text().isEmpty()))
            << widget->metaObject()->className() << " " << qPrintable(widget->objectName());
    }
}

TEST_F(WindowTest, FiguresUnlikeTheCatalogStaySaidUntilTheyAreUpdated)
{
    const auto file = folder() / "old.plan.json";
    Plan plan = document.plan();
    plan.hardware.gpu.bandwidth = 0.5 * plan.hardware.gpu.bandwidth;
    ASSERT_TRUE(savePlan(plan, file));
    window->openFile(file);
    EXPECT_THAT(window->notices().text().toStdString(), testing::HasSubstr("differ from today's catalog"));
    ASSERT_TRUE(document.edit("workload.arrival_rate_req_s", "7"));
    const auto trigger = [this](const QString& action) {
        for (QAction* candidate : window->findChildren<QAction*>())
            if (candidate->text() == action)
                candidate->trigger();
    };
    trigger(QStringLiteral("&Save"));
    EXPECT_FALSE(document.isModified());
    EXPECT_THAT(window->notices().text().toStdString(), testing::HasSubstr("differ from today's catalog"))
        << "a save changes nothing about the figures";
    trigger(QStringLiteral("Update figures from the &catalog"));
    EXPECT_THAT(window->notices().text().toStdString(), testing::Not(testing::HasSubstr("differ from today's")));
}

TEST_F(WindowTest, BestOffloadingMakesALargeModelRunInOneStepToUndo)
{
    ASSERT_TRUE(document.edit("model.name", "Llama-3.1-70B"));
    ASSERT_FALSE(document.snapshot()->now.evaluation.fits);
    const Plan before = document.plan();
    const auto act = [this] {
        for (QAction* candidate : window->findChildren<QAction*>())
            if (candidate->text() == QStringLiteral("Best &offloading"))
                candidate->trigger();
    };
    act();
    EXPECT_TRUE(document.plan().deployment.offload.enabled);
    EXPECT_TRUE(document.snapshot()->now.evaluation.fits);
    document.undoStack().undo();
    EXPECT_EQ(document.plan(), before);
    ASSERT_TRUE(document.edit("model.name", "Llama-3.1-8B"));
    act();
    EXPECT_FALSE(document.plan().deployment.offload.enabled);
    EXPECT_THAT(window->notices().text().toStdString(), testing::HasSubstr("Everything fits on the GPU"));
    ASSERT_TRUE(document.edit("model.name", "Llama-3.1-405B"));
    ASSERT_TRUE(document.edit("hardware.host_memory_gib", "1"));
    ASSERT_TRUE(document.edit("hardware.disk_gib", "1"));
    const Plan hopeless = document.plan();
    act();
    EXPECT_EQ(document.plan(), hopeless);
    EXPECT_THAT(window->notices().text().toStdString(), testing::HasSubstr("Nothing fits"));
}

TEST_F(WindowTest, TabGoesFromTheVerdictOverTheTabsToThePlots)
{
    window->showTab("memory"); // made just now
    const auto* plots = window->currentPage();
    QWidget* next = window->findChild<QTabBar*>();
    ASSERT_NE(next, nullptr);
    do
        next = next->nextInFocusChain();
    while ((next->focusPolicy() & Qt::TabFocus) == 0 || !next->isVisibleTo(window.get()));
    EXPECT_TRUE(plots->isAncestorOf(next)) << next->metaObject()->className();
}

TEST_F(WindowTest, SearchFindsAFieldByKeyAndByWordAndSaysWhenThereIsNone)
{
    auto* search = window->planPanel().findChild<QLineEdit*>();
    ASSERT_NE(search, nullptr);
    const auto shown = [&] {
        QStringList keys;
        for (const FieldEditor* editor : window->planPanel().findChildren<FieldEditor*>())
            if (editor->isVisible())
                keys.append(QString::fromStdString(std::string(editor->fieldInfo().key)));
        return keys;
    };
    search->setText(QStringLiteral("token_budget"));
    EXPECT_THAT(shown(), testing::ElementsAre(QStringLiteral("batching.token_budget")));
    search->setText(QStringLiteral("no such thing"));
    EXPECT_THAT(shown(), testing::IsEmpty());
    search->clear();
    EXPECT_EQ(shown().size(), static_cast<qsizetype>(PlanPanel::kFirst.size()));
}

TEST_F(WindowTest, SearchPutsTheSettingOfThatNameFirstAndEnterGoesThere)
{
    auto* edit = window->planPanel().findChild<QLineEdit*>();
    ASSERT_NE(edit, nullptr);
    window->planPanel().focusSearch();
    QTest::keyClicks(edit, QStringLiteral("tensor parallel"));
    auto* named = window->planPanel().findChild<FieldEditor*>(QStringLiteral("found.deployment.tp"));
    ASSERT_NE(named, nullptr);
    for (const auto* other : window->planPanel().findChildren<FieldEditor*>())
        if (other->objectName().startsWith(QLatin1String("found.")) && !other->isHidden()) {
            EXPECT_LE(named->y(), other->y()) << other->objectName().toStdString();
        }
    QTest::keyClick(edit, Qt::Key_Return);
    EXPECT_TRUE(named->isAncestorOf(QApplication::focusWidget()));
    EXPECT_EQ(edit->text(), QStringLiteral("tensor parallel"));
}

TEST_F(WindowTest, SearchFindsWhatRequestClassesHaveAndLeadsToTheirTable)
{
    auto* search = window->planPanel().findChild<QLineEdit*>();
    for (const char* words : {"classes", "workload.classes", "priority", "share", "class target"}) {
        search->setText(QString::fromUtf8(words));
        auto* show = window->planPanel().findChild<QPushButton*>(QStringLiteral("found.classes"));
        ASSERT_NE(show, nullptr) << words;
        ASSERT_TRUE(show->isVisible()) << words;
        for (const QLabel* label : window->planPanel().findChildren<QLabel*>())
            EXPECT_FALSE(label->isVisible() && label->text().startsWith(QLatin1String("No setting"))) << words;
        show->click();
        EXPECT_TRUE(search->text().isEmpty());
        EXPECT_TRUE(window->planPanel().classes().isVisible()) << words;
    }
    search->setText(QStringLiteral("token_budget"));
    EXPECT_FALSE(window->planPanel().findChild<QPushButton*>(QStringLiteral("found.classes"))->isVisible());
    search->setFocus();
    QTest::keyClick(search, Qt::Key_Escape);
    EXPECT_TRUE(search->text().isEmpty()) << "Escape ends the search";
}

TEST_F(WindowTest, ATileLeadsToThePlotThatExplainsIt)
{
    for (int i = 0; i < kTiles; ++i) {
        const TileButton& tile = window->summary().tile(static_cast<TileId>(i));
        const ChartRow* row = findChart(tile.tile().chart.toStdString());
        ASSERT_NE(row, nullptr) << qPrintable(tile.tile().label);
        const_cast<TileButton&>(tile).click();
        EXPECT_EQ(window->currentTab(), row->tab) << qPrintable(tile.tile().label);
    }
}

TEST_F(WindowTest, ThemesSwitchEveryPlotAndAreRemembered)
{
    window->setThemeChoice(ThemeChoice::dark);
    EXPECT_TRUE(window->theme().dark);
    const QRgb dark = window->currentPage()->views().front()->image().pixel(2, 2);
    window->setThemeChoice(ThemeChoice::light);
    EXPECT_NE(window->currentPage()->views().front()->image().pixel(2, 2), dark);
    window->setThemeChoice(ThemeChoice::dark);
    window.reset();
    open();
    EXPECT_TRUE(window->theme().dark);
}

TEST_F(WindowTest, APlanWithAnErrorSaysSoAndKeepsTheLastNumbers)
{
    const QString before = window->summary().tile(TileId::utilization).tile().value;
    ASSERT_TRUE(document.edit("deployment.tp", "3"));
    EXPECT_FALSE(window->summary().notice().isEmpty());
    EXPECT_EQ(window->summary().tile(TileId::utilization).tile().value, before);
    document.undoStack().undo();
    EXPECT_TRUE(window->summary().notice().isEmpty());
}

TEST_F(WindowTest, PlotsOfATabWithTheSameAxisFollowEachOther)
{
    ASSERT_TRUE(window->showTab("capacity"));
    ChartView* first = window->currentPage()->view("latency_vs_load");
    ASSERT_NE(first, nullptr);
    const auto labelOf = [](const ChartView* view) {
        const auto* lines = std::get_if<LineChart>(&view->chart().body);
        return lines == nullptr ? std::string() : lines->x.label;
    };
    first->setFocus();
    QTest::keyClick(first, Qt::Key_Plus);
    const QRectF zoomed = first->visibleRange();
    int linked = 0;
    for (const ChartView* view : window->currentPage()->views()) {
        if (view == first || labelOf(view) != labelOf(first))
            continue;
        ++linked;
        EXPECT_DOUBLE_EQ(view->visibleRange().left(), zoomed.left()) << qPrintable(view->chartId());
        EXPECT_DOUBLE_EQ(view->visibleRange().right(), zoomed.right()) << qPrintable(view->chartId());
    }
    EXPECT_GE(linked, 2);
    QTest::keyClick(first, Qt::Key_Home);
    for (const ChartView* view : window->currentPage()->views())
        EXPECT_TRUE(view == first || labelOf(view).empty() || !view->isZoomed()) << qPrintable(view->chartId());
}

TEST_F(WindowTest, ThePlotsOfATabWithTheSameAxisShareTheCrossOfTheMouse)
{
    ASSERT_TRUE(window->showTab("capacity"));
    ChartView* first = window->currentPage()->view("latency_vs_load");
    const std::string axis = std::get<LineChart>(first->chart().body).x.label;
    const auto crosses = [&] {
        int count = 0;
        for (const ChartView* view : window->currentPage()->views()) {
            const auto* lines = std::get_if<LineChart>(&view->chart().body);
            const bool linked = lines != nullptr && lines->x.label == axis;
            EXPECT_TRUE(linked || !view->cross()) << qPrintable(view->chartId());
            count += view->cross() ? 1 : 0;
        }
        return count;
    };
    EXPECT_EQ(crosses(), 0);
    QTest::mouseMove(first, first->rect().center());
    ASSERT_TRUE(first->cross());
    EXPECT_GE(crosses(), 3);
    const ChartView* other = window->currentPage()->view("throughput_vs_load");
    const double before = other->cross()->x();
    QTest::mouseMove(first, first->rect().center() + QPoint(40, 0));
    EXPECT_GT(other->cross()->x(), before);
    EXPECT_EQ(other->readout(*other->cross()).section(QLatin1Char(';'), 0, 0),
        first->readout(*first->cross()).section(QLatin1Char(';'), 0, 0));
    ASSERT_TRUE(document.edit("workload.arrival_rate_req_s", "5"));
    EXPECT_GE(crosses(), 3) << "new data leave the cross where it was";
    QEvent leave(QEvent::Leave);
    QCoreApplication::sendEvent(first, &leave);
    EXPECT_EQ(crosses(), 0);
}

TEST_F(WindowTest, TheShapeOfTheModelIsOneClickAwayAndTheParametersFollowIt)
{
    PlanPanel& panel = window->planPanel();
    ASSERT_NE(panel.editor("model.weight_format"), nullptr); // unfolds the group
    auto* edit = panel.findChild<QPushButton*>(QStringLiteral("model.edit_shape"));
    ASSERT_NE(edit, nullptr);
    const double before = countParameters(document.plan().model.spec).total();
    edit->click();
    EXPECT_EQ(document.plan().model.spec.name, "custom");
    EXPECT_TRUE(edit->isHidden());
    EXPECT_FALSE(panel.editor("model.layers")->isHidden());
    EXPECT_DOUBLE_EQ(countParameters(document.plan().model.spec).total(), before);
    ASSERT_TRUE(document.edit("model.layers", "16"));
    EXPECT_LT(countParameters(document.plan().model.spec).total(), before);
    document.undoStack().undo();
    document.undoStack().undo();
    EXPECT_NE(document.plan().model.spec.name, "custom");
}

TEST_F(WindowTest, TheVerdictTakesLittleHeightAtTheSmallestSizeAndOneRowAtTheUsualOne)
{
    const auto tileTop = [&](int i) {
        return window->summary().findChild<QWidget*>(QStringLiteral("tile%1").arg(i))->y();
    };
    window->resize(1280, 720);
    QCoreApplication::processEvents();
    constexpr int kHeight = 110; // pixels; two rows of full tiles take 160
    EXPECT_LE(window->summary().height(), kHeight);
    window->resize(1440, 900);
    QCoreApplication::processEvents();
    EXPECT_EQ(tileTop(6), tileTop(0));
}

TEST_F(WindowTest, NoTextOfTheVerdictIsCutOffAtTheSmallestSizeAndAtTheUsualOne)
{
    const auto clipped = [&](const char* what, const QSize& size) {
        window->resize(size);
        QCoreApplication::processEvents();
        for (int i = 0; i < kTiles; ++i) {
            const TileButton& tile = window->summary().tile(static_cast<TileId>(i));
            EXPECT_FALSE(tile.isClipped()) << what << " at " << size.width() << ": " << qPrintable(tile.tile().label)
                                           << ", " << qPrintable(tileText(tile.tile()));
        }
    };
    const auto everywhere = [&](const char* what) {
        for (const QSize& size : {QSize(1280, 720), QSize(1440, 900), QSize(1600, 1000)})
            clipped(what, size);
    };
    for (const QString& example : exampleNames()) {
        document.start(*loadExample(example));
        everywhere(qPrintable(example));
    }
    document.start(testPlan());
    for (const auto& [key, value] :
        {std::pair("workload.arrival_rate_req_s", "0.01"), {"workload.arrival_rate_req_s", "15"},
            {"workload.arrival_rate_req_s", "500"}, {"targets.ttft_p95_s", "0.001"}, {"targets.tpot_p95_s", "none"},
            {"hardware.gpu", "L4-24GB"}, {"deployment.replicas", "30"}, {"model.name", "Llama-3.1-70B"}}) {
        ASSERT_TRUE(document.edit(key, value)) << key;
        everywhere(key);
    }
}

TEST_F(WindowTest, AScrollBarInThePlanDockCutsNothingOff)
{
    window->resize(1280, 720);
    ASSERT_NE(window->planPanel().editor("workload.arrival_cv"), nullptr);
    QCoreApplication::processEvents();
    const auto* scroll = window->planPanel().findChild<QScrollArea*>();
    ASSERT_NE(scroll, nullptr);
    EXPECT_LE(scroll->widget()->minimumSizeHint().width(), scroll->viewport()->width());
}

} // namespace
} // namespace headroom::ui
