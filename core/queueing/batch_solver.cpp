#include "core/queueing/batch_solver.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace headroom {

namespace {

/// Squared coefficient of variation of the gaps that one replica sees behind the router (MODEL.md 2).
double replicaArrivalScv(const StationTables& t)
{
    const double replicas = t.input.replicas;
    switch (t.input.balancing) {
    case Balancing::random:
        return 1 + (t.arrivalScv - 1) / replicas;
    case Balancing::roundRobin:
    case Balancing::joinShortest:
        return t.arrivalScv / replicas; // the shortest is the one not chosen lately
    case Balancing::powerOfTwo:
        return 0.5 * (1 + (t.arrivalScv - 1) / replicas + t.arrivalScv / replicas);
    }
    return t.arrivalScv;
}

bool isPooled(const StationTables& t)
{
    return t.input.replicas > 1 &&
           (t.input.balancing == Balancing::joinShortest || t.input.balancing == Balancing::powerOfTwo);
}

/// E[(W - c)+ in steps]: how many full steps an exponential backlog of mean w takes before its last.
double fullStepsBefore(double w, double c) { return w > 0 ? 1 / std::expm1(c / w) : 0; }

/// One number of decodes at a rate: the prompt phase, and what a request experiences there.
struct Level {
    double decodes = 0;
    PromptNode node;
    PromptPhase phase;
    double firstToken = 0; ///< mean time from taking a seat to the first token
    double start = 0;      ///< DecodeTime::start, of a long request
    double memory = 1;     ///< DecodeTime::memory
    double fast = 0;       ///< DecodeTime::fast
    double bunching = 1;   ///< index of dispersion of prompts that start to decode, in the time in which decodes run
    double stretch = 1;    ///< token interval / decode step
};

double meanWaitingTokens(const PromptPhase& phase, double tokensPerSecond)
{
    return phase.leftover * phase.fullStep / phase.stepMean + tokensPerSecond * phase.residual();
}

/// What prompts in other steps do to the time of a request's tokens. A request starts when its prompt is done: the
/// tokens that wait then came after it, and there are more of them than at an average step. Their excess is worked off
/// while it decodes. Later on, the work that arrives varies as a compound Poisson process.
void decodeNoise(const PromptLoad& load, Level& level)
{
    const PromptPhase& phase = level.phase;
    const bool exclusive = phase.law.exclusive;
    const double tokens = load.rate * load.mean, e = phase.law.perToken;
    const double atStart = tokens * std::max(0.0, level.firstToken - phase.residual());
    const double usual = tokens * (exclusive ? level.node.idleStep : phase.stepMean) + phase.leftover;
    level.start = e * (atStart - usual) * level.stretch;
    const double extra = phase.law.setup - (exclusive ? 0 : level.node.idleStep);
    const double service = e * e * load.second + 2 * e * extra * load.mean + extra * extra; // E[S^2]
    // While prompts run, others gather: they join the batch together, as many as a busy period of M/G/1 serves.
    const double mean = extra + e * load.mean; // E[S]
    level.bunching = level.stretch * level.stretch * (1 + load.rate * load.rate * std::max(0.0, service - mean * mean));
    const double perStep = phase.tokenInterval * load.rate * service * level.stretch * level.stretch;
    if (exclusive) { // each gap has its own prompts
        level.fast = perStep;
        level.memory = 0.5;
        return;
    }
    level.fast = std::max(0.0, phase.stepSecond - phase.stepMean * phase.stepMean);
    level.memory = level.fast > 0 ? std::max(0.5, 0.5 * perStep / level.fast) : 0.5;
}

Level levelAt(const StationTables& t, const PromptLoad& load, double decodes)
{
    Level level;
    level.decodes = decodes;
    level.node = t.promptNodeAt(decodes);
    level.phase = solvePromptPhase(level.node, load, t.input.policy == BatchPolicy::prefillFirst);
    if (!level.phase.stable)
        return level;
    const double waiting = meanWaitingTokens(level.phase, load.rate * load.mean);
    const double more =
        fullStepsBefore(waiting + load.mean, level.node.capacity) - fullStepsBefore(load.mean, level.node.capacity);
    const double behind = load.rate * load.mean * level.phase.residual();
    level.firstToken = level.phase.residual() + level.node.alone + level.phase.law.setup * more +
                       level.phase.law.perToken * (waiting + behind);
    level.stretch = level.phase.tokenInterval / level.node.idleStep;
    decodeNoise(load, level);
    return level;
}

/// Decodes at which as many sequences finish as start, ignoring fluctuations: B = lambda m interval(B).
double balancedDecodes(const StationTables& t, const PromptLoad& load)
{
    double low = 0, high = t.prompts.back().decodes;
    const bool exclusive = t.input.policy == BatchPolicy::prefillFirst;
    for (int round = 0; round < 14; ++round) {
        const double b = 0.5 * (low + high);
        const PromptNode node = t.promptNodeAt(b);
        const PromptLaw law = node.law(node.lone, exclusive);
        const double rho = law.perToken * load.rate * load.mean;
        const double budget = load.rate * load.mean * (law.setup + law.perToken * law.capacity);
        double interval = t.decodeStepAt(b) / std::max(1e-9, 1 - rho);
        if (exclusive) // each batch of prompts costs its setup as well
            interval += interval * load.rate * law.setup / (1 + load.rate * (interval + law.setup));
        (b < load.rate * t.gapsMean * interval || budget > node.capacity ? low : high) = b;
        if (budget > node.capacity)
            high = b, low = std::min(low, 0.5 * b);
    }
    return 0.5 * (low + high);
}

/// Levels around the balance, ascending, up to where prompts no longer keep up.
std::vector<Level> levels(const StationTables& t, const PromptLoad& load)
{
    const double centre = std::max(1.0, balancedDecodes(t, load)), most = t.prompts.back().decodes;
    const double spread = std::sqrt(centre);
    std::vector<Level> out;
    for (double b : {0.0, 0.5 * centre, centre - spread, centre, centre + spread, centre + 3 * spread,
             2 * centre + 4 * spread, most}) {
        b = std::clamp(b, 0.0, most);
        if (!out.empty() && b < out.back().decodes + 0.25)
            continue;
        Level level = levelAt(t, load, b);
        if (!level.phase.stable)
            break;
        out.push_back(std::move(level));
    }
    return out;
}

/// A quantity of the levels at any number of decodes.
template <class F>
double between(const std::vector<Level>& levels, double decodes, F quantity)
{
    std::size_t i = 1;
    while (i + 1 < levels.size() && levels[i].decodes < decodes)
        ++i;
    if (levels.size() == 1)
        return quantity(levels.front());
    const Level &a = levels[i - 1], &b = levels[i];
    const double part = std::clamp((decodes - a.decodes) / (b.decodes - a.decodes), 0.0, 1.0);
    return quantity(a) + part * (quantity(b) - quantity(a));
}

/// Requests in a replica and the decodes among them, at the same time.
struct Occupancy {
    Residence residence;
    std::vector<double> decodes; ///< at residence.requests
    double decodesAt(double n) const
    {
        const auto& x = residence.requests;
        if (n <= x.front())
            return n * decodes.front() / x.front();
        const auto above = std::lower_bound(x.begin(), x.end(), n);
        if (above == x.end())
            return decodes.back();
        const auto i = static_cast<std::size_t>(above - x.begin());
        return decodes[i - 1] + (n - x[i - 1]) / (x[i] - x[i - 1]) * (decodes[i] - decodes[i - 1]);
    }
};

Occupancy occupancy(const StationTables& t, const std::vector<Level>& levels)
{
    Occupancy out;
    for (std::size_t k = 0; k < t.decodes.size(); ++k) {
        const double b = t.decodes[k];
        if (k > 0 && b > levels.back().decodes + 1)
            break;
        const double first = between(levels, b, [](const Level& l) { return l.firstToken; });
        const double decode =
            t.gapsMean * t.decodeStep[k] * between(levels, b, [](const Level& l) { return l.stretch; });
        out.residence.requests.push_back(b * (first + decode) / decode);
        out.residence.seconds.push_back(first + decode);
        out.decodes.push_back(b);
    }
    return out;
}

Encounter encounter(const StationTables& t, const PromptLoad& load, double decodes, double weight)
{
    Encounter out;
    out.weight = weight;
    Level level = levelAt(t, load, decodes);
    out.node = level.node;
    out.phase = level.phase;
    out.tokenInterval = t.decodeStepAt(decodes) * level.stretch;
    return out;
}

} // namespace

