#include "ui/panels/sim_panel.h"

#include "core/sim/instant.h"
#include "core/snapshot.h"
#include "ui/format.h"
#include "ui/panels/chart_page.h"
#include "ui/panels/playback_bar.h"
#include "ui/panels/study_form.h"
#include "ui/plots/chart_view.h"
#include "ui/plots/sim_charts.h"
#include "ui/simulator.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QProgressBar>
#include <QToolButton>
#include <QVBoxLayout>
#include <QWidgetAction>

#include <algorithm>
#include <array>
#include <cmath>

namespace headroom::ui {

namespace {

constexpr const char* kTab = "simulator";
constexpr const char* kGantt = "sim_requests";
constexpr std::array kOverTime{"sim_queue", "sim_batch", "sim_kv", "sim_throughput"};
/// Requests shown that came before the moment: some of them still run.
constexpr std::uint64_t kBefore = 12;

QToolButton* menuButton(const QString& words, const QString& tip)
{
    auto* button = new QToolButton;
    button->setText(words);
    button->setToolTip(tip);
    button->setAccessibleName(tip);
    button->setPopupMode(QToolButton::InstantPopup);
    return button;
}

/// As where the model does not fit.
bool turnsEverybodyAway(const sim::SimResult& result)
{
    return result.counters.attempts > 0 && result.counters.rejected == result.counters.attempts;
}

} // namespace

SimPanel::SimPanel(Simulator& simulator, QWidget* parent)
    : QWidget(parent),
      m_simulator(simulator),
      m_cases(new QComboBox),
      m_run(new QToolButton),
      m_stop(new QToolButton),
      m_settings(menuButton({}, tr("Seed, requests, replications, warm-up"))),
      m_compare(menuButton(tr("Compare with"), tr("Other policies on the same arrivals, at most three"))),
      m_progress(new QProgressBar),
      m_words(new QLabel),
      m_form(new StudyForm),
      m_policies(nullptr),
      m_playback(new PlaybackBar),
      m_page(new ChartPage(kTab))
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* bars = new QWidget;
    bars->setProperty("page", true);
    auto* rows = new QVBoxLayout(bars);
    rows->setContentsMargins(14, 12, 14, 0);
    rows->setSpacing(6);
    rows->addWidget(makeRunRow());
    rows->addWidget(m_playback);
    constexpr int kGanttHeight = 440; // a line of text for each request
    m_page->view(kGantt)->setMinimumHeight(kGanttHeight);
    column->addWidget(bars);
    column->addWidget(m_page, 1);
    connect(&m_simulator, &Simulator::progressed, this, &SimPanel::showProgress);
    connect(m_playback, &PlaybackBar::timeChanged, this, [this](double seconds) {
        moveWindowTo(seconds);
        showMoment();
    });
    connect(m_playback, &PlaybackBar::stepRequested, this, &SimPanel::step);
    connect(m_playback, &PlaybackBar::firstRequestChosen, this, [this](int number) {
        m_first = static_cast<std::uint64_t>(number - 1);
        showRequests();
        if (m_snapshot->study != nullptr)
            m_playback->setTime(ganttOrigin(*m_snapshot->study, GanttWindow{m_first, m_of}));
    });
    m_cases->setAccessibleName(tr("Policy whose requests are shown one by one"));
    m_cases->setToolTip(m_cases->accessibleName());
    m_cases->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    connect(m_cases, &QComboBox::activated, this, [this](int index) {
        m_of = static_cast<std::size_t>(index);
        showRequests();
        showMoment();
    });
    showProgress();
}

