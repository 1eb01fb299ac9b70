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
        if (i < 0 || static_cast<int>(e.seated.size()) >= m_s.batching.maxSequences || e.preempted ||
            (!e.host.empty() && !yields(e.host.front(), i)) || !fits(index, at(i)))
            return;
        const Request& r = at(i);
        const std::int64_t decoding = chunksApart() ? 0 : decodeCount(e); // of those that share a step with prompts
        if (policy() == BatchPolicy::chunked && promptLeft(e) >= std::max<std::int64_t>(0, budget() - decoding))
            return;
        if (e.decodePool && m_s.batching.mixedThreshold && r.computed < r.target &&
            promptLeft(e) >= std::max<std::int64_t>(0, budget() - decodeCount(e)))
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

/// Clients that have gone, in the order in which they gave up. KV that has been pulled joins first and leaves at the next
/// boundary.
void Simulation::dropLeaving(int index)
{
    Engine& e = m_e[static_cast<std::size_t>(index)];
    std::vector<int> leaving;
    for (auto i = 0; i < static_cast<int>(m_r.size()); ++i)
        if (const Request& r = at(i);
            r.leaving && r.replica == index && r.at != At::gone && r.at != At::pulling && r.at != At::pulled)
            leaving.push_back(i);
    std::ranges::stable_sort(leaving, {}, [&](int i) { return at(i).timeoutAt; });
    for (const int i : leaving) {
        Request& r = at(i);
        std::erase(e.waiting, i);
        std::erase(e.host, i);
        if (std::ranges::find(e.seated, i) != e.seated.end())
            giveBack(e, r);
        unseat(e, i);
        r.at = At::gone;
        r.status = Status::timedOut;
        r.finish = m_now;
        retry(r, m_now);
    }
}