Operating operate(const StationTables& t, double fleetRate)
{
    Operating out;
    const double replicas = t.input.replicas;
    const bool pooled = isPooled(t);
    out.rate = fleetRate / replicas;
    const double scv = replicaArrivalScv(t);
    const PromptLoad load{out.rate, t.promptMean, t.promptSecond + (scv - 1) * t.promptMean * t.promptMean};
    const std::vector<Level> at = levels(t, load);
    const Occupancy seats = occupancy(t, at);

    ChainInput chain;
    chain.replicas = pooled ? replicas : 1;
    chain.rate = pooled ? fleetRate : out.rate;
    chain.seats = t.input.seats;
    chain.capacity = t.capacity * chain.replicas;
    chain.arrivalScv = pooled ? t.arrivalScv : scv;
    const double gapsScv = t.gapsSecond / (t.gapsMean * t.gapsMean) - 1;
    chain.residenceScv = std::max(0.0, gapsScv);
    const double busiest = std::min(balancedDecodes(t, load), at.back().decodes);
    chain.bunching = chain.arrivalScv + between(at, busiest, [&](const Level& l) {
        return (l.bunching - 1) * t.gapsMean / (t.gapsMean + l.memory);
    });
    const ChainSolution solved = solveChain(chain, seats.residence);

    // Moments of what arrivals find, in one replica, and of the token interval that goes with it.
    double weight = 0, mean = 0, square = 0;
    for (std::size_t i = 0; i < solved.found.size(); ++i) {
        const double n = (solved.first + static_cast<double>(i)) / chain.replicas;
        if (n == 0)
            out.idle = solved.found[i];
        else {
            weight += solved.found[i];
            mean += solved.found[i] * n;
            square += solved.found[i] * n * n;
        }
    }
    if (weight > 0) {
        mean /= weight;
        const double deviation = std::sqrt(std::max(0.0, square / weight - mean * mean));
        // Gauss-Hermite with three nodes: right for a normal up to the fifth moment.
        const std::array<std::pair<double, double>, 3> nodes{
            {{-std::numbers::sqrt3, 1.0 / 6}, {0, 2.0 / 3}, {std::numbers::sqrt3, 1.0 / 6}}};
        for (const auto& [z, w] : nodes) {
            const double n = std::clamp(mean + z * deviation, std::min(1.0, mean), t.input.seats);
            out.seated.push_back(encounter(t, load, std::min(seats.decodesAt(n), at.back().decodes), w * weight));
        }
    }
    out.seatWait = solved.meanWait;
    out.meanSeated = solved.meanSeated / chain.replicas;
    out.meanQueued = solved.meanQueued / chain.replicas;
    out.idleTime = solved.idle;
    const double allSeats = std::min(seats.decodesAt(t.input.seats), at.back().decodes);
    if (solved.waits > 1e-6)
        out.full = encounter(t, load, allSeats, solved.waits);

    const double centre = seats.decodesAt(std::max(mean, 1e-3));
    const double first = between(at, centre, [](const Level& l) { return l.firstToken; });
    out.decodeTime = std::max(out.meanSeated / out.rate - first, 1e-12);
    out.meanDecodes = out.rate * out.decodeTime;

    double interval = 0, intervalSquare = 0, all = 0;
    for (const Encounter& e : out.seated) {
        all += e.weight;
        interval += e.weight * e.tokenInterval;
        intervalSquare += e.weight * e.tokenInterval * e.tokenInterval;
    }
    if (all > 0) {
        interval /= all;
        const double variance = std::max(0.0, intervalSquare / all - interval * interval);
        // A request averages over its stay; the number in system forgets at the rate at which departures respond.
        const double pull = (seats.residence.departures(mean + 1) - seats.residence.departures(mean));
        const double stay = std::max(1e-3, pull * t.gapsMean * interval);
        const double kept = 2 / (stay * stay) * (stay - 1 + std::exp(-stay));
        out.decode.slow = variance * std::clamp(kept, 0.0, 1.0);
    }
    out.decode.start = between(at, centre, [](const Level& l) { return l.start; });
    out.decode.memory = between(at, centre, [](const Level& l) { return l.memory; });
    out.decode.fast = between(at, centre, [](const Level& l) { return l.fast; });
    out.decode.least = t.decodeStepAt(std::max(centre, 1.0));
    const double started = -out.decode.start * std::expm1(-t.gapsMean / out.decode.memory);
    out.decode.interval = t.gapsMean > 0 ? std::max(0.0, out.decodeTime - started) / t.gapsMean : 0;
    const Encounter& typical = out.seated.size() > 1 ? out.seated[1] : out.full;
    out.stepMean = typical.phase.stepMean;
    return out;
}

