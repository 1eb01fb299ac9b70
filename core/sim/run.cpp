#include "core/sim/run.h"

#include "core/error.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace headroom::sim {

namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr std::uint64_t kLook = 2048; ///< events between looks at the stop token: well below a millisecond

/// Requests left out of the statistics: one in twenty of those that come, which a horizon may end early. A trace begins
/// as it was recorded, so nothing is removed from it.
std::uint64_t warmupOf(const Scenario& s)
{
    if (s.record.warmupRequests)
        return *s.record.warmupRequests;
    if (s.trace)
        return 0;
    double offered = static_cast<double>(s.limits.requests);
    if (s.limits.horizon < kNever) {
        const bool isLoop = s.workload.process == ArrivalProcess::closedLoop; // its clients' first requests
        offered =
            std::min(offered, isLoop ? 20.0 * s.workload.concurrency : s.workload.arrivalRate.si() * s.limits.horizon);
    }
    return static_cast<std::uint64_t>(offered / 20);
}

/// Replicas of a split fleet that prefill; of another one all.
std::size_t prefillPoolOf(const Scenario& s)
{
    const bool split = s.batching.policy == BatchPolicy::disaggregated;
    return static_cast<std::size_t>(
        split ? std::clamp(s.prefillReplicas, 1, std::max(1, s.replicas - 1)) : std::max(1, s.replicas));
}

} // namespace

Run::Run(const Scenario& scenario, std::uint64_t replication, std::stop_token stop)
    : m_scenario(scenario),
      m_stop(std::move(stop)),
      m_fixed(fixedSeconds(scenario.latency)),
      m_laws(scenario.physics),
      m_recorder(scenario, warmupOf(scenario)),
      m_source(scenario, replication, m_stop),
      m_prefillPool(prefillPoolOf(scenario)),
      m_fleet(scenario, scenario.batching.policy == BatchPolicy::disaggregated ? m_prefillPool : 0),
      m_earliest(m_fleet.size()),
      m_router(routerPolicy(scenario.router)),
      m_routerState{.random = RandomStream(scenario.seed, "routing", replication), .fetch = scenario.prefixFetch},
      m_decodeRouterState{RandomStream(scenario.seed, "decode routing", replication)},
      m_admission(admissionPolicy(scenario.scheduling.admission)),
      m_admissionState{.level = std::max(1.0, scenario.scheduling.bucketBurst)},
      m_maxContext(static_cast<std::int64_t>(scenario.maxContext.in(token))),
      m_timeout(scenario.scheduling.clientTimeout ? scenario.scheduling.clientTimeout->si() : kNever)
{
    const std::size_t replicas = m_fleet.size();
    const bool split = scenario.batching.policy == BatchPolicy::disaggregated;
    HR_ASSERT(!split || m_prefillPool < static_cast<std::size_t>(scenario.replicas)); // makeScenario() sees to it
    if (split && scenario.batching.mixedThreshold)
        m_mixedThreshold = static_cast<std::int64_t>(scenario.batching.mixedThreshold->in(token));
    m_pool.expect(scenario.limits.requests);
    m_slots.ringSize = StepRing::sizeFor(replicas * static_cast<std::size_t>(std::max(1, scenario.stages)));
    m_slots.loads.assign(replicas, 0);
    m_replicas.reserve(replicas); // replicas hold references: they do not move
    for (std::size_t i = 0; i < replicas; ++i)
        m_replicas.emplace_back(
            ReplicaContext{m_scenario, m_pool, m_slots, m_laws, m_recorder, m_outbox, m_source.prefixes()},
            static_cast<int>(i),
            !split              ? Role::both
            : i < m_prefillPool ? Role::prefill
                                : Role::decode);
    m_isToPlan.assign(replicas, 0);
}

void Run::begin()
{
    if (m_scenario.workload.process != ArrivalProcess::closedLoop || m_scenario.trace) {
        fetchNext();
        return;
    }
    m_nextArrival = kNever;
    for (int i = 0; i < m_scenario.workload.concurrency; ++i)
        sendNext(0);
}