QWidget* SimPanel::makeRunRow()
{
    auto* bar = new QWidget;
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(6);
    m_run->setText(tr("Run"));
    m_run->setToolTip(tr("Simulate this plan again (F5)"));
    m_stop->setText(tr("Stop"));
    m_stop->setToolTip(tr("Stop the simulation and keep what it has found (Shift+F5)"));
    connect(m_run, &QToolButton::clicked, &m_simulator, &Simulator::run);
    connect(m_stop, &QToolButton::clicked, &m_simulator, &Simulator::stop);
    m_progress->setRange(0, 1000);
    m_progress->setTextVisible(false);
    m_progress->setFixedSize(120, 6);
    m_progress->setAccessibleName(tr("Progress of the simulation"));
    m_words->setProperty("muted", true);
    m_words->setMinimumWidth(40);
    auto* settingsMenu = new QMenu(m_settings);
    auto* form = new QWidgetAction(settingsMenu);
    form->setDefaultWidget(m_form);
    settingsMenu->addAction(form);
    m_settings->setMenu(settingsMenu);
    auto* compareMenu = new QMenu(m_compare);
    m_policies = new PolicyMenu(compareMenu);
    m_compare->setMenu(compareMenu);
    connect(m_form, &StudyForm::changed, this, [this](const StudySettings& settings) {
        m_simulator.setSettings(settings);
        showProgress();
    });
    connect(m_policies, &PolicyMenu::chosen, this, [this](const std::vector<std::string>& policies) {
        StudySettings settings = m_simulator.settings();
        settings.policies = policies;
        m_simulator.setSettings(settings);
        showProgress();
    });
    row->addWidget(m_run);
    row->addWidget(m_stop);
    row->addWidget(m_progress);
    row->addWidget(m_words, 1);
    row->addWidget(m_cases);
    row->addWidget(m_settings);
    row->addWidget(m_compare);
    return bar;
}

QString SimPanel::progressText() const
{
    const auto& study = m_simulator.study();
    if (!m_simulator.isRunning())
        return study != nullptr && study->complete ? QString()
               : study != nullptr                  ? tr("Stopped before it was done.")
                                                   : QString();
    if (const auto left = m_simulator.secondsLeft(); left && *left >= 1)
        return tr("%1 left").arg(quantity(std::ceil(*left), "s", 2));
    if (m_simulator.fraction() >= 1 && study != nullptr && study->own() != nullptr)
        return tr("%1 replications, until the interval is narrow").arg(study->own()->replications);
    return tr("Running");
}

void SimPanel::showProgress()
{
    const bool running = m_simulator.isRunning();
    m_stop->setEnabled(running);
    m_progress->setVisible(running);
    m_progress->setValue(static_cast<int>(1000 * m_simulator.fraction()));
    m_words->setText(progressText());
    m_settings->setText(settingsText(m_simulator.settings()));
    m_form->display(m_simulator.settings());
    m_policies->display(m_simulator.settings());
}

void SimPanel::display(std::shared_ptr<const Snapshot> snapshot)
{
    m_snapshot = std::move(snapshot);
    const bool current = studyIsCurrent(*m_snapshot);
    // While a plan is dragged the results stay those of an older one, and so do their charts.
    if (m_shown != nullptr && m_shown == m_snapshot->study && !current && !m_shownIsCurrent)
        return;
    m_shown = m_snapshot->study;
    m_shownIsCurrent = current;
    m_page->display(m_snapshot);
    const Study* study = m_snapshot->study.get();
    const sim::SimResult* own = study != nullptr ? study->own() : nullptr;
    const bool plays = own != nullptr && !turnsEverybodyAway(*own);
    const double seconds = plays ? static_cast<double>(own->series.waiting.size()) * own->series.interval : 0;
    const int requests = own == nullptr || own->rows.empty() ? 0 : static_cast<int>(own->rows.back().request + 1);
    m_playback->setRun(seconds, own != nullptr ? own->series.interval : 0, requests);
    if (own != nullptr && m_playback->time() <= 0)
        m_first = defaultGantt(*study).first;
    m_first = std::min(m_first, static_cast<std::uint64_t>(std::max(0, requests - 1)));
    showCases();
    showRequests();
    showMoment();
}

/// The policies of the study to choose from, while there is more than one.
void SimPanel::showCases()
{
    QStringList names;
    if (m_shown != nullptr)
        for (const StudyCase& one : m_shown->cases)
            names << QString::fromStdString(one.name);
    m_of = static_cast<qsizetype>(m_of) < names.size() ? m_of : 0;
    QStringList offered;
    for (int i = 0; i < m_cases->count(); ++i)
        offered << m_cases->itemText(i);
    if (offered != names) {
        m_cases->clear();
        m_cases->addItems(names);
    }
    m_cases->setCurrentIndex(static_cast<int>(m_of));
    m_cases->setVisible(names.size() > 1);
}

