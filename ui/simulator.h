// Simulations of the open plan in the background: started after every change, refined, stopped, dropped when late.
#pragma once

#include "core/study_worker.h"

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <filesystem>
#include <memory>
#include <optional>

namespace headroom::ui {

/// Owned by Document; lives on the UI thread. A plan change cancels what runs at once and starts again when the plan
/// has rested, so that a drag stays smooth.
class Simulator final : public QObject {
    Q_OBJECT

public:
    static constexpr int kRestMs = 150; ///< from the last change of the plan to the start

    explicit Simulator(QObject* parent = nullptr);
    ~Simulator() override;

    const StudySettings& settings() const { return m_settings; }
    /// Starts again with these, if somebody looks.
    void setSettings(const StudySettings&);
    /// The plan to simulate from now on; null = it has errors, nothing runs.
    /// \param folder of its file
    void setPlan(std::shared_ptr<const Plan> plan, const std::filesystem::path& folder);
    /// Whether a view that shows simulations is visible: without one nothing starts by itself.
    void setWanted(bool wanted);

    /// Starts now, whoever looks.
    void run();
    /// Ends what runs and keeps what it has found. Nothing starts by itself until the plan or the settings change.
    void stop();

    bool isRunning() const { return m_running; }
    /// Of the present run, 0 to 1: of the requests that are certain to be simulated.
    double fraction() const { return m_fraction; }
    /// Seconds until that is 1; absent while nobody can tell (and while replications are added to narrow the interval).
    std::optional<double> secondsLeft() const;
    /// The latest results; null = none yet. Perhaps of an older plan, perhaps not complete.
    const std::shared_ptr<const Study>& study() const { return m_study; }
    /// Whether those are of the present plan; false without any.
    bool isCurrent() const;

    /// Blocks until the present plan's study is complete, delivering its results: for pictures and tests.
    /// \return false if it is not after `milliseconds`
    bool finish(int milliseconds);

signals:
    /// There are newer results.
    void studied();
    /// Started, got on, or ended.
    void progressed();

private:
    void start();
    void restart();
    void receive(const StudyDelivery&);
    bool isDone() const;

    StudySettings m_settings;
    std::shared_ptr<const Plan> m_plan;
    std::filesystem::path m_folder;
    std::shared_ptr<const Study> m_study;
    bool m_wanted = false, m_running = false, m_stopped = false;
    double m_fraction = 0;
    QElapsedTimer m_clock;
    QTimer m_restTimer;
    std::uint64_t m_generation = 0;
    StudyWorker m_worker; ///< last: it ends before what its answers would touch
};

} // namespace headroom::ui
