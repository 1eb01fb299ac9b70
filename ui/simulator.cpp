#include "ui/simulator.h"

#include <QCoreApplication>
#include <QDeadlineTimer>
#include <QThread>

#include <algorithm>

namespace headroom::ui {

Simulator::Simulator(QObject* parent)
    : QObject(parent), m_worker([this](const StudyDelivery& delivery) {
          QMetaObject::invokeMethod(
              this, [this, delivery] { receive(delivery); }, Qt::QueuedConnection);
      })
{
    m_settings.policies = fixedStudy().policies;
    m_settings.threads = std::max(1, QThread::idealThreadCount() - 1); // one is left to the window
    m_restTimer.setSingleShot(true);
    m_restTimer.setInterval(kRestMs);
    connect(&m_restTimer, &QTimer::timeout, this, &Simulator::start);
}

Simulator::~Simulator() = default;

void Simulator::setSettings(const StudySettings& settings)
{
    if (settings == m_settings)
        return;
    m_settings = settings;
    restart();
}

void Simulator::setPlan(std::shared_ptr<const Plan> plan, const std::filesystem::path& folder)
{
    if (plan == m_plan && folder == m_folder)
        return; // the same plan with finer curves
    const bool alike = m_plan != nullptr && plan != nullptr && folder == m_folder && runAlike(*m_plan, *plan);
    m_plan = std::move(plan);
    m_folder = folder;
    if (!alike) // another price: what there is and what runs stays true
        restart();
}

void Simulator::setWanted(bool wanted)
{
    m_wanted = wanted;
    if (m_wanted && !m_running && !m_stopped && !m_restTimer.isActive() && !isDone())
        m_restTimer.start();
}

/// What runs is of an older plan: its answers are late from now on.
void Simulator::restart()
{
    m_stopped = false;
    m_restTimer.stop();
    m_worker.cancel();
    m_generation = m_worker.generation();
    const bool ran = m_running;
    m_running = false;
    if (m_plan != nullptr && m_wanted)
        m_restTimer.start();
    if (ran)
        emit progressed();
}

void Simulator::run()
{
    m_stopped = false;
    m_restTimer.stop();
    start();
}

void Simulator::start()
{
    if (m_plan == nullptr)
        return;
    m_fraction = 0;
    m_clock.start();
    m_running = true;
    m_generation = m_worker.start({m_plan, m_settings, m_folder});
    emit progressed();
}

void Simulator::stop()
{
    m_stopped = true;
    m_restTimer.stop();
    if (!m_running)
        return;
    m_worker.cancel();
    m_generation = m_worker.generation();
    m_running = false;
    emit progressed();
}

std::optional<double> Simulator::secondsLeft() const
{
    constexpr double kTooEarly = 0.02;
    if (!m_running || m_fraction < kTooEarly || m_fraction >= 1)
        return std::nullopt;
    return static_cast<double>(m_clock.elapsed()) * 1e-3 * (1 - m_fraction) / m_fraction;
}

bool Simulator::isCurrent() const
{
    return m_study != nullptr && m_plan != nullptr && runAlike(*m_study->plan, *m_plan);
}

bool Simulator::isDone() const { return isCurrent() && m_study->complete && m_study->settings == m_settings; }

void Simulator::receive(const StudyDelivery& delivery)
{
    if (delivery.generation != m_generation)
        return; // late: the plan has changed since this was posted
    m_fraction = std::max(m_fraction, delivery.report.fraction);
    if (delivery.ended)
        m_running = false;
    if (delivery.report.study != nullptr && delivery.report.study != m_study) {
        m_study = delivery.report.study;
        emit studied();
    }
    emit progressed();
}

bool Simulator::finish(int milliseconds)
{
    const QDeadlineTimer deadline(milliseconds);
    if (m_plan == nullptr)
        return false;
    if (!isDone() && !m_running)
        run();
    while (!isDone() && !deadline.hasExpired()) {
        QCoreApplication::sendPostedEvents(this, QEvent::MetaCall);
        QThread::msleep(1);
    }
    return isDone();
}

} // namespace headroom::ui