SimResult Run::execute(const std::function<void(std::uint64_t)>& onProgress)
{
    begin();
    std::uint64_t events = 0;
    std::string limit;
    bool cancelled = m_source.isStopped();
    while (step()) {
        if (++events % kLook != 0)
            continue;
        if (m_stop.stop_requested()) {
            cancelled = true;
            break;
        }
        if (onProgress)
            onProgress(m_recorder.counters().requests);
        if (events >= m_scenario.limits.events) {
            limit = "events";
            break;
        }
    }
    m_recorder.counters().events = events;
    if (m_now >= m_scenario.limits.horizon)
        limit = "horizon";
    const bool empty = m_recorder.inSystem() == 0;
    if (cancelled) // an overload may have millions waiting: they are counted, nobody looks at each
        m_recorder.counters().unfinished += static_cast<std::uint64_t>(m_recorder.inSystem());
    else
        endUnfinished();
    double peak = 0;
    for (const auto& replica : m_replicas) {
        HR_ASSERT(!empty || replica.blocks().used() == 0); // all memory has come back
        if (replica.blocks().total() > 0)
            peak = std::max(
                peak, static_cast<double>(replica.blocks().peak()) / static_cast<double>(replica.blocks().total()));
    }
    SimResult result = m_recorder.result(m_now, peak, m_fleet.mean(m_now));
    cancelled = cancelled || !m_recorder.takeRows(result.rows, m_stop);
    result.fleet = m_fleet.takeLog();
    result.limit = std::move(limit);
    result.cancelled = cancelled;
    return result;
}

/// One event. Steps end first, then timers in their phases, then arrivals; new steps are formed when all that happens
/// at this time has happened. \return false at the end
bool Run::step()
{
    const double event = nextEventTime();
    const double time = event == kNever ? kNever : std::min(event, m_fleet.nextWake()); // nobody wakes for nothing
    if (!m_toPlan.empty() && time > m_now) {
        planAwaiting();
        return true;
    }
    if (time == kNever)
        return false;
    if (time > m_scenario.limits.horizon) {
        m_now = m_scenario.limits.horizon;
        return false;
    }
    m_now = time;
    if (m_earliest.time() == time)
        finish(m_earliest.index()); // most events
    else
        stepBeside(event);
    return true;
}

/// An event that is not the end of a leap. Apart, so that step() has few registers to save.
[[gnu::noinline]] void Run::stepBeside(double event)
{
    if (event > m_now) {
        wakeController();
    } else if (m_calendar.nextTime() == m_now && (m_calendar.nextPhase() < Phase::arrival || m_nextArrival > m_now)) {
        onTimer(m_calendar.take());
    } else {
        const auto slot = slotFor(m_next);
        fetchNext();
        arrive(slot);
    }
}

void Run::onTimer(const Timer& timer)
{
    switch (timer.kind) {
    case Timer::Kind::wake: {
        const auto replica = static_cast<std::size_t>(timer.slot);
        if (!m_replicas[replica].isRunning())
            markForPlanning(replica);
        break;
    }
    case Timer::Kind::started:
        m_fleet.started(static_cast<std::size_t>(timer.slot), timer.order, m_now);
        break;
    case Timer::Kind::arrival:
        arrive(timer.slot);
        break;
    case Timer::Kind::transferDone:
        transferDone(timer.slot);
        break;
    case Timer::Kind::fetched:
        if (const Sequence& s = m_pool[timer.slot]; s.order == timer.order && s.stage == Stage::fetching)
            fetched(timer.slot);
        break;
    case Timer::Kind::timeout: {
        const Sequence& s = m_pool[timer.slot];
        if (s.order == timer.order && s.stage != Stage::free && s.stage != Stage::withdrawn && !s.abandoned)
            giveUp(timer.slot);
        break;
    }
    }
}

void Run::fetchNext()
{
    m_source.next(m_next);
    m_nextArrival = m_next.arrival + m_fixed.before();
}

