#include "core/queueing/operating.h"

#include "core/queueing/burst_chain.h"
#include "core/queueing/saturation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace headroom {

namespace {

bool isSplit(const StationTables& t) { return t.input.policy == BatchPolicy::disaggregated; }

/// Squared coefficient of variation of the gaps that one of `replicas` sees behind the router (MODEL.md 2).
double replicaArrivalScv(const StationTables& t, double replicas)
{
    switch (t.input.balancing) {
    case Balancing::random:
        return 1 + (t.arrivalScv - 1) / replicas;
    case Balancing::roundRobin:
    case Balancing::joinShortest:
    case Balancing::byPrefix:
        return t.arrivalScv / replicas; // the shortest is the one not chosen lately
    case Balancing::powerOfTwo:
        return 0.5 * (1 + (t.arrivalScv - 1) / replicas + t.arrivalScv / replicas);
    }
    return t.arrivalScv;
}

bool isShortest(const StationTables& t)
{
    return t.input.balancing == Balancing::joinShortest || t.input.balancing == Balancing::byPrefix;
}

bool isPooled(const StationTables& t, double replicas)
{
    return replicas > 1 && (isShortest(t) || t.input.balancing == Balancing::powerOfTwo);
}

PromptLoad loadOf(const StationTables& t, double rate, double arrivalScv)
{
    return {rate, t.promptMean, t.promptSecond + (arrivalScv - 1) * t.promptMean * t.promptMean};
}

/// \param levels solved at about this load, or none
Encounter encounter(const StationTables& t, const PromptLoad& load, double decodes, double weight,
    const std::vector<Level>& levels = {})
{
    Encounter out;
    out.weight = weight;
    PromptLoad bearable = load;
    const Level* nearest = nullptr;
    for (const Level& l : levels)
        if (!nearest || std::abs(l.decodes - decodes) < std::abs(nearest->decodes - decodes))
            nearest = &l;
    out.level = bearableLevel(t, bearable, decodes, nearest);
    out.rate = bearable.rate;
    out.tokenInterval = t.decodeStepAt(decodes) * out.level.stretch;
    return out;
}

/// Mean and standard deviation of what arrivals find, in one replica, given that they find somebody.
struct Found {
    double weight = 0, mean = 0, deviation = 0, idle = 0;
};

/// Behind a router that knows, nobody joins a busy replica while another is idle.
Found describe(const ChainSolution& chain, double replicas, bool shortest)
{
    Found out;
    double square = 0;
    const bool whole = shortest && replicas > 1, isLumped = !chain.lumps.empty();
    const double perReplica = 1 / replicas;
    const double lost = 0.5 * (1 - perReplica); // of a lump, by rounding down
    for (std::size_t i = 0; i < chain.found.size(); ++i) {
        const double all = chain.state(i);
        const double n = !whole                        ? all * perReplica
                         : isLumped && all >= replicas ? all * perReplica - lost
                                                       : std::floor(all * perReplica);
        if (n < 1e-9) {
            out.idle += chain.found[i];
            continue;
        }
        out.weight += chain.found[i];
        out.mean += chain.found[i] * n;
        square += chain.found[i] * n * n;
    }
    if (out.weight > 0) {
        out.mean /= out.weight;
        out.deviation = std::sqrt(std::max(0.0, square / out.weight - out.mean * out.mean));
    }
    return out;
}

/// Token intervals of what is met: weights, and sums of the first two powers.
struct Paces {
    double all = 0, mean = 0, square = 0;
    void add(double weight, double interval)
    {
        all += weight;
        mean += weight * interval;
        square += weight * interval * interval;
    }
};

/// Variance of a request's own mean token interval: it averages over its stay, and the number in system forgets at the
/// rate at which departures respond to it.
double slowVariance(const StationTables& t, const Paces& met, const Residence& residence, double n)
{
    if (met.all <= 0)
        return 0;
    const double mean = met.mean / met.all;
    const double pull = residence.departures(n + 1) - residence.departures(n);
    const double stay = std::max(1e-3, pull * t.gapsMean * mean);
    const double kept = 2 / (stay * stay) * (stay - 1 + std::exp(-stay));
    return std::max(0.0, met.square / met.all - mean * mean) * std::clamp(kept, 0.0, 1.0);
}

/// The law of decode times at a number of decodes, with `mean` for a request of mean length.
DecodeTime decodeTimeAt(const StationTables& t, const std::vector<Level>& at, double decodes, double mean, double slow)
{
    DecodeTime out;
    out.slow = slow;
    out.start = between(at, decodes, [](const Level& l) { return l.start; });
    out.memory = between(at, decodes, [](const Level& l) { return l.memory; });
    out.fast = between(at, decodes, [](const Level& l) { return l.fast; });
    out.least = t.decodeStepAt(std::max(decodes, 1.0));
    const double started = -out.start * std::expm1(-t.gapsMean / out.memory);
    out.interval = t.gapsMean > 0 ? std::max(0.0, mean - started) / t.gapsMean : 0;
    return out;
}

/// Prompts of those who waited for a seat come as others leave (withoutFeedback()): in that share of the time their noise is
/// not amplified, so that the pace of tokens goes over into that of full seats.
void calm(DecodeTime& decode, double stretch, double share)
{
    Level level;
    level.fast = decode.fast;
    level.memory = decode.memory;
    level.start = decode.start;
    level.stretch = stretch;
    const Level still = withoutFeedback(level);
    const auto mix = [share](double a, double b) { return a + share * (b - a); };
    const double perGap = mix(level.fast * level.memory, still.fast * still.memory);
    decode.fast = mix(level.fast, still.fast);
    decode.memory = decode.fast > 0 ? perGap / decode.fast : level.memory;
    decode.start = mix(level.start, still.start);
    decode.slow *= 1 - share; // nor does the number in their batch change
}

/// The chain at a rate, whole or by phases of a burst process. Shares of arrivals sum to one.
struct Phase {
    double rate; ///< of one replica
    ChainSolution chain;
};
std::vector<Phase> solvePhases(const StationTables& t, const ChainInput& in, const Residence& residence)
{
    const double perReplica = in.rate / in.replicas;
    if (t.input.process != ArrivalProcess::mmpp2)
        return {{perReplica, solveChain(in, residence)}};
    // Behind random routing each replica sees the same phases at its share of the rate.
    const BurstSolution bursts = solveBurstChain(in, t.input.burst, residence);
    return {{perReplica * bursts.calmRatio, bursts.calm}, {perReplica * bursts.burstRatio, bursts.burst}};
}

ChainInput chainInput(const StationTables& t, double fleetRate, double replicas, double seatRate)
{
    ChainInput in;
    const bool pooled = isPooled(t, replicas);
    in.replicas = pooled ? replicas : 1;
    in.rate = pooled ? fleetRate : fleetRate / replicas;
    in.seats = t.input.seats;
    in.capacity = seatRate * in.replicas;
    in.arrivalScv = pooled ? t.arrivalScv : replicaArrivalScv(t, replicas);
    in.bunching = in.arrivalScv;
    in.residenceScv = std::max(0.0, t.gapsSecond / (t.gapsMean * t.gapsMean) - 1);
    return in;
}

/// Share of time that one of the replicas is idle. What arrivals find stands for it.
double idleShare(const ChainSolution& chain, double replicas)
{
    if (replicas <= 1)
        return chain.idle;
    double idle = 0;
    for (std::size_t i = 0; i < chain.found.size(); ++i)
        idle += chain.found[i] * std::max(0.0, 1 - chain.state(i) / replicas);
    return idle;
}

void addSeatCounts(Operating& out, const std::vector<Phase>& phases, double replicas)
{
    double waits = 0, waited = 0;
    for (const Phase& p : phases) {
        out.meanSeated += p.chain.meanSeated / replicas;
        out.meanQueued += p.chain.meanQueued / replicas;
        out.idleTime += idleShare(p.chain, replicas);
        waits += p.chain.waits;
        waited += p.chain.waits * p.chain.meanWait;
    }
    out.seatWait = waits > 0 ? waited / waits : 0;
}

/// Gauss-Hermite with three nodes: right for a normal up to the fifth moment.
struct Node {
    double z, weight;
};
constexpr std::array<Node, 3> kNodes{{{-std::numbers::sqrt3, 1.0 / 6}, {0, 2.0 / 3}, {std::numbers::sqrt3, 1.0 / 6}}};

/// Whether a request waits about as long for its first token at the outer nodes as at the mean number found.
bool hardlyVaries(const std::vector<Level>& at, const Occupancy& seats, const Found& found)
{
    constexpr double kHardly = 1.3;
    const auto first = [&](const Node& node) {
        const double n = std::max(found.mean + node.z * found.deviation, std::min(1.0, found.mean));
        return between(
            at, std::min(seats.decodesAt(n), at.back().decodes), [](const Level& l) { return l.firstToken; });
    };
    const double middle = first(kNodes[1]);
    return first(kNodes[2]) < kHardly * middle && middle < kHardly * first(kNodes[0]);
}

/// Mean time from the first to the last token for a request that finds n others: tokens come at the pace of the batch
/// that it is itself part of.
double decodeTimeAmong(const StationTables& t, const std::vector<Level>& at, const Occupancy& seats, double n)
{
    const double b = std::min(seats.decodesAt(std::min(n + 1, t.input.seats)), at.back().decodes);
    const double gap = t.decodeStepAt(b) * between(at, b, [](const Level& l) { return l.stretch; });
    const double start = between(at, b, [&](const Level& l) { return -l.start * std::expm1(-t.gapsMean / l.memory); });
    return std::max(0.0, t.gapsMean * gap + start);
}

/// Prompts and decodes share a replica.
Operating operateShared(const StationTables& t, double fleetRate, Detail detail)
{
    Operating out;
    out.fleetRate = fleetRate;
    const double replicas = t.input.replicas;
    out.rate = fleetRate / replicas;
    const double scv = t.input.process == ArrivalProcess::mmpp2 ? 1 : replicaArrivalScv(t, replicas);
    const PromptLoad load = loadOf(t, out.rate, scv);
    const double balance = balancedDecodes(t, load);
    const std::vector<Level> at = levels(t, load, balance, detail == Detail::edges);
    const Occupancy seats = occupancy(t, at);
    const double most = at.back().decodes;
    ChainInput chain = chainInput(t, fleetRate, replicas, t.capacity);
    chain.bunching += between(at, std::min(balance, most),
        [&](const Level& l) { return (l.bunching - 1) * t.gapsMean / (t.gapsMean + l.memory); });
    const std::vector<Phase> phases = solvePhases(t, chain, seats.residence);
    addSeatCounts(out, phases, chain.replicas);

    constexpr double kRare = 1e-6; // arrivals that no percentile sees
    double mean = 0, weight = 0, waits = 0;
    for (const Phase& p : phases)
        waits += p.chain.waits;
    out.seated.reserve(kNodes.size() * phases.size());
    Paces paces;
    for (const Phase& p : phases) {
        const Found found = describe(p.chain, chain.replicas, isShortest(t));
        const PromptLoad phaseLoad = loadOf(t, p.rate, scv);
        out.idle += found.idle;
        weight += found.weight;
        mean += found.weight * found.mean;
        const bool one = detail == Detail::edges && hardlyVaries(at, seats, found);
        for (const auto& [z, w] : kNodes) {
            const double n = std::clamp(found.mean + z * found.deviation, std::min(1.0, found.mean), t.input.seats);
            const double share = w * found.weight, decodes = std::min(seats.decodesAt(n), most);
            out.decodeTime += share * decodeTimeAmong(t, at, seats, n);
            if (!(share > kRare)) // no number where prompts leave no step to decodes
                continue;
            if (!one || z == 0)
                out.seated.push_back(encounter(t, phaseLoad, decodes, one ? found.weight : share, at));
            paces.add(
                share, one ? t.decodeStepAt(decodes) * between(at, decodes, [](const Level& l) { return l.stretch; })
                           : out.seated.back().tokenInterval);
        }
        out.decodeTime += found.idle * decodeTimeAmong(t, at, seats, 0);
        if (p.chain.waits > kRare)
            out.waiting.push_back(
                encounter(t, phaseLoad, std::min(seats.decodesAt(t.input.seats), most), p.chain.waits, at));
        out.decodeTime += p.chain.waits * t.fullDecodes / t.capacity;
        if (p.chain.waits > kRare) // seats become free at the ends of steps only
            out.seatWait +=
                p.chain.waits / waits * std::max(0.0, out.waiting.back().level.phase.residual() - 1 / t.capacity);
    }
    mean = weight > 0 ? mean / weight : 0;
    waits = std::min(waits, 1.0);
    const double centre = seats.decodesAt(std::max(mean, 1e-3));
    out.meanDecodes = out.rate * out.decodeTime;
    out.decode = decodeTimeAt(t, at, centre, out.decodeTime, slowVariance(t, paces, seats.residence, mean));
    if (waits > kRare)
        calm(out.decode, between(at, centre, [](const Level& l) { return l.stretch; }), waits);
    out.stepMean = between(at, centre, [](const Level& l) { return l.phase.stepMean; });
    return out;
}

/// A replica that runs prompts and nothing else. Between prompts it makes empty steps so short that nobody waits for
/// them, which keeps one set of equations for both.
Encounter promptsAlone(const StationTables& t, double rate, double arrivalScv)
{
    Encounter out;
    out.weight = 1;
    out.rate = rate;
    out.level.node = t.prompts.front();
    out.level.node.idleStep = 1e-3 * out.level.node.withChunk.front();
    const auto solved = [&](double at) {
        out.rate = at;
        out.level.phase = solvePromptPhase(out.level.node, loadOf(t, at, arrivalScv), true);
        return out.level.phase.stable;
    };
    if (solved(rate))
        return out;
    // Between what steps bear and the capacity, which is a little more: a rate just below the first stands for all above.
    constexpr int kRounds = 24;
    constexpr double kJustBelow = 1 - 1e-4;
    double bears = 0, fails = rate;
    for (int round = 0; round < kRounds; ++round) {
        const double middle = 0.5 * (bears + fails);
        (solved(middle) ? bears : fails) = middle;
    }
    solved(kJustBelow * bears);
    return out;
}

/// Requests of a single token, so that nothing decodes.
Operating operatePromptsOnly(const StationTables& t, double fleetRate)
{
    Operating out;
    out.fleetRate = fleetRate;
    out.rate = fleetRate / t.input.replicas;
    out.seated.push_back(promptsAlone(t, out.rate, replicaArrivalScv(t, t.input.replicas)));
    const PromptPhase& phase = out.seated.front().level.phase;
    out.stepMean = out.seated.front().level.node.alone;
    out.idleTime = phase.idleSteps * out.seated.front().level.node.idleStep / phase.stepMean;
    out.meanSeated = out.rate * (out.stepMean + phase.residual());
    return out;
}

/// One pool prefills, another decodes, the KV cache is sent between them (MODEL.md 6.4).
Operating operateSplit(const StationTables& t, double fleetRate)
{
    Operating out;
    out.fleetRate = fleetRate;
    out.rate = fleetRate / t.prefillReplicas;
    out.seated.push_back(promptsAlone(t, out.rate, replicaArrivalScv(t, t.prefillReplicas)));
    const Level& prompts = out.seated.front().level;
    out.idleTime = prompts.phase.idleSteps * prompts.node.idleStep / prompts.phase.stepMean;

    Level decodes; // nothing but decodes: no first token, no noise
    decodes.decodes = t.input.seats;
    const Occupancy seats = occupancy(t, {decodes});
    const ChainInput chain = chainInput(t, fleetRate, t.decodeReplicas, t.decodeCapacity);
    const ChainSolution solved = solveChain(chain, seats.residence);
    const double rate = fleetRate / t.decodeReplicas;
    const Found found = describe(solved, chain.replicas, isShortest(t));
    out.meanSeated = solved.meanSeated / chain.replicas;
    out.meanQueued = solved.meanQueued / chain.replicas;
    out.meanDecodes = out.meanSeated;
    const double transfer = t.input.transferPerToken.si() * t.promptMean;
    out.decodeTime = out.meanSeated / rate + solved.waits * solved.meanWait + transfer;
    const double spread = t.decodeStepAt(found.mean + found.deviation) - t.decodeStepAt(found.mean);
    out.decode.slow = spread * spread;
    out.decode.least = t.decodeStepAt(std::max(1.0, found.mean));
    out.decode.start = solved.waits * solved.meanWait + transfer; // once, before the second token
    out.decode.memory = 0.1;
    out.decode.interval = out.meanSeated / rate / t.gapsMean;
    out.stepMean = t.decodeStepAt(std::max(1.0, out.meanDecodes));
    return out;
}

} // namespace

