// The window: docks, verdict strip, tabs, menus. Shows snapshots, passes what the user does on; no arithmetic.
#pragma once

#include "ui/document.h"
#include "ui/theme.h"

#include <QMainWindow>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

class QActionGroup;
class QLabel;
class QMenu;
class QSettings;
class QStackedWidget;
class QTabBar;
class QToolBar;

namespace headroom {
struct ForeignFile;
}

namespace headroom::ui {

class Autosave;
class ChartPage;
class ComparePage;
class ExplainPanel;
class ImportDialog;
class NoticeBar;
class PlanPanel;
class SimPanel;
class SummaryPanel;
class TopicsDialog;
class ValidationPage;

/// Where the window keeps what outlives it. Tests give folders of their own.
struct WindowPaths {
    std::filesystem::path settings; ///< an .ini file
    std::filesystem::path autosave; ///< a folder; empty = no copies are kept
};

enum class ThemeChoice { system, light, dark };

class MainWindow final : public QMainWindow {
    Q_OBJECT

public:
    MainWindow(Document& document, const WindowPaths& paths, QWidget* parent = nullptr);
    ~MainWindow() override;

    Document& document() { return m_document; }
    PlanPanel& planPanel() { return *m_planPanel; }
    SummaryPanel& summary() { return *m_summary; }
    NoticeBar& notices() { return *m_notices; }
    ExplainPanel& explainPanel() { return *m_explain; }
    /// The tab Compare; nullptr until it was shown once.
    ComparePage* comparePage() const;

    /// The tab Simulator; nullptr until it was shown once.
    SimPanel* simPanel() const;

    /// The tab Validation; nullptr until it was shown once.
    ValidationPage* validationPage() const;

    /// Ids of the tabs in their order: those of charts(), then "validation" and "compare".
    const std::vector<std::string>& tabs() const { return m_tabs; }
    std::string currentTab() const;
    /// False if there is no such tab.
    bool showTab(std::string_view tab);
    /// Charts of the current tab; nullptr on Compare.
    ChartPage* currentPage() const;
    /// Goes to the tab of a chart and puts the keyboard on it.
    bool showChart(std::string_view chartId);

    /// Opens a plan, asking first if changes would be lost. A file that cannot be read leaves everything as it was.
    void openFile(const std::filesystem::path& path);
    /// Reads a model, a trace or a plan, recognised by its content; shows what was understood, and puts it into the plan
    /// as one undo step if the user agrees. Returns at once: a large trace is read beside the window.
    void importFile(const std::filesystem::path& path);
    /// The same with a text, from the clipboard or dropped.
    void importText(const QString& pasted);
    /// Opens the embedded example of this name: "llama-3.1-8b-h100".
    void openExample(const QString& name);
    void setThemeChoice(ThemeChoice choice);
    const Theme& theme() const { return *m_theme; }

protected:
    void closeEvent(QCloseEvent*) override;
    void dragEnterEvent(QDragEnterEvent*) override;
    void dropEvent(QDropEvent*) override;
    QMenu* createPopupMenu() override;
    void paintEvent(QPaintEvent*) override;

private:
    QAction* addAction(
        QMenu* menu, const QString& text, const QKeySequence& keys, const QString& tip, std::function<void()> act);
    void makeCentre();
    void makeDocks();
    void makeStatusBar();
    void makeFileMenu();
    void makeEditMenu();
    void makePlanMenu();
    void makeViewMenu();
    void offloadBest(); ///< one step to undo
    void makeSimulateMenu();
    void makeHelpMenu();
    void makeToolBar();
    void makeTabs();

    QWidget* makePage(const std::string& tab);
    QWidget* makeComparePage();
    QWidget* makeSimPage();
    QWidget* makeValidationPage();
    void follow(ChartPage* page);
    void refresh();
    void showCurrentTab();
    void refreshTitle();
    void refreshActions();
    /// Where formulas and bands are known to be off, at the right of the status bar.
    void showCoverage();
    QString summaryNotice() const;

    void refreshSimulationWanted();
    void refreshSimulation();

    // main_window_files.cpp
    bool mayDiscard();
    enum class Overwriting { allowed, elsewhere, refused };
    Overwriting askOverwriting(); ///< of a file that another program changed
    void newPlan();
    void chooseFile();
    bool save();
    bool saveAs();
    void remember(const std::filesystem::path& path);
    void fillRecent();
    void offerRecovery(const std::filesystem::path& folder);
    void noticeFileChange();
    void withdrawFileNotices(); ///< plan and file agree again, or the plan is another one
    void compareWithCatalog();
    void tellUnknownKeys(); ///< a notice while the file holds keys that mean nothing here
    bool writeTo(const std::filesystem::path& path);
    void reportFailure(const QString& what, const Error& error);
    void exportReport();

    // main_window_import.cpp
    void chooseImport();
    void paste();
    void showImport(const QString& source, const Result<ForeignFile>& read);
    void applyImport(ImportDialog& dialog, const QString& undoText);

    void pinPlan();
    void fillPins();
    void showAbout();
    void showShortcuts();
    void showTopics();
    void restoreLayout();
    void resetLayout();

    Document& m_document;
    std::unique_ptr<QSettings> m_settings;
    std::unique_ptr<Autosave> m_autosave;
    const Theme* m_theme = &lightTheme();
    bool m_systemIsDark = false;
    bool m_painted = false; ///< the first frame is on the screen

    PlanPanel* m_planPanel = nullptr;
    ExplainPanel* m_explain = nullptr;
    QDockWidget *m_planDock = nullptr, *m_explainDock = nullptr;
    SummaryPanel* m_summary = nullptr;
    NoticeBar* m_notices = nullptr;
    TopicsDialog* m_topics = nullptr; ///< made when first asked for
    QTabBar* m_tabBar = nullptr;
    QStackedWidget* m_stack = nullptr;
    std::vector<std::string> m_tabs;
    std::map<std::string, QWidget*> m_pages; ///< made when first shown
    QToolBar* m_toolBar = nullptr;
    QLabel* m_pinnedLabel = nullptr;
    QLabel* m_timing = nullptr;
    QLabel* m_simulated = nullptr;
    QLabel* m_coverage = nullptr;
    QMenu *m_recentMenu = nullptr, *m_unpinMenu = nullptr, *m_viewMenu = nullptr;
    QActionGroup* m_themeActions = nullptr;
    QAction *m_newAction = nullptr, *m_openAction = nullptr, *m_saveAction = nullptr, *m_saveAsAction = nullptr,
            *m_reloadAction = nullptr, *m_reportAction = nullptr, *m_undoAction = nullptr, *m_redoAction = nullptr,
            *m_pinAction = nullptr, *m_catalogAction = nullptr, *m_runAction = nullptr, *m_stopAction = nullptr;
    QByteArray m_defaultState; ///< dock layout as the program ships it
};

/// Names of the examples that are built in, the first one opens at the first start.
QStringList exampleNames();
/// Reads an embedded example; an error only when the program was built wrongly.
Result<Plan> loadExample(const QString& name);

} // namespace headroom::ui