std::int32_t Run::slotFor(const Offered& r)
{
    const auto slot = m_pool.take();
    Sequence& s = m_pool[slot];
    auto& counters = m_recorder.counters();
    s.request = counters.requests++;
    counters.adjusted += r.adjusted ? 1 : 0;
    s.reached = r.arrival + m_fixed.before();
    s.prompt = s.target = r.promptTokens;
    s.output = r.outputTokens;
    s.predicted = r.predicted;
    s.requestClass = r.requestClass;
    s.cached = std::min(r.givenCached, r.promptTokens - 1); // at least one token is computed
    s.prefilled = s.cached;
    s.firstHash = r.firstHash;
    s.hashCount = r.hashCount;
    return slot;
}

void Run::arrive(std::int32_t slot)
{
    Sequence& s = m_pool[slot];
    auto& counters = m_recorder.counters();
    ++counters.attempts;
    s.order = m_order++;
    const std::int64_t limit = m_maxContext;
    if (s.prompt >= limit) {
        reject(slot, Rejection::contextLimit);
        return;
    }
    if (s.output > limit - s.prompt) {
        s.output = static_cast<std::int32_t>(limit - s.prompt);
        ++counters.truncated;
    }
    s.predicted = std::min(s.predicted, static_cast<std::int32_t>(limit - s.prompt));
    const auto chosen = chooseReplica(s);
    const PrefixOffer prefix = m_scenario.prefixFetch ? prefixAt(chosen, s) : PrefixOffer{};
    if (const auto why = judge(slot, chosen, prefix); why != Rejection::none) {
        reject(slot, why);
        return;
    }
    counters.cachedTokens += static_cast<std::uint64_t>(s.cached);
    m_recorder.enter(s, m_now);
    if (m_scenario.prefixFetch) {
        send(slot, chosen, prefix);
    } else {
        m_replicas[chosen].enqueue(slot, m_now);
        lookAt(chosen);
    }
    if (m_timeout != kNever)
        m_calendar.schedule(s.reached - m_fixed.before() + m_timeout + m_fixed.networkIn, Phase::timeout,
            {Timer::Kind::timeout, slot, s.order});
}

/// Where a new request goes. In a split fleet that is the prefill pool, unless so many prompt tokens wait there that
/// the pools may mix and a replica of the decode pool has fewer.
std::size_t Run::chooseReplica(const Sequence& s)
{
    const std::span<Replica> all(m_replicas);
    if (!isDisaggregated())
        return m_router.choose(all.first(m_fleet.ready()), s, m_now, m_routerState);
    const auto chosen = m_router.choose(all.first(m_prefillPool), s, m_now, m_routerState);
    if (m_mixedThreshold == std::numeric_limits<std::int64_t>::max())
        return chosen;
    const std::int64_t there = m_replicas[chosen].backlog(m_now);
    if (there + s.target - s.prefilled <= m_mixedThreshold)
        return chosen;
    auto best = m_prefillPool;
    for (auto i = best + 1; i < m_fleet.ready(); ++i) {
        const auto backlog = m_replicas[i].backlog(m_now), least = m_replicas[best].backlog(m_now);
        if (backlog < least || (backlog == least && m_replicas[i].load() < m_replicas[best].load()))
            best = i;
    }
    return m_replicas[best].backlog(m_now) < there ? best : chosen;
}

void Run::wakeController()
{
    for (const auto& start : m_fleet.wake(m_now, m_replicas, m_recorder.counters()))
        m_calendar.schedule(
            start.time, Phase::wake, {Timer::Kind::started, static_cast<std::int32_t>(start.replica), start.order});
}

Rejection Run::judge(std::int32_t slot, std::size_t replica, const PrefixOffer& prefix)
{
    const Sequence& s = m_pool[slot];
    if (!m_replicas[replica].couldHold(s) || (isDisaggregated() && !m_replicas[m_prefillPool].couldHold(s)))
        return Rejection::memory;
    if (m_scenario.scheduling.admission == Admission::none)
        return Rejection::none;
    std::int64_t waiting = 0;
    for (const auto& r : m_replicas)
        waiting += r.waiting();
    const auto& c = m_scenario.classes[static_cast<std::size_t>(s.requestClass)];
    const auto target = c.ttftTarget ? c.ttftTarget : m_scenario.targets.ttftP95;
    return m_admission.judge({.now = m_now,
                                 .waiting = waiting,
                                 .ttftTarget = target ? target->si() : kNever,
                                 .latencyBefore = m_fixed.before(),
                                 .prefix = prefix,
                                 .request = s,
                                 .replica = m_replicas[replica],
                                 .scheduling = m_scenario.scheduling},
        m_admissionState);
}

