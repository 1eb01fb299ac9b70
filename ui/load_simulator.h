// The open plan simulated at several loads, beside the window: starts when the plan has been still, stops when it changes.
#pragma once

#include <QObject>
#include <QTimer>

#include <memory>
#include <stop_token>

class QThreadPool;

namespace headroom {
struct LoadStudy;
struct Plan;
} // namespace headroom

namespace headroom::ui {

/// Owned by Document; lives on the UI thread. Runs only while somebody looks, on one thread that gets what the others
/// leave. A plan that differs in its arrival rate only keeps what there is.
class LoadSimulator final : public QObject {
    Q_OBJECT

public:
    static constexpr int kRestMs = 400; ///< from the last change of the plan to the start

    explicit LoadSimulator(QObject* parent = nullptr);
    /// Cancels and waits, at most 50 ms.
    ~LoadSimulator() override;

    /// The plan from now on; null = it has errors, nothing runs.
    void setPlan(std::shared_ptr<const Plan>);
    /// Whether a view that shows the points is visible.
    void setWanted(bool wanted);

    bool isRunning() const { return m_running; }
    /// The latest results, perhaps of an older plan; null = none yet.
    const std::shared_ptr<const LoadStudy>& study() const { return m_study; }
    /// Blocks until the present plan's points are there: for pictures and tests. False after `milliseconds` without.
    bool finish(int milliseconds);

signals:
    /// There are newer results.
    void studied();

private:
    bool isDone() const;
    void restart();
    void start();
    void receive(quint64 generation, const std::shared_ptr<const LoadStudy>&);

    std::shared_ptr<const Plan> m_plan;
    std::shared_ptr<const LoadStudy> m_study;
    bool m_wanted = false, m_running = false;
    quint64 m_generation = 0; ///< answers with another number are late
    QTimer m_restTimer;
    std::stop_source m_stop;
    std::unique_ptr<QThreadPool> m_pool; ///< last: what runs ends before the rest goes
};

} // namespace headroom::ui
