#include "core/sim/prefix_cache.h"

#include "core/error.h"

namespace headroom::sim {

std::size_t PrefixCache::match(std::span<const std::uint64_t> hashes) const
{
    std::size_t n = 0;
    while (n < hashes.size() && m_index.contains(hashes[n]))
        ++n;
    return n;
}

std::int64_t PrefixCache::idleAmong(std::span<const std::uint64_t> hashes) const
{
    std::int64_t idle = 0;
    for (const auto hash : hashes)
        idle += m_entries[static_cast<std::size_t>(m_index.at(hash))].references == 0 ? 1 : 0;
    return idle;
}

void PrefixCache::unlink(std::int32_t i)
{
    Entry& e = at(i);
    (e.older < 0 ? m_oldest : at(e.older).newer) = e.newer;
    (e.newer < 0 ? m_newest : at(e.newer).older) = e.older;
    e.older = e.newer = -1;
    --m_idle;
}

bool PrefixCache::hold(std::uint64_t hash)
{
    const auto i = m_index.at(hash);
    if (at(i).references++ > 0)
        return false;
    unlink(i);
    return true;
}

bool PrefixCache::insert(std::uint64_t hash)
{
    const auto next = m_free.empty() ? static_cast<std::int32_t>(m_entries.size()) : m_free.back();
    if (!m_index.try_emplace(hash, next).second)
        return false;
    if (m_free.empty())
        m_entries.emplace_back();
    else
        m_free.pop_back();
    at(next) = {hash, 1, -1, -1};
    return true;
}

bool PrefixCache::drop(std::uint64_t hash)
{
    const auto i = m_index.at(hash);
    Entry& e = at(i);
    HR_ASSERT(e.references > 0);
    if (--e.references > 0)
        return false;
    e.older = m_newest;
    e.newer = -1;
    (m_newest < 0 ? m_oldest : at(m_newest).newer) = i;
    m_newest = i;
    ++m_idle;
    return true;
}

void PrefixCache::shrinkIdle(std::int64_t blocks)
{
    while (m_idle > 0 && idleBlocks() > blocks) {
        const auto i = m_oldest;
        unlink(i);
        m_index.erase(at(i).hash);
        m_free.push_back(i);
    }
}

} // namespace headroom::sim
