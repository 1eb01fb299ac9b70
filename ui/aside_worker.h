// Something about the plan that takes too long for a slider move: worked out on another thread whenever the plan rests.
#pragma once

#include "core/low_priority.h"
#include "core/plan/plan.h"
#include "core/snapshot.h"

#include <QFutureWatcher>
#include <QObject>
#include <QThreadPool>
#include <QtConcurrent>

#include <functional>
#include <memory>
#include <stop_token>
#include <utility>

namespace headroom::ui {

/// Keeps the latest answer to one question about the plan. Lives on the UI thread and never blocks it; late answers are
/// told by their plan and dropped.
template <class T>
class AsideWorker {
public:
    /// \param answer called on another thread; may return anything once its stop token says so
    /// \param ready called on the UI thread when there is an answer to the plan that was asked about last
    AsideWorker(std::function<T(const Plan&, const std::stop_token&)> answer, std::function<void()> ready)
        : m_answer(std::move(answer)), m_ready(std::move(ready))
    {
        m_pool.setMaxThreadCount(1);
        QObject::connect(&m_watcher, &QFutureWatcherBase::finished, &m_watcher, [this] { take(); });
    }
    ~AsideWorker()
    {
        m_watcher.disconnect();
        stop();
        m_watcher.waitForFinished();
    }
    AsideWorker(const AsideWorker&) = delete;
    AsideWorker& operator=(const AsideWorker&) = delete;

    /// Whether anybody looks at the answer: without that nothing is asked.
    void keep(bool keep)
    {
        m_keeps = keep;
        if (!keep)
            stop();
    }
    /// Asks about a plan that rests, unless its answer is known or nobody looks.
    void ask(std::shared_ptr<const Plan> plan)
    {
        stop();
        m_asked = std::move(plan);
        if (!m_keeps || m_known.plan == m_asked)
            return;
        m_stop = std::stop_source();
        m_running = true;
        m_watcher.setFuture(
            QtConcurrent::run(&m_pool, [answer = m_answer, about = m_asked, token = m_stop.get_token()] {
                lowerPriorityOfThisThread(); // one of this pool: the next move of a slider goes first
                auto value = std::make_shared<const T>(answer(*about, token));
                return token.stop_requested() ? Known{} : Known{about, std::move(value)};
            }));
    }
    /// Gives up what is under way: its plan is gone, and the processor is wanted elsewhere.
    void stop() { m_stop.request_stop(); }
    /// True from ask() until its answer was taken or dropped.
    bool isRunning() const { return m_running; }
    /// What a snapshot of this plan carries.
    Aside<T> of(const std::shared_ptr<const Plan>& plan) const { return {m_known.value, m_known.plan != plan, true}; }

private:
    struct Known {
        std::shared_ptr<const Plan> plan;
        std::shared_ptr<const T> value;
    };
    void take()
    {
        m_running = false;
        Known known = m_watcher.result();
        const bool isLate = m_stop.stop_requested(); // a hand moves: to show it would be a second refresh in one move
        if (isLate || known.plan == nullptr || known.plan != m_asked)
            return;
        m_known = std::move(known);
        m_ready();
    }

    std::function<T(const Plan&, const std::stop_token&)> m_answer;
    std::function<void()> m_ready;
    bool m_keeps = false, m_running = false;
    std::shared_ptr<const Plan> m_asked; ///< about which plan last
    Known m_known;                       ///< the latest answer that was finished
    QThreadPool m_pool;
    QFutureWatcher<Known> m_watcher;
    std::stop_source m_stop;
};

} // namespace headroom::ui
