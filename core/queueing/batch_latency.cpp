#include "core/queueing/batch_latency.h"

#include "core/workload/probability.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace headroom {

namespace {

/// Finds the root of an increasing function within [low, high]: Newton where its slope helps, else by halves.
template <class F>
double solveIncreasing(F valueAndSlope, double wanted, double low, double high, double start)
{
    double x = std::clamp(start, low, high);
    for (int round = 0; round < 40; ++round) {
        const auto [value, slope] = valueAndSlope(x);
        (value < wanted ? low : high) = x;
        double next = slope > 0 ? x + (wanted - value) / slope : low;
        if (!(next > low && next < high))
            next = 0.5 * (low + high);
        if (std::abs(next - x) < 3e-3 * x || high - low < 1e-4 * high) // the next would be smaller by as much again
            return next;
        x = next;
    }
    return x;
}

} // namespace

namespace {

struct Node {
    double weight, z;
};
constexpr std::array<Node, 3> kNodes{{{1.0 / 6, -std::numbers::sqrt3}, {2.0 / 3, 0}, {1.0 / 6, std::numbers::sqrt3}}};

/// Lengths that differ by less than this share are one length.
constexpr double kJump = 1e-9;

/// Knots of a normal variable and the probability between them, for distributions made of ramps.
constexpr std::array<double, 9> kKnots{-3.2, -2.0, -1.2, -0.6, 0.0, 0.6, 1.2, 2.0, 3.2};
constexpr std::array<double, 8> kBetween{0.02275, 0.09232, 0.15918, 0.22575, 0.22575, 0.15918, 0.09232, 0.02275};

/// The middle of stratum i of output lengths, as gaps between tokens; below a half there is no gap.
double middleGaps(const StationClass& c, std::size_t i) { return 0.5 * (c.gaps[i - 1] + c.gaps[i]); }
constexpr double kNoGap = 0.5;

/// Indices into kStrata for the time per token: it hardly depends on the length of long outputs.
constexpr std::array<std::size_t, 20> kPaceStrata{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 20, 24, 27};

/// Indices into kStrata for the whole time: all of them, or what the edge of a band takes.
constexpr std::array<std::size_t, kStrata.size()> kAllEdges = [] {
    std::array<std::size_t, kStrata.size()> all{};
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i] = i;
    return all;
}();
constexpr std::array<std::size_t, 14> kBandEdges{0, 1, 2, 4, 6, 9, 12, 15, 17, 19, 21, 23, 25, 27};

/// Time per output token of all classes, a stratum of lengths at a time.
IntervalGrid tpotGrid(const StationTables& t, const DecodeTime& decode, std::span<const std::size_t> cuts)
{
    const double away = std::sqrt(decode.slow + decode.fast) + std::abs(decode.start);
    const double knee = 1.5 * decode.interval + 1e-9, end = 2 * decode.interval + 6 * away + 2e-9;
    // The mean gap of a request tends from that of a short one to `interval`: the least is at an end.
    double least = std::min(decode.least, 0.97 * decode.interval), all = 0;
    std::vector<std::pair<double, double>> strata; // gaps, share
    strata.reserve(t.classes.size() * cuts.size());
    for (const StationClass& c : t.classes) {
        for (std::size_t i = 1; i < cuts.size(); ++i) {
            const std::size_t from = cuts[i - 1], to = cuts[i];
            double gaps = 0;
            for (std::size_t k = from + 1; k <= to; ++k)
                gaps += middleGaps(c, k) * (kStrata[k] - kStrata[k - 1]);
            const double share = kStrata[to] - kStrata[from];
            gaps /= share;
            if (gaps < kNoGap)
                continue;
            if (strata.empty() || gaps < strata.back().first)
                least = std::min(least, 0.97 * decode.moments(gaps).mean / gaps);
            strata.emplace_back(gaps, c.share * share);
            all += c.share * share;
        }
    }
    IntervalGrid grid(0.999 * least, knee, end);
    for (const auto& [gaps, share] : strata) {
        const double each = 1 / gaps;
        const DecodeTime::Spread spread = decode.spread(gaps);
        std::array<double, kKnots.size()> values;
        for (std::size_t k = 0; k < kKnots.size(); ++k)
            values[k] = spread.at(kKnots[k]) * each;
        grid.add(values, kBetween, share / all);
    }
    grid.finish();
    return grid;
}

} // namespace

