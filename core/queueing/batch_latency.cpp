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
        if (std::abs(next - x) < 1e-3 * x || high - low < 1e-4 * high)
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

/// Knots of a normal variable and the probability between them, for distributions made of ramps.
constexpr std::array<double, 9> kKnots{-3.2, -2.0, -1.2, -0.6, 0.0, 0.6, 1.2, 2.0, 3.2};
constexpr std::array<double, 8> kBetween{0.02275, 0.09232, 0.15918, 0.22575, 0.22575, 0.15918, 0.09232, 0.02275};

/// Time per output token of all classes, a stratum of lengths at a time.
LatencyGrid tpotGrid(const StationTables& t, const DecodeTime& decode)
{
    const double away = std::sqrt(decode.slow + decode.fast) + std::abs(decode.start);
    LatencyGrid grid(1.5 * decode.interval + 1e-9, 2 * decode.interval + 6 * away + 2e-9);
    double all = 0;
    for (const StationClass& c : t.classes) {
        for (std::size_t i = 1; i < kStrata.size(); ++i)
            all += c.gaps[i - 1] + c.gaps[i] >= 1 ? c.share * (kStrata[i] - kStrata[i - 1]) : 0;
    }
    for (const StationClass& c : t.classes) {
        for (std::size_t i = 1; i < kStrata.size(); ++i) {
            const double gaps = 0.5 * (c.gaps[i - 1] + c.gaps[i]);
            if (gaps < 0.5) // a single token has no gap
                continue;
            const double weight = c.share * (kStrata[i] - kStrata[i - 1]) / all, each = 1 / gaps;
            const DecodeTime::Spread spread = decode.spread(gaps);
            double from = spread.at(kKnots.front()) * each;
            for (std::size_t k = 0; k < kBetween.size(); ++k) {
                const double to = spread.at(kKnots[k + 1]) * each;
                grid.add(from, to, weight * kBetween[k], 0);
                from = to;
            }
        }
    }
    grid.finish();
    return grid;
}

} // namespace

LatencyMix::LatencyMix(const StationTables& t, const Operating& at)
    : m_tables(t), m_at(at), m_tpot(tpotGrid(t, at.decode))
{
    m_classes.reserve(t.classes.size());
    m_decode.reserve(t.classes.size());
    for (const StationClass& c : t.classes) {
        m_classes.push_back(classLatency(t, at, c));
        m_ttftMean += c.share * m_classes.back().ttft.mean();
        m_queueMean += c.share * m_classes.back().queueMean;
        Edges& edges = m_decode.emplace_back();
        for (std::size_t i = 0; i < kStrata.size(); ++i) {
            double sum = 0;
            const DecodeTime::Spread spread = at.decode.spread(c.gaps[i]);
            for (std::size_t k = 0; k < kNodes.size(); ++k) {
                edges[k][i] = spread.at(kNodes[k].z);
                sum += kNodes[k].weight * edges[k][i];
            }
            const double scale = sum > 0 ? (spread.base + spread.above) / sum : 1;
            for (std::size_t k = 0; k < kNodes.size(); ++k)
                edges[k][i] *= scale;
        }
    }
    m_tpotMean = std::max(0.0, m_tpot.mean());
    m_e2eMean = m_ttftMean + at.decodeTime;
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
        double value = 0;
        for (const ClassLatency& c : m_classes)
            value += c.share * c.ttft.at(x).cumulative;
        return std::pair(value, 0.0);
    };
    return fixedBefore() + solveIncreasing(f, p, 0, high, m_ttftMean);
}

LatencyMix::AtPoint LatencyMix::e2eAt(double x) const
{
    AtPoint out;
    for (std::size_t k = 0; k < m_classes.size(); ++k) {
        const LatencyGrid& ttft = m_classes[k].ttft;
        for (std::size_t node = 0; node < kNodes.size(); ++node) {
            const double weight = m_classes[k].share * kNodes[node].weight;
            const auto& decode = m_decode[k][node];
            LatencyGrid::At before = ttft.at(x - decode[0]);
            double momentBefore = (x - decode[0]) * before.cumulative - before.integral;
            for (std::size_t i = 1; i < kStrata.size(); ++i) {
                const double w = weight * (kStrata[i] - kStrata[i - 1]);
                const double width = decode[i] - decode[i - 1];
                const double left = x - decode[i];
                const LatencyGrid::At after = ttft.at(left);
                const double moment = left * after.cumulative - after.integral;
                if (width > 1e-9 * x) {
                    out.cumulative += w * (before.integral - after.integral) / width;
                    const double density = w * (before.cumulative - after.cumulative) / width;
                    out.density += density;
                    out.first += w * (momentBefore - moment) / width;
                    out.waited += w * (before.waited - after.waited) / width;
                } else { // one length: the slope of the grid itself
                    const double h = 1e-3 * ttft.end();
                    const LatencyGrid::At next = ttft.at(left + h);
                    out.cumulative += w * after.cumulative;
                    out.density += w * (next.cumulative - after.cumulative) / h;
                    out.first += w * ((left + h) * next.cumulative - next.integral - moment) / h;
                    out.waited += w * (next.waited - after.waited) / h;
                }
                before = after;
                momentBefore = moment;
            }
        }
    }
    return out;
}

double LatencyMix::e2eQuantile(double p) const
{
    double high = 0, start = 0;
    for (std::size_t k = 0; k < m_classes.size(); ++k) {
        high = std::max(high, m_classes[k].ttft.end() + m_decode[k].back().back());
        const auto above = std::lower_bound(kStrata.begin(), kStrata.end(), p) - kStrata.begin();
        start += m_classes[k].share * (m_decode[k][1][static_cast<std::size_t>(above)] + m_classes[k].ttft.mean());
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

double LatencyMix::tpotQuantile(double p) const { return m_tpot.quantile(p); }

LatencySummary LatencyMix::tpot() const
{
    return summary(m_tpotMean, tpotQuantile(0.5), tpotQuantile(0.95), tpotQuantile(0.99));
}

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
    const AtPoint point = e2eAt(inside);
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
    for (std::size_t i = 1; i < kStrata.size(); ++i) {
        const double gaps = 0.5 * (c.gaps[i - 1] + c.gaps[i]);
        const double steady =
            std::isinf(c.tpotTarget) || gaps < 0.5 || !(m_tpotMean > 0) ? 1 : m_at.decode.meets(gaps, c.tpotTarget);
        double inTime = 0;
        for (std::size_t node = 0; node < kNodes.size(); ++node) {
            const double decode = 0.5 * (m_decode[k][node][i - 1] + m_decode[k][node][i]);
            inTime += kNodes[node].weight * m_classes[k].ttft.at(std::min(first, whole - decode)).cumulative;
        }
        met += (kStrata[i] - kStrata[i - 1]) * steady * inTime;
    }
    return std::clamp(met, 0.0, 1.0);
}

} // namespace headroom
