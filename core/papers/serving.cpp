#include "core/papers/serving.h"

#include "core/papers/simulated.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>

namespace headroom::papers {

LengthDistribution lognormal(double mean, double cv) { return {LengthShape::lognormal, mean, cv, {}}; }

LengthDistribution lognormalThrough(double median, double p90)
{
    constexpr double kZ90 = 1.2815515655446004;
    const double sigma = std::log(p90 / median) / kZ90;
    return lognormal(median * std::exp(sigma * sigma / 2), std::sqrt(std::expm1(sigma * sigma)));
}

namespace {

struct Quantile {
    double probability, tokens;
};

LengthDistribution logarithmBetween(std::span<const Quantile> known)
{
    constexpr int kSteps = 200;
    LengthDistribution d{LengthShape::empirical, 0, 0, {}};
    std::size_t next = 1;
    for (int i = 0; i <= kSteps; ++i) {
        const double p = static_cast<double>(i) / kSteps;
        while (next + 1 < known.size() && p > known[next].probability)
            ++next;
        const Quantile &a = known[next - 1], &b = known[next];
        d.quantiles.push_back(
            a.tokens * std::pow(b.tokens / a.tokens, (p - a.probability) / (b.probability - a.probability)));
    }
    d.mean = meanOf(d);
    return d;
}

} // namespace

LengthDistribution throughQuantiles(double least, double median, double p90, double most)
{
    return logarithmBetween(std::array<Quantile, 4>{{{0, least}, {0.5, median}, {0.9, p90}, {1, most}}});
}

LengthDistribution throughQuantiles(double least, double median, double p90, double p99, double most)
{
    return logarithmBetween(std::array<Quantile, 5>{{{0, least}, {0.5, median}, {0.9, p90}, {0.99, p99}, {1, most}}});
}

LengthDistribution uniformBetween(double least, double most)
{
    return {LengthShape::empirical, (least + most) / 2, 0, {least, most}};
}

LengthDistribution fixedLength(double tokens) { return {LengthShape::fixed, tokens, 0, {}}; }

sim::Scenario scenario(const System& system, const Lengths& lengths, double requestsPerSecond, std::uint64_t requests)
{
    sim::Scenario s;
    s.workload.arrivalRate = RequestRate(requestsPerSecond);
    s.workload.shape = {lengths.prompt, lengths.output, 0};
    s.classes = summarize(s.workload).classes;
    s.stages = system.policy == BatchPolicy::static_ ? 1 : system.stages;
    s.physics = sim::ofMicroBatch(system.physics, s.stages);
    s.kv = {.blocks = system.slots / system.blockTokens, .blockTokens = system.blockTokens};
    s.maxContext = Tokens(system.maxContext);
    s.replicas = system.replicas;
    s.prefillReplicas = system.prefillReplicas;
    s.batching.policy = system.policy;
    s.batchingRow = system.row;
    s.staticStart = system.staticStart;
    s.batching.reservation = system.reservation;
    s.batching.maxSequences = system.maxSequences * s.stages;
    s.batching.tokenBudget = Tokens(system.tokenBudget);
    s.batching.blockTokens = system.blockTokens;
    s.batching.staticTimeout = Seconds(0);
    s.latency = {.network = Seconds(0), .frontend = Seconds(0), .retrieval = Seconds(0), .post = Seconds(0)};
    s.limits.requests = requests;
    return s;
}

namespace {

/// What one request held between two times. Nobody is preempted under a reservation: tokens grow evenly from the
/// prompt to prompt plus output.
void addRow(MemoryStates& sum, const System& system, const sim::RequestRow& row, double from, double to)
{
    const double start = row.arrival + row.queue, span = row.finish - start;
    const double begin = std::max(from, start), end = std::min(to, row.finish);
    if (row.status != sim::Status::completed || end <= begin || span <= 0)
        return;
    const double middle = ((begin + end) / 2 - start) / span;
    const double final = row.promptTokens + row.outputTokens, used = row.promptTokens + middle * row.outputTokens;
    double promised = final;
    if (system.reservation == Reservation::maximum)
        promised = std::max(final, system.maxContext);
    else if (system.reservation == Reservation::powerOfTwo)
        promised = row.promptTokens + static_cast<double>(std::bit_ceil(static_cast<std::uint64_t>(row.outputTokens)));
    const double share = (end - begin) / (to - from) / static_cast<double>(system.slots);
    sum.used += share * used;
    sum.reserved += share * (final - used);
    sum.internal += share * (promised - final);
}

} // namespace

double largestRate(const System& system, const Lengths& lengths, double low, double high,
    const std::function<bool(const sim::SimResult&)>& good, const std::function<std::uint64_t(double)>& requestsAt)
{
    const auto holdsAt = [&](double rate) {
        return good(simulated(scenario(system, lengths, rate, requestsAt(rate))));
    };
    if (!holdsAt(low))
        return low;
    if (holdsAt(high))
        return high;
    constexpr double kCloseEnough = 1.01;
    while (high > low * kCloseEnough) {
        const double middle = std::sqrt(low * high);
        (holdsAt(middle) ? low : high) = middle;
    }
    return low;
}

MemoryStates memoryStates(const System& system, const Lengths& lengths, double requestsPerSecond, double seconds)
{
    auto s = scenario(system, lengths, requestsPerSecond, static_cast<std::uint64_t>(seconds * requestsPerSecond));
    s.limits.horizon = seconds;
    const auto series = simulated(s).series;
    const auto meanOfLater = [](const std::vector<double>& points) {
        const auto from = points.begin() + static_cast<std::ptrdiff_t>(points.size() / 5);
        return std::accumulate(from, points.end(), 0.0) /
               static_cast<double>(std::max<std::ptrdiff_t>(1, points.end() - from));
    };
    MemoryStates sum;
    sum.running = meanOfLater(series.running);
    if (system.reservation == Reservation::paged) { // half a block of each sequence waits to be filled, on average
        const double allocated = meanOfLater(series.kvFraction);
        sum.internal = sum.running * (system.blockTokens - 1) / 2.0 / static_cast<double>(system.slots);
        sum.used = allocated - sum.internal;
        sum.external = 1 - allocated;
        return sum;
    }
    s.limits.horizon = std::numeric_limits<double>::infinity();
    s.record.rows = true;
    for (const sim::RequestRow& row : simulated(s).rows)
        addRow(sum, system, row, seconds / 5, seconds);
    sum.external = 1 - sum.used - sum.reserved - sum.internal;
    return sum;
}

} // namespace headroom::papers
