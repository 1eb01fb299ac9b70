// What a report shows and the window works out aside, worked out on another thread: every GPU sized, the plan simulated.
#pragma once

#include <QFutureWatcher>
#include <QObject>
#include <QString>

#include <filesystem>
#include <memory>
#include <stop_token>

namespace headroom {
struct Snapshot;
}

namespace headroom::ui {

/// Completes one snapshot. Ends early, within some 50 ms, when it is destroyed.
class ReportPreparation final : public QObject {
    Q_OBJECT

public:
    /// Starts at once; a snapshot that has everything is complete already. \param folder of the plan file
    ReportPreparation(
        std::shared_ptr<const Snapshot> snapshot, std::filesystem::path folder, QObject* parent = nullptr);
    ~ReportPreparation() override;

    bool isComplete() const { return m_complete; }
    /// As it was given until isComplete(); then with everything a report shows.
    const std::shared_ptr<const Snapshot>& snapshot() const { return m_snapshot; }

signals:
    /// \param fraction of the work that is done, 0 to 1 \param doing what is being done: "Simulating …"
    void progressed(double fraction, const QString& doing);
    void completed();

private:
    using Prepared = std::shared_ptr<const Snapshot>;

    std::shared_ptr<const Snapshot> m_snapshot;
    bool m_complete = false;
    std::stop_source m_stop;
    QFutureWatcher<Prepared> m_watcher;
};

} // namespace headroom::ui
