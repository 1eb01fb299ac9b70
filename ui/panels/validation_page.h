// The tab Validation: predicted against measured runs of a table that the user names, the errors by kind, the runs
// nearest to the plan, how far the plan is from all of them; and the published tables of core/papers recomputed.
#pragma once

#include "ui/panels/validation_charts.h"
#include "ui/theme.h"
#include "ui/validation_runner.h"

#include <QTimer>
#include <QWidget>

#include <array>
#include <optional>

class QComboBox;
class QGridLayout;
class QLabel;
class QProgressBar;
class QScrollArea;
class QStackedWidget;
class QTabBar;
class QToolButton;

namespace headroom {
struct Snapshot;
}

namespace headroom::ui {

class ChartView;
class ElidedLabel;
class Paragraph;
class RowTable;

class ValidationPage final : public QWidget {
    Q_OBJECT

public:
    explicit ValidationPage(QWidget* parent = nullptr);

    void display(const Snapshot&);
    void setTheme(const Theme&);
    /// Reads a table and predicts its rows; what was shown before goes.
    void open(const QString& path);
    /// 0 = measured runs, 1 = papers. The papers run when they are first looked at.
    void showView(int index);

    const ValidationRunner& runner() const { return m_runner; }
    ChartView& scatter() { return *m_scatter; }
    RowTable& errors() { return *m_errors; }
    RowTable& nearest() { return *m_nearest; }
    RowTable& papers() { return *m_papers; }
    QString sentence() const;
    QString status() const;

protected:
    void resizeEvent(QResizeEvent*) override;

signals:
    /// A table was read to its end: worth remembering.
    void opened(const QString& path);

private:
    enum Choice : std::size_t { byMetric, byLoad, byGpu, byEngine, byFamily, byFormat, choices };

    QWidget* makeBar();
    QWidget* makeChoosers();
    QWidget* makeRuns();
    QWidget* makePapers();
    void arrange();
    void chooseFile();
    ValidationFilter filter() const;
    void fillChoices();
    void showRuns();
    void showScatter();
    void showErrors();
    void showErrorsOfTable();
    void showShippedErrors();
    void showNearest();
    std::vector<QStringList> nearestShipped() const;
    std::vector<QStringList> nearestOfTable() const;
    void showPapers();
    void showStatus(const QString& words);

    ValidationRunner m_runner;
    PapersRunner m_papersRunner;
    QTimer m_pause; ///< rows that arrive are shown a few times a second
    QString m_file;
    std::optional<MeasuredSetting> m_setting; ///< of the plan shown; absent before the first
    QTabBar* m_views;
    QStackedWidget* m_stack;
    Paragraph* m_sentence;
    QToolButton *m_open, *m_cancel;
    QWidget *m_bar, *m_choosers;
    QProgressBar* m_progress;
    ElidedLabel* m_status;
    QLabel *m_errorsCaption, *m_nearestCaption, *m_papersStatus;
    std::array<QComboBox*, choices> m_choice{};
    QScrollArea* m_scroll; ///< the one that moves the page of runs
    QGridLayout* m_grid;   ///< of it
    QGridLayout* m_chooserGrid;
    std::optional<bool> m_isWide;
    ChartView* m_scatter;
    RowTable *m_errors, *m_nearest, *m_papers;
};

} // namespace headroom::ui
