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

LatencyMix::LatencyMix(const StationTables& t, const Operating& at) : m_tables(t), m_at(at)
{
    m_classes.reserve(t.classes.size());
    const double mean = t.gapsMean > 0 ? at.decodeTime / t.gapsMean : 0;
    const double away = std::numbers::sqrt3 * at.intervalSpread;
    const double least = std::min(mean, at.leastInterval);
    m_intervals = {{{1.0 / 6, std::max(least, mean - away)}, {2.0 / 3, mean}, {1.0 / 6, mean + away}}};
    for (const StationClass& c : t.classes) {
        m_classes.push_back(classLatency(t, at, c));
        m_ttftMean += c.share * m_classes.back().ttft.mean();
        m_queueMean += c.share * m_classes.back().queueMean;
    }
    m_tpotMean = mean;
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
        const auto& gaps = m_tables.classes[k].gaps;
        for (const Node& node : m_intervals) {
            const double weight = m_classes[k].share * node.weight;
            LatencyGrid::At before = ttft.at(x - gaps[0] * node.interval);
            double momentBefore = (x - gaps[0] * node.interval) * before.cumulative - before.integral;
            for (std::size_t i = 1; i < kStrata.size(); ++i) {
                const double w = weight * (kStrata[i] - kStrata[i - 1]);
                const double width = (gaps[i] - gaps[i - 1]) * node.interval;
                const double left = x - gaps[i] * node.interval;
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
        const auto& gaps = m_tables.classes[k].gaps;
        high = std::max(high, m_classes[k].ttft.end() + gaps.back() * m_intervals.back().interval);
        const auto above = std::lower_bound(kStrata.begin(), kStrata.end(), p) - kStrata.begin();
        start += m_classes[k].share * (gaps[static_cast<std::size_t>(above)] * m_tpotMean + m_classes[k].ttft.mean());
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

namespace {

/// A gamma variable by Wilson and Hilferty: its cube root is normal. Shape and mean of what lies above `least`.
struct Interval {
    double least, above, shape;
    double quantile(double z) const
    {
        const double root = 1 - 1 / (9 * shape) + z / (3 * std::sqrt(shape));
        return least + above * std::max(0.0, root * root * root);
    }
    double cumulative(double x) const
    {
        if (x < least)
            return 0;
        if (!(above > 0))
            return 1;
        const double z = 3 * std::sqrt(shape) * (std::cbrt((x - least) / above) - 1 + 1 / (9 * shape));
        return normalCumulative(z);
    }
};

Interval intervalOf(const Operating& at, double mean, double gaps)
{
    Interval out{};
    out.least = std::min(at.leastInterval * 0.9, mean * 0.95);
    out.above = mean - out.least;
    const double variance = at.intervalSpread * at.intervalSpread + at.intervalNoise / std::max(gaps, 1.0);
    out.shape = out.above * out.above / std::max(variance, 1e-6 * out.above * out.above);
    return out;
}

} // namespace

double LatencyMix::tpotQuantile(double p) const
{
    if (!(m_tpotMean > 0))
        return 0;
    const auto f = [&](double x) {
        double met = 0, all = 0;
        for (std::size_t k = 0; k < m_classes.size(); ++k) {
            const auto& gaps = m_tables.classes[k].gaps;
            for (std::size_t i = 1; i < kStrata.size(); i += 2) {
                const std::size_t end = std::min(i + 1, kStrata.size() - 1);
                const double w = m_classes[k].share * (kStrata[end] - kStrata[i - 1]);
                const double middle = 0.5 * (gaps[i - 1] + gaps[end]);
                if (middle < 0.5)
                    continue;
                met += w * intervalOf(m_at, m_tpotMean, middle).cumulative(x);
                all += w;
            }
        }
        return std::pair(all > 0 ? met / all : 1.0, 0.0);
    };
    const double away = std::sqrt(m_at.intervalSpread * m_at.intervalSpread + m_at.intervalNoise);
    return solveIncreasing(f, p, 0.5 * m_tpotMean, m_tpotMean + 8 * away + 0.1 * m_tpotMean, m_tpotMean);
}

LatencySummary LatencyMix::tpot() const
{
    return summary(m_tpotMean, tpotQuantile(0.5), tpotQuantile(0.95), tpotQuantile(0.99));
}

LatencyParts LatencyMix::partsMean() const
{
    LatencyParts out;
    out.network = m_tables.input.networkIn + m_tables.input.networkOut;
    out.retrieval = m_tables.input.retrieval;
    out.queue = Seconds(m_queueMean);
    out.prefill = Seconds(m_ttftMean - m_queueMean);
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
        const double steady = std::isinf(c.tpotTarget) || gaps < 0.5 || !(m_tpotMean > 0)
                                  ? 1
                                  : intervalOf(m_at, m_tpotMean, gaps).cumulative(c.tpotTarget);
        double inTime = 0;
        for (const Node& node : m_intervals)
            inTime += node.weight * m_classes[k].ttft.at(std::min(first, whole - gaps * node.interval)).cumulative;
        met += (kStrata[i] - kStrata[i - 1]) * steady * inTime;
    }
    return std::clamp(met, 0.0, 1.0);
}

} // namespace headroom