void Simulation::plan(int index)
{
    Engine& e = m_e[static_cast<std::size_t>(index)];
    e.preempted = false;
    e.extra = 0;
    e.wake = kNever;
    if (!isStatic())
        dropLeaving(index);
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
    if (isPreemptive()) {
        while (outranks(index))
            displace(index, victim(e));
        e.preempted = false;
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
    if (policy() == BatchPolicy::chunked || (e.decodePool && m_s.batching.mixedThreshold))
        promptTokens = std::max<std::int64_t>(0, budget() - decodeCount(e));
    if (chunksApart() && promptLeft(e) > 0) { // a chunk and a step of all decodes, in turns
        decodes = decodeCount(e) > 0 && !e.decodes;
        promptTokens = decodes ? 0 : budget();
    }
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
    e.decodes = !contexts.empty();
    if (contexts.empty() && chunks.empty())
        return;
    e.busy = true;
    e.begin = m_now;
    e.end = m_now + stepSeconds(e, static_cast<std::int64_t>(contexts.size()), contexts, chunks);
    if (e.decodes)
        for (const int i : e.seated)
            if (at(i).at == At::decoding)
                ++at(i).context; // its key and value are written in this step
    evict(index);
}

void Simulation::complete(int index, int i, double now)
{
    Engine& e = m_e[static_cast<std::size_t>(index)];
    Request& r = at(i);
    giveBack(e, r);
    unseat(e, i);
    e.stays.push_back(now - r.scheduled);
    r.at = At::gone;
    r.finish = now;
    const double timeout = m_s.scheduling.clientTimeout ? m_s.scheduling.clientTimeout->si() : kNever;
    const bool late = now + after() - (r.arrival - before()) > timeout;
    r.status = r.leaving || late ? Status::timedOut : Status::completed;
    if (r.status == Status::timedOut)
        retry(r, now);
    else
        sendNext(now + after());
}

/// Each second that somebody waits for its first step counts by the share of longer requests among those in its way: all
/// that have seats, or while seats are free the prompts in progress.
void Simulation::blockHeadOfLine(const Engine& e)
{
    const auto computes = [&](int i) { return at(i).at == At::prefilling; };
    const bool onlyPrompts = static_cast<int>(e.seated.size()) < m_s.batching.maxSequences && !isStaticDecode(e) &&
                             std::ranges::any_of(e.seated, computes);
    std::vector<int> blockers;
    for (const int i : e.seated)
        if (!onlyPrompts || computes(i))
            blockers.push_back(i);
    for (const int i : e.waiting) {
        Request& r = at(i);
        if (r.scheduled >= 0 || blockers.empty())
            continue;
        const auto longer =
            std::ranges::count_if(blockers, [&](int b) { return at(b).prompt + at(b).output > r.prompt + r.output; });
        r.headOfLine +=
            (e.end - std::max(e.begin, r.arrival)) * static_cast<double>(longer) / static_cast<double>(blockers.size());
    }
}

void Simulation::finishStep(int index)
{
    Engine& e = m_e[static_cast<std::size_t>(index)];
    ++m_out.steps;
    blockHeadOfLine(e);
    e.busy = false;
    const double now = e.end;
    e.end = kNever;
    const auto seated = e.seated;
    auto byArrival = seated;
    std::ranges::sort(byArrival, {}, [&](int i) { return at(i).order; });
    for (const int i : byArrival) {
        Request& r = at(i);
        if (r.at == At::decoding && e.decodes) {
            r.gaps.push_back(now - r.lastToken);
            m_out.gaps.push_back(r.gaps.back());
            r.lastToken = now;
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
        if (++r.generated == 1) {
            r.first = now;
        } else { // back from a preemption
            r.gaps.push_back(now - r.lastToken);
            m_out.gaps.push_back(r.gaps.back());
        }
        r.lastToken = now;
        r.context = r.target;
        share(index, r);
        if (r.generated == r.output || (e.prefillPool && r.leaving)) {
            complete(index, i, now);
        } else if (e.prefillPool) {
            unseat(e, i);
            r.at = At::waiting;
            r.holder = index;
            r.replica = shortest(m_s.prefillReplicas, ready());
            enqueue(r.replica, i);
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
        const bool pads = m_s.staticStart == StaticStart::padded;
        e.padded = at(e.batch[0]).target;
        for (const int i : e.batch)
            e.padded = pads ? std::max(e.padded, at(i).target) : std::min(e.padded, at(i).target);
        e.staticLeft = 0;
        for (const int i : e.batch) // what is left of a prompt goes in token by token
            e.staticLeft = std::max(e.staticLeft, (pads ? 0 : at(i).target - e.padded) + at(i).output - 1);
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
    blockHeadOfLine(e);
    e.busy = false;
    const double now = e.end;
    e.end = kNever;
    if (e.decodes)
        ++e.padded;
    for (const int i : e.batch)
        at(i).computed = at(i).target;
    if (--e.staticLeft > 0)
        return;
    for (const int i : e.batch) {
        at(i).first = now;
        at(i).generated = at(i).output;
        complete(index, i, now);
    }
    e.batch.clear();
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
    drop(r); // what a prefill replica kept for it
    r.at = At::gone;
    r.status = Status::timedOut;
    r.finish = m_now;
    retry(r, m_now);
}

/// Everything that happens at one time, in its order: steps end, KV arrives, clients give up, replicas become ready,
/// requests come, the controller wakes, steps are formed.
void Simulation::advanceTo(double t)
{
    m_now = t;
    for (int e = 0; e < static_cast<int>(m_e.size()); ++e)
        if (m_e[static_cast<std::size_t>(e)].end == t)
            isStatic() ? finishStatic(e) : finishStep(e);
    for (auto& r : m_r)
        if (r.at == At::pulling && r.pulledAt == t) {
            r.at = At::pulled;
            r.context = r.target;
            drop(r);
            r.holder = -1;
        }
    for (int i = 0; i < static_cast<int>(m_r.size()); ++i)
        if (at(i).timeoutAt == t)
            abandon(i);
    for (auto& e : m_e)
        if (e.readyAt == t) {
            e.phase = ReplicaStatus::Phase::ready;
            e.readyAt = kNever;
        }
    while (m_next < m_open && m_r[m_next].arrival == t)
        arrive(static_cast<int>(m_next++));
    for (; !m_again.empty() && m_again.begin()->first == t; m_again.erase(m_again.begin()))
        arrive(m_again.begin()->second);
    if (m_wake == t)
        wakeController();
    for (int e = 0; e < static_cast<int>(m_e.size()); ++e)
        if (!m_e[static_cast<std::size_t>(e)].busy)
            plan(e);
}

namespace {

/// Mean of the slowest tenth, of at least one.
double slowestTenth(std::vector<double> gaps)
{
    std::ranges::sort(gaps, std::greater<>{});
    gaps.resize(std::min(gaps.size(), std::max<std::size_t>(1, gaps.size() / 10)));
    double sum = 0;
    for (const double gap : gaps)
        sum += gap;
    return gaps.empty() ? 0 : sum / static_cast<double>(gaps.size());
}

} // namespace

Outcome Simulation::run()
{
    const auto lookAtSteps = [&](double t) {
        for (const auto& e : m_e)
            if (e.busy) {
                look(t, e.end);
                look(t, e.begin);
            }
    };
    for (double t = nextTime(); t != kNever && m_now < m_s.limits.horizon; t = nextTime()) {
        if (std::isfinite(m_s.limits.horizon))
            look(t, m_s.limits.horizon);
        lookAtSteps(std::min(t, m_s.limits.horizon));
        if (t > m_s.limits.horizon)
            m_now = m_s.limits.horizon;
        else
            advanceTo(t);
    }
    double headOfLine = 0;
    std::uint64_t completed = 0;
    for (Request& r : m_r) {
        if (r.at == At::source)
            continue; // it would have come after the horizon
        if (r.at != At::gone) {
            r.finish = m_now;
            r.status = r.leaving ? Status::timedOut : Status::unfinished;
        }
        completed += r.status == Status::completed ? 1 : 0;
        headOfLine += r.status == Status::completed ? r.headOfLine : 0;
        RequestRow row;
        row.request = r.id;
        row.attempt = r.attempt;
        row.requestClass = r.requestClass;
        row.promptTokens = static_cast<std::int32_t>(r.prompt);
        row.outputTokens = static_cast<std::int32_t>(r.generated);
        row.cachedTokens = static_cast<std::int32_t>(r.cached);
        row.preemptions = r.preemptions;
        row.replica = r.replica;
        row.status = r.status;
        row.rejection = r.rejection;
        row.arrival = r.arrival - before();
        row.queue = (r.scheduled >= 0 ? r.scheduled : r.finish) - r.arrival;
        row.firstToken = r.generated > 0 ? r.first : r.finish;
        row.finish = r.status == Status::completed ? r.finish + after() : r.finish;
        if (m_s.record.slowestGaps && r.status == Status::completed)
            row.slowestGaps = slowestTenth(r.gaps);
        m_out.rows.push_back(row);
    }
    std::ranges::stable_sort(m_out.rows, [](const RequestRow& a, const RequestRow& b) {
        return a.request != b.request ? a.request < b.request : a.attempt < b.attempt;
    });
    if (completed > 0)
        m_out.headOfLineMean = headOfLine / static_cast<double>(completed);
    return m_out;
}

Outcome run(const Scenario& scenario) { return Simulation(scenario).run(); }

} // namespace headroom::sim::reference
