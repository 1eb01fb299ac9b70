#include "core/sim/fleet.h"

#include "core/error.h"

#include <algorithm>

namespace headroom::sim {

namespace {

using Phase = ReplicaStatus::Phase;

} // namespace

Fleet::Fleet(const Scenario& scenario, std::size_t fixedPart) : m_controller(scenario.controller)
{
    const auto replicas = static_cast<std::size_t>(std::max(1, scenario.replicas));
    std::size_t most = replicas;
    m_wanted = m_ready = replicas;
    m_least = fixedPart + 1;
    if (m_controller.policy) {
        HR_ASSERT(m_controller.interval > 0 && m_controller.coldStart >= 0);
        most = std::max(replicas, static_cast<std::size_t>(std::max(1, m_controller.most)));
        m_nextWake = m_controller.interval;
    }
    m_phases.assign(most, Phase::off);
    std::fill_n(m_phases.begin(), replicas, Phase::ready);
    m_orders.assign(most, 0);
    m_busy.assign(most, 0);
    m_paidFor = static_cast<int>(replicas);
    note(0);
}

std::vector<Fleet::Start> Fleet::wake(double now, std::span<const Replica> replicas, const Counters& counters)
{
    const double since = now - m_lastWake;
    std::vector<ReplicaStatus> states(size());
    for (std::size_t i = 0; i < size(); ++i) {
        const Replica& r = replicas[i];
        if (m_phases[i] == Phase::draining && r.load() == 0)
            giveUp(i, now); // its last clients left while it stood still
        const double busy = r.busySeconds(now),
                     total = static_cast<double>(std::max<std::int64_t>(1, r.blocks().total()));
        states[i] = {.phase = m_phases[i],
            .waiting = r.waiting(),
            .running = r.running(),
            .backlog = r.backlog(now),
            .kvFraction = 1 - static_cast<double>(r.freeBlocks(now)) / total,
            .busyFraction = since > 0 ? (busy - m_busy[i]) / since : 0};
        m_busy[i] = busy;
    }
    const FleetView view{.now = now,
        .sinceLast = since,
        .wanted = static_cast<int>(m_wanted),
        .ready = static_cast<int>(m_ready),
        .offered = counters.requests - m_offered,
        .completed = counters.completed - m_completed,
        .replicas = states};
    const int asked = m_controller.policy->wanted(view, m_state);
    m_lastWake = now;
    m_offered = counters.requests;
    m_completed = counters.completed;
    m_nextWake = now + m_controller.interval;
    const auto least = std::max(m_least, static_cast<std::size_t>(std::max(1, m_controller.least)));
    std::vector<Start> starts;
    change(now, std::clamp(static_cast<std::size_t>(std::max(0, asked)), std::min(least, size()), size()), replicas,
        starts);
    return starts;
}

/// The last to come are the first to go, so that those that take requests are always the first of all.
void Fleet::change(double now, std::size_t wanted, std::span<const Replica> replicas, std::vector<Start>& starts)
{
    if (wanted == m_wanted)
        return;
    const std::size_t before = m_wanted;
    m_wanted = wanted;
    for (std::size_t i = wanted; i < before; ++i) {
        m_phases[i] = replicas[i].load() > 0 || replicas[i].isRunning() ? Phase::draining : Phase::off;
        m_orders[i] = 0; // a start that is under way comes to nothing
    }
    for (std::size_t i = before; i < wanted; ++i) {
        if (m_phases[i] == Phase::draining || m_controller.coldStart <= 0) {
            m_phases[i] = Phase::ready; // it still has the model in memory
            continue;
        }
        m_phases[i] = Phase::starting;
        m_orders[i] = ++m_starts;
        starts.push_back({i, now + m_controller.coldStart, m_orders[i]});
    }
    note(now);
}

void Fleet::started(std::size_t replica, std::uint64_t order, double now)
{
    if (m_orders[replica] != order)
        return;
    m_phases[replica] = Phase::ready;
    note(now);
}

void Fleet::giveUp(std::size_t replica, double now)
{
    m_phases[replica] = Phase::off;
    note(now);
}

/// Counts anew after a change.
void Fleet::note(double now)
{
    m_area += m_paidFor * (now - m_lastChange);
    m_lastChange = now;
    m_paidFor = static_cast<int>(size() - static_cast<std::size_t>(std::ranges::count(m_phases, Phase::off)));
    m_ready = static_cast<std::size_t>(
        std::ranges::find_if(m_phases, [](Phase p) { return p != Phase::ready; }) - m_phases.begin());
    HR_ASSERT(m_ready > 0);
    if (m_controller.policy)
        m_log.push_back({now, static_cast<int>(m_wanted), static_cast<int>(m_ready), m_paidFor});
}

double Fleet::mean(double end) const { return end > 0 ? (m_area + m_paidFor * (end - m_lastChange)) / end : m_paidFor; }

} // namespace headroom::sim
