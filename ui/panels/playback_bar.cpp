#include "ui/panels/playback_bar.h"

#include "ui/panels/value_slider.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace headroom::ui {

namespace {

constexpr int kFrameMs = 33;
constexpr int kSliderSteps = 10'000;
/// Key and wheel steps from the start of a run to its end; Page keys take ten of them at once.
constexpr double kKeySteps = 200;
constexpr std::array kSpeeds{1.0, 10.0, 100.0, 1000.0, std::numeric_limits<double>::infinity()};

QToolButton* wordButton(const QString& words, const QString& tip)
{
    auto* button = new QToolButton;
    button->setText(words);
    button->setToolTip(tip);
    button->setAccessibleName(tip);
    return button;
}

} // namespace

QString clockText(double seconds, double length)
{
    const auto whole = static_cast<qint64>(std::floor(seconds));
    const int tenths = static_cast<int>(std::floor((seconds - static_cast<double>(whole)) * 10));
    const qint64 h = whole / 3600, m = whole / 60 % 60, s = whole % 60;
    constexpr double kHour = 3600;
    if (length >= kHour)
        return QStringLiteral("%1:%2:%3").arg(h).arg(m, 2, 10, QLatin1Char('0')).arg(s, 2, 10, QLatin1Char('0')) +
               QStringLiteral(".%1").arg(tenths);
    return QStringLiteral("%1:%2.%3").arg(whole / 60).arg(s, 2, 10, QLatin1Char('0')).arg(tenths);
}

PlaybackBar::PlaybackBar(QWidget* parent)
    : QWidget(parent),
      m_back(wordButton(tr("◂ Step"), tr("Back to the last change of any request"))),
      m_play(wordButton(tr("Play"), tr("Play the run over its simulated time"))),
      m_forward(wordButton(tr("Step ▸"), tr("On to the next change of any request"))),
      m_slider(new ValueSlider),
      m_speed(new QComboBox),
      m_first(new QSpinBox),
      m_state(new QLabel)
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    auto* row = new QHBoxLayout;
    row->setSpacing(6);
    m_slider->setRange(0, kSliderSteps);
    m_slider->setMinimumWidth(90);
    m_slider->setAccessibleName(tr("Moment of the run"));
    m_slider->setToolTip(tr("Scrub through the simulated time"));
    m_speed->addItems({tr("real time"), tr("10 × real time"), tr("100 ×"), tr("1,000 ×"), tr("as fast as it goes")});
    m_speed->setCurrentIndex(static_cast<int>(kSpeeds.size()) - 1);
    m_speed->setAccessibleName(tr("Speed of playing"));
    m_speed->setToolTip(tr("Simulated time per second of playing"));
    m_first->setPrefix(tr("from request "));
    m_first->setAccessibleName(tr("First request of the Gantt chart"));
    m_first->setToolTip(tr("Which requests the chart of single requests shows"));
    m_first->setGroupSeparatorShown(true);
    m_first->setKeyboardTracking(false);
    for (QWidget* w : std::initializer_list<QWidget*>{m_back, m_play, m_forward})
        row->addWidget(w);
    row->addWidget(m_slider, 1);
    row->addWidget(m_speed);
    row->addWidget(m_first);
    column->addLayout(row);
    m_state->setProperty("muted", true);
    m_state->setWordWrap(true);
    m_state->setTextInteractionFlags(Qt::TextSelectableByMouse);
    column->addWidget(m_state);
    m_timer.setInterval(kFrameMs);
    connect(&m_timer, &QTimer::timeout, this, &PlaybackBar::advance);
    connect(m_play, &QToolButton::clicked, this, [this] { setPlaying(!isPlaying()); });
    connect(m_back, &QToolButton::clicked, this, [this] { emit stepRequested(false); });
    connect(m_forward, &QToolButton::clicked, this, [this] { emit stepRequested(true); });
    connect(m_slider, &QSlider::valueChanged, this,
        [this](int value) { setTime(m_length * static_cast<double>(value) / kSliderSteps); });
    connect(m_slider, &ValueSlider::stepRequested, this,
        [this](int steps) { setTime(std::clamp(m_time + steps * m_length / kKeySteps, 0.0, m_length)); });
    connect(m_first, &QSpinBox::valueChanged, this, &PlaybackBar::firstRequestChosen);
    setRun(0, 0, 0);
}

void PlaybackBar::setRun(double seconds, double interval, int requests)
{
    m_length = seconds;
    m_interval = interval;
    setEnabled(seconds > 0);
    const QSignalBlocker quiet(m_first);
    m_first->setRange(1, std::max(1, requests));
    if (!(seconds > 0))
        setPlaying(false);
    const double wished = m_wished; // a run that is refined begins short: the moment comes back when it is long enough
    setTime(wished);
    m_wished = wished;
}

void PlaybackBar::setTime(double seconds)
{
    m_wished = seconds;
    const double clamped = std::clamp(seconds, 0.0, m_length);
    const QSignalBlocker quiet(m_slider); // its steps are coarser than the moment
    m_slider->setValue(m_length > 0 ? static_cast<int>(std::lround(clamped / m_length * kSliderSteps)) : 0);
    const bool moved = clamped != m_time;
    m_time = clamped;
    if (moved)
        emit timeChanged(m_time);
}

void PlaybackBar::setPlaying(bool playing)
{
    m_play->setText(playing ? tr("Pause") : tr("Play"));
    if (!playing) {
        m_timer.stop();
        return;
    }
    if (m_time >= m_length)
        setTime(0);
    m_frame.start();
    m_timer.start();
}

double PlaybackBar::speed() const { return kSpeeds[static_cast<std::size_t>(std::max(0, m_speed->currentIndex()))]; }

void PlaybackBar::setSpeedIndex(int index) { m_speed->setCurrentIndex(index); }

int PlaybackBar::speedCount() const { return m_speed->count(); }

void PlaybackBar::setState(const QString& words) { m_state->setText(words); }

QString PlaybackBar::state() const { return m_state->text(); }

void PlaybackBar::setFirstRequest(int number)
{
    const QSignalBlocker quiet(m_first);
    m_first->setValue(number);
}

void PlaybackBar::advance()
{
    const double seconds = static_cast<double>(m_frame.restart()) * 1e-3;
    if (m_slider->isSliderDown()) // a hand on the handle says where the run stands
        return;
    setTime(m_time + (std::isinf(speed()) ? m_interval : seconds * speed()));
    if (m_time >= m_length)
        setPlaying(false);
}

} // namespace headroom::ui
