// One replication: requests come, a router sends them to replicas, clients wait, give up and come back.
#pragma once

#include "core/sim/calendar.h"
#include "core/sim/earliest.h"
#include "core/sim/fleet.h"
#include "core/sim/policy/admission.h"
#include "core/sim/policy/routing.h"
#include "core/sim/recorder.h"
#include "core/sim/replica.h"
#include "core/sim/request_source.h"
#include "core/sim/scenario.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <stop_token>
#include <vector>

namespace headroom::sim {

class Run {
public:
    /// \param replication numbers the random streams \param stop ends it early, from here on: the result is cancelled
    Run(const Scenario&, std::uint64_t replication, std::stop_token stop);

    /// Runs to the end. \param onProgress offered requests so far, every few thousand events; may be empty
    SimResult execute(const std::function<void(std::uint64_t)>& onProgress);
    Measurements takeMeasured() { return m_recorder.takeMeasured(); }

private:
    struct Timer {
        enum class Kind : std::uint8_t { transferDone, fetched, timeout, wake, started, arrival } kind = Kind::wake;
        std::int32_t slot = kNoSlot; ///< or the number of a replica
        std::uint64_t order = 0;     ///< of the attempt: a slot may have been given to somebody else since
    };

    void begin();
    bool step();
    void stepBeside(double event);
    void onTimer(const Timer&);
    void fetchNext();
    std::int32_t slotFor(const Offered&);
    std::size_t chooseReplica(const Sequence&);
    void wakeController();
    void arrive(std::int32_t slot);
    Rejection judge(std::int32_t slot, std::size_t replica, const PrefixOffer&);
    PrefixOffer prefixAt(std::size_t replica, const Sequence&);
    void send(std::int32_t slot, std::size_t replica, const PrefixOffer&);
    void fetched(std::int32_t slot);
    void giveUpFetch(std::int32_t slot);
    void lookAt(std::size_t replica);
    void reject(std::int32_t slot, Rejection);
    void giveUp(std::int32_t slot);
    void retry(const Sequence&, double leftAt);
    void sendNext(double repliedAt);
    void finish(std::size_t replica);
    void formStep(std::size_t replica);
    void planAwaiting();
    void drain(std::size_t replica);
    void finished(std::int32_t slot);
    void transferDone(std::int32_t slot);
    void markForPlanning(std::size_t replica);
    void refresh(std::size_t replica) { m_earliest.set(replica, m_replicas[replica].leapEnd()); }
    void endUnfinished();
    /// Of everything but the controller's wakes, s.
    double nextEventTime() const
    {
        const double internal = m_earliest.time() < m_nextArrival ? m_earliest.time() : m_nextArrival;
        return m_calendar.nextTime() < internal ? m_calendar.nextTime() : internal;
    }
    bool isDisaggregated() const { return m_scenario.batching.policy == BatchPolicy::disaggregated; }

    const Scenario& m_scenario;
    std::stop_token m_stop;
    FixedSeconds m_fixed;
    StepLaws m_laws;
    SequencePool m_pool;
    SlotTables m_slots;
    Recorder m_recorder;
    RequestSource m_source;
    Outbox m_outbox;
    std::vector<Replica> m_replicas; ///< disaggregated: those that prefill first
    std::size_t m_prefillPool = 0;   ///< disaggregated: replicas that prefill; else all
    Fleet m_fleet;
    Earliest m_earliest;
    std::vector<std::size_t> m_toPlan;
    std::vector<char> m_isToPlan;
    Calendar<Timer> m_calendar;
    const RouterRow& m_router;
    RouterState m_routerState, m_decodeRouterState;
    const AdmissionRow& m_admission;
    AdmissionState m_admissionState;

    double m_now = 0;
    double m_nextArrival = 0; ///< at the engine, s
    Offered m_next;
    std::uint64_t m_order = 0, m_retries = 0;
    std::int64_t m_mixedThreshold = std::numeric_limits<std::int64_t>::max(); ///< Batching::mixedThreshold, tokens
    std::int64_t m_maxContext;                                                ///< tokens of prompt and answer together
    double m_timeout = 0;                                                     ///< of clients, s; infinity = patient
};

} // namespace headroom::sim
