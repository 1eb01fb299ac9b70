#include "core/sim/recorder.h"

#include "core/sim/reserve.h"
#include "core/sim/stoppable_sort.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace headroom::sim {

namespace {

constexpr double kNone = std::numeric_limits<double>::infinity();
constexpr std::int64_t kEverything = std::numeric_limits<std::int32_t>::max();

double orNone(const std::optional<Seconds>& own, const std::optional<Seconds>& plan)
{
    return own ? own->si() : plan ? plan->si() : kNone;
}

std::uint64_t scramble(std::uint64_t z)
{
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
}

} // namespace

FixedSeconds fixedSeconds(const FixedLatency& f)
{
    return {.networkIn = f.network.si() / 2,
        .frontend = f.frontend.si(),
        .retrieval = f.retrieval.si(),
        .post = f.post.si(),
        .networkOut = f.network.si() / 2};
}

Recorder::Recorder(const Scenario& scenario, std::uint64_t warmup)
    : m_scenario(scenario),
      m_fixed(fixedSeconds(scenario.latency)),
      m_before(m_fixed.before()),
      m_after(m_fixed.after()),
      m_idle(scenario.physics,
          scenario.batching.policy == BatchPolicy::chunked
              ? std::max<std::int64_t>(1, static_cast<std::int64_t>(scenario.batching.tokenBudget.in(token)))
              : kEverything),
      m_warmup(warmup),
      m_measured(m_fixed),
      m_series(scenario.record.seriesPoints)
{
    m_measured.expect(scenario.limits.requests);
    if (scenario.record.rows) // in one piece: to move millions of them takes longer than a cancelled user waits
        reserveIfPossible(m_rows, std::min(scenario.limits.requests, scenario.record.mostRows));
    const auto& t = scenario.targets;
    for (const auto& c : scenario.classes)
        m_targets.push_back(
            {orNone(c.ttftTarget, t.ttftP95), orNone(c.tpotTarget, t.tpotP95), orNone(c.e2eTarget, t.e2eP99)});
    if (m_targets.empty())
        m_targets.push_back({orNone({}, t.ttftP95), orNone({}, t.tpotP95), orNone({}, t.e2eP99)});
}

bool Recorder::isGood(const Sequence& s, double ttft, double e2e) const
{
    const auto& t = m_targets[static_cast<std::size_t>(s.requestClass)];
    if (ttft > t.ttft || e2e > t.e2e)
        return false;
    // TPOT * (n - 1) = time from first to last token, so that nothing is divided by zero.
    return t.tpot == kNone || e2e - ttft - m_after <= t.tpot * (s.output - 1);
}

/// The order of completion does not matter: a sum of scrambled words.
void Recorder::mixFingerprint(const Sequence& s, double a, double b)
{
    const std::uint64_t id = s.request * 64 + static_cast<std::uint64_t>(s.attempt);
    m_fingerprint += scramble(std::bit_cast<std::uint64_t>(a) * 0x9e3779b97f4a7c15U +
                              std::bit_cast<std::uint64_t>(b) * 0xc2b2ae3d27d4eb4fU + id * 0x165667b19e3779f9U);
}

void Recorder::complete(const Sequence& s, double now)
{
    advance(now);
    --m_inDecode;
    m_decodeTime += now - s.firstToken;
    ++m_counters.completed;
    m_counters.promptTokens += static_cast<std::uint64_t>(s.prompt);
    m_counters.outputTokens += static_cast<std::uint64_t>(s.output);
    const double ttft = m_before + (s.firstToken - s.reached);
    const double e2e = m_before + (now - s.reached) + m_after;
    mixFingerprint(s, s.firstToken, now);
    const bool good = isGood(s, ttft, e2e);
    m_counters.good += good ? 1 : 0;
    if (s.request >= m_warmup) {
        const double idle = m_before + m_after + m_idle.engineSeconds(s.prompt, s.cached, s.output);
        const double queue = s.firstScheduled - s.reached;
        m_measured.add({ttft, e2e, queue, idle > 0 ? e2e / idle : 1, s.output});
        m_goodMeasured += good ? 1 : 0;
        countOffered(s);
        m_headOfLine += s.headOfLine;
    }
    if (m_scenario.record.rows)
        keepRow(s, now, Status::completed, Rejection::none, s.output);
}

