// Studies in the background: one thread of low priority, the latest request wins, late answers are dropped.
#pragma once

#include "core/study.h"

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

namespace headroom {

struct StudyRequest {
    std::shared_ptr<const Plan> plan;
    StudySettings settings;
    std::filesystem::path folder; ///< of the plan file: the trace a plan names is relative to it
};

struct StudyDelivery {
    std::uint64_t generation = 0; ///< what start() gave
    StudyReport report;
    bool ended = false; ///< nothing of this generation follows
};

/// Owns its thread, which begins with the first start(). start() and cancel() return at once.
class StudyWorker {
public:
    /// \param deliver called on the worker's thread; must not call this worker. After start(), cancel() or the
    /// destructor have returned it is not called for an older generation.
    explicit StudyWorker(std::function<void(const StudyDelivery&)> deliver);
    /// Cancels and waits, at most 50 ms.
    ~StudyWorker();
    StudyWorker(const StudyWorker&) = delete;
    StudyWorker& operator=(const StudyWorker&) = delete;

    /// Runs this instead of whatever runs or waits. \return its generation, larger than any before
    std::uint64_t start(StudyRequest);
    void cancel();
    /// Of the latest start() or cancel(): a delivery with another number is late.
    std::uint64_t generation() const;

private:
    void work(const std::stop_token& end);
    void run(const StudyRequest&, std::uint64_t generation, const std::stop_token&);
    void deliver(StudyDelivery);

    std::function<void(const StudyDelivery&)> m_deliver;
    mutable std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::optional<StudyRequest> m_next;
    std::uint64_t m_generation = 0;
    std::stop_source m_stop; ///< of the study that runs or waits
    std::filesystem::path m_traceFile;
    std::filesystem::file_time_type m_traceTime;
    std::shared_ptr<const Trace> m_trace; ///< the last one read; the worker's thread only
    std::jthread m_thread;                ///< last: it ends before the rest goes
};

} // namespace headroom
