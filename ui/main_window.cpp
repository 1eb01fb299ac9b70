#include "ui/main_window.h"

#include "core/calibration/nearness.h"
#include "core/plan/catalog.h"
#include "core/plan/fields.h"
#include "ui/autosave.h"
#include "ui/format.h"
#include "ui/panels/chart_page.h"
#include "ui/panels/compare_page.h"
#include "ui/panels/dock_title.h"
#include "ui/panels/elided_label.h"
#include "ui/panels/explain_panel.h"
#include "ui/panels/notice_bar.h"
#include "ui/panels/plan_panel.h"
#include "ui/panels/sim_panel.h"
#include "ui/panels/summary_panel.h"
#include "ui/panels/tab_order.h"
#include "ui/panels/validation_page.h"
#include "ui/plots/catalog.h"
#include "ui/plots/chart_view.h"
#include "ui/simulator.h"

#include <QActionGroup>
#include <QApplication>
#include <QDockWidget>
#include <QElapsedTimer>
#include <QFileInfo>
#include <QLabel>
#include <QMenu>
#include <QScreen>
#include <QSettings>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTabBar>
#include <QToolBar>
#include <QUndoStack>
#include <QVBoxLayout>

#include <algorithm>

namespace headroom::ui {

namespace {

constexpr QSize kFirstSize{1440, 900};
constexpr int kFrameHeight = 32;                               ///< of a title bar
constexpr int kLeastPlanWidth = 236, kLeastExplainWidth = 216; ///< narrower, numbers lose their digits
constexpr auto kMeasuredKey = "validation/measured";
constexpr int kLayoutVersion = 1; ///< raise when docks are added or renamed: old layouts are then not restored

/// Words in a label of the status bar that keeps its size as long as they fit: one that takes another size lays the
/// whole window out anew.
void showSteadily(QLabel& label, const QString& words)
{
    constexpr int kPadding = 2 * 8 + 2, kSlack = 24; // of the style sheet; for numbers that grow
    label.ensurePolished();
    const int needed = label.fontMetrics().horizontalAdvance(words) + kPadding;
    if (needed > label.minimumWidth())
        label.setFixedSize(needed + kSlack, label.fontMetrics().height() + 2);
    label.setText(words);
}

} // namespace

MainWindow::MainWindow(Document& document, const WindowPaths& paths, QWidget* parent)
    : QMainWindow(parent),
      m_document(document),
      m_settings(std::make_unique<QSettings>(QString::fromStdString(paths.settings.string()), QSettings::IniFormat)),
      m_systemIsDark(QApplication::palette().color(QPalette::Window).lightnessF() < 0.5F)
{
    setObjectName(QStringLiteral("window"));
    setAcceptDrops(true);
    setDockOptions(AnimatedDocks | AllowTabbedDocks | AllowNestedDocks);
    makeCentre();
    makeDocks();
    makeStatusBar();
    makeFileMenu();
    makeEditMenu();
    makeViewMenu();
    makePlanMenu();
    makeSimulateMenu();
    makeHelpMenu();
    makeToolBar();
    makeTabs();
    m_defaultState = saveState(kLayoutVersion);
    restoreLayout();
    setThemeChoice(static_cast<ThemeChoice>(m_settings->value(QStringLiteral("theme"), 0).toInt()));
    if (!paths.autosave.empty()) {
        offerRecovery(paths.autosave);
        m_autosave = std::make_unique<Autosave>(m_document, paths.autosave);
    }
    connect(&m_document, &Document::changed, this, &MainWindow::refresh);
    connect(&m_document, &Document::fileChangedOnDisk, this, &MainWindow::noticeFileChange);
    connect(&m_document.undoStack(), &QUndoStack::indexChanged, this, &MainWindow::refreshTitle);
    connect(&m_document.undoStack(), &QUndoStack::cleanChanged, this, &MainWindow::refreshTitle);
}

MainWindow::~MainWindow() = default;

void MainWindow::makeCentre()
{
    auto* centre = new QWidget;
    auto* column = new QVBoxLayout(centre);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    m_notices = new NoticeBar;
    m_summary = new SummaryPanel;
    m_tabBar = new QTabBar;
    m_tabBar->setExpanding(false);
    m_tabBar->setDrawBase(false);
    m_tabBar->setUsesScrollButtons(true);
    m_tabBar->setAccessibleName(tr("Tabs"));
    m_stack = new QStackedWidget;
    column->addWidget(m_notices);
    column->addWidget(m_summary);
    column->addWidget(m_tabBar);
    column->addWidget(m_stack, 1);
    setCentralWidget(centre);
    centre->setFocus(); // nothing is chosen at the start
    connect(m_summary, &SummaryPanel::explainRequested, this, [this](const QString& chart, const QString& topic) {
        showChart(chart.toStdString());
        m_explain->choose(topic);
    });
}

void MainWindow::makeDocks()
{
    m_planPanel = new PlanPanel(m_document);
    m_planDock = new QDockWidget(tr("Plan"));
    m_planDock->setObjectName(QStringLiteral("dock.plan"));
    m_planPanel->setMinimumWidth(kLeastPlanWidth);
    m_planDock->setWidget(m_planPanel);
    m_planDock->setTitleBarWidget(new DockTitle(tr("Plan"), m_planDock));
    addDockWidget(Qt::LeftDockWidgetArea, m_planDock);
    m_explain = new ExplainPanel;
    m_explainDock = new QDockWidget(tr("Explain"));
    m_explainDock->setObjectName(QStringLiteral("dock.explain"));
    m_explain->setMinimumWidth(kLeastExplainWidth);
    m_explainDock->setWidget(m_explain);
    auto* title = new DockTitle(tr("Explain"), m_explainDock);
    m_explainDock->setTitleBarWidget(title);
    addDockWidget(Qt::RightDockWidgetArea, m_explainDock);
    connect(m_explain, &ExplainPanel::titleChanged, title, &DockTitle::setTitle);
    connect(m_explainDock, &QDockWidget::visibilityChanged, this, [this](bool visible) {
        if (visible)
            m_explain->display(m_document.snapshot());
    });
}

void MainWindow::makeStatusBar()
{
    m_timing = new QLabel;
    m_simulated = new QLabel;
    m_coverage = new ElidedLabel;
    m_coverage->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    statusBar()->addWidget(m_timing);
    statusBar()->addWidget(m_simulated);
    statusBar()->addPermanentWidget(m_coverage, 1);
    statusBar()->setSizeGripEnabled(false);
}

void MainWindow::makeTabs()
{
    for (const ChartRow& row : charts())
        if (std::ranges::find(m_tabs, row.tab) == m_tabs.end())
            m_tabs.emplace_back(row.tab);
    m_tabs.emplace_back("validation");
    m_tabs.emplace_back("compare");
    for (const std::string& tab : m_tabs)
        m_tabBar->addTab(tabTitle(tab));
    connect(m_tabBar, &QTabBar::currentChanged, this, &MainWindow::showCurrentTab);
    showCurrentTab();
}

QWidget* MainWindow::makeComparePage()
{
    auto* page = new ComparePage;
    page->setTheme(*m_theme);
    connect(page, &ComparePage::pinRequested, this, &MainWindow::pinPlan);
    connect(page, &ComparePage::unpinRequested, this,
        [this](int index) { m_document.unpin(static_cast<std::size_t>(index)); });
    return page;
}

QWidget* MainWindow::makePage(const std::string& tab)
{
    if (tab == "compare")
        return makeComparePage();
    if (tab == "simulator")
        return makeSimPage();
    if (tab == "validation")
        return makeValidationPage();
    auto* page = new ChartPage(tab);
    follow(page);
    page->setTheme(*m_theme);
    return page;
}

QWidget* MainWindow::makeSimPage()
{
    auto* panel = new SimPanel(m_document.simulator());
    follow(&panel->page());
    panel->setTheme(*m_theme);
    return panel;
}

QWidget* MainWindow::makeValidationPage()
{
    auto* page = new ValidationPage;
    page->setTheme(*m_theme);
    connect(page, &ValidationPage::opened, this,
        [this](const QString& path) { m_settings->setValue(QLatin1String(kMeasuredKey), path); });
    if (const QString before = m_settings->value(QLatin1String(kMeasuredKey)).toString(); QFileInfo::exists(before))
        page->open(before);
    return page;
}

ValidationPage* MainWindow::validationPage() const
{
    const auto it = m_pages.find("validation");
    return it == m_pages.end() ? nullptr : qobject_cast<ValidationPage*>(it->second);
}

void MainWindow::follow(ChartPage* page)
{
    connect(page, &ChartPage::failed, this, [this](const QString& why) {
        m_notices->post({QStringLiteral("export"), why, Mood::bad, {}});
    });
    connect(page, &ChartPage::selected, m_explain, &ExplainPanel::chooseChart);
}

std::string MainWindow::currentTab() const
{
    const int index = m_tabBar->currentIndex();
    return index < 0 ? std::string() : m_tabs[static_cast<std::size_t>(index)];
}

bool MainWindow::showTab(std::string_view tab)
{
    const auto it = std::ranges::find(m_tabs, tab);
    if (it == m_tabs.end())
        return false;
    m_tabBar->setCurrentIndex(static_cast<int>(it - m_tabs.begin()));
    return true;
}

ComparePage* MainWindow::comparePage() const
{
    const auto it = m_pages.find("compare");
    return it == m_pages.end() ? nullptr : qobject_cast<ComparePage*>(it->second);
}

ChartPage* MainWindow::currentPage() const
{
    if (auto* simulation = qobject_cast<SimPanel*>(m_stack->currentWidget()))
        return &simulation->page();
    return qobject_cast<ChartPage*>(m_stack->currentWidget());
}

bool MainWindow::showChart(std::string_view chartId)
{
    const ChartRow* row = findChart(chartId);
    if (row == nullptr || !showTab(row->tab))
        return false;
    if (ChartPage* page = currentPage())
        page->reveal(chartId);
    return true;
}

void MainWindow::showCurrentTab()
{
    const std::string tab = currentTab();
    QWidget*& page = m_pages[tab];
    if (page == nullptr) {
        page = makePage(tab);
        m_stack->addWidget(page);
        tabFrom(m_tabBar, *page); // pages are made when they are first shown: else their plots came before the verdict
    }
    m_stack->setCurrentWidget(page);
    if (ChartPage* charts = currentPage(); charts != nullptr && charts->chartCount() > 0)
        m_explain->chooseChart(charts->views().front()->chartId());
    else
        m_explain->choose(QStringLiteral("headroom")); // of tabs without plots: what the whole plan comes to
    m_document.keep({.everyGpu = tab == "cost", .systems = tab == "batching"});
    refreshSimulationWanted();
    refresh();
}

void MainWindow::refresh()
{
    const Snapshot& snapshot = *m_document.snapshot();
    m_summary->display(snapshot, summaryNotice(), m_document.errors().empty() ? Mood::plain : Mood::bad);
    refreshSimulation();
    QElapsedTimer clock;
    clock.start();
    if (ChartPage* page = currentPage()) {
        if (currentTab() == "simulator")
            simPanel()->display(m_document.snapshot());
        else
            page->display(m_document.snapshot());
        const int count = page->chartCount();
        const QString plots = count == 1 ? tr("1 plot") : tr("%1 plots").arg(count);
        showSteadily(*m_timing, tr("Evaluated in %1 · %2 in %3")
                                    .arg(quantity(m_document.evaluateMs() * 1e-3, "s", 2), plots,
                                        quantity(static_cast<double>(clock.nsecsElapsed()) * 1e-9, "s", 2)));
    } else {
        if (ComparePage* comparison = comparePage(); comparison != nullptr && currentTab() == "compare")
            comparison->display(m_document.snapshot());
        if (ValidationPage* validation = validationPage(); validation != nullptr && currentTab() == "validation")
            validation->display(snapshot);
        showSteadily(*m_timing, tr("Evaluated in %1").arg(quantity(m_document.evaluateMs() * 1e-3, "s", 2)));
    }
    m_explain->display(m_document.snapshot());
    showCoverage();
    refreshTitle();
    refreshActions();
}

void MainWindow::showCoverage()
{
    const auto snapshot = m_document.snapshot();
    QStringList words;
    for (const std::string_view why : {snapshot->now.evaluation.notCovered, bandsCaution(*snapshot->now.plan)})
        if (!why.empty())
            words.append(text(why));
    words.append(text(nearnessInShort(*snapshot->now.plan)));
    if (const QString all = words.join(QStringLiteral(" · ")); all != m_coverage->text()) {
        m_coverage->setText(all);
        m_coverage->setToolTip(
            tr("Where the closed forms or their bands are known to be off for this plan") + u'\n' + all);
    }
}

QString MainWindow::summaryNotice() const
{
    QStringList lines;
    for (const Error& error : m_document.errors()) {
        const Field* field = findField(error.where);
        lines.append(QStringLiteral("%1: %2").arg(
            field == nullptr ? text(error.where) : text(info(*field).label), text(error.message)));
    }
    if (lines.isEmpty())
        return {};
    return tr("All numbers shown are those of the plan before it went wrong. ") + lines.join(QStringLiteral("  "));
}

void MainWindow::refreshTitle()
{
    const QString file = m_document.path().empty() ? text(m_document.plan().name)
                                                   : QString::fromStdString(m_document.path().filename().string());
    setWindowTitle(tr("%1[*] — Headroom").arg(file));
    setWindowModified(m_document.isModified());
}

void MainWindow::refreshActions()
{
    m_reloadAction->setEnabled(!m_document.path().empty());
    m_pinAction->setEnabled(m_document.pinned().size() < Document::kMaxPinned && m_document.errors().empty());
    QStringList names;
    for (const auto& pinned : m_document.pinned())
        names.append(text(pinned->name));
    const QString list = names.join(QStringLiteral(", "));
    constexpr qsizetype kNamed = 2; // more would push the buttons out of the tool bar
    m_pinnedLabel->setText(names.isEmpty()          ? QString()
                           : names.size() <= kNamed ? tr("Pinned: %1").arg(list)
                                                    : tr("Pinned: %1 plans").arg(names.size()));
    m_pinnedLabel->setToolTip(list);
    m_unpinMenu->setEnabled(!names.isEmpty());
}

void MainWindow::setThemeChoice(ThemeChoice choice)
{
    const bool dark = choice == ThemeChoice::dark || (choice == ThemeChoice::system && m_systemIsDark);
    m_theme = dark ? &darkTheme() : &lightTheme();
    applyTheme(*qApp, *m_theme);
    m_summary->setTheme(*m_theme);
    m_notices->setTheme(*m_theme);
    m_explain->setTheme(*m_theme);
    m_planPanel->setTheme(*m_theme);
    for (const auto& [tab, page] : m_pages)
        if (auto* charts = qobject_cast<ChartPage*>(page))
            charts->setTheme(*m_theme);
    if (SimPanel* panel = simPanel())
        panel->setTheme(*m_theme);
    if (ComparePage* page = comparePage())
        page->setTheme(*m_theme);
    if (ValidationPage* page = validationPage())
        page->setTheme(*m_theme);
    if (const QString key = QStringLiteral("theme"); m_settings->value(key, 0).toInt() != static_cast<int>(choice))
        m_settings->setValue(key, static_cast<int>(choice)); // else every start would write the file
    m_themeActions->actions().at(static_cast<int>(choice))->setChecked(true);
}

void MainWindow::restoreLayout()
{
    QSize size = kFirstSize;
    if (QGuiApplication::platformName() != QLatin1String("offscreen")) // whose screen is smaller than any window
        size = size.boundedTo(screen()->availableSize() - QSize(0, kFrameHeight));
    resize(size);
    restoreGeometry(m_settings->value(QStringLiteral("geometry")).toByteArray());
    restoreState(m_settings->value(QStringLiteral("layout")).toByteArray(), kLayoutVersion);
    showTab(m_settings->value(QStringLiteral("tab")).toString().toStdString());
}

void MainWindow::resetLayout()
{
    restoreState(m_defaultState, kLayoutVersion);
    m_planDock->show();
    m_explainDock->show();
    m_toolBar->show();
}

} // namespace headroom::ui
