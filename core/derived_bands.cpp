#include "core/derived_bands.h"

#include "core/cost/cost.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace headroom {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Normal scores of p50, p95 and p99.
constexpr std::array<double, 3> kScores{0, 1.6448536269515, 2.3263478740408};

/// The parts that the step model predicts; the others are stated.
constexpr std::array kPredicted{&LatencyParts::queue, &LatencyParts::prefill, &LatencyParts::decode};

/// One edge of parts that are together `inner`.
LatencyParts farEdge(const PointEvaluation& p, const LatencyParts& parts, const LatencyParts& ofMean, double inner)
{
    LatencyParts edge = parts;
    double sum = 0;
    for (const auto part : kPredicted) {
        const double mean = (p.partsMean.*part).si(), moved = (ofMean.*part).si(), now = (parts.*part).si();
        const bool hasRatio = std::isfinite(moved) && std::isfinite(mean) && std::isfinite(now) && mean > 0;
        const double value = hasRatio ? now * (moved / mean) : moved;
        edge.*part = Seconds(value);
        sum += value;
    }
    if (!(sum > 0) || !std::isfinite(sum) || !std::isfinite(inner))
        return edge;
    for (const auto part : kPredicted)
        edge.*part *= inner / sum;
    return edge;
}

double shareBelow(double score) { return 0.5 * std::erfc(-score / std::sqrt(2.0)); }

/// Share of requests within a limit: the logarithm of the time is taken as a line of normal scores between the three
/// percentiles, and as its last piece beyond them.
double shareWithin(const std::array<double, 3>& percentiles, double limit)
{
    if (!(limit > 0) || !std::isfinite(percentiles[0]))
        return 0;
    const std::size_t i = limit > percentiles[1] ? 1 : 0;
    if (!(percentiles[i] > 0) || !(percentiles[i + 1] > percentiles[i]))
        return limit >= percentiles[i] ? 1 : 0;
    const double low = std::log(percentiles[i]), high = std::log(percentiles[i + 1]);
    return shareBelow(kScores[i] + (kScores[i + 1] - kScores[i]) * (std::log(limit) - low) / (high - low));
}

/// Of the target that is met least, with percentiles moved as the edge moves the p95.
double worstShare(const PointEvaluation& p, const Targets& targets, Seconds LatencySummary::*edge)
{
    double worst = 1;
    const auto look = [&](const LatencySummary& l, const std::optional<Seconds>& target) {
        if (!target)
            return;
        const double factor = l.p95.si() > 0 ? (l.*edge) / l.p95 : 1;
        const std::array<double, 3> percentiles{l.p50.si() * factor, l.p95.si() * factor, l.p99.si() * factor};
        worst = std::min(worst, shareWithin(percentiles, target->si()));
    };
    look(p.ttft, targets.ttftP95);
    look(p.tpot, targets.tpotP95);
    look(p.e2e, targets.e2eP99);
    return worst;
}

} // namespace

Band inProportion(double value, double known, const Band& ofKnown)
{
    if (!(value > 0) || !(known > 0) || !std::isfinite(known))
        return {value, value};
    return {value * (ofKnown.lo / known), value * (ofKnown.hi / known)};
}

Band inInverseProportion(double value, double known, const Band& ofKnown)
{
    if (!(known > 0) || !std::isfinite(known))
        return {value, value};
    return {ofKnown.hi > 0 ? value * (known / ofKnown.hi) : kInfinity,
        ofKnown.lo > 0 ? value * (known / ofKnown.lo) : kInfinity};
}

Band medianBand(const LatencySummary& l, const Band& ofMean) { return inProportion(l.p50.si(), l.mean.si(), ofMean); }
Band farBand(const LatencySummary& l) { return inProportion(l.p99.si(), l.p95.si(), {l.lo.si(), l.hi.si()}); }

PartsBand farPartsBand(const PointEvaluation& p, const LatencyParts& parts, const Band& ofWhole)
{
    const double fixed = (parts.network + parts.retrieval + parts.post).si();
    PartsBand band{farEdge(p, parts, p.partsMeanBand.lo, std::max(0.0, ofWhole.lo - fixed)),
        farEdge(p, parts, p.partsMeanBand.hi, std::max(0.0, ofWhole.hi - fixed))};
    for (const auto part : kPredicted) {
        band.lo.*part = std::min(band.lo.*part, parts.*part);
        band.hi.*part = std::max(band.hi.*part, parts.*part);
    }
    return band;
}

