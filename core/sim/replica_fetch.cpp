// Replica: prefixes that come from other replicas (Scenario::prefixFetch).
#include "core/sim/replica.h"

#include "core/error.h"

#include <algorithm>
#include <ranges>

namespace headroom::sim {

/// What it is expected to find counts as done while it waits, or the backlog would hold prompts that nobody computes. How
/// much there really is, admission sees.
void Replica::enqueueExpecting(std::int32_t slot, std::int64_t cached, double now)
{
    Sequence& s = at(slot);
    s.cached = s.prefilled = static_cast<std::int32_t>(std::min<std::int64_t>(cached, s.target - 1));
    enqueue(slot, now);
}

double Replica::fetchSeconds(double now, std::int64_t tokens) const
{
    return std::max(0.0, m_linkFree - now) +
           static_cast<double>(tokens) * m_context.scenario.prefixFetch->secondsPerToken;
}

double Replica::beginFetch(std::int32_t slot, std::int64_t cached, std::int64_t fetched, double now)
{
    HR_ASSERT(m_prefix && fetched > 0);
    Sequence& s = at(slot);
    s.replica = m_index;
    s.stage = Stage::fetching;
    s.cached = s.prefilled = static_cast<std::int32_t>(std::min<std::int64_t>(cached, s.target - 1));
    m_waitingTokens += s.target - s.prefilled;
    ++m_fetching;
    noteLoad();
    m_linkFree = now + fetchSeconds(now, fetched);
    return m_linkFree;
}

void Replica::endFetch(std::int32_t slot, double now)
{
    importBlocks(at(slot), now);
    forgetFetch(slot);
    enqueue(slot, now);
}

void Replica::forgetFetch(std::int32_t slot)
{
    m_waitingTokens -= at(slot).target - at(slot).prefilled;
    --m_fetching;
    noteLoad();
}

/// The beginning of its prompt is in the cache, used last and referred to by nobody, as far as there is memory.
void Replica::importBlocks(const Sequence& s, double now)
{
    const std::int64_t size = m_prefix->hashTokens();
    const auto all = hashesOf(s);
    const auto hashes = all.first(std::min(all.size(), static_cast<std::size_t>((s.cached + size - 1) / size)));
    for (const auto hash : hashes)
        if (!m_prefix->insert(hash))
            m_prefix->hold(hash);
    for (const auto hash : hashes | std::views::reverse) // the far end is forgotten first
        m_prefix->drop(hash);
    m_prefix->shrinkIdle(freeBlocks(now));
}

} // namespace headroom::sim
