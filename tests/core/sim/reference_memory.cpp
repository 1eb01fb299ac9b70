#include "tests/core/sim/reference_simulation.h"

namespace headroom::sim::reference {

std::int64_t Simulation::held(int e, const Request& r) const
{
    if (r.at == At::waiting && r.holder == e)
        return blocks(r.prompt); // computed, not pulled yet
    if (r.at == At::pulling && r.holder == e && r.replica != e)
        return blocks(r.prompt);
    if (r.replica != e)
        return 0;
    switch (r.at) {
    case At::prefilling:
    case At::pulling:
    case At::pulled:
        return isStatic() ? blocks(reserved(r)) : blocks(r.target);
    case At::decoding:
        return blocks(r.context);
    default:
        return 0;
    }
}

std::int64_t Simulation::freeBlocks(int e) const
{
    std::int64_t free = m_s.kv.blocks;
    for (const auto& r : m_r)
        free -= held(e, r);
    return free;
}

bool Simulation::fits(int e, const Request& r) const
{
    const auto& x = m_e[static_cast<std::size_t>(e)];
    if (usesBuddy())
        return x.buddy[0].has(reserved(r));
    const bool promptsFirst = policy() == BatchPolicy::prefillFirst || x.prefillPool;
    const std::int64_t left =
        freeBlocks(e) - blocks(isStatic() ? reserved(r) : r.target) - (promptsFirst ? 0 : needed(e));
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
               static_cast<double>(std::max<std::int64_t>(1, r.output - r.generated));
    };
    const auto priority = [&](const Request& r) {
        return m_s.classes[static_cast<std::size_t>(r.requestClass)].priority;
    };
    if (m_s.scheduling.order == Order::shortest && work(at(a)) != work(at(b)))
        return work(at(a)) < work(at(b));
    if (m_s.scheduling.order == Order::priority && priority(at(a)) != priority(at(b)))
        return priority(at(a)) > priority(at(b));
    return a < b;
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
        if (chosen < 0 || priority(i) < priority(chosen) || (priority(i) == priority(chosen) && i > chosen))
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
    if (r.at == At::decoding && m_s.batching.preemption == Preemption::swap && !usesBuddy()) {
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
    r.computed = std::min(r.cached, r.target - 1);
    r.context = 0;
    e.waiting.push_back(i);
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
    if (e.decodePool && r.computed == r.target) {
        r.at = At::pulling;
        e.linkFree = std::max(m_now, e.linkFree) + static_cast<double>(r.target) * m_s.kv.transferSecondsPerToken;
        r.pulledAt = e.linkFree;
        return;
    }
    r.at = At::prefilling;
    if (usesBuddy())
        r.chunk = e.buddy[0].take(reserved(r));
    if (r.scheduled < 0)
        r.scheduled = m_now;
}

} // namespace headroom::sim::reference