LatencyMix::LatencyMix(const StationTables& t, const Operating& at, Detail detail)
    : m_tables(t),
      m_at(at),
      m_detail(detail),
      m_cuts(detail == Detail::edges ? std::span<const std::size_t>(kBandEdges) : kAllEdges)
{
    m_classes.reserve(t.classes.size());
    m_decode.reserve(t.classes.size());
    for (const StationClass& c : t.classes) {
        m_classes.emplace_back(t, at, c, detail);
        m_ttftMean += c.share * m_classes.back().ttft.mean();
        m_queueMean += c.share * m_classes.back().queueMean;
        auto& nodes = m_decode.emplace_back();
        for (std::size_t i = 0; i < m_cuts.size(); ++i) {
            double sum = 0;
            const DecodeTime::Spread spread = at.decode.spread(c.gaps[m_cuts[i]]);
            for (std::size_t k = 0; k < kNodes.size(); ++k) {
                nodes[k].edge[i] = spread.at(kNodes[k].z);
                sum += kNodes[k].weight * nodes[k].edge[i];
            }
            const double scale = sum > 0 ? (spread.base + spread.above) / sum : 1;
            for (std::size_t k = 0; k < kNodes.size(); ++k)
                nodes[k].edge[i] *= scale;
        }
        for (std::size_t k = 0; k < kNodes.size(); ++k) {
            DecodePieces& pieces = nodes[k];
            for (std::size_t i = 1; i < m_cuts.size(); ++i) {
                const double width = pieces.edge[i] - pieces.edge[i - 1];
                pieces.weight[i - 1] = c.share * kNodes[k].weight * (kStrata[m_cuts[i]] - kStrata[m_cuts[i - 1]]);
                const bool isJump = !(width > kJump * pieces.edge[i]);
                pieces.perSecond[i - 1] = isJump ? 0 : pieces.weight[i - 1] / width;
            }
        }
    }
    m_e2eMean = m_ttftMean + at.decodeTime;
}

IntervalGrid tpotDistribution(const StationTables& t, const DecodeTime& decode, Detail detail)
{
    return tpotGrid(t, decode, detail == Detail::edges ? std::span<const std::size_t>(kBandEdges) : kPaceStrata);
}

double LatencyMix::fixedBefore() const { return (m_tables.input.networkIn + m_tables.input.retrieval).si(); }
double LatencyMix::fixedAfter() const { return (m_tables.input.post + m_tables.input.networkOut).si(); }

double LatencyMix::ttftQuantile(double p) const
{
    if (m_classes.size() == 1)
        return fixedBefore() + m_classes.front().ttft.quantile(p);
    double high = 0;
    for (const ClassLatency& c : m_classes)
        high = std::max(high, c.ttft.end());
    const auto f = [&](double x) {
        std::pair value(0.0, 0.0);
        for (const ClassLatency& c : m_classes) {
            value.first += c.share * c.ttft.at(x).cumulative;
            value.second += c.share * c.ttft.density(x);
        }
        return value;
    };
    return fixedBefore() + solveIncreasing(f, p, 0, high, m_ttftMean);
}

LatencyMix::AtPoint LatencyMix::e2eAt(double x) const
{
    AtPoint out;
    for (std::size_t k = 0; k < m_classes.size(); ++k) {
        const LatencyGrid& ttft = m_classes[k].ttft;
        for (const DecodePieces& pieces : m_decode[k]) {
            LatencyGrid::At before = ttft.at(x - pieces.edge[0]);
            for (std::size_t i = 1; i < m_cuts.size() && before.integral > 0; ++i) {
                const double left = x - pieces.edge[i];
                const LatencyGrid::At after = ttft.at(left);
                if (pieces.perSecond[i - 1] > 0) {
                    out.cumulative += pieces.perSecond[i - 1] * (before.integral - after.integral);
                    out.density += pieces.perSecond[i - 1] * (before.cumulative - after.cumulative);
                } else { // one length: the grid itself
                    out.cumulative += pieces.weight[i - 1] * after.cumulative;
                    out.density += pieces.weight[i - 1] * ttft.density(left);
                }
                before = after;
            }
        }
    }
    return out;
}

LatencyMix::MeansAtPoint LatencyMix::meansAt(double x) const
{
    MeansAtPoint out;
    for (std::size_t k = 0; k < m_classes.size(); ++k) {
        const LatencyGrid& ttft = m_classes[k].ttft;
        const auto firstMoment = [](double at, const LatencyGrid::At& g) { return at * g.cumulative - g.integral; };
        for (const DecodePieces& pieces : m_decode[k]) {
            double from = x - pieces.edge[0];
            LatencyGrid::At before = ttft.at(from);
            for (std::size_t i = 1; i < m_cuts.size() && before.integral > 0; ++i) {
                const double to = x - pieces.edge[i];
                LatencyGrid::At after = ttft.at(to);
                double perSecond = pieces.perSecond[i - 1], upper = from, lower = to;
                LatencyGrid::At above = before, below = after;
                if (!(perSecond > 0)) { // one length: the slope of the grid itself
                    const double h = 1e-3 * ttft.end();
                    upper = to + h;
                    above = ttft.at(upper);
                    perSecond = pieces.weight[i - 1] / h;
                }
                out.density += perSecond * (above.cumulative - below.cumulative);
                out.first += perSecond * (firstMoment(upper, above) - firstMoment(lower, below));
                out.waited += perSecond * (above.waited - below.waited);
                before = after;
                from = to;
            }
        }
    }
    return out;
}