void Run::reject(std::int32_t slot, Rejection why)
{
    const Sequence& s = m_pool[slot];
    m_recorder.reject(s, m_now, why);
    if (why != Rejection::contextLimit && m_replicas[0].couldHold(s))
        retry(Sequence(s), m_now); // for those that never fit there is no point in it
    else
        sendNext(m_now + m_fixed.after());
    m_pool.release(slot);
}

/// The client has waited long enough.
void Run::giveUp(std::int32_t slot)
{
    Sequence& s = m_pool[slot];
    if (s.stage == Stage::fetching) {
        giveUpFetch(slot);
        return;
    }
    const auto replica = static_cast<std::size_t>(s.replica);
    const bool waiting = s.stage == Stage::waiting;
    if (waiting && isDisaggregated() && replica >= m_prefillPool && s.prefilled == s.target) {
        const auto holder = static_cast<std::size_t>(s.prefillReplica);
        m_replicas[holder].pulled(slot);
        if (!m_replicas[holder].isRunning())
            markForPlanning(holder);
    }
    const Sequence before = s;
    m_replicas[replica].abandon(slot, m_now);
    if (waiting) {
        m_recorder.leave(before, m_now, Status::timedOut);
        retry(before, m_now);
    }
    if (m_replicas[replica].isRunning())
        refresh(replica);
    else
        markForPlanning(replica);
}

/// A client whose attempt came to nothing tries again, if it still may; in a closed loop it goes on to its next request.
void Run::retry(const Sequence& s, double leftAt)
{
    const auto& scheduling = m_scenario.scheduling;
    const double allowed = m_scenario.clients.retryBudget * static_cast<double>(m_recorder.counters().requests);
    if (s.attempt >= scheduling.retries || static_cast<double>(m_retries) + 1 > allowed) {
        sendNext(leftAt + m_fixed.after());
        return;
    }
    ++m_retries;
    const auto slot = m_pool.take();
    Sequence& again = m_pool[slot];
    again.request = s.request;
    again.attempt = static_cast<std::int16_t>(s.attempt + 1);
    again.prompt = again.target = s.prompt;
    again.output = s.output;
    again.predicted = s.predicted;
    again.requestClass = s.requestClass;
    again.cached = again.prefilled = m_scenario.prefixCache ? 0 : s.cached;
    again.firstHash = s.firstHash;
    again.hashCount = s.hashCount;
    const double backoff = scheduling.retryBackoff.si() * std::pow(m_scenario.clients.backoffFactor, s.attempt);
    again.reached = leftAt + std::min(backoff, scheduling.retryBackoffMost.si()) + m_fixed.before();
    m_calendar.schedule(again.reached, Phase::arrival, {Timer::Kind::arrival, slot, 0});
}

/// Closed loop: the client that got its reply sends the next request.
void Run::sendNext(double repliedAt)
{
    if (m_scenario.workload.process != ArrivalProcess::closedLoop || m_scenario.trace)
        return;
    const Offered r = m_source.nextAt(repliedAt);
    if (r.arrival == kNever)
        return;
    const auto slot = slotFor(r);
    m_calendar.schedule(m_pool[slot].reached, Phase::arrival, {Timer::Kind::arrival, slot, 0});
}

void Run::markForPlanning(std::size_t replica)
{
    if (m_isToPlan[replica])
        return;
    m_isToPlan[replica] = 1;
    m_toPlan.push_back(replica);
}

// Once a leap, with what it calls here.
[[gnu::flatten]] void Run::finish(std::size_t replica)
{
    m_replicas[replica].finishLeap();
    drain(replica);
    refresh(replica);
    m_fleet.stepEnded(replica, m_replicas[replica], m_now);
    if (m_toPlan.empty() && nextEventTime() > m_now && m_fleet.nextWake() > m_now)
        formStep(replica); // nearly always: nothing else happens at this time
    else
        markForPlanning(replica);
}

