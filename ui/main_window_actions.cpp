// Menus and tool bar of the window.
#include "ui/main_window.h"

#include "core/placement.h"
#include "core/plan/catalog.h"
#include "ui/format.h"
#include "ui/panels/comparison.h"
#include "ui/panels/notice_bar.h"
#include "ui/panels/plan_panel.h"

#include <QAction>
#include <QActionGroup>
#include <QDockWidget>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QTabBar>
#include <QToolBar>
#include <QUndoStack>

namespace headroom::ui {

QAction* MainWindow::addAction(
    QMenu* menu, const QString& words, const QKeySequence& keys, const QString& tip, std::function<void()> act)
{
    auto* action = menu->addAction(words);
    action->setShortcut(keys);
    const QString shown = keys.toString(QKeySequence::NativeText);
    action->setToolTip(shown.isEmpty() ? tip : QStringLiteral("%1 (%2)").arg(tip, shown));
    action->setStatusTip(tip);
    connect(action, &QAction::triggered, this, [act = std::move(act)] { act(); });
    return action;
}

void MainWindow::makeFileMenu()
{
    QMenu* menu = menuBar()->addMenu(tr("&File"));
    m_newAction = addAction(menu, tr("&New"), QKeySequence::New, tr("Start a new plan"), [this] { newPlan(); });
    m_openAction = addAction(menu, tr("&Open…"), QKeySequence::Open, tr("Open a plan file"), [this] { chooseFile(); });
    addAction(menu, tr("&Import…"), QKeySequence(tr("Ctrl+I")),
        tr("Take a model from a Hugging Face config.json, a workload from a trace or a benchmark, or a GPU with its "
           "calibration"),
        [this] { chooseImport(); });
    m_recentMenu = menu->addMenu(tr("Open &recent"));
    connect(m_recentMenu, &QMenu::aboutToShow, this, &MainWindow::fillRecent);
    QMenu* examples = menu->addMenu(tr("Open &example"));
    for (const QString& name : exampleNames())
        addAction(examples, name, {}, tr("Open the example %1").arg(name), [this, name] { openExample(name); });
    examples->menuAction()->setVisible(!examples->isEmpty());
    m_reloadAction =
        addAction(menu, tr("Re&load"), QKeySequence(tr("Ctrl+R")), tr("Read the file of this plan again"), [this] {
            if (!mayDiscard())
                return;
            if (const auto read = m_document.reload(); !read)
                reportFailure(tr("Not read again."), read.error());
            else
                withdrawFileNotices();
        });
    menu->addSeparator();
    m_saveAction = addAction(menu, tr("&Save"), QKeySequence::Save, tr("Save this plan"), [this] { save(); });
    m_saveAsAction = addAction(menu, tr("Save &as…"), QKeySequence(tr("Ctrl+Shift+S")),
        tr("Save this plan in another file"), [this] { saveAs(); });
    menu->addSeparator();
    m_reportAction = addAction(menu, tr("Re&port PDF…"), QKeySequence::Print,
        tr("Write a report for paper: verdict, inputs, results, plots"), [this] { exportReport(); });
    menu->addSeparator();
    addAction(menu, tr("&Quit"), QKeySequence(tr("Ctrl+Q")), tr("Close the window"), [this] { close(); });
}

void MainWindow::makeEditMenu()
{
    QMenu* menu = menuBar()->addMenu(tr("&Edit"));
    m_undoAction = m_document.undoStack().createUndoAction(this, tr("&Undo"));
    m_undoAction->setShortcut(QKeySequence::Undo);
    m_redoAction = m_document.undoStack().createRedoAction(this, tr("&Redo"));
    m_redoAction->setShortcut(QKeySequence(tr("Ctrl+Shift+Z")));
    m_undoAction->setIconText(tr("Undo"));
    m_redoAction->setIconText(tr("Redo"));
    menu->addAction(m_undoAction);
    menu->addAction(m_redoAction);
    menu->addSeparator();
    addAction(menu, tr("&Paste"), QKeySequence::Paste, tr("Take a config.json, a trace or a plan from the clipboard"),
        [this] { paste(); });
    menu->addSeparator();
    addAction(
        menu, tr("&Search settings"), QKeySequence(tr("Ctrl+K")), tr("Find a setting by name, key or meaning"), [this] {
            m_planDock->show();
            m_planPanel->focusSearch();
        });
}

void MainWindow::makePlanMenu()
{
    QMenu* menu = menuBar()->addMenu(tr("&Plan"));
    m_pinAction = addAction(menu, tr("&Pin"), QKeySequence(tr("Ctrl+D")),
        tr("Keep this plan as a ghost in all plots and a column in Compare"), [this] { pinPlan(); });
    m_unpinMenu = menu->addMenu(tr("&Unpin"));
    connect(m_unpinMenu, &QMenu::aboutToShow, this, &MainWindow::fillPins);
    menu->addSeparator();
    addAction(menu, tr("Best &offloading"), {},
        tr("Put weights, cache and activations on GPU, host and disk as serves most"), [this] { offloadBest(); });
    m_catalogAction = addAction(menu, tr("Update figures from the &catalog"), {},
        tr("Replace the copied figures of GPU and model by those of this version's catalog"), [this] {
            Plan plan = m_document.plan();
            const auto gpu = chooseGpu(plan, plan.hardware.gpu.name);
            const auto model = chooseModel(plan, plan.model.spec.name);
            if (!gpu || !model) {
                reportFailure(tr("Not updated."), gpu ? model.error() : gpu.error());
                return;
            }
            m_document.replacePlan(std::move(plan), tr("Update from catalog"));
            compareWithCatalog();
        });
}

void MainWindow::offloadBest()
{
    const QString id = QStringLiteral("offload");
    m_notices->withdraw(id);
    const auto best = bestPlacement(m_document.plan());
    if (!best) {
        m_notices->post(
            {id, tr("Nothing fits, wherever weights and cache lie. Give the plan more host memory or disk."),
                Mood::warning, {}});
        return;
    }
    if (!best->offload.enabled)
        m_notices->post({id, tr("Everything fits on the GPU, and serves most there."), Mood::plain, {}});
    Plan plan = m_document.plan();
    plan.deployment.offload = best->offload;
    if (plan != m_document.plan())
        m_document.replacePlan(std::move(plan), tr("Best offloading"));
}

void MainWindow::makeViewMenu()
{
    m_viewMenu = menuBar()->addMenu(tr("&View"));
    QAction* plan = m_planDock->toggleViewAction();
    plan->setShortcut(QKeySequence(tr("F9")));
    plan->setText(tr("&Plan dock"));
    plan->setToolTip(tr("Show or hide the settings (F9)"));
    m_viewMenu->addAction(plan);
    QAction* explain = m_explainDock->toggleViewAction();
    explain->setShortcut(QKeySequence(tr("F10")));
    explain->setText(tr("&Explain dock"));
    explain->setToolTip(tr("Show or hide formula, numbers and source of what is selected (F10)"));
    m_viewMenu->addAction(explain);
    m_viewMenu->addSeparator();
    addAction(m_viewMenu, tr("&Next tab"), QKeySequence(tr("Ctrl+PgDown")), tr("Go to the next tab"),
        [this] { m_tabBar->setCurrentIndex((m_tabBar->currentIndex() + 1) % std::max(1, m_tabBar->count())); });
    addAction(m_viewMenu, tr("Pre&vious tab"), QKeySequence(tr("Ctrl+PgUp")), tr("Go to the previous tab"), [this] {
        const int count = std::max(1, m_tabBar->count());
        m_tabBar->setCurrentIndex((m_tabBar->currentIndex() + count - 1) % count);
    });
    m_viewMenu->addSeparator();
    QMenu* themes = m_viewMenu->addMenu(tr("&Theme"));
    m_themeActions = new QActionGroup(this);
    const struct {
        QString name, tip;
        ThemeChoice choice;
    } choices[] = {{tr("Follow the &system"), tr("Light or dark as the desktop is"), ThemeChoice::system},
        {tr("&Light"), tr("Dark text on a light ground"), ThemeChoice::light},
        {tr("&Dark"), tr("Light text on a dark ground"), ThemeChoice::dark}};
    for (const auto& c : choices) {
        QAction* action = addAction(themes, c.name, {}, c.tip, [this, chosen = c.choice] { setThemeChoice(chosen); });
        action->setCheckable(true);
        m_themeActions->addAction(action);
    }
    addAction(m_viewMenu, tr("&Full screen"), QKeySequence(tr("F11")), tr("Fill the screen, or no longer"),
        [this] { setWindowState(windowState() ^ Qt::WindowFullScreen); });
    addAction(m_viewMenu, tr("&Reset layout"), {}, tr("Put docks and tool bar back where they were at first"),
        [this] { resetLayout(); });
}

void MainWindow::makeHelpMenu()
{
    QMenu* menu = menuBar()->addMenu(tr("&Help"));
    addAction(menu, tr("&Topics…"), QKeySequence(tr("Shift+F1")),
        tr("The fifty topics: formula, this plan's numbers put in, source"), [this] { showTopics(); })
        ->setObjectName(QStringLiteral("help.topics"));
    addAction(menu, tr("&Shortcuts"), QKeySequence(tr("F1")), tr("List every keyboard shortcut"),
        [this] { showShortcuts(); });
    addAction(menu, tr("&About Headroom"), {}, tr("Version, libraries, licences"), [this] { showAbout(); });
}

void MainWindow::makeToolBar()
{
    m_toolBar = addToolBar(tr("Tool bar"));
    m_toolBar->setObjectName(QStringLiteral("toolbar"));
    m_toolBar->setMovable(false);
    m_toolBar->setToolButtonStyle(Qt::ToolButtonTextOnly);
    m_openAction->setIconText(tr("Open"));
    m_saveAction->setIconText(tr("Save"));
    m_reportAction->setIconText(tr("Report PDF"));
    m_runAction->setIconText(tr("Run F5"));
    m_toolBar->addAction(m_openAction);
    m_toolBar->addAction(m_saveAction);
    m_toolBar->addSeparator();
    m_toolBar->addAction(m_undoAction);
    m_toolBar->addAction(m_redoAction);
    m_toolBar->addSeparator();
    m_toolBar->addAction(m_runAction);
    m_toolBar->addAction(m_pinAction);
    m_toolBar->widgetForAction(m_runAction)->setProperty("primary", true);
    m_toolBar->addSeparator();
    m_toolBar->addAction(m_reportAction);
    auto* spring = new QWidget;
    spring->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    m_toolBar->addWidget(spring);
    m_pinnedLabel = new QLabel;
    m_pinnedLabel->setProperty("muted", true);
    m_pinnedLabel->setContentsMargins(0, 0, 6, 0);
    m_toolBar->addWidget(m_pinnedLabel);
    m_viewMenu->addAction(m_toolBar->toggleViewAction());
    m_toolBar->toggleViewAction()->setToolTip(tr("Show or hide the tool bar"));
}

QMenu* MainWindow::createPopupMenu() { return nullptr; } // docks and tool bar are in the View menu

void MainWindow::pinPlan() { m_document.pin(pinName(m_document.plan(), m_document.pinned())); }

void MainWindow::fillPins()
{
    m_unpinMenu->clear();
    for (std::size_t i = 0; i < m_document.pinned().size(); ++i) {
        const QString name = text(m_document.pinned()[i]->name);
        addAction(m_unpinMenu, name, {}, tr("Remove the ghost of %1").arg(name), [this, i] { m_document.unpin(i); });
    }
    m_unpinMenu->addSeparator();
    addAction(m_unpinMenu, tr("&All"), {}, tr("Remove all ghosts"), [this] { m_document.unpinAll(); });
}

} // namespace headroom::ui
