// The only place that records: counts, times of requests, gaps between tokens, areas for Little's law, time series.
#pragma once

#include "core/sim/idle_time.h"
#include "core/sim/measurements.h"
#include "core/sim/result.h"
#include "core/sim/scenario.h"
#include "core/sim/sequence.h"
#include "core/sim/time_series.h"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <vector>

namespace headroom::sim {

class Recorder {
public:
    /// \param warmup requests with a smaller number are left out of the statistics
    Recorder(const Scenario&, std::uint64_t warmup);

    /// A request has reached the engine and waits.
    void enter(const Sequence& s, double now)
    {
        advance(now);
        m_lastOffered = s.reached;
        ++m_inQueue;
        if (!m_gapsOn && s.request >= m_warmup) {
            m_gapsOn = true;
            m_measuredFrom = m_warmup > 0 ? s.reached : 0;
        }
    }
    /// It has its first step. Preemption later does not bring it back to the queue station.
    void schedule(Sequence& s, double now)
    {
        advance(now);
        --m_inQueue;
        ++m_inPrefill;
        s.firstScheduled = now;
        s.scheduled = true;
        m_queueTime += now - s.reached;
    }
    void firstToken(Sequence& s, double now)
    {
        advance(now);
        --m_inPrefill;
        ++m_inDecode;
        s.firstToken = now;
        m_prefillTime += now - s.firstScheduled;
    }
    /// All tokens are out and its client is still there.
    void complete(const Sequence&, double now);
    /// It leaves without an answer: the client has gone, or the run ends.
    void leave(const Sequence&, double now, Status);
    /// Turned away before it waited.
    void reject(const Sequence&, double now, Rejection);

    /// `count` sequences had `steps` gaps each: first, first + increment, ... seconds.
    void gaps(double first, double increment, std::int64_t steps, std::int64_t count)
    {
        if (m_gapsOn && count > 0 && steps > 0)
            m_measured.gaps.add(first, increment, steps, count);
    }
    /// A leap of one replica has ended. \param kvShare mean share of its blocks in use
    void leap(double from, double to, std::int64_t steps, std::int64_t running, double kvShare, std::int64_t tokens)
    {
        m_counters.steps += static_cast<std::uint64_t>(steps);
        ++m_counters.leaps;
        work(from, to, running, kvShare, tokens);
    }
    /// A replica has been at work. \param kvShare as above
    void work(double from, double to, std::int64_t running, double kvShare, std::int64_t tokens)
    {
        m_busy += to - from;
        m_kv += kvShare * (to - from);
        m_series.work(from, to, static_cast<double>(running), kvShare, static_cast<double>(tokens));
    }
    Counters& counters() { return m_counters; }
    Measurements takeMeasured() { return std::move(m_measured); }
    /// Rows in order of request and attempt. \return false if a stop was asked for before they were in order: then none
    bool takeRows(std::vector<RequestRow>&, const std::stop_token&);
    std::int64_t inSystem() const { return m_inQueue + m_inPrefill + m_inDecode; }

    /// Everything but the distributions and the rows. \param end of the run, s \param kvPeak largest share on any replica
    /// \param meanReplicas there were, over the run
    SimResult result(double end, double kvPeak, double meanReplicas);

private:
    void advance(double now)
    {
        const double span = now - m_last;
        if (span <= 0)
            return;
        m_queueArea += static_cast<double>(m_inQueue) * span;
        m_prefillArea += static_cast<double>(m_inPrefill) * span;
        m_decodeArea += static_cast<double>(m_inDecode) * span;
        if (m_inQueue > 0)
            m_series.wait(m_last, now, static_cast<double>(m_inQueue));
        m_last = now;
    }
    void keepRow(const Sequence&, double now, Status, Rejection, std::int32_t produced);
    /// A request is offered once, however often its client tries.
    void countOffered(const Sequence& s) { m_offeredMeasured += s.request >= m_warmup && s.attempt == 0 ? 1 : 0; }
    bool isGood(const Sequence&, double ttft, double e2e) const;
    void mixFingerprint(const Sequence&, double a, double b);

    const Scenario& m_scenario;
    FixedSeconds m_fixed;
    double m_before, m_after; ///< sums of m_fixed on both sides of the engine, s
    IdleTime m_idle;
    std::uint64_t m_warmup;
    struct ClassTargets {
        double ttft, tpot, e2e; ///< s; infinity = none
    };
    std::vector<ClassTargets> m_targets;
    Counters m_counters;
    Measurements m_measured;
    SeriesRecorder m_series;
    std::vector<RequestRow> m_rows;
    std::uint64_t m_fingerprint = 0;
    bool m_gapsOn = false;
    std::int64_t m_inQueue = 0, m_inPrefill = 0, m_inDecode = 0;
    double m_measuredFrom = 0; ///< time at which the first request after the warm-up came, s
    double m_lastOffered = 0;  ///< time at which the last attempt came, s
    double m_last = 0, m_queueArea = 0, m_prefillArea = 0, m_decodeArea = 0;
    double m_queueTime = 0, m_prefillTime = 0, m_decodeTime = 0;
    double m_busy = 0, m_kv = 0, m_headOfLine = 0;
    std::uint64_t m_goodMeasured = 0, m_offeredMeasured = 0; ///< requests after the warm-up
};

/// The latencies of a scenario that do not depend on load.
FixedSeconds fixedSeconds(const FixedLatency&);

} // namespace headroom::sim
