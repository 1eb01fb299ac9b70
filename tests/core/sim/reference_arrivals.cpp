// Reference engine: what comes, where it goes, who is turned away, who comes again, and how many replicas there are.
#include "core/workload/probability.h"
#include "tests/core/sim/reference_simulation.h"

namespace headroom::sim::reference {

Simulation::Simulation(const Scenario& s)
    : m_s(s),
      m_routing(s.seed, "routing", 0),
      m_drawing(s.seed, "lengths", 0),
      m_predicting(s.seed, "predictor", 0),
      m_popularity(s.seed, "prefixes", 0),
      m_level(std::max(1.0, s.scheduling.bucketBurst)),
      m_wanted(s.replicas)
{
    if (m_s.prefixCache)
        m_hashTokens = s.trace && s.trace->hashBlockTokens > 0 ? s.trace->hashBlockTokens : m_s.kv.blockTokens;
    if (s.trace)
        readTrace();
    const bool scales = s.controller.policy != nullptr;
    m_e.resize(static_cast<std::size_t>(scales ? std::max(s.replicas, s.controller.most) : s.replicas));
    if (scales)
        m_wake = s.controller.interval;
    prepareReplicas();
    if (s.trace)
        return;
    for (const auto& c : s.classes)
        m_lengths.emplace_back(QuantileSampler([&](double p) { return quantile(c.shape.prompt, p); }),
            QuantileSampler([&](double p) { return quantile(c.shape.output, p); }));
    if (!isClosedLoop())
        drawPoisson();
    for (int i = 0; isClosedLoop() && i < s.workload.concurrency; ++i)
        sendNext(0);
}

void Simulation::prepareReplicas()
{
    for (std::size_t i = 0; i < m_e.size(); ++i) {
        if (policy() == BatchPolicy::disaggregated)
            (static_cast<int>(i) < m_s.prefillReplicas ? m_e[i].prefillPool : m_e[i].decodePool) = true;
        if (usesBuddy())
            m_e[i].buddy.emplace_back(slots());
        if (static_cast<int>(i) >= m_s.replicas)
            m_e[i].phase = ReplicaStatus::Phase::off;
    }
}

/// What a client asks for: as drawn, before anybody looks whether it can be done.
Request Simulation::newRequest(int requestClass, std::int64_t prompt, std::int64_t output)
{
    Request r;
    r.requestClass = requestClass;
    r.prompt = r.target = prompt;
    r.predicted = output;
    const double error = m_s.scheduling.predictorError;
    if (m_s.scheduling.order == Order::shortest && error > 0) // lognormal about the truth
        r.predicted = std::max(
            1L, std::lround(static_cast<double>(output) * std::exp(error * normalQuantile(m_predicting.uniform()))));
    r.predicted = std::min(r.predicted, maxContext() - prompt); // nobody predicts more than may come
    r.output = std::min(output, maxContext() - prompt);
    const double share = m_s.classes[static_cast<std::size_t>(requestClass)].shape.prefixHitRate;
    if (!m_s.prefixCache)
        r.cached = std::min<std::int64_t>(
            static_cast<std::int64_t>(std::floor(share * static_cast<double>(prompt))), prompt - 1);
    r.computed = r.cached;
    return r;
}

void Simulation::readTrace()
{
    const Trace& trace = *m_s.trace;
    for (const auto& t : trace.requests) {
        Request r = newRequest(t.requestClass, t.promptTokens, t.outputTokens);
        r.id = m_r.size();
        r.arrival = t.arrival - trace.requests.front().arrival + before();
        if (m_s.prefixCache && trace.hashBlockTokens > 0)
            for (std::uint32_t k = 0; k < t.hashCount && (k + 1) * m_hashTokens <= r.prompt; ++k)
                r.hashes.push_back(trace.hashes[t.firstHash + k]);
        else
            drawPrefix(r);
        m_r.push_back(r);
    }
    m_open = m_r.size();
}

/// Gaps are exponential, whatever happens to those who came before.
void Simulation::drawPoisson()
{
    RandomStream gaps(m_s.seed, "arrivals", 0);
    double now = 0;
    while (m_sent < m_s.limits.requests)
        m_r.push_back(drawRequest(now += gaps.exponential() / m_s.workload.arrivalRate.si()));
    m_open = m_r.size();
}

Request Simulation::drawRequest(double arrival)
{
    const double which = m_drawing.uniform(), prompt = m_drawing.uniform(), output = m_drawing.uniform();
    std::size_t c = 0;
    double total = 0, below = m_s.classes[0].share;
    for (const auto& one : m_s.classes)
        total += one.share;
    while (c + 1 < m_s.classes.size() && which >= below / total)
        below += m_s.classes[++c].share;
    const auto whole = [](double x) { return std::max(1L, std::lround(x)); };
    Request r = newRequest(static_cast<int>(c), whole(m_lengths[c].first(prompt)), whole(m_lengths[c].second(output)));
    r.id = m_sent++;
    r.arrival = arrival + before();
    drawPrefix(r);
    return r;
}

/// Closed loop: a client that got its reply, or none, sends the next request.
void Simulation::sendNext(double repliedAt)
{
    if (!isClosedLoop() || m_sent >= m_s.limits.requests)
        return;
    const Request r = drawRequest(repliedAt);
    m_again.emplace(r.arrival, static_cast<int>(m_r.size()));
    m_r.push_back(r);
}

/// Shared prefixes without hashes in the trace: the k-th is used in proportion to k^-skew.
void Simulation::drawPrefix(Request& r)
{
    const auto& shared = m_s.workload.sharedPrefixes;
    if (!m_s.prefixCache || shared.count == 0)
        return;
    double total = 0;
    for (int k = 1; k <= shared.count; ++k)
        total += std::pow(k, -shared.skew);
    double left = m_popularity.uniform() * total;
    int chosen = 1;
    for (; chosen < shared.count && left >= std::pow(chosen, -shared.skew); ++chosen)
        left -= std::pow(chosen, -shared.skew);
    const auto common = std::min(static_cast<std::int64_t>(shared.length.in(token)), r.prompt);
    for (std::int64_t k = 0; (k + 1) * m_hashTokens <= common; ++k)
        r.hashes.push_back(static_cast<std::uint64_t>(chosen) * 1'000'000 + static_cast<std::uint64_t>(k));
}

int Simulation::ready() const
{
    int n = 0;
    while (n < static_cast<int>(m_e.size()) && m_e[static_cast<std::size_t>(n)].phase == ReplicaStatus::Phase::ready)
        ++n;
    return n;
}

/// Prompt tokens to compute before those of a newcomer.
std::int64_t Simulation::backlog(int e) const
{
    const Engine& x = m_e[static_cast<std::size_t>(e)];
    std::int64_t tokens = promptLeft(x);
    for (const int i : x.waiting)
        tokens += at(i).target - at(i).computed;
    return tokens;
}

int Simulation::route(const Request& r)
{
    const int n = prefillPool() > 0 ? prefillPool() : ready();
    switch (m_s.router) {
    case Router::random:
        return static_cast<int>(m_routing.below(static_cast<std::uint64_t>(n)));
    case Router::roundRobin:
        return static_cast<int>(m_turn++ % static_cast<std::size_t>(n));
    case Router::joinShortest:
        return shortest(0, n);
    case Router::powerOfTwo: {
        const int a = static_cast<int>(m_routing.below(static_cast<std::uint64_t>(n)));
        if (n == 1)
            return a;
        const int b = (a + 1 + static_cast<int>(m_routing.below(static_cast<std::uint64_t>(n - 1)))) % n;
        return load(b) < load(a) ? b : a;
    }
    case Router::prefixAware:
    case Router::prefixFetching: // has tests of its own
        break;
    }
    const auto work = [&](int e) { return backlog(e) + r.prompt - found(e, r) * m_hashTokens; };
    int best = 0;
    for (int e = 1; e < n; ++e)
        if (std::pair(work(e), load(e)) < std::pair(work(best), load(best)))
            best = e;
    return best;
}

int Simulation::chooseReplica(const Request& r)
{
    const int chosen = route(r);
    if (prefillPool() == 0 || !m_s.batching.mixedThreshold)
        return chosen;
    const auto threshold = static_cast<std::int64_t>(m_s.batching.mixedThreshold->in(token));
    if (backlog(chosen) + r.target - r.computed <= threshold)
        return chosen;
    int best = prefillPool();
    for (int e = best + 1; e < ready(); ++e)
        if (std::pair(backlog(e), load(e)) < std::pair(backlog(best), load(best)))
            best = e;
    return backlog(best) < backlog(chosen) ? best : chosen;
}

bool Simulation::couldHold(int e, const Request& r) const
{
    if (usesBuddy())
        return BuddyAllocator(slots()).has(reserved(r));
    if (isStatic())
        return blocks(reserved(r)) <= m_s.kv.blocks;
    const bool prefills = m_e[static_cast<std::size_t>(e)].prefillPool;
    return blocks(prefills ? r.prompt : r.prompt + r.output - 1) <= m_s.kv.blocks;
}

Rejection Simulation::judge(int e, const Request& r)
{
    if (!couldHold(e, r) || (prefillPool() > 0 && !couldHold(prefillPool(), r)))
        return Rejection::memory;
    const auto& rules = m_s.scheduling;
    switch (rules.admission) {
    case Admission::none:
        break;
    case Admission::queueCap: {
        std::size_t waiting = 0;
        for (const auto& x : m_e)
            waiting += x.waiting.size();
        return static_cast<int>(waiting) >= rules.queueCap ? Rejection::queueCap : Rejection::none;
    }
    case Admission::deadline: {
        const auto& own = m_s.classes[static_cast<std::size_t>(r.requestClass)].ttftTarget;
        const auto target = own ? own : m_s.targets.ttftP95;
        const double expected = before() + expectedTtft(e, r);
        return target && expected > target->si() ? Rejection::deadline : Rejection::none;
    }
    case Admission::tokenBucket:
        m_level = std::min(std::max(1.0, rules.bucketBurst), m_level + (m_now - m_filledAt) * rules.bucketRate.si());
        m_filledAt = m_now;
        if (m_level < 1)
            return Rejection::rateLimit;
        m_level -= 1;
        break;
    case Admission::memory:
        return hasRoomFor(e, r) ? Rejection::none : Rejection::memory;
    }
    return Rejection::none;
}

/// The rest of the running step, then as many steps as the prompts before and its own need, all like the first.
double Simulation::expectedTtft(int e, const Request& r) const
{
    const std::int64_t known = std::max(r.computed, found(e, r) * m_hashTokens);
    const std::int64_t tokens = std::max<std::int64_t>(1, r.target - known);
    const Engine& x = m_e[static_cast<std::size_t>(e)];
    const bool mixes = policy() != BatchPolicy::prefillFirst && !x.prefillPool;
    const std::int64_t decodes = mixes ? decodeCount(x) : 0;
    const bool shares = policy() == BatchPolicy::chunked || x.decodePool;
    const std::int64_t room = shares ? std::max<std::int64_t>(1, budget() - decodes) : budget();
    const std::int64_t work = backlog(e) + tokens, perStep = std::min(room, std::max<std::int64_t>(1, work));
    const auto law = m_s.physics.law(static_cast<double>(decodes), static_cast<double>(perStep), 1);
    double step = law.base;
    for (std::size_t k = 0; k < kReaches; ++k) {
        const double reach = m_s.physics.reach[k];
        for (std::int64_t j = 1; j <= perStep; ++j)
            step += law.perPair[k] * std::min(static_cast<double>(j), reach);
        for (const int i : x.seated)
            if (mixes && at(i).at == At::decoding)
                step += law.perContext[k] * std::min(static_cast<double>(at(i).context), reach);
    }
    double wait = 0; // until seats or memory are given back, by how long those who have left have stayed
    if (!x.stays.empty()) {
        double stay = 0;
        for (const double s : x.stays)
            stay += s;
        stay /= static_cast<double>(x.stays.size());
        const auto seated = static_cast<int>(x.seated.size()), waiting = static_cast<int>(x.waiting.size());
        const bool isTaken = policy() == BatchPolicy::static_ && !x.batch.empty();
        const int free = isTaken ? 0 : std::max(0, std::max(1, m_s.batching.maxSequences) - seated);
        const int leaving = hasRoomFor(e, r) ? std::max(0, waiting + 1 - free) : waiting + 1;
        wait = leaving * stay / std::max(1, seated) + (policy() == BatchPolicy::static_ ? stay : 0);
    }
    return (x.busy ? x.end - m_now : 0) + std::ceil(static_cast<double>(work) / static_cast<double>(perStep)) * step +
           wait;
}

bool Simulation::hasRoomFor(int e, const Request& r) const
{
    const Engine& x = m_e[static_cast<std::size_t>(e)];
    std::int64_t tokens = 0;
    for (const int i : x.waiting)
        tokens += at(i).target - at(i).computed;
    if (!usesBuddy())
        return blocks(tokens) + blocks(r.target) <= freeBlocks(e);
    std::int64_t left = slots();
    for (const int i : x.seated)
        left -= BuddyAllocator::chunkFor(reserved(at(i)));
    return tokens + r.target <= left;
}

void Simulation::arrive(int i)
{
    Request& r = at(i);
    r.order = m_order++;
    const int e = r.prompt < maxContext() ? chooseReplica(r) : 0;
    r.rejection = r.prompt >= maxContext() ? Rejection::contextLimit : judge(e, r);
    if (r.rejection != Rejection::none) {
        r.status = Status::rejected;
        r.at = At::gone;
        r.finish = m_now;
        if (r.rejection != Rejection::contextLimit && couldHold(0, r))
            retry(r, m_now);
        else
            sendNext(m_now + after());
        return;
    }
    r.replica = e;
    r.at = At::waiting;
    if (m_s.scheduling.clientTimeout)
        r.timeoutAt = r.arrival - before() + m_s.scheduling.clientTimeout->si() + m_s.latency.network.si() / 2;
    enqueue(e, i);
}

/// The client of an attempt that came to nothing tries again, if it still may.
void Simulation::retry(const Request& left, double leftAt)
{
    const auto& rules = m_s.scheduling;
    const double allowed = m_s.clients.retryBudget * static_cast<double>(isClosedLoop() ? m_sent : m_next);
    if (left.attempt >= rules.retries || static_cast<double>(m_retries) + 1 > allowed) {
        sendNext(leftAt + after());
        return;
    }
    ++m_retries;
    Request again;
    again.id = left.id;
    again.attempt = left.attempt + 1;
    again.prompt = again.target = left.prompt;
    again.output = left.output;
    again.predicted = left.predicted;
    again.requestClass = left.requestClass;
    again.cached = again.computed = m_s.prefixCache ? 0 : left.cached;
    again.hashes = left.hashes;
    const double backoff = rules.retryBackoff.si() * std::pow(m_s.clients.backoffFactor, left.attempt);
    again.arrival = leftAt + std::min(backoff, rules.retryBackoffMost.si()) + before();
    m_again.emplace(again.arrival, static_cast<int>(m_r.size()));
    m_r.push_back(again);
}

/// Added replicas become ready after their cold start, those that still serve are ready at once; the last to come are
/// the first to go, and serve what they have.
void Simulation::wakeController()
{
    using Phase = ReplicaStatus::Phase;
    m_wake = m_now + m_s.controller.interval;
    std::vector<ReplicaStatus> states;
    for (int e = 0; e < static_cast<int>(m_e.size()); ++e) {
        Engine& x = m_e[static_cast<std::size_t>(e)];
        if (x.phase == Phase::draining && load(e) == 0)
            x.phase = Phase::off;
        states.push_back({.phase = x.phase,
            .waiting = static_cast<std::int64_t>(x.waiting.size()),
            .running = static_cast<std::int64_t>(x.seated.size()),
            .backlog = backlog(e)});
    }
    const FleetView view{.now = m_now, .wanted = m_wanted, .ready = ready(), .replicas = states};
    const int asked = m_s.controller.policy->wanted(view, m_scaling);
    const int before = m_wanted;
    const int most = static_cast<int>(m_e.size());
    m_wanted = std::clamp(asked, std::min(most, std::max({1, prefillPool() + 1, m_s.controller.least})), most);
    for (int e = m_wanted; e < before; ++e) {
        m_e[static_cast<std::size_t>(e)].phase = load(e) > 0 ? Phase::draining : Phase::off;
        m_e[static_cast<std::size_t>(e)].readyAt = kNever;
    }
    for (int e = before; e < m_wanted; ++e) {
        Engine& x = m_e[static_cast<std::size_t>(e)];
        const bool warm = x.phase == Phase::draining || m_s.controller.coldStart <= 0;
        x.phase = warm ? Phase::ready : Phase::starting;
        x.readyAt = warm ? kNever : m_now + m_s.controller.coldStart;
    }
}

double Simulation::nextTime() const
{
    double t = m_next < m_open ? m_r[m_next].arrival : kNever;
    if (!m_again.empty())
        t = std::min(t, m_again.begin()->first);
    for (const auto& e : m_e)
        t = std::min({t, e.end, e.busy ? kNever : e.wake > m_now ? e.wake : kNever, e.readyAt});
    for (const auto& r : m_r) {
        if (r.at == At::pulling)
            t = std::min(t, r.pulledAt);
        if (r.timeoutAt > m_now)
            t = std::min(t, r.timeoutAt);
    }
    return t == kNever ? t : std::min(t, m_wake); // nobody wakes for nothing
}

} // namespace headroom::sim::reference
