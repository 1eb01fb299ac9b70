#include "core/workload/trace.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>
#include <utility>

namespace headroom {

namespace {

constexpr std::size_t kQuantiles = 201;

/// Moves the last quantile so that the mean of the straight pieces between quantiles is the true mean: the last piece
/// stands for the longest half per cent alone, and a single long request would bend it (Azure conversation: 1.7 %).
void keepMean(LengthDistribution& d)
{
    const double weight = 0.5 / static_cast<double>(kQuantiles - 1); // of the last quantile in the mean
    const double last = d.quantiles.back() + (d.mean - meanOf(d)) / weight;
    d.quantiles.back() = std::max(last, d.quantiles[kQuantiles - 2]);
    d = withMean(std::move(d), d.mean); // what rounding, or a short list of requests, has left
}

/// The empirical distribution of some lengths, as quantiles at equal steps of probability.
LengthDistribution empirical(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    LengthDistribution d;
    d.shape = LengthShape::empirical;
    d.quantiles.reserve(kQuantiles);
    for (std::size_t i = 0; i < kQuantiles; ++i) {
        const double position =
            static_cast<double>(i) / static_cast<double>(kQuantiles - 1) * static_cast<double>(values.size() - 1);
        const auto below = static_cast<std::size_t>(position);
        const double part = position - static_cast<double>(below);
        const double above = values[std::min(below + 1, values.size() - 1)];
        d.quantiles.push_back(values[below] + part * (above - values[below]));
    }
    const double n = static_cast<double>(values.size());
    double sum = 0, square = 0;
    for (const double v : values)
        sum += v;
    d.mean = sum / n;
    for (const double v : values)
        square += (v - d.mean) * (v - d.mean);
    d.cv = d.mean > 0 ? std::sqrt(square / n) / d.mean : 0;
    if (d.mean > 0)
        keepMean(d);
    return d;
}

/// Standard deviation over mean of the gaps between arrivals; 1 where there are too few to say.
double gapVariation(const std::vector<TraceRequest>& requests, double duration)
{
    if (requests.size() < 3 || !(duration > 0))
        return 1;
    const double gaps = static_cast<double>(requests.size() - 1), mean = duration / gaps;
    double square = 0;
    for (std::size_t i = 1; i < requests.size(); ++i) {
        const double off = requests[i].arrival - requests[i - 1].arrival - mean;
        square += off * off;
    }
    return std::sqrt(square / gaps) / mean;
}

double correlation(const std::vector<TraceRequest>& requests, const TraceSummary& s)
{
    const double n = static_cast<double>(requests.size());
    double sum = 0;
    for (const TraceRequest& r : requests)
        sum += (r.promptTokens - s.prompt.mean) * (r.outputTokens - s.output.mean);
    const double spread = s.prompt.mean * s.prompt.cv * s.output.mean * s.output.cv;
    return spread > 0 ? std::clamp(sum / n / spread, -1.0, 1.0) : 0;
}

/// Share of prompt tokens whose leading blocks have been seen before, with a cache that never forgets.
double prefixHits(const Trace& trace)
{
    if (trace.hashBlockTokens <= 0)
        return 0;
    std::unordered_set<std::uint64_t> seen;
    double hits = 0, all = 0;
    for (const TraceRequest& r : trace.requests) {
        const std::uint64_t* ids = trace.hashes.data() + r.firstHash;
        std::uint32_t leading = 0;
        while (leading < r.hashCount && seen.contains(ids[leading]))
            ++leading;
        hits += std::min<double>(leading * static_cast<double>(trace.hashBlockTokens), r.promptTokens);
        all += r.promptTokens;
        seen.insert(ids, ids + r.hashCount);
    }
    return all > 0 ? hits / all : 0;
}

} // namespace

RequestRate rateOf(const Trace& trace)
{
    const auto& r = trace.requests;
    const double seconds = r.empty() ? 0 : r.back().arrival - r.front().arrival;
    return seconds > 0 ? RequestRate(static_cast<double>(r.size() - 1) / seconds) : RequestRate(0);
}

TraceSummary summarize(const Trace& trace)
{
    TraceSummary s;
    s.requests = trace.requests.size();
    if (trace.requests.empty())
        return s;
    s.duration = Seconds(trace.requests.back().arrival - trace.requests.front().arrival);
    s.rate = rateOf(trace);
    s.gapCv = gapVariation(trace.requests, s.duration.si());
    std::vector<double> lengths(trace.requests.size());
    const auto of = [&](std::int32_t TraceRequest::*member) {
        std::transform(trace.requests.begin(), trace.requests.end(), lengths.begin(),
            [&](const TraceRequest& r) { return static_cast<double>(r.*member); });
        return empirical(lengths);
    };
    s.prompt = of(&TraceRequest::promptTokens);
    s.output = of(&TraceRequest::outputTokens);
    s.promptOutputCorrelation = correlation(trace.requests, s);
    s.prefixHitRate = prefixHits(trace);
    return s;
}

Workload workloadOf(const TraceSummary& summary, Workload workload)
{
    if (summary.rate.si() > 0)
        workload.arrivalRate = summary.rate;
    constexpr double kRegular = 0.05; // gamma gaps of a smaller CV are as good as equal
    if (summary.gapCv < kRegular) {
        workload.process = ArrivalProcess::deterministic;
    } else {
        workload.arrivalCv = summary.gapCv;
        // Within a tenth of 1 the gaps are as good as exponential, and exact product forms apply.
        workload.process = std::abs(summary.gapCv - 1) < 0.1 ? ArrivalProcess::poisson : ArrivalProcess::gamma;
    }
    // Within the ranges that a plan may hold (fields()): beyond them nothing would change.
    constexpr double kMostGapCv = 20, kMostLengthCv = 10, kMostHits = 0.99;
    workload.arrivalCv = std::min(workload.arrivalCv, kMostGapCv);
    workload.shape.prompt = summary.prompt;
    workload.shape.output = summary.output;
    for (LengthDistribution* d : {&workload.shape.prompt, &workload.shape.output})
        d->cv = std::min(d->cv, kMostLengthCv); // for people: the quantiles say the spread
    workload.shape.prefixHitRate = std::min(summary.prefixHitRate, kMostHits);
    workload.classes.clear();
    return workload;
}

} // namespace headroom
