// Tab Simulator: run and stop, progress, what is asked for, playing, and the charts.
#pragma once

#include "ui/theme.h"

#include <QWidget>

#include <cstdint>
#include <memory>

class QComboBox;
class QLabel;
class QProgressBar;
class QToolButton;

namespace headroom {
struct Snapshot;
struct Study;
struct StudyCase;
} // namespace headroom

namespace headroom::ui {

class ChartPage;
class PlaybackBar;
class PolicyMenu;
class Simulator;
class StudyForm;

class SimPanel final : public QWidget {
    Q_OBJECT

public:
    explicit SimPanel(Simulator& simulator, QWidget* parent = nullptr);

    void display(std::shared_ptr<const Snapshot>);
    void setTheme(const Theme&);
    ChartPage& page() { return *m_page; }
    PlaybackBar& playback() { return *m_playback; }
    /// Number of the first request in the chart of single requests.
    std::uint64_t firstRequest() const { return m_first; }
    /// To the next change of any request, or the one before.
    void step(bool forward);
    /// What runs, and how long it will take, in words.
    QString progressText() const;

private:
    QWidget* makeRunRow();
    void showProgress();
    void showMoment();
    void showRequests();
    void moveWindowTo(double seconds);
    void showCases();
    const StudyCase* chosenCase() const;

    Simulator& m_simulator;
    std::shared_ptr<const Snapshot> m_snapshot;
    std::shared_ptr<const Study> m_shown; ///< whose charts stand on the page
    bool m_shownIsCurrent = false;
    std::uint64_t m_first = 0;
    std::size_t m_of = 0; ///< case of the study whose requests are shown one by one
    QComboBox* m_cases;
    QToolButton *m_run, *m_stop, *m_settings, *m_compare;
    QProgressBar* m_progress;
    QLabel* m_words;
    StudyForm* m_form;
    PolicyMenu* m_policies;
    PlaybackBar* m_playback;
    ChartPage* m_page;
};

} // namespace headroom::ui