Operating operate(const StationTables& t, double fleetRate, Detail detail)
{
    if (t.gapsMean <= 0)
        return operatePromptsOnly(t, fleetRate);
    return isSplit(t) ? operateSplit(t, fleetRate) : operateShared(t, fleetRate, detail);
}

namespace {

/// The level of a rate that comes as others leave. Where steps have no room for more prompts open arrivals at it would
/// pile up without end, which these do not.
Level fullLevel(const StationTables& t, double rate, double decodes)
{
    constexpr double kPilesUp = 0.97; // of what fills all steps
    const PromptNode node = t.promptNodeAt(decodes);
    const double fills = node.capacity / (t.promptMean * node.law(node.lone, t.arePromptsWhole()).fullStep);
    PromptLoad load = loadOf(t, std::min(rate, kPilesUp * fills), 1);
    return bearableLevel(t, load, decodes);
}

} // namespace

DecodeTime decodeTimeOfFullSeats(const StationTables& t)
{
    const Level level = fullLevel(t, t.capacity, t.fullDecodes);
    return decodeTimeAt(t, {withoutFeedback(level)}, t.fullDecodes, t.fullDecodes / t.capacity, 0);
}

namespace {

/// What a request of a closed loop meets: open arrivals at such a rate, at most `rate`, that its first token takes as long
/// as the loop leaves for it. Prompts of a closed loop never gather as those of open arrivals do near the capacity.
Encounter metInLoop(const StationTables& t, double rate, double decodes, double firstToken)
{
    constexpr double kNobody = 1e-6; // of the rate: the prompt has the replica to itself
    constexpr int kRounds = 16;
    Encounter out;
    out.weight = 1;
    const auto isWithin = [&](double tried) {
        Level level = levelAt(t, loadOf(t, tried, 1), decodes);
        const bool within = level.phase.stable && level.firstToken <= firstToken;
        if (within || out.rate == 0) {
            out.level = std::move(level);
            out.rate = tried;
        }
        return within;
    };
    double low = kNobody * rate, high = rate;
    if (isWithin(low) && !isWithin(high))
        for (int round = 0; round < kRounds; ++round) {
            const double tried = 0.5 * (low + high);
            (isWithin(tried) ? low : high) = tried;
        }
    out.tokenInterval = t.decodeStepAt(decodes) * out.level.stretch;
    return out;
}

} // namespace