PartsBand partsP95Band(const PointEvaluation& p) { return farPartsBand(p, p.partsP95, {p.e2e.lo.si(), p.e2e.hi.si()}); }
PartsBand partsP99Band(const PointEvaluation& p) { return farPartsBand(p, p.partsP99, farBand(p.e2e)); }

Band goodputBand(const PointEvaluation& p, const Targets& targets)
{
    const double now = p.throughput.goodput.si();
    if (!p.stable)
        return {now, now};
    const double offered = p.throughput.requests.si();
    const double served = worstShare(p, targets, &LatencySummary::p95);
    const auto at = [&](Seconds LatencySummary::*edge) {
        return offered * std::clamp(p.sloAttainment + worstShare(p, targets, edge) - served, 0.0, 1.0);
    };
    return {std::min(now, at(&LatencySummary::hi)), std::max(now, at(&LatencySummary::lo))};
}

Band energyBand(const PointEvaluation& p)
{
    const double now = p.cost.joulesPerToken, output = p.throughput.output.si();
    if (!(now > 0) || !std::isfinite(now))
        return {now, now};
    const auto drawn = [](double busy) { return fleetWatts({.boardWatts = 1, .pue = 1}, 1, busy); };
    const auto at = [&](double busy, double served) {
        return served > 0 ? now * (drawn(busy) / drawn(p.busyFraction)) * (output / served) : kInfinity;
    };
    return {at(p.busyBand.lo, p.throughputBand.hi), at(p.busyBand.hi, p.throughputBand.lo)};
}

namespace {

void addPartsBands(std::vector<NamedBand>& bands, const PointEvaluation& p)
{
    const auto add = [&](const std::array<std::string_view, kPredicted.size()>& keys, const PartsBand& band) {
        for (std::size_t i = 0; i < keys.size(); ++i)
            bands.push_back({keys[i], band.of(kPredicted[i])});
    };
    add({"latency_parts_s.mean.queue", "latency_parts_s.mean.prefill", "latency_parts_s.mean.decode"}, p.partsMeanBand);
    add({"latency_parts_s.p95.queue", "latency_parts_s.p95.prefill", "latency_parts_s.p95.decode"}, partsP95Band(p));
    add({"latency_parts_s.p99.queue", "latency_parts_s.p99.prefill", "latency_parts_s.p99.decode"}, partsP99Band(p));
}

} // namespace

std::vector<NamedBand> derivedBands(const PointEvaluation& p, const Targets& targets)
{
    const Throughput& t = p.throughput;
    const CostResult& c = p.cost;
    const auto asOutput = [&](double value) { return inProportion(value, t.output.si(), p.throughputBand); };
    const auto asCost = [&](double value) { return inProportion(value, c.perOutputToken.si(), p.costBand); };
    std::vector<NamedBand> bands{{"ttft_s.p50", medianBand(p.ttft, p.ttftMeanBand)}, {"ttft_s.p99", farBand(p.ttft)},
        {"tpot_s.p50", medianBand(p.tpot, p.tpotMeanBand)}, {"tpot_s.p99", farBand(p.tpot)},
        {"e2e_s.p50", medianBand(p.e2e, p.e2eMeanBand)}, {"e2e_s.p99", farBand(p.e2e)},
        {"throughput.total_tok_s", asOutput(t.total.si())}, {"throughput.req_s", asOutput(t.requests.si())},
        {"throughput.goodput_req_s", goodputBand(p, targets)}, {"cost.usd_per_million_tokens", asCost(c.perToken.si())},
        {"cost.usd_per_million_output_tokens_at_capacity",
            inInverseProportion(c.perOutputTokenAtCapacity.si(), p.capacity.si(), p.capacityBand)},
        {"cost.input_price_usd_per_million_tokens", asCost(c.inputPrice.si())},
        {"cost.output_price_usd_per_million_tokens", asCost(c.outputPrice.si())},
        {"cost.quality_adjusted", asCost(c.qualityAdjusted.si())},
        {"cost.tokens_per_usd", asOutput(c.tokensPerUsd.si())}, {"cost.joules_per_token", energyBand(p)},
        {"cost.grams_co2_per_token", inProportion(c.gramsCo2PerToken, c.joulesPerToken, energyBand(p))}};
    addPartsBands(bands, p);
    return bands;
}

} // namespace headroom
