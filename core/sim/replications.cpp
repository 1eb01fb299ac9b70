#include "core/sim/replications.h"

#include "core/sim/recorder.h"
#include "core/sim/series_band.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>

namespace headroom::sim {

namespace {

/// Student's t, two-sided 95 %, for 1 to 30 degrees of freedom (any statistics table).
constexpr std::array<double, 30> kStudent{12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201,
    2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052,
    2.048, 2.045, 2.042};

double student95(std::size_t freedom)
{
    if (freedom <= kStudent.size())
        return kStudent[freedom - 1];
    return 1.95996 + 2.4 / static_cast<double>(freedom); // within 0.001 beyond 30
}

double meanOf(std::span<const double> values)
{
    return std::accumulate(values.begin(), values.end(), 0.0) /
           static_cast<double>(std::max<std::size_t>(1, values.size()));
}

void addCounters(Counters& a, const Counters& b)
{
    for (auto field : {&Counters::requests, &Counters::attempts, &Counters::completed, &Counters::rejected,
             &Counters::timedOut, &Counters::unfinished, &Counters::adjusted, &Counters::truncated,
             &Counters::preemptions, &Counters::swaps, &Counters::promptTokens, &Counters::outputTokens,
             &Counters::wastedTokens, &Counters::cachedTokens, &Counters::fetches, &Counters::fetchedTokens,
             &Counters::steps, &Counters::leaps, &Counters::events, &Counters::measured, &Counters::good})
        a.*field += b.*field;
    for (std::size_t i = 0; i < a.rejections.size(); ++i)
        a.rejections[i] += b.rejections[i];
}

/// Of a quantile at each share, over replications. Empty where there is nothing to tell: one replication, some without such
/// times, or all alike.
std::vector<double> halfWidths(const std::vector<QuantileCurves>& each, std::vector<double> QuantileCurves::*quantiles)
{
    if (each.size() < 2 || std::ranges::any_of(each, [&](const auto& one) { return (one.*quantiles).empty(); }))
        return {};
    std::vector<double> halves, values(each.size());
    bool differ = false;
    for (std::size_t i = 0; i < (each[0].*quantiles).size(); ++i) {
        std::ranges::transform(each, values.begin(), [&](const auto& one) { return (one.*quantiles)[i]; });
        halves.push_back(halfWidth95(values));
        differ = differ || halves.back() > 0;
    }
    return differ ? halves : std::vector<double>();
}

constexpr std::array kMeans{&SimResult::simulatedSeconds, &SimResult::outputTokensPerSecond,
    &SimResult::totalTokensPerSecond, &SimResult::requestsPerSecond, &SimResult::goodputPerSecond,
    &SimResult::attainment, &SimResult::busyFraction, &SimResult::kvFraction, &SimResult::meanReplicas};
constexpr std::array kStations{&SimResult::inQueue, &SimResult::inPrefill, &SimResult::inDecode, &SimResult::inSystem};

} // namespace

double halfWidth95(std::span<const double> values)
{
    const auto n = values.size();
    if (n < 2)
        return 0;
    const double mean = meanOf(values);
    double squares = 0;
    for (const double v : values)
        squares += (v - mean) * (v - mean);
    return student95(n - 1) * std::sqrt(squares / static_cast<double>(n - 1) / static_cast<double>(n));
}

std::optional<PairedDifference> pairedDifference(std::span<const double> a, std::span<const double> b)
{
    const auto n = std::min(a.size(), b.size());
    if (n < 2)
        return std::nullopt;
    std::vector<double> differences(n);
    std::transform(
        a.begin(), a.begin() + static_cast<std::ptrdiff_t>(n), b.begin(), differences.begin(), std::minus<>{});
    return PairedDifference{meanOf(differences), halfWidth95(differences)};
}

Merged::Merged(const Scenario& scenario)
    : m_measured(fixedSeconds(scenario.latency)),
      m_shares(scenario.record.shares),
      m_metrics{{&SimResult::ttft, {}}, {&SimResult::e2e, {}}, {&SimResult::tpot, {}}, {&SimResult::itl, {}},
          {&SimResult::queue, {}}, {&SimResult::slowdown, {}}, {&SimResult::normalizedLatency, {}}}
{
    m_sum.seed = scenario.seed;
    m_sum.replications = 0;
}

void Merged::add(Replication& replication)
{
    SimResult& r = replication.result;
    ++m_replications;
    addCounters(m_sum.counters, r.counters);
    m_sum.fingerprint = m_replications == 1 ? r.fingerprint : m_sum.fingerprint * 0x100000001b3U + r.fingerprint;
    m_sum.engineWallSeconds += r.engineWallSeconds;
    m_sum.kvPeakFraction = std::max(m_sum.kvPeakFraction, r.kvPeakFraction);
    m_sum.cancelled = m_sum.cancelled || r.cancelled;
    if (m_sum.limit.empty())
        m_sum.limit = r.limit;
    for (const auto field : kMeans)
        m_sum.*field += r.*field;
    for (const auto station : kStations) {
        (m_sum.*station).area += (r.*station).area;
        (m_sum.*station).residence += (r.*station).residence;
    }
    if (r.headOfLineMean)
        m_sum.headOfLineMean = m_sum.headOfLineMean.value_or(0) + *r.headOfLineMean;
    if (m_replications == 1) {
        m_sum.series = std::move(r.series);
        m_firstEnd = r.simulatedSeconds;
        m_sum.rows = std::move(r.rows);
        m_sum.fleet = std::move(r.fleet);
    } else {
        m_laterSeries.push_back(wholeIntervals(std::move(r.series), r.simulatedSeconds));
    }
    for (auto& metric : m_metrics)
        metric.p95.push_back((r.*metric.field).p95);
    m_requestRates.push_back(r.requestsPerSecond);
    m_goodputs.push_back(r.goodputPerSecond);
    if (!r.quantiles.shares.empty())
        m_quantiles.push_back(std::move(r.quantiles));
    if (m_replications == 1)
        m_measured = std::move(replication.measured);
    else
        m_measured.merge(replication.measured);
}

bool Merged::isNarrow(double share) const
{
    if (m_sum.counters.completed == 0) // nothing that more replications could tell
        return true;
    return std::all_of(m_metrics.begin(), m_metrics.begin() + 2,
        [&](const Metric& m) { return meanOf(m.p95) > 0 && halfWidth95(m.p95) <= share * meanOf(m.p95); });
}

SimResult Merged::complete(SimResult r, const std::stop_token& stop) const
{
    r.replications = m_replications;
    if (m_replications == 0)
        return r;
    for (const auto field : kMeans)
        r.*field /= m_replications;
    if (r.headOfLineMean)
        *r.headOfLineMean /= m_replications;
    if (r.cancelled) // percentiles of a million values take longer than a cancelled user waits
        return r;
    if (!m_measured.summarise(r, stop)) {
        r.cancelled = true;
        return r;
    }
    if (!m_shares.empty()) {
        r.quantiles = m_measured.quantileCurves(m_shares);
        r.quantiles.ttftHalf = halfWidths(m_quantiles, &QuantileCurves::ttft);
        r.quantiles.tpotHalf = halfWidths(m_quantiles, &QuantileCurves::tpot);
        r.quantiles.e2eHalf = halfWidths(m_quantiles, &QuantileCurves::e2e);
    }
    if (m_replications > 1) {
        std::vector<TimeSeries> each{wholeIntervals(r.series, m_firstEnd)};
        each.insert(each.end(), m_laterSeries.begin(), m_laterSeries.end());
        r.seriesBand = bandOver(each);
        r.requestRateEach = m_requestRates;
        r.goodputEach = m_goodputs;
        r.ttftP95Each = m_metrics[0].p95;
        r.e2eP95Each = m_metrics[1].p95;
        for (const auto& metric : m_metrics) {
            // About the percentile of all requests, which is what is shown: the mean of those of short runs lies below it.
            const double half = halfWidth95(metric.p95);
            if (!(half > 0))
                continue; // runs that do not differ, of a trace say, tell nothing about one another
            sim::Distribution& d = r.*metric.field;
            d.ciLo = std::max(0.0, d.p95 - half);
            d.ciHi = d.p95 + half;
        }
    }
    return r;
}

} // namespace headroom::sim