Operating operateClosed(const StationTables& t)
{
    Operating out;
    const StationInput& in = t.input;
    const double fixed = (in.networkIn + in.networkOut + in.retrieval + in.post).si();
    // Clients whose request is under way in the network are not in the engine: fixed point of both.
    double inEngine = in.concurrency / static_cast<double>(in.replicas);
    Saturation full;
    for (int round = 0; round < 20; ++round) {
        full = saturate(t, std::clamp(inEngine, 1e-3, in.seats));
        const double next = std::max(in.concurrency / static_cast<double>(in.replicas) - full.rate * fixed, 1e-3);
        if (std::abs(next - inEngine) < 1e-6 * inEngine)
            break;
        inEngine = 0.5 * (inEngine + next);
    }
    const double seated = std::min(inEngine, in.seats), queued = std::max(0.0, inEngine - in.seats);
    out.rate = full.rate;
    out.fleetRate = full.rate * in.replicas;
    out.meanSeated = seated;
    out.meanQueued = queued;
    out.seatWait = queued / full.rate;
    out.seatWaitScv = 1 / std::max(1.0, queued); // that many departures, each at the rate
    // By Little's law: of the time in a seat, what the decodes do not take is the wait for the first token.
    const Level usual = fullLevel(t, full.rate, full.decodes);
    const double inSeat = seated / full.rate, least = usual.node.alone + usual.node.perToken * usual.phase.leftover;
    const double first = std::min(inSeat, std::max(least, inSeat - full.decodes / full.rate));
    out.decodeTime = t.gapsMean > 0 ? inSeat - first : 0;
    out.meanDecodes = out.rate * out.decodeTime;
    out.decode = decodeTimeAt(t, {withoutFeedback(usual)}, full.decodes, out.decodeTime, 0);
    out.stepMean = usual.phase.stepMean;
    out.waiting.push_back(metInLoop(t, full.rate, full.decodes, first));
    return out;
}

} // namespace headroom