void Recorder::leave(const Sequence& s, double now, Status status)
{
    advance(now);
    if (!s.scheduled) {
        --m_inQueue;
        m_queueTime += now - s.reached;
    } else if (s.generated == 0) {
        --m_inPrefill;
        m_prefillTime += now - s.firstScheduled;
    } else {
        --m_inDecode;
        m_decodeTime += now - s.firstToken;
    }
    if (status == Status::timedOut)
        ++m_counters.timedOut;
    else
        ++m_counters.unfinished;
    // What went before a displacement was counted there: since then the prompt and those tokens are the prompt.
    const std::int32_t before = s.target - s.prompt;
    m_counters.wastedTokens += static_cast<std::uint64_t>(s.generated - before + std::max(0, s.prefilled - s.cached));
    mixFingerprint(s, -1, now);
    countOffered(s);
    if (m_scenario.record.rows)
        keepRow(s, now, status, Rejection::none, s.generated);
}

void Recorder::reject(const Sequence& s, double now, Rejection why)
{
    m_lastOffered = s.reached;
    ++m_counters.rejected;
    ++m_counters.rejections[static_cast<std::size_t>(why)];
    mixFingerprint(s, -2, now);
    countOffered(s);
    if (m_scenario.record.rows)
        keepRow(s, now, Status::rejected, why, 0);
}

void Recorder::keepRow(const Sequence& s, double now, Status status, Rejection why, std::int32_t produced)
{
    if (s.request >= m_scenario.record.mostRows)
        return;
    RequestRow row;
    row.request = s.request;
    row.requestClass = s.requestClass;
    row.promptTokens = s.prompt;
    row.outputTokens = produced;
    row.cachedTokens = s.cached;
    row.preemptions = s.preemptions;
    row.replica = s.replica;
    row.attempt = s.attempt;
    row.status = status;
    row.rejection = why;
    row.arrival = s.reached - m_fixed.before();
    const bool hasFirst = produced > 0;
    row.queue = (s.scheduled ? s.firstScheduled : now) - s.reached;
    row.firstToken = hasFirst ? s.firstToken : now;
    row.finish = status == Status::completed ? now + m_fixed.after() : now;
    row.slowestGaps = status == Status::completed ? s.slowestGaps : 0;
    m_rows.push_back(row);
}

SimResult Recorder::result(double end, double kvPeak, double meanReplicas)
{
    SimResult r;
    r.counters = m_counters;
    r.seed = m_scenario.seed;
    r.fingerprint = m_fingerprint;
    r.simulatedSeconds = end;
    r.inQueue = {m_queueArea, m_queueTime};
    r.inPrefill = {m_prefillArea, m_prefillTime};
    r.inDecode = {m_decodeArea, m_decodeTime};
    r.inSystem = {m_queueArea + m_prefillArea + m_decodeArea, m_queueTime + m_prefillTime + m_decodeTime};
    r.kvPeakFraction = kvPeak;
    r.meanReplicas = meanReplicas;
    if (end > 0) {
        r.busyFraction = m_busy / (end * meanReplicas);
        r.kvFraction = m_kv / (end * meanReplicas);
        r.outputTokensPerSecond = static_cast<double>(m_counters.outputTokens) / end;
        r.totalTokensPerSecond = static_cast<double>(m_counters.outputTokens + m_counters.promptTokens) / end;
        r.requestsPerSecond = static_cast<double>(m_counters.completed) / end;
        // Of the time in which requests came: the last answers take their time, and a short run is mostly that. Of
        // those after the warm-up, like the attainment: the first of an overload still find an empty queue.
        const double came = m_lastOffered - m_measuredFrom;
        r.goodputPerSecond = static_cast<double>(m_goodMeasured) / (came > 0 ? came : end);
        r.series = m_series.result(end, meanReplicas);
    }
    r.counters.measured = m_offeredMeasured;
    r.attainment =
        m_offeredMeasured > 0 ? static_cast<double>(m_goodMeasured) / static_cast<double>(m_offeredMeasured) : 0;
    if (m_scenario.record.headOfLine && m_measured.count() > 0)
        r.headOfLineMean = m_headOfLine / static_cast<double>(m_measured.count());
    return r;
}

bool Recorder::takeRows(std::vector<RequestRow>& rows, const std::stop_token& stop)
{
    const auto before = [](const RequestRow& a, const RequestRow& b) {
        return a.request != b.request ? a.request < b.request : a.attempt < b.attempt;
    };
    if (!sortUnlessStopped(m_rows.begin(), m_rows.end(), before, stop))
        m_rows = {};
    else
        rows = std::move(m_rows);
    return !stop.stop_requested();
}

} // namespace headroom::sim
