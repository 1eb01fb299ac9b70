#include "core/study_worker.h"

#include "core/low_priority.h"

namespace headroom {

StudyWorker::StudyWorker(std::function<void(const StudyDelivery&)> deliver) : m_deliver(std::move(deliver)) {}

StudyWorker::~StudyWorker()
{
    cancel();
    m_thread.request_stop();
}

std::uint64_t StudyWorker::start(StudyRequest wanted)
{
    const std::lock_guard lock(m_mutex);
    m_stop.request_stop();
    m_stop = {};
    m_next = std::move(wanted);
    ++m_generation;
    if (!m_thread.joinable())
        m_thread = std::jthread([this](const std::stop_token& end) { work(end); });
    m_wake.notify_one();
    return m_generation;
}

void StudyWorker::cancel()
{
    const std::lock_guard lock(m_mutex);
    m_stop.request_stop();
    m_next.reset();
    ++m_generation;
}

std::uint64_t StudyWorker::generation() const
{
    const std::lock_guard lock(m_mutex);
    return m_generation;
}

void StudyWorker::work(const std::stop_token& end)
{
    lowerPriorityOfThisThread();
    while (!end.stop_requested()) {
        std::unique_lock lock(m_mutex);
        if (!m_wake.wait(lock, end, [this] { return m_next.has_value(); }))
            return;
        const StudyRequest wanted = std::move(*m_next);
        m_next.reset();
        const std::uint64_t generation = m_generation;
        const std::stop_token stop = m_stop.get_token();
        lock.unlock();
        run(wanted, generation, stop);
    }
}

void StudyWorker::run(const StudyRequest& wanted, std::uint64_t generation, const std::stop_token& stop)
{
    const Workload& workload = wanted.plan->workload;
    const auto file = workload.process == ArrivalProcess::trace && !workload.traceFile.empty()
                          ? wanted.folder / workload.traceFile
                          : std::filesystem::path();
    std::error_code missing;
    const auto time =
        file.empty() ? std::filesystem::file_time_type() : std::filesystem::last_write_time(file, missing);
    if (file != m_traceFile || time != m_traceTime) {
        auto read = traceOf(*wanted.plan, wanted.folder);
        if (!read) {
            deliver({generation, {1, refusedStudy(wanted.plan, wanted.settings, read.error())}, true});
            return;
        }
        m_trace = std::move(*read);
        m_traceFile = file;
        m_traceTime = time;
    }
    const auto study = runStudy(wanted.plan, wanted.settings, m_trace, stop, [&](const StudyReport& report) {
        deliver({generation, report, false});
    });
    deliver({generation, {1, study}, true});
}

void StudyWorker::deliver(StudyDelivery delivery)
{
    const std::lock_guard lock(m_mutex);
    if (delivery.generation == m_generation)
        m_deliver(delivery);
}

} // namespace headroom