namespace {

/// Cuts of a distribution: probability of each piece, and the normal quantile of its middle.
struct Cut {
    double weight, z;
};
constexpr std::array<Cut, 5> kBacklogCuts{
    {{0.4, -0.8416}, {0.3, 0.1257}, {0.2, 0.8416}, {0.08, 1.5548}, {0.02, 2.3263}}};
constexpr std::array<Cut, 3> kStepCuts{{{0.5, -0.6745}, {0.35, 0.4538}, {0.15, 1.4395}}};

/// Representative values of a gamma variable (Wilson and Hilferty), scaled so that their mean is right.
template <std::size_t N>
std::array<double, N> gammaPieces(const std::array<Cut, N>& cuts, double mean, double scv)
{
    std::array<double, N> out{};
    const double spread = std::sqrt(scv) / 3;
    double sum = 0;
    for (std::size_t i = 0; i < N; ++i) {
        const double root = std::max(0.05, 1 - spread * spread + cuts[i].z * spread);
        out[i] = root * root * root;
        sum += cuts[i].weight * out[i];
    }
    for (double& x : out)
        x *= mean / sum;
    return out;
}

/// Puts times to the first token of one class into its grid.
class Depositor {
public:
    Depositor(const StationTables& t, const Operating& at, const StationClass& c, ClassLatency& out)
        : m_tables(t), m_at(at), m_class(c), m_out(out)
    {
        m_tokens = at.rate * t.promptMean;
    }