double LatencyMix::e2eShareWithin(double seconds) const
{
    return e2eAt(seconds - fixedBefore() - fixedAfter()).cumulative;
}

double LatencyMix::e2eQuantile(double p) const
{
    double high = 0, start = 0;
    for (std::size_t k = 0; k < m_classes.size(); ++k) {
        high = std::max(high, m_classes[k].ttft.end() + m_decode[k].back().edge[m_cuts.size() - 1]);
        const auto above = std::lower_bound(m_cuts.begin(), m_cuts.end(), p, [](std::size_t cut, double x) {
            return kStrata[cut] < x;
        }) - m_cuts.begin();
        start += m_classes[k].share * (m_decode[k][1].edge[static_cast<std::size_t>(above)] + m_classes[k].ttft.mean());
    }
    const auto f = [&](double x) {
        const AtPoint point = e2eAt(x);
        return std::pair(point.cumulative, point.density);
    };
    return fixedBefore() + fixedAfter() + solveIncreasing(f, p, 0, high, start);
}

namespace {

LatencySummary summary(double mean, double p50, double p95, double p99)
{
    LatencySummary out;
    out.mean = Seconds(mean);
    out.p50 = Seconds(p50);
    out.p95 = Seconds(p95);
    out.p99 = Seconds(p99);
    return out;
}

} // namespace

LatencySummary LatencyMix::ttft() const
{
    return summary(fixedBefore() + m_ttftMean, ttftQuantile(0.5), ttftQuantile(0.95), ttftQuantile(0.99));
}

LatencySummary LatencyMix::e2e() const
{
    return summary(fixedBefore() + m_e2eMean + fixedAfter(), e2eQuantile(0.5), e2eQuantile(0.95), e2eQuantile(0.99));
}

LatencySummary tpotOf(const IntervalGrid& grid)
{
    return summary(std::max(0.0, grid.mean()), grid.quantile(0.5), grid.quantile(0.95), grid.quantile(0.99));
}

LatencySummary LatencyMix::tpot() const { return tpotOf(tpotDistribution()); }

LatencyParts LatencyMix::partsMean() const
{
    LatencyParts out;
    out.network = m_tables.input.networkIn + m_tables.input.networkOut;
    out.retrieval = m_tables.input.retrieval;
    out.queue = Seconds(std::min(m_queueMean, m_ttftMean));
    out.prefill = Seconds(m_ttftMean) - out.queue;
    out.decode = Seconds(m_at.decodeTime);
    out.post = m_tables.input.post;
    return out;
}

LatencyParts LatencyMix::partsAt(double seconds) const
{
    const double inside = seconds - fixedBefore() - fixedAfter();
    const MeansAtPoint point = meansAt(inside);
    LatencyParts out = partsMean();
    const double first = point.density > 0 ? std::clamp(point.first / point.density, 0.0, inside) : 0.0;
    const double queue = point.density > 0 ? std::clamp(point.waited / point.density, 0.0, first) : 0.0;
    out.queue = Seconds(queue);
    out.prefill = Seconds(first - queue);
    out.decode = Seconds(inside - first);
    return out;
}

double LatencyMix::attainment(std::size_t k) const
{
    const StationClass& c = m_tables.classes[k];
    const double first = c.ttftTarget - fixedBefore(), whole = c.e2eTarget - fixedBefore() - fixedAfter();
    double met = 0;
    const bool anyPace = std::isinf(c.tpotTarget), anyTime = std::isinf(whole);
    const LatencyGrid& ttft = m_classes[k].ttft;
    const double firstInTime = ttft.at(first).cumulative;
    for (std::size_t i = 1; i < kStrata.size(); ++i) {
        const double gaps = middleGaps(c, i);
        const double steady = anyPace || gaps < kNoGap ? 1 : m_at.decode.meets(gaps, c.tpotTarget);
        double inTime = 0;
        for (std::size_t node = 0; node < kNodes.size() && steady > 0; ++node) {
            const auto& edge = m_decode[k][node].edge;
            const double left = whole - 0.5 * (edge[i - 1] + edge[i]);
            inTime += kNodes[node].weight * (anyTime || left >= first ? firstInTime : ttft.at(left).cumulative);
        }
        met += (kStrata[i] - kStrata[i - 1]) * steady * inTime;
    }
    return std::clamp(met, 0.0, 1.0);
}

} // namespace headroom
