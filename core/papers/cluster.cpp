#include "core/papers/cluster.h"

#include "core/papers/simulated.h"
#include "core/sim/policy/batching.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <span>
#include <vector>

namespace headroom::papers {
namespace {

/// The line through the two points around x, or through the outermost two.
double along(std::span<const double, 5> xs, std::span<const double, 5> ys, double x)
{
    std::size_t i = 0;
    while (i + 2 < xs.size() && x > xs[i + 1])
        ++i;
    return ys[i] + (x - xs[i]) * (ys[i + 1] - ys[i]) / (xs[i + 1] - xs[i]);
}

constexpr double kMeasuredContext = 512; ///< tokens of each sequence of the decode points
constexpr double kMixedSlower = 1.1;     ///< a step of prompts and decodes over one of as many prompt tokens

sim::Physics physicsOf(const Cluster& cluster)
{
    sim::Physics physics;
    physics.law = [prompt = cluster.prompt, token = cluster.token](double decodes, double prefillTokens, double) {
        StepLaw law;
        if (prefillTokens > 0) {
            const double mixed = decodes > 0 ? kMixedSlower : 1;
            law.base = 1e-3 * mixed * prompt.prefillMs(prefillTokens + decodes);
        } else if (decodes > 0) {
            law.base = 1e-3 * token.decodeMs(decodes, 0);
            law.perContext[0] = 1e-3 * token.contextMs;
        }
        return law;
    };
    return physics;
}

/// One pool: prompts go first, whole, as many as a step takes, and what decodes runs with them (Splitwise, mixed
/// continuous batching).
sim::BatchDecision mixedWithinBudget(const sim::ReplicaView& v, const sim::BatchLimits& limits)
{
    const bool canAdmit = v.waiting > 0 && v.seatsLeft > 0 && v.headFits && !v.preempted && !v.swapped;
    if (canAdmit && (v.prefillTokens == 0 || v.prefillTokens + v.headTokens <= limits.tokenBudget))
        return {.act = sim::BatchDecision::Act::admit};
    return {.act = sim::BatchDecision::Act::run, .promptTokens = std::numeric_limits<std::int64_t>::max()};
}
constexpr sim::BatchingRow kMixed{BatchPolicy::continuous, "mixed_within_budget", "Mixed within the budget",
    &mixedWithinBudget, sim::MemoryTurn::decodesFirst};

sim::Scenario scenarioOf(const Cluster& cluster, const Lengths& lengths, double rate, std::uint64_t requests)
{
    System s;
    s.physics = physicsOf(cluster);
    s.slots = cluster.token.slots;
    s.maxSequences = 1024;
    s.tokenBudget = 2048;
    s.maxContext = 16'384;
    s.replicas = cluster.machines();
    if (cluster.promptMachines > 0) {
        s.policy = BatchPolicy::disaggregated;
        s.prefillReplicas = cluster.promptMachines;
    } else {
        s.row = &kMixed;
    }
    auto sc = scenario(s, lengths, rate, requests);
    sc.kv.transferSecondsPerToken = cluster.transferSecondsPerToken;
    if (cluster.mixedThreshold > 0)
        sc.batching.mixedThreshold = Tokens(cluster.mixedThreshold);
    return sc;
}

constexpr std::uint64_t kRequests = 5000;

std::array<double, 3> percentiles(std::vector<double>& values)
{
    std::array<double, 3> result{};
    constexpr std::array kShares{0.5, 0.9, 0.99};
    for (std::size_t i = 0; i < kShares.size() && !values.empty(); ++i) {
        const auto at =
            values.begin() + static_cast<std::ptrdiff_t>(kShares.at(i) * static_cast<double>(values.size() - 1));
        std::ranges::nth_element(values, at);
        result.at(i) = *at;
    }
    return result;
}

} // namespace

double MeasuredMachine::prefillMs(double tokens) const { return std::max(decode[0], along(kPrompts, prefill, tokens)); }

double MeasuredMachine::decodeMs(double sequences, double context) const
{
    return along(kBatches, decode, sequences) + contextMs * (context - kMeasuredContext * sequences);
}

bool Slowdowns::meetsAll() const
{
    constexpr std::array<double, 3> kTtft{2, 3, 6}, kRest{1.25, 1.5, 5};
    for (std::size_t i = 0; i < 3; ++i)
        if (ttft.at(i) > kTtft.at(i) || tbt.at(i) > kRest.at(i) || e2e.at(i) > kRest.at(i))
            return false;
    return true;
}

Slowdowns slowdowns(
    const Cluster& cluster, const MeasuredMachine& idle, const Lengths& lengths, double requestsPerSecond)
{
    auto sc = scenarioOf(cluster, lengths, requestsPerSecond, kRequests);
    sc.record.rows = true;
    std::vector<double> ttft, tbt, e2e;
    for (const sim::RequestRow& row : simulated(sc).rows) {
        if (row.request < kRequests / 5 || row.status != sim::Status::completed)
            continue; // the fleet fills up
        const double gaps = row.outputTokens - 1;
        const double first = 1e-3 * idle.prefillMs(row.promptTokens);
        const double next = 1e-3 * idle.decodeMs(1, row.promptTokens + row.outputTokens / 2.0);
        ttft.push_back((row.firstToken - row.arrival) / first);
        if (gaps > 0)
            tbt.push_back((row.finish - row.firstToken) / gaps / next);
        e2e.push_back((row.finish - row.arrival) / (first + gaps * next));
    }
    return {percentiles(ttft), percentiles(tbt), percentiles(e2e)};
}

double clusterRate(const Cluster& cluster, const MeasuredMachine& idle, const Lengths& lengths, double guess)
{
    constexpr double kStep = 1.5, kCloseEnough = 1.02, kTrickle = 0.02; ///< req/s a machine
    const auto holdsAt = [&](double rate) { return slowdowns(cluster, idle, lengths, rate).meetsAll(); };
    const double least = kTrickle * cluster.machines();
    double low = guess > 0 ? guess : cluster.machines(), high = low;
    if (holdsAt(low)) {
        while (holdsAt(high *= kStep))
            low = high;
    } else {
        while (!holdsAt(low /= kStep))
            if ((high = low) < least)
                return 0;
    }
    while (high > low * kCloseEnough) {
        const double middle = std::sqrt(low * high);
        (holdsAt(middle) ? low : high) = middle;
    }
    return low;
}

double shareOfTimeWithin(const Cluster& cluster, const Lengths& lengths, double requestsPerSecond, double tokens)
{
    auto sc = scenarioOf(cluster, lengths, requestsPerSecond, kRequests);
    sc.record.rows = true;
    // One sequence is one token of each step between its first token and its end; a prompt is all its tokens.
    struct Change {
        double time;
        int prompts, decodes;
    };
    std::vector<Change> changes;
    for (const sim::RequestRow& row : simulated(sc).rows) {
        const double start = row.arrival + row.queue;
        changes.push_back({start, 1, 0});
        changes.push_back({row.firstToken, -1, 1});
        changes.push_back({row.finish, 0, -1});
    }
    std::ranges::sort(changes, {}, &Change::time);
    const double from = changes[changes.size() / 5].time; // the machine fills up
    double few = 0, last = from;
    int prompts = 0, decodes = 0;
    for (const Change& c : changes) {
        if (c.time > last) {
            few += prompts == 0 && decodes <= tokens ? c.time - last : 0;
            last = c.time;
        }
        prompts += c.prompts;
        decodes += c.decodes;
    }
    return few / (last - from);
}

Division bestDivision(const std::function<std::optional<Cluster>(int)>& withPrompts, int most,
    const MeasuredMachine& idle, const Lengths& lengths)
{
    std::map<int, double> rates;
    Division best;
    const auto look = [&](int prompts) {
        if (prompts < 1 || prompts > most || rates.contains(prompts))
            return;
        const auto cluster = withPrompts(prompts);
        const double rate = cluster ? clusterRate(*cluster, idle, lengths, best.rate) : 0;
        rates[prompts] = rate;
        if (rate > best.rate)
            best = {prompts, cluster->tokenMachines, rate};
    };
    constexpr int kFirst = 6; ///< points of the coarse look
    int step = std::max(1, most / kFirst);
    for (int p = step; p < most; p += step)
        look(p);
    while (step > 1) {
        step = (step + 1) / 2;
        const int centre = best.promptMachines;
        look(centre - step);
        look(centre + step);
    }
    return best;
}

double clusterPeak(const Cluster& cluster, const Lengths& lengths)
{
    return simulated(scenarioOf(cluster, lengths, 1e4, kRequests)).requestsPerSecond;
}

} // namespace headroom::papers