    /// Prompts that start at a step boundary `shift` to `shift + width` seconds after they came, with nothing ahead.
    void alone(const PromptNode& node, double perToken, double shift, double width, double behind, double weight)
    {
        for (std::size_t i = 0; i < kStratumCount; ++i)
            put(node, perToken, shift, width, 0, behind, m_class.prompt[i], m_class.pairs[i],
                weight * (kStrata[i + 1] - kStrata[i]));
    }
    /// The same behind a backlog of tokens.
    void behindOthers(const PromptNode& node, double perToken, double shift, double width, double backlog,
        double behind, double weight)
    {
        for (std::size_t i = 0; i + 1 < kCoarseStrata.size(); ++i)
            put(node, perToken, shift, width, backlog, behind, m_class.coarsePrompt[i], m_class.coarsePairs[i],
                weight * (kStrata[kCoarseStrata[i + 1]] - kStrata[kCoarseStrata[i]]));
    }
    /// Arrivals during steps of one length, that leave `leftover` tokens (exponential) for the next.
    void duringSteps(const Encounter& e, double weight, double step, double leftover)
    {
        if (weight < 1e-4)
            return;
        const double length = m_at.rate * step; // expected arrivals in the step
        const double perToken = e.phase.law.perToken;
        const double ahead = 0.5 * m_tokens * step; // and again as much behind me
        const double none = leftover > 0 ? 0 : -std::expm1(-length) / length;
        if (none > 0)
            alone(e.node, perToken, 0, step, ahead, weight * none);
        if (none > 0.999)
            return;
        // Tokens that came before me in this step: a compound Poisson sum over an age uniform in it.
        const double mean = leftover + ahead;
        const double square = 2 * leftover * leftover + 2 * leftover * ahead + 0.5 * length * m_tables.promptSecond +
                              m_tokens * m_tokens * step * step / 3;
        const double some = 1 - none, scv = square * some / (mean * mean) - 1;
        const auto pieces = gammaPieces(kBacklogCuts, mean / some, std::clamp(scv, 0.0, 6.0));
        for (std::size_t i = 0; i < pieces.size(); ++i)
            behindOthers(e.node, perToken, 0, step, pieces[i], ahead, weight * some * kBacklogCuts[i].weight);
    }
    /// Arrivals that find a free seat: the step they find is idle, partly filled, or full, in proportion to its time.
    void seated(const Encounter& e)
    {
        const PromptPhase& p = e.phase;
        duringSteps(e, e.weight * p.idleSteps * e.node.idleStep / p.stepMean, e.node.idleStep, 0);
        duringSteps(e, e.weight * p.fullSteps * p.fullStep / p.stepMean, p.fullStep, p.waiting);
        const double partial = 1 - p.idleSteps - p.fullSteps;
        if (partial <= 0)
            return;
        const double c = e.node.capacity;
        const double mean = (m_tokens * p.stepMean - c * p.fullSteps) / partial;
        const double square = (p.tokensSecond - c * c * p.fullSteps) / partial;
        const double scv = std::clamp(square / (mean * mean) - 1, 0.0, 6.0);
        const auto sizes = gammaPieces(kStepCuts, std::max(mean, 1.0), scv);
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            const double step = p.law.setup + p.law.perToken * std::min(sizes[i], c);
            duringSteps(e, e.weight * partial * kStepCuts[i].weight * step / p.stepMean, step, 0);
        }
    }
    /// Arrivals that wait for a seat: exponential, as ramps between its quantiles; then they start at a boundary.
    void waiting(const Encounter& e, double seatWait)
    {
        constexpr std::array<double, 8> kCuts{.3, .55, .75, .88, .95, .98, .995, 1};
        const double ahead = e.phase.leftover + 0.5 * m_tokens * e.phase.stepMean;
        double from = 0, before = 0;
        for (double cut : kCuts) {
            const double to = cut < 1 ? -std::log1p(-cut) : from + 2;
            behindOthers(e.node, e.phase.law.perToken, from * seatWait, (to - from) * seatWait, ahead, ahead,
                e.weight * (cut - before));
            from = to;
            before = cut;
        }
    }

private:
    void put(const PromptNode& node, double perToken, double shift, double width, double backlog, double behind,
        double own, double pairs, double weight)
    {
        const double total = backlog + own;
        const double full = std::max(0.0, std::ceil(total / node.capacity) - 1), rest = total - full * node.capacity;
        const double fullStep = node.withChunk.back();
        const double late = perToken * std::min(node.capacity - rest, behind);
        const double time = full * fullStep + node.step(rest) + node.perPair * pairs + node.perToken * backlog + late;
        const double queue = shift + 0.5 * width + std::floor(backlog / node.capacity) * fullStep;
        m_out.ttft.add(shift + time, shift + time + width, weight, queue);
        m_out.queueMean += weight * queue;
    }

