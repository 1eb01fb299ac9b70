// Which replicas of a run take requests. A controller that wakes at intervals sees them and may ask for more or fewer.
#pragma once

#include "core/sim/policy/scaling.h"
#include "core/sim/replica.h"
#include "core/sim/result.h"
#include "core/sim/scenario.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace headroom::sim {

class Fleet {
public:
    /// A replica that has been asked for and takes requests from `time` on, s.
    struct Start {
        std::size_t replica;
        double time;
        std::uint64_t order; ///< for started()
    };

    /// \param fixedPart the first so many replicas stay (prefill pool), and at least one more
    Fleet(const Scenario&, std::size_t fixedPart);

    /// All replicas that there can be. Requests go to the first ready() of them.
    std::size_t size() const { return m_phases.size(); }
    std::size_t ready() const { return m_ready; }
    /// When the controller wakes next, s; infinity without one.
    double nextWake() const { return m_nextWake; }
    /// It wakes: what it asks for begins at once. \return replicas that start later
    std::vector<Start> wake(double now, std::span<const Replica>, const Counters&);
    /// A cold start is over. It means nothing if the replica has been removed meanwhile.
    void started(std::size_t replica, std::uint64_t order, double now);
    /// A step of a replica has ended: one that was removed is given up when it has nothing left.
    void stepEnded(std::size_t replica, const Replica& r, double now)
    {
        if (replica >= m_wanted && m_phases[replica] == ReplicaStatus::Phase::draining && r.load() == 0)
            giveUp(replica, now);
    }
    /// Replicas paid for, mean over [0, end].
    double mean(double end) const;
    /// Changes so far; empty without a controller.
    std::vector<FleetSize> takeLog() { return std::move(m_log); }

private:
    void change(double now, std::size_t wanted, std::span<const Replica>, std::vector<Start>& starts);
    void giveUp(std::size_t replica, double now);
    void note(double now);

    Controller m_controller;
    std::size_t m_least = 1;
    std::size_t m_wanted = 1, m_ready = 1; ///< those wanted come first, and of these those ready
    std::vector<ReplicaStatus::Phase> m_phases;
    std::vector<std::uint64_t> m_orders; ///< of the last start of each
    std::uint64_t m_starts = 0;
    double m_nextWake = std::numeric_limits<double>::infinity();
    ScalingState m_state;
    double m_lastWake = 0;
    std::uint64_t m_offered = 0, m_completed = 0; ///< at the last wake
    std::vector<double> m_busy;                   ///< seconds of each, at the last wake
    double m_area = 0, m_lastChange = 0;          ///< replica-seconds paid for up to the last change
    int m_paidFor = 1;
    std::vector<FleetSize> m_log;
};

} // namespace headroom::sim