/// Lets an idle replica form its next step and leap.
void Run::formStep(std::size_t replica)
{
    const double wake = m_replicas[replica].plan(m_now);
    drain(replica);
    refresh(replica);
    if (wake != kNever)
        m_calendar.schedule(wake, Phase::wake, {Timer::Kind::wake, static_cast<std::int32_t>(replica), 0});
}

void Run::planAwaiting()
{
    if (m_toPlan.size() > 1)
        std::ranges::sort(m_toPlan);
    for (std::size_t i = 0; i < m_toPlan.size(); ++i) {
        const auto replica = m_toPlan[i];
        m_isToPlan[replica] = 0;
        if (!m_replicas[replica].isRunning())
            formStep(replica);
    }
    m_toPlan.clear();
}

/// Takes what a replica has handed back.
void Run::drain(std::size_t replica)
{
    if (!m_outbox.hasAny)
        return;
    m_outbox.hasAny = false; // nothing below puts anything in
    for (const auto slot : m_outbox.finished)
        finished(slot);
    m_outbox.finished.clear();
    for (const auto slot : m_outbox.prefilled) {
        Sequence& s = m_pool[slot];
        s.prefillReplica = static_cast<std::int32_t>(replica);
        const auto pool = std::span<Replica>(m_replicas).first(m_fleet.ready()).subspan(m_prefillPool);
        const auto chosen =
            m_prefillPool + routerPolicy(Router::joinShortest).choose(pool, s, m_now, m_decodeRouterState);
        m_replicas[chosen].enqueue(slot, m_now);
        if (m_replicas[chosen].isRunning())
            refresh(chosen);
        else
            markForPlanning(chosen);
    }
    m_outbox.prefilled.clear();
    for (const auto& transfer : m_outbox.transfers)
        m_calendar.schedule(transfer.done, Phase::transferDone, {Timer::Kind::transferDone, transfer.slot, 0});
    m_outbox.transfers.clear();
    for (const auto slot : m_outbox.dropped) {
        const Sequence s = m_pool[slot];
        m_recorder.leave(s, m_now, Status::timedOut);
        m_pool.release(slot);
        retry(s, m_now);
    }
    m_outbox.dropped.clear();
    for (const auto slot : m_outbox.withdrawn) { // nobody has taken a slot since, so that its content is still there
        const Sequence s = m_pool[slot];
        m_recorder.leave(s, m_now, Status::timedOut);
        retry(s, m_now);
    }
    m_outbox.withdrawn.clear();
}

void Run::finished(std::int32_t slot)
{
    const Sequence& s = m_pool[slot];
    const double repliedAt = m_now + m_fixed.after();
    if (repliedAt - (s.reached - m_fixed.before()) > m_timeout) { // the answer is on its way to a client that left
        const Sequence copy = s;
        m_recorder.leave(copy, m_now, Status::timedOut);
        m_pool.release(slot);
        retry(copy, m_now);
        return;
    }
    m_recorder.complete(s, m_now);
    m_pool.release(slot);
    sendNext(repliedAt);
}

void Run::transferDone(std::int32_t slot)
{
    const Sequence& s = m_pool[slot];
    const auto holder = static_cast<std::size_t>(s.prefillReplica), decoder = static_cast<std::size_t>(s.replica);
    m_replicas[holder].pulled(slot);
    if (!m_replicas[holder].isRunning())
        markForPlanning(holder);
    m_replicas[decoder].transferred(slot, m_now);
    if (m_replicas[decoder].isRunning())
        refresh(decoder);
    else
        markForPlanning(decoder);
}

/// The run ends early: whoever is still there has not finished.
void Run::endUnfinished()
{
    for (auto& replica : m_replicas)
        replica.endAt(m_now);
    for (std::size_t i = 0; i < m_pool.size(); ++i) {
        const auto slot = static_cast<std::int32_t>(i);
        const Sequence& s = m_pool[slot];
        if (s.stage != Stage::free && s.stage != Stage::withdrawn)
            m_recorder.leave(s, m_now, s.abandoned ? Status::timedOut : Status::unfinished);
    }
}

} // namespace headroom::sim
