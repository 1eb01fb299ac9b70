// Run: requests whose prefix comes from another replica first (Scenario::prefixFetch).
#include "core/sim/run.h"

#include <algorithm>

namespace headroom::sim {

/// What a request would find on a replica, and what it would fetch from those that keep prefixes too.
PrefixOffer Run::prefixAt(std::size_t replica, const Sequence& s)
{
    const std::size_t keepers = isDisaggregated() ? m_prefillPool : m_fleet.ready();
    if (replica >= keepers)
        return {};                                   // a decode pool that takes prompts has no cache
    if (m_scenario.router == Router::prefixFetching) // has just looked at each of them
        return prefixOffer(
            m_routerState.cached[replica], *std::ranges::max_element(m_routerState.cached), *m_scenario.prefixFetch);
    const std::int64_t longest = longestPrefix(std::span<Replica>(m_replicas).first(keepers), s, m_now);
    return prefixOffer(m_replicas[replica].cachedTokens(s, m_now), longest, *m_scenario.prefixFetch);
}

/// To the queue of a replica, or to wait for its prefix before.
void Run::send(std::int32_t slot, std::size_t replica, const PrefixOffer& prefix)
{
    Replica& r = m_replicas[replica];
    if (prefix.fetched == 0) {
        r.enqueueExpecting(slot, prefix.tokens(), m_now);
        lookAt(replica);
        return;
    }
    auto& counters = m_recorder.counters();
    ++counters.fetches;
    counters.fetchedTokens += static_cast<std::uint64_t>(prefix.fetched);
    const double done = r.beginFetch(slot, prefix.tokens(), prefix.fetched, m_now);
    m_calendar.schedule(done, Phase::transferDone, {Timer::Kind::fetched, slot, m_pool[slot].order});
}

void Run::fetched(std::int32_t slot)
{
    const auto replica = static_cast<std::size_t>(m_pool[slot].replica);
    m_replicas[replica].endFetch(slot, m_now);
    lookAt(replica);
}

/// What is on its way comes all the same, but nobody waits for it.
void Run::giveUpFetch(std::int32_t slot)
{
    const Sequence s = m_pool[slot];
    m_replicas[static_cast<std::size_t>(s.replica)].forgetFetch(slot);
    m_recorder.leave(s, m_now, Status::timedOut);
    m_pool.release(slot);
    retry(s, m_now);
}

/// After something has begun to wait at a replica: its leap may end earlier now, or it forms a step.
void Run::lookAt(std::size_t replica)
{
    if (m_replicas[replica].isRunning())
        refresh(replica);
    else
        markForPlanning(replica);
}

} // namespace headroom::sim
