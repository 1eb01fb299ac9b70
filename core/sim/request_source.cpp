#include "core/sim/request_source.h"

#include "core/sim/stoppable_sort.h"
#include "core/workload/probability.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace headroom::sim {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kMostTokens = 1 << 28; ///< keeps sums of contexts exact in 64 bits

std::int32_t wholeTokens(double x) { return static_cast<std::int32_t>(std::lround(std::clamp(x, 0.0, kMostTokens))); }

std::function<double(double)> quantileOf(const LengthDistribution& d)
{
    return [d](double p) { return std::min(quantile(d, p), kMostTokens); };
}

} // namespace

RequestSource::RequestSource(const Scenario& scenario, std::uint64_t replication, const std::stop_token& stop)
    : m_scenario(scenario),
      m_clock(scenario.workload, RandomStream(scenario.seed, "arrivals", replication)),
      m_lengths(scenario.seed, "lengths", replication),
      m_predictor(scenario.seed, "predictor", replication),
      m_popularity(scenario.seed, "prefixes", replication),
      m_predictorSigma(scenario.scheduling.order == Order::shortest ? scenario.scheduling.predictorError : 0)
{
    preparePrefixes();
    if (scenario.trace) {
        sortTrace(stop);
        return;
    }
    double total = 0;
    for (const auto& c : scenario.classes)
        m_classes.push_back({total += c.share, QuantileSampler(quantileOf(c.shape.prompt)),
            QuantileSampler(quantileOf(c.shape.output)), c.shape.prefixHitRate});
    for (auto& c : m_classes)
        c.upTo /= total;
}

void RequestSource::sortTrace(const std::stop_token& stop)
{
    const auto& requests = m_scenario.trace->requests;
    const auto byArrival = [](const TraceRequest& a, const TraceRequest& b) { return a.arrival < b.arrival; };
    if (!isSortedUnlessStopped(requests, byArrival, stop)) {
        constexpr std::uint32_t kLook = 1U << 16; // new pages take their time too
        m_order.reserve(requests.size());
        for (std::uint32_t i = 0; i < requests.size() && !m_isStopped; ++i) {
            m_order.push_back(i);
            m_isStopped = i % kLook == 0 && stop.stop_requested();
        }
        const auto before = [&](std::uint32_t a, std::uint32_t b) { // at one time in the order of the trace
            return byArrival(requests[a], requests[b]) || (!byArrival(requests[b], requests[a]) && a < b);
        };
        m_isStopped = m_isStopped || !sortUnlessStopped(m_order.begin(), m_order.end(), before, stop);
    }
    m_isStopped = m_isStopped || stop.stop_requested();
}

void RequestSource::preparePrefixes()
{
    if (!m_scenario.prefixCache)
        return;
    const auto& trace = m_scenario.trace;
    if (trace && trace->hashBlockTokens > 0) {
        m_prefixes = {trace->hashBlockTokens, trace->hashes};
        return;
    }
    const auto& shared = m_scenario.workload.sharedPrefixes;
    m_prefixes.blockTokens = std::max(1, m_scenario.kv.blockTokens);
    m_sharedBlocks =
        static_cast<std::int64_t>(shared.length.in(token)) / m_prefixes.blockTokens; // a part is not shared
    double total = 0;
    for (int k = 1; k <= shared.count; ++k)
        m_prefixUpTo.push_back(total += std::pow(k, -shared.skew));
}

/// Each prompt begins with one of the shared prefixes.
void RequestSource::choosePrefix(Offered& r)
{
    if (m_prefixUpTo.empty())
        return;
    const double u = m_popularity.uniform() * m_prefixUpTo.back();
    const auto chosen = std::ranges::upper_bound(m_prefixUpTo, u);
    r.firstHash = static_cast<std::uint32_t>(std::min(chosen, m_prefixUpTo.end() - 1) - m_prefixUpTo.begin());
    r.hashCount = static_cast<std::uint32_t>(m_sharedBlocks);
}

int RequestSource::pick(double u) const
{
    std::size_t i = 0;
    while (i + 1 < m_classes.size() && u >= m_classes[i].upTo)
        ++i;
    return static_cast<int>(i);
}

void RequestSource::draw(Offered& r)
{
    // Always three draws a request, so that classes do not shift each other.
    const double which = m_lengths.uniform(), prompt = m_lengths.uniform(), output = m_lengths.uniform();
    r.requestClass = pick(which);
    const auto& c = m_classes[static_cast<std::size_t>(r.requestClass)];
    r.promptTokens = wholeTokens(c.prompt(prompt));
    r.adjusted = false;
    r.outputTokens = std::max(1, wholeTokens(c.output(output))); // an answer has at least one token
    if (r.promptTokens < 1) {
        r.promptTokens = 1;
        r.adjusted = true;
    }
    if (!m_scenario.prefixCache)
        r.givenCached =
            c.prefixHitRate > 0 ? static_cast<std::int32_t>(std::floor(c.prefixHitRate * r.promptTokens)) : 0;
    choosePrefix(r);
}

void RequestSource::trace(Offered& r, std::size_t index)
{
    const auto& t = m_scenario.trace->requests[index];
    r.promptTokens = std::clamp(t.promptTokens, 1, static_cast<std::int32_t>(kMostTokens));
    r.outputTokens = std::clamp(t.outputTokens, 1, static_cast<std::int32_t>(kMostTokens));
    r.adjusted = t.promptTokens < 1 || t.outputTokens < 1;
    const auto classes = static_cast<std::int32_t>(m_scenario.classes.size());
    r.requestClass = std::clamp(t.requestClass, 0, std::max(0, classes - 1));
    if (m_scenario.prefixCache) {
        r.firstHash = t.firstHash;
        r.hashCount = t.hashCount;
        choosePrefix(r);
    } else if (classes > 0) {
        const double rate = m_scenario.classes[static_cast<std::size_t>(r.requestClass)].shape.prefixHitRate;
        r.givenCached = rate > 0 ? static_cast<std::int32_t>(std::floor(rate * r.promptTokens)) : 0;
    }
}

void RequestSource::predict(Offered& r)
{
    r.predicted = r.outputTokens;
    if (m_predictorSigma > 0) {
        const double factor = std::exp(m_predictorSigma * normalQuantile(m_predictor.uniform()));
        r.predicted = std::max(1, wholeTokens(r.outputTokens * factor));
    }
}

void RequestSource::next(Offered& r)
{
    r.arrival = kInfinity;
    if (m_offered >= m_scenario.limits.requests || m_isStopped)
        return;
    if (m_scenario.trace) {
        const auto& requests = m_scenario.trace->requests;
        if (m_offered >= requests.size())
            return;
        const auto index = traceIndex();
        r.arrival =
            (requests[index].arrival - requests[m_order.empty() ? 0 : m_order[0]].arrival) / m_scenario.traceRateScale;
        trace(r, index);
    } else {
        r.arrival = m_clock.next();
        if (r.arrival == kInfinity)
            return;
        draw(r);
    }
    predict(r);
    ++m_offered;
}

Offered RequestSource::nextAt(double arrival)
{
    Offered r;
    r.arrival = kInfinity;
    if (m_offered >= m_scenario.limits.requests || (m_scenario.trace && m_offered >= m_scenario.trace->requests.size()))
        return r;
    r.arrival = arrival;
    if (m_scenario.trace)
        trace(r, traceIndex());
    else
        draw(r);
    predict(r);
    ++m_offered;
    return r;
}

} // namespace headroom::sim
