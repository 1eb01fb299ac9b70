#include "ui/report_preparation.h"

#include "core/sizing.h"
#include "core/snapshot.h"

#include <QtConcurrent>

#include <algorithm>
#include <thread>

namespace headroom::ui {

namespace {

constexpr int kWhole = 1000;  ///< steps of the progress
constexpr int kSized = 300;   ///< of them: every GPU is sized
constexpr int kLeaveToUs = 1; ///< processors that are not simulating: the window goes on

bool isSized(const Snapshot& snapshot) { return snapshot.now.everyGpu.value && !snapshot.now.everyGpu.isOlder; }

bool isSimulated(const Snapshot& snapshot)
{
    return studyIsCurrent(snapshot) && snapshot.study != nullptr && snapshot.study->complete;
}

std::shared_ptr<const Study> simulated(const std::shared_ptr<const Plan>& plan, const std::filesystem::path& folder,
    const std::stop_token& stop, const StudyProgress& progress)
{
    StudySettings settings = fixedStudy();
    settings.threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()) - kLeaveToUs);
    auto trace = traceOf(*plan, folder);
    return trace ? runStudy(plan, settings, std::move(*trace), stop, progress)
                 : refusedStudy(plan, settings, trace.error());
}

} // namespace

ReportPreparation::ReportPreparation(
    std::shared_ptr<const Snapshot> snapshot, std::filesystem::path folder, QObject* parent)
    : QObject(parent), m_snapshot(std::move(snapshot))
{
    if (isSized(*m_snapshot) && isSimulated(*m_snapshot)) {
        m_complete = true;
        return;
    }
    connect(&m_watcher, &QFutureWatcherBase::progressValueChanged, this, [this](int value) {
        emit progressed(static_cast<double>(value) / kWhole,
            value < kSized ? tr("Sizing the plan on every GPU…") : tr("Simulating the plan beside two engines…"));
    });
    connect(&m_watcher, &QFutureWatcherBase::finished, this, [this] {
        m_snapshot = m_watcher.result();
        m_complete = true;
        emit completed();
    });
    m_watcher.setFuture(QtConcurrent::run(
        [given = m_snapshot, in = std::move(folder), stop = m_stop.get_token()](QPromise<Prepared>& promise) {
            promise.setProgressRange(0, kWhole);
            auto all = std::make_shared<Snapshot>(*given);
            if (!isSized(*all))
                all->now.everyGpu = {
                    std::make_shared<const std::vector<GpuSizing>>(sizeOnEveryGpu(*all->now.plan, stop)), false, false};
            all->now.systems = {}; // the chart works them out
            promise.setProgressValue(kSized);
            if (!isSimulated(*all))
                all->study = simulated(all->now.plan, in, stop, [&promise](const StudyReport& report) {
                    promise.setProgressValue(kSized + static_cast<int>(report.fraction * (kWhole - kSized)));
                });
            promise.addResult(Prepared(std::move(all)));
        }));
}

ReportPreparation::~ReportPreparation()
{
    m_watcher.disconnect(this);
    m_stop.request_stop();
    m_watcher.waitForFinished();
}

} // namespace headroom::ui
