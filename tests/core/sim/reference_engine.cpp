#include "tests/core/sim/reference_simulation.h"

namespace headroom::sim::reference {

std::int64_t Simulation::promptLeft(const Engine& e) const
{
    std::int64_t n = 0;
    for (const int i : e.seated)
        n += at(i).at == At::prefilling ? at(i).target - at(i).computed : 0;
    return n;
}

std::int64_t Simulation::decodeCount(const Engine& e) const
{
    return std::ranges::count_if(e.seated, [&](int i) { return at(i).at == At::decoding; });
}

/// Takes in who may come, by the rules of the policy (MODEL.md 4, PAPERS 1, 2, 5, 6).
void Simulation::admitAll(int index)
{
    Engine& e = m_e[static_cast<std::size_t>(index)];
    for (bool any = false;; any = true) {
        const int i = head(e);
        if (i < 0 || static_cast<int>(e.seated.size()) >= m_s.batching.maxSequences || e.preempted || !e.host.empty() ||
            !fits(index, at(i)))
            return;
        const Request& r = at(i);
        if (policy() == BatchPolicy::chunked && promptLeft(e) >= std::max<std::int64_t>(0, budget() - decodeCount(e)))
            return;
        if ((policy() == BatchPolicy::prefillFirst || e.prefillPool) && promptLeft(e) > 0 &&
            promptLeft(e) + r.target - r.computed > budget())
            return;
        if (isStatic() && !any) {
            std::int64_t room = m_s.batching.maxSequences;
            if (usesBuddy())
                room = std::min(room, std::max<std::int64_t>(1, slots() / BuddyAllocator::chunkFor(reserved(r))));
            const double until = r.arrival + m_s.batching.staticTimeout.si();
            if (static_cast<std::int64_t>(e.waiting.size()) < room && m_now < until) {
                e.wake = until;
                return;
            }
        }
        admit(index, i);
    }
}

void Simulation::plan(int index)
{
    Engine& e = m_e[static_cast<std::size_t>(index)];
    e.preempted = false;
    e.extra = 0;
    e.wake = kNever;
    if (!isStatic())
        for (auto i = 0; i < static_cast<int>(m_r.size()); ++i) {
            Request& r = at(i);
            if (!r.leaving || r.replica != index || r.at == At::gone || r.at == At::pulling)
                continue;
            if (r.at == At::pulled) { // joins first, leaves at the next boundary
                continue;
            }
            std::erase(e.waiting, i);
            std::erase(e.host, i);
            if (std::ranges::find(e.seated, i) != e.seated.end())
                giveBack(e, r);
            unseat(e, i);
            r.at = At::gone;
            r.status = Status::timedOut;
            r.finish = m_now;
        }
    for (const int i : e.seated)
        if (at(i).at == At::pulled)
            at(i).at = At::decoding;
    if (isStatic() && !e.batch.empty()) {
        startStatic(index);
        return;
    }
    const bool promptsFirst = policy() == BatchPolicy::prefillFirst || e.prefillPool;
    if (!promptsFirst) {
        makeRoom(index);
        swapIn(index);
    }
    admitAll(index);
    if (isStatic()) {
        if (!e.seated.empty())
            startStatic(index);
        return;
    }
    bool decodes = true;
    std::int64_t promptTokens = std::numeric_limits<std::int64_t>::max();
    if (promptsFirst && promptLeft(e) > 0)
        decodes = false;
    if (promptsFirst && decodes) {
        makeRoom(index);
        swapIn(index);
    }
    if (policy() == BatchPolicy::chunked)
        promptTokens = std::max<std::int64_t>(0, budget() - decodeCount(e));
    startStep(index, promptTokens, decodes);
}

double Simulation::stepSeconds(const Engine& e, std::int64_t decodes, const std::vector<std::int64_t>& contexts,
    const std::vector<std::pair<std::int64_t, std::int64_t>>& chunks) const
{
    std::int64_t tokens = 0;
    for (const auto& [x, cached] : chunks)
        tokens += x;
    const auto law =
        m_s.physics.law(static_cast<double>(decodes), static_cast<double>(tokens), static_cast<double>(chunks.size()));
    double seconds = e.extra + law.base;
    for (std::size_t k = 0; k < kReaches; ++k) {
        const double reach = m_s.physics.reach[k];
        for (const auto c : contexts)
            seconds += law.perContext[k] * std::min(static_cast<double>(c), reach);
        for (const auto& [x, cached] : chunks) {
            for (std::int64_t j = 1; j <= x; ++j)
                seconds += law.perPair[k] * std::min(static_cast<double>(cached + j), reach);
            seconds += law.perPrefix[k] * std::min(static_cast<double>(cached), reach);
        }
    }
    return seconds;
}

void Simulation::startStep(int index, std::int64_t promptTokens, bool decodes)
{
    Engine& e = m_e[static_cast<std::size_t>(index)];
    e.chunks.clear();
    std::vector<std::int64_t> contexts;
    std::vector<std::pair<std::int64_t, std::int64_t>> chunks;
    for (const int i : e.seated) {
        Request& r = at(i);
        if (r.at == At::decoding && decodes)
            contexts.push_back(r.context);
        if (r.at == At::prefilling && promptTokens > 0) {
            const std::int64_t x = std::min(promptTokens, r.target - r.computed);
            promptTokens -= x;
            e.chunks[i] = x;
            chunks.emplace_back(x, r.computed);
        }
    }
    if (contexts.empty() && chunks.empty())
        return;
    e.decodes = !contexts.empty();
    e.busy = true;
    e.begin = m_now;
    e.end = m_now + stepSeconds(e, static_cast<std::int64_t>(contexts.size()), contexts, chunks);
    if (e.decodes)
        for (const int i : e.seated)
            if (at(i).at == At::decoding)
                ++at(i).context; // its key and value are written in this step
}

void Simulation::complete(int index, int i, double now)
{
    Engine& e = m_e[static_cast<std::size_t>(index)];
    Request& r = at(i);
    giveBack(e, r);
    unseat(e, i);
    r.at = At::gone;
    r.finish = now;
    const double timeout = m_s.scheduling.clientTimeout ? m_s.scheduling.clientTimeout->si() : kNever;
    const bool late = now + after() - (r.arrival - before()) > timeout;
    r.status = r.leaving || late ? Status::timedOut : Status::completed;
}

void Simulation::finishStep(int index)
{
    Engine& e = m_e[static_cast<std::size_t>(index)];
    ++m_out.steps;
    e.busy = false;
    const double now = e.end;
    e.end = kNever;
    const auto seated = e.seated;
    for (const int i : seated) {
        Request& r = at(i);
        if (r.at == At::decoding && e.decodes) {
            if (++r.generated == r.output)
                complete(index, i, now);
        }
    }
    for (const int i : seated) { // in order of admission
        const auto chunk = e.chunks.find(i);
        if (chunk == e.chunks.end())
            continue;
        Request& r = at(i);
        r.computed += chunk->second;
        if (r.computed < r.target)
            continue;
        if (++r.generated == 1)
            r.first = now;
        r.context = r.target;
        if (r.generated == r.output || (e.prefillPool && r.leaving)) {
            complete(index, i, now);
        } else if (e.prefillPool) {
            unseat(e, i);
            r.at = At::waiting;
            r.holder = index;
            r.replica = shortest(m_s.prefillReplicas, m_s.replicas);
            Engine& to = m_e[static_cast<std::size_t>(r.replica)];
            to.waiting.push_back(i);
        } else {
            r.at = At::decoding;
        }
    }
}

void Simulation::startStatic(int index)
{
    Engine& e = m_e[static_cast<std::size_t>(index)];
    std::vector<std::int64_t> contexts;
    std::vector<std::pair<std::int64_t, std::int64_t>> chunks;
    if (e.batch.empty()) {
        e.batch = e.seated;
        e.padded = e.staticLeft = 0;
        for (const int i : e.batch) {
            e.padded = std::max(e.padded, at(i).target);
            e.staticLeft = std::max(e.staticLeft, at(i).output - 1);
        }
        ++e.staticLeft; // the step with the prompts
        chunks.assign(e.batch.size(), {e.padded, 0});
        e.decodes = false;
    } else {
        contexts.assign(e.batch.size(), e.padded);
        e.decodes = true;
    }
    e.busy = true;
    e.begin = m_now;
    e.end = m_now + stepSeconds(e, static_cast<std::int64_t>(contexts.size()), contexts, chunks);
}

void Simulation::finishStatic(int index)
{
    Engine& e = m_e[static_cast<std::size_t>(index)];
    ++m_out.steps;
    e.busy = false;
    const double now = e.end;
    e.end = kNever;
    if (e.decodes)
        ++e.padded;
    if (--e.staticLeft > 0)
        return;
    for (const int i : e.batch) {
        at(i).first = now;
        at(i).generated = at(i).output;
        complete(index, i, now);
    }
    e.batch.clear();
}

void Simulation::arrive(int i)
{
    Request& r = at(i);
    const bool split = policy() == BatchPolicy::disaggregated;
    const std::int64_t most = blocks(r.prompt + r.output - 1);
    bool never = most > m_s.kv.blocks;
    if (r.prompt >= maxContext()) {
        never = true; // whatever it would reserve
    } else if (usesBuddy()) {
        const BuddyAllocator empty(slots());
        never = !empty.has(reserved(r));
    } else if (isStatic()) {
        never = blocks(reserved(r)) > m_s.kv.blocks;
    }
    if (r.prompt >= maxContext() || never) {
        r.rejection = r.prompt >= maxContext() ? Rejection::contextLimit : Rejection::memory;
        r.status = Status::rejected;
        r.at = At::gone;
        r.finish = m_now;
        return;
    }
    r.replica = shortest(0, split ? m_s.prefillReplicas : m_s.replicas);
    r.at = At::waiting;
    m_e[static_cast<std::size_t>(r.replica)].waiting.push_back(i);
}

void Simulation::abandon(int i)
{
    Request& r = at(i);
    if (r.at == At::gone || r.leaving)
        return;
    r.leaving = true;
    if (r.at != At::waiting)
        return;
    std::erase(m_e[static_cast<std::size_t>(r.replica)].waiting, i);
    r.at = At::gone;
    r.status = Status::timedOut;
    r.finish = m_now;
}

Outcome Simulation::run()
{
    std::size_t next = 0, nextTimeout = 0;
    const double timeout = m_s.scheduling.clientTimeout ? m_s.scheduling.clientTimeout->si() : kNever;
    const auto timeoutOf = [&](std::size_t i) {
        return i < next ? m_r[i].arrival - before() + timeout + m_s.latency.network.si() / 2 : kNever;
    };
    for (;;) {
        double t = next < m_r.size() ? m_r[next].arrival : kNever;
        t = std::min(t, timeoutOf(nextTimeout));
        for (const auto& e : m_e)
            t = std::min({t, e.end, e.busy ? kNever : e.wake > m_now ? e.wake : kNever});
        for (const auto& r : m_r)
            if (r.at == At::pulling)
                t = std::min(t, r.pulledAt);
        if (t == kNever)
            break;
        for (const auto& e : m_e)
            if (e.busy) {
                look(t, e.end);
                look(t, e.begin);
            }
        m_now = t;
        for (int e = 0; e < static_cast<int>(m_e.size()); ++e)
            if (m_e[static_cast<std::size_t>(e)].end == t)
                isStatic() ? finishStatic(e) : finishStep(e);
        for (auto& r : m_r)
            if (r.at == At::pulling && r.pulledAt == t) {
                r.at = At::pulled;
                r.context = r.target;
                r.holder = -1;
            }
        while (timeoutOf(nextTimeout) == t)
            abandon(static_cast<int>(nextTimeout++));
        while (next < m_r.size() && m_r[next].arrival == t)
            arrive(static_cast<int>(next++));
        for (int e = 0; e < static_cast<int>(m_e.size()); ++e)
            if (!m_e[static_cast<std::size_t>(e)].busy)
                plan(e);
    }
    for (std::size_t i = 0; i < m_r.size(); ++i) {
        const Request& r = m_r[i];
        RequestRow row;
        row.request = i;
        row.requestClass = r.requestClass;
        row.promptTokens = static_cast<std::int32_t>(r.prompt);
        row.outputTokens = static_cast<std::int32_t>(r.generated);
        row.preemptions = r.preemptions;
        row.replica = r.replica;
        row.status = r.status;
        row.rejection = r.rejection;
        row.arrival = r.arrival - before();
        row.queue = (r.scheduled >= 0 ? r.scheduled : r.finish) - r.arrival;
        row.firstToken = r.generated > 0 ? r.first : r.finish;
        row.finish = r.status == Status::completed ? r.finish + after() : r.finish;
        m_out.rows.push_back(row);
    }
    return m_out;
}

Outcome run(const Scenario& scenario) { return Simulation(scenario).run(); }

} // namespace headroom::sim::reference
