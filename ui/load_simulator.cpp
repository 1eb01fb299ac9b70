#include "ui/load_simulator.h"

#include "core/load_study.h"
#include "core/low_priority.h"

#include <QCoreApplication>
#include <QDeadlineTimer>
#include <QThread>
#include <QThreadPool>

namespace headroom::ui {

LoadSimulator::LoadSimulator(QObject* parent) : QObject(parent), m_pool(std::make_unique<QThreadPool>())
{
    m_pool->setMaxThreadCount(1);
    m_restTimer.setSingleShot(true);
    m_restTimer.setInterval(kRestMs);
    connect(&m_restTimer, &QTimer::timeout, this, &LoadSimulator::start);
}

LoadSimulator::~LoadSimulator()
{
    m_stop.request_stop();
    m_pool->waitForDone();
}

bool LoadSimulator::isDone() const
{
    return m_study != nullptr && m_study->complete && m_plan != nullptr && isLoadStudyOf(*m_study, *m_plan);
}

void LoadSimulator::setPlan(std::shared_ptr<const Plan> plan)
{
    if (plan == m_plan)
        return; // the same plan with finer curves
    m_plan = std::move(plan);
    restart();
}

void LoadSimulator::setWanted(bool wanted)
{
    if (wanted == m_wanted)
        return;
    m_wanted = wanted;
    restart();
}

/// What runs is of an older plan, or nobody looks: its answers are late from now on.
void LoadSimulator::restart()
{
    m_stop.request_stop();
    ++m_generation;
    m_running = false;
    m_restTimer.stop();
    if (m_wanted && m_plan != nullptr)
        m_restTimer.start(); // whether there is anything to do is asked when the plan rests
}

void LoadSimulator::start()
{
    if (m_plan == nullptr || isDone())
        return;
    m_stop = {};
    m_running = true;
    const quint64 generation = ++m_generation;
    m_pool->start([this, generation, plan = m_plan, stop = m_stop.get_token()] {
        lowerPriorityOfThisThread(); // one of this pool
        const auto deliver = [this, generation](const LoadStudy& study) {
            QMetaObject::invokeMethod(
                this,
                [this, generation, shared = std::make_shared<const LoadStudy>(study)] { receive(generation, shared); },
                Qt::QueuedConnection);
        };
        if (const LoadStudy study = simulateLoads(plan, stop, deliver); !stop.stop_requested())
            deliver(study);
    });
}

void LoadSimulator::receive(quint64 generation, const std::shared_ptr<const LoadStudy>& study)
{
    if (generation != m_generation)
        return;
    m_running = !study->complete;
    m_study = study;
    emit studied();
}

bool LoadSimulator::finish(int milliseconds)
{
    const QDeadlineTimer deadline(milliseconds);
    m_restTimer.stop();
    if (!m_running)
        start();
    while (m_running && !deadline.hasExpired()) {
        QCoreApplication::sendPostedEvents(this, QEvent::MetaCall);
        QThread::msleep(1);
    }
    return isDone();
}

} // namespace headroom::ui