const StudyCase* SimPanel::chosenCase() const
{
    const Study* study = m_snapshot != nullptr ? m_snapshot->study.get() : nullptr;
    return study != nullptr ? simulatedCase(*study, m_of) : nullptr;
}

void SimPanel::setTheme(const Theme& theme) { m_page->setTheme(theme); }

void SimPanel::showRequests()
{
    m_playback->setFirstRequest(static_cast<int>(m_first) + 1);
    if (m_snapshot != nullptr)
        if (ChartView* view = m_page->view(kGantt))
            view->setChart(simulatedRequests(*m_snapshot, GanttWindow{m_first, m_of}));
}

/// Keeps the moment among the requests shown: turns the page when it has left them.
void SimPanel::moveWindowTo(double seconds)
{
    const StudyCase* chosen = chosenCase();
    if (chosen == nullptr || chosen->result->rows.empty())
        return;
    const auto& rows = chosen->result->rows;
    const auto arrived = std::ranges::upper_bound(rows, seconds, {}, &sim::RequestRow::arrival);
    const std::uint64_t newest = arrived == rows.begin() ? 0 : std::prev(arrived)->request;
    if (newest >= m_first && newest < m_first + GanttWindow::kRequests)
        return;
    m_first = newest > kBefore ? newest - kBefore : 0;
    showRequests();
}

void SimPanel::showMoment()
{
    const Study* study = m_snapshot != nullptr ? m_snapshot->study.get() : nullptr;
    const StudyCase* chosen = chosenCase();
    const double t = m_playback->time();
    const bool shown = chosen != nullptr && t > 0;
    const double unit = timeUnit(m_playback->length()).seconds;
    for (const char* id : kOverTime)
        if (ChartView* view = m_page->view(id))
            view->setCursorAt(shown ? std::optional(t / unit) : std::nullopt);
    if (ChartView* view = m_page->view(kGantt))
        view->setCursorAt(shown ? std::optional(t - ganttOrigin(*study, GanttWindow{m_first, m_of})) : std::nullopt);
    if (chosen != nullptr && turnsEverybodyAway(*chosen->result)) {
        m_playback->setState(tr("Every request was turned away: there is nothing to play."));
        return;
    }
    if (chosen == nullptr) {
        m_playback->setState({});
        return;
    }
    const QString clock = clockText(t, m_playback->length()),
                  end = clockText(m_playback->length(), m_playback->length());
    const auto now = sim::instantAt(*chosen->result, chosen->plan->latency, t);
    if (!now) {
        m_playback->setState(tr("%1 of %2 · single requests were kept up to %3")
                                 .arg(clock, end, clockText(sim::rowsReach(*chosen->result), m_playback->length())));
        return;
    }
    if (!shown) { // the means of the first interval beside the state at its begin would contradict it
        m_playback->setState(tr("0 of %1 · nothing has come yet").arg(end));
        return;
    }
    const auto count = [](std::uint64_t n) { return number(static_cast<double>(n), 9); };
    m_playback->setState(
        tr("%1 of %2 · %3 waiting · %4 in prefill · %5 decoding · %8 done · over %9: KV %6, %7")
            .arg(clock, end, count(now->waiting), count(now->prefilling), count(now->decoding),
                quantity(100 * now->kvFraction, "%", 3), quantity(now->outputTokensPerSecond, "tok/s", 3),
                count(now->completed), quantity(chosen->result->series.interval, "s", 2)));
}

void SimPanel::step(bool forward)
{
    const StudyCase* chosen = chosenCase();
    if (chosen == nullptr)
        return;
    m_playback->setPlaying(false);
    if (const auto at = sim::nearestChange(*chosen->result, chosen->plan->latency, m_playback->time(),
            forward ? sim::Direction::forward : sim::Direction::backward))
        m_playback->setTime(*at);
}

} // namespace headroom::ui