    const StationTables& m_tables;
    const Operating& m_at;
    const StationClass& m_class;
    ClassLatency& m_out;
    double m_tokens;
};

} // namespace

ClassLatency classLatency(const StationTables& t, const Operating& at, const StationClass& c)
{
    // Range: the fine half covers what prompts do by themselves, the coarse half the tail and the wait for seats.
    double longest = 0, usual = 0;
    for (const Encounter& e : at.seated) {
        const double tail = e.node.alone * c.prompt.back() / t.promptMean + e.phase.fullStep;
        const double wait = e.phase.residual() * 2 + 5 * (e.phase.waiting / e.node.capacity + 1) * e.phase.fullStep;
        longest = std::max(longest, tail + wait);
        usual = std::max(
            usual, 6 * (e.node.alone +
                           meanWaitingTokens(e.phase, at.rate * t.promptMean) / e.node.capacity * e.phase.fullStep +
                           e.phase.residual()));
    }
    if (at.full.weight > 0)
        longest = std::max(longest, longest + 8 * at.seatWait);
    if (longest <= 0)
        longest = 10 * t.prompts.front().alone * c.prompt.back() / t.promptMean;
    usual = usual > 0 ? std::min(usual, 0.5 * longest) : 0.5 * longest;

    ClassLatency out{c.share, LatencyGrid(usual, longest), 0};
    Depositor deposit(t, at, c, out);
    if (at.idle > 0) // nobody there: a step begins at once
        deposit.alone(t.prompts.front(), 0, 0, 0, 0, at.idle);
    for (const Encounter& e : at.seated)
        deposit.seated(e);
    if (at.full.weight > 0)
        deposit.waiting(at.full, at.seatWait);
    out.ttft.finish();
    return out;
}

} // namespace headroom
