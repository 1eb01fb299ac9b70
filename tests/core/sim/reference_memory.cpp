#include "tests/core/sim/reference_simulation.h"

namespace headroom::sim::reference {

std::int64_t Simulation::held(int e, const Request& r) const
{
    const std::int64_t cached = r.heldOn == e ? blocksPerHash() * static_cast<std::int64_t>(r.held.size()) : 0;
    if (r.at == At::waiting && r.holder == e)
        return blocks(r.prompt) - cached; // computed, not pulled yet
    if (r.at == At::pulling && r.holder == e && r.replica != e)
        return blocks(r.prompt) - cached;
    if (r.replica != e)
        return 0;
    switch (r.at) {
    case At::prefilling:
    case At::pulling:
    case At::pulled:
        return (isStatic() ? blocks(reserved(r)) : blocks(r.target)) - cached;
    case At::decoding:
        return blocks(r.context) - cached;
    default:
        return 0;
    }
}

std::int64_t Simulation::freeBlocks(int e) const
{
    std::int64_t free = m_s.kv.blocks;
    for (const auto& r : m_r)
        free -= held(e, r);
    for (const auto& [hash, block] : m_e[static_cast<std::size_t>(e)].cache)
        free -= block.refs > 0 ? blocksPerHash() : 0; // those nobody refers to give way at once
    return free;
}

bool Simulation::hasCache(int e) const
{
    return m_hashTokens > 0 && !usesBuddy() && !isStatic() && !m_e[static_cast<std::size_t>(e)].decodePool;
}

/// Blocks of its prompt that the cache of a replica has, from the first on.
std::int64_t Simulation::found(int e, const Request& r) const
{
    std::int64_t n = 0;
    if (hasCache(e))
        for (const auto hash : r.hashes) {
            if (!m_e[static_cast<std::size_t>(e)].cache.contains(hash))
                break;
            ++n;
        }
    return n;
}

/// Blocks that nobody refers to are overwritten when memory is wanted, the least recently used first.
void Simulation::evict(int e)
{
    auto& cache = m_e[static_cast<std::size_t>(e)].cache;
    for (;;) {
        std::int64_t idle = 0;
        auto oldest = cache.end();
        for (auto block = cache.begin(); block != cache.end(); ++block)
            if (block->second.refs == 0) {
                ++idle;
                if (oldest == cache.end() || block->second.idleSince < oldest->second.idleSince)
                    oldest = block;
            }
        if (idle == 0 || idle * blocksPerHash() <= freeBlocks(e))
            return;
        cache.erase(oldest);
    }
}

/// A request refers to no blocks any more. The end of its prompt becomes idle first.
void Simulation::drop(Request& r)
{
    while (!r.held.empty()) {
        CachedBlock& block = m_e[static_cast<std::size_t>(r.heldOn)].cache.at(r.held.back());
        if (--block.refs == 0)
            block.idleSince = ++m_idleClock;
        r.held.pop_back();
    }
    r.heldOn = -1;
}

/// Its prompt is computed: others can find its blocks, up to one that somebody else computed meanwhile.
void Simulation::share(int e, Request& r)
{
    if (!hasCache(e))
        return;
    r.heldOn = e;
    while (r.held.size() < r.hashes.size() &&
           m_e[static_cast<std::size_t>(e)].cache.try_emplace(r.hashes[r.held.size()], CachedBlock{1, 0}).second)
        r.held.push_back(r.hashes[r.held.size()]);
}

bool Simulation::fits(int e, const Request& r) const
{
    const auto& x = m_e[static_cast<std::size_t>(e)];
    if (usesBuddy())
        return x.buddy[0].has(reserved(r));
    const bool promptsFirst = policy() == BatchPolicy::prefillFirst || x.prefillPool;
    std::int64_t inUse = 0;
    for (std::int64_t k = 0; k < found(e, r); ++k)
        inUse += x.cache.at(r.hashes[static_cast<std::size_t>(k)]).refs > 0 ? blocksPerHash() : 0;
    const std::int64_t left =
        freeBlocks(e) - (blocks(isStatic() ? reserved(r) : r.target) - inUse) - (promptsFirst ? 0 : needed(e));
    return left >= (x.seated.empty() ? 0 : watermark());
}

std::int64_t Simulation::needed(int e) const
{
    if (usesBuddy() || isStatic())
        return 0;
    std::int64_t n = 0;
    for (const int i : m_e[static_cast<std::size_t>(e)].seated)
        n += at(i).at == At::decoding && at(i).context % m_s.kv.blockTokens == 0 ? 1 : 0;
    return n;
}

bool Simulation::goesBefore(int a, int b) const
{
    const auto work = [&](const Request& r) {
        return static_cast<double>(r.target - r.computed) / static_cast<double>(budget()) +
               static_cast<double>(std::max<std::int64_t>(1, r.predicted - r.generated));
    };
    const auto priority = [&](const Request& r) {
        return m_s.classes[static_cast<std::size_t>(r.requestClass)].priority;
    };
    if (m_s.scheduling.order == Order::shortest && work(at(a)) != work(at(b)))
        return work(at(a)) < work(at(b));
    if (m_s.scheduling.order == Order::priority && m_s.scheduling.weighted && at(a).tag != at(b).tag)
        return at(a).tag < at(b).tag;
    if (m_s.scheduling.order == Order::priority && !m_s.scheduling.weighted && priority(at(a)) != priority(at(b)))
        return priority(at(a)) > priority(at(b));
    return at(a).order < at(b).order;
}

/// Begins to wait. Weighted priorities: classes share in proportion to their weights (Golestani 1994).
void Simulation::enqueue(int index, int i, bool hasLostPlace)
{
    Engine& e = m_e[static_cast<std::size_t>(index)];
    Request& r = at(i);
    e.waiting.push_back(i);
    if (hasLostPlace) { // before all that wait, and its class does not pay again
        r.tag = e.served;
        return;
    }
    e.classTags.resize(m_s.classes.size(), 0);
    double& last = e.classTags[static_cast<std::size_t>(r.requestClass)];
    const double weight = m_s.classes[static_cast<std::size_t>(r.requestClass)].weight;
    r.tag = last = std::max(last, e.served) + static_cast<double>(r.prompt + r.output) / weight;
}

/// Preemptive priorities: one that was swapped out does not come back before somebody of higher priority who waits.
bool Simulation::yields(int swappedOut, int waits) const
{
    const auto priority = [&](int i) { return m_s.classes[static_cast<std::size_t>(at(i).requestClass)].priority; };
    return isPreemptive() && priority(swappedOut) < priority(waits);
}

/// Whether the first that waits may displace somebody of lower priority: there is no room for it.
bool Simulation::outranks(int index)
{
    Engine& e = m_e[static_cast<std::size_t>(index)];
    const int first = head(e), lowest = victim(e);
    if (first < 0 || lowest < 0 ||
        (static_cast<int>(e.seated.size()) < m_s.batching.maxSequences && fits(index, at(first))))
        return false;
    return m_s.classes[static_cast<std::size_t>(at(lowest).requestClass)].priority <
           m_s.classes[static_cast<std::size_t>(at(first).requestClass)].priority;
}

int Simulation::head(Engine& e)
{
    return e.waiting.empty() ? -1
                             : *std::ranges::min_element(e.waiting, [&](int a, int b) { return goesBefore(a, b); });
}

int Simulation::victim(Engine& e) const
{
    int chosen = -1;
    for (const int i : e.seated) {
        if (at(i).at == At::pulling || at(i).at == At::pulled)
            continue;
        const auto priority = [&](int k) {
            return m_s.scheduling.order == Order::priority
                       ? m_s.classes[static_cast<std::size_t>(at(k).requestClass)].priority
                       : 0;
        };
        if (chosen < 0 || priority(i) < priority(chosen) ||
            (priority(i) == priority(chosen) && at(i).order > at(chosen).order))
            chosen = i;
    }
    return chosen;
}

void Simulation::unseat(Engine& e, int i) { std::erase(e.seated, i); }

void Simulation::displace(int index, int i)
{
    Engine& e = m_e[static_cast<std::size_t>(index)];
    Request& r = at(i);
    e.preempted = true;
    ++r.preemptions;
    ++m_out.preemptions;
    unseat(e, i);
    giveBack(e, r);
    if (r.at == At::decoding && m_s.batching.preemption == Preemption::swap && !usesBuddy() && !hasCache(index)) {
        std::int64_t host = blocks(r.context);
        for (const int h : e.host)
            host += blocks(at(h).context);
        if (host <= m_s.kv.blocks) {
            r.at = At::host;
            e.host.push_back(i);
            e.extra += static_cast<double>(r.context) * m_s.kv.swapSecondsPerToken;
            ++m_out.swaps;
            return;
        }
    }
    r.at = At::waiting;
    r.holder = -1;
    r.target = r.prompt + r.generated;
    r.computed = m_s.prefixCache ? 0 : std::min(r.cached, r.target - 1);
    r.context = 0;
    enqueue(index, i, true);
}

void Simulation::makeRoom(int index)
{
    while (needed(index) > std::max<std::int64_t>(0, freeBlocks(index)))
        displace(index, victim(m_e[static_cast<std::size_t>(index)]));
}

void Simulation::swapIn(int index)
{
    Engine& e = m_e[static_cast<std::size_t>(index)];
    while (!e.host.empty() && !e.preempted && static_cast<int>(e.seated.size()) < m_s.batching.maxSequences) {
        const int i = e.host.front();
        if (const int first = head(e); first >= 0 && yields(i, first))
            return;
        Request& r = at(i);
        const std::int64_t left = freeBlocks(index) - blocks(r.context + 1) - needed(index);
        if (left < (e.seated.empty() ? 0 : watermark()))
            return;
        e.host.erase(e.host.begin());
        r.at = At::decoding;
        e.seated.push_back(i);
        e.extra += static_cast<double>(r.context) * m_s.kv.swapSecondsPerToken;
    }
}

void Simulation::admit(int index, int i)
{
    Engine& e = m_e[static_cast<std::size_t>(index)];
    Request& r = at(i);
    std::erase(e.waiting, i);
    e.seated.push_back(i);
    r.replica = index;
    e.served = std::max(e.served, r.tag);
    if (e.decodePool && r.computed == r.target) {
        r.at = At::pulling;
        e.linkFree = std::max(m_now, e.linkFree) + static_cast<double>(r.target) * m_s.kv.transferSecondsPerToken;
        r.pulledAt = e.linkFree;
        return;
    }
    if (hasCache(index)) {
        const auto here = static_cast<std::ptrdiff_t>(found(index, r));
        r.held.assign(r.hashes.begin(), r.hashes.begin() + here);
        r.heldOn = index;
        for (const auto hash : r.held)
            ++e.cache.at(hash).refs;
        r.cached = r.computed = std::min<std::int64_t>(here * m_hashTokens, r.target - 1); // one token is computed
    }
    r.at = At::prefilling;
    evict(index);
    if (usesBuddy())
        r.chunk = e.buddy[0].take(reserved(r));
    if (r.scheduled < 0)
        r.scheduled = m_now;
}

} // namespace headroom::sim::reference
