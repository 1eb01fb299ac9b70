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
    double stretch = 1;    ///< token interval / decode step
};

double meanWaitingTokens(const PromptPhase& phase, double tokensPerSecond)
{
    return phase.leftover * phase.fullStep / phase.stepMean + tokensPerSecond * phase.residual();
}

Level levelAt(const StationTables& t, const PromptLoad& load, double decodes)
{
    Level level;
    level.decodes = decodes;
    level.node = t.promptNodeAt(decodes);
    level.phase = solvePromptPhase(level.node.law(t.input.policy == BatchPolicy::prefillFirst), load);
    if (!level.phase.stable)
        return level;
    const double waiting = meanWaitingTokens(level.phase, load.rate * load.mean);
    const double more =
        fullStepsBefore(waiting + load.mean, level.node.capacity) - fullStepsBefore(load.mean, level.node.capacity);
    const double behind = load.rate * load.mean * level.phase.residual();
    level.firstToken =
        level.phase.residual() + level.node.alone + level.node.setup * more + level.node.perToken * (waiting + behind);
    level.stretch = level.phase.tokenInterval / level.node.idleStep;
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
        const double rho = node.perToken * load.rate * load.mean;
        const double budget = load.rate * load.mean * (node.setup + node.perToken * node.capacity);
        double interval = t.decodeStepAt(b) / std::max(1e-9, 1 - rho);
        if (exclusive) // each batch of prompts costs its setup as well
            interval += interval * load.rate * node.setup / (1 + load.rate * (interval + node.setup));
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
        out.intervalSpread = std::sqrt(variance * std::clamp(kept, 0.0, 1.0));
    }
    const Encounter& typical = out.seated.size() > 1 ? out.seated[1] : out.full;
    const double rho = typical.node.perToken * out.rate * t.promptMean;
    const double extra = typical.node.setup - (t.input.policy == BatchPolicy::prefillFirst ? 0 : typical.node.idleStep);
    const double serviceSecond = typical.node.perToken * typical.node.perToken * t.promptSecond +
                                 2 * typical.node.perToken * extra * t.promptMean + extra * extra;
    out.intervalNoise = interval * out.rate * serviceSecond / ((1 - rho) * (1 - rho));
    out.leastInterval = typical.node.idleStep;
    out.stepMean = typical.phase.stepMean;
    return out;
}

namespace {

/// Mean quantiles of an exponential in five pieces; the last two hold the tail.
struct Piece {
    double weight, value; ///< of mean 1
};
constexpr std::array<Piece, 5> kExponential{
    {{0.4, 0.2338}, {0.3, 0.8341}, {0.2, 1.7188}, {0.08, 3.0000}, {0.02, 4.9120}}};

/// Adds the time to the first token of all strata, for a residual step that is uniform on [0, step] and a backlog.
class Depositor {
public:
    Depositor(const StationClass& c, LatencyGrid& grid, double& queueMean)
        : m_class(c), m_grid(grid), m_queue(queueMean)
    {}

    /// \param backlog tokens ahead when the next step begins  \param behind tokens that join my last step
    void add(const PromptNode& node, double shift, double shiftWidth, double backlog, double behind, double weight)
    {
        for (std::size_t i = 0; i < kStratumCount; ++i) {
            const double own = m_class.prompt[i];
            const double w = weight * (kStrata[i + 1] - kStrata[i]);
            const double chunks = std::ceil(own / node.capacity);
            const double pairs = own * m_class.cached[i] + 0.5 * own * std::max(0.0, own - own / chunks);
            const double aheadSteps = std::floor(backlog / node.capacity);
            const double total = backlog + own;
            const double room = std::ceil(total / node.capacity) * node.capacity - total;
            const double late = node.perToken * std::min(room, behind);
            const double queue = aheadSteps * node.withChunk.back();
            const double time = node.drain(total, pairs) + late;
            m_grid.add(shift + time, shift + time + shiftWidth, w, shift + 0.5 * shiftWidth + queue);
            m_queue += w * (shift + 0.5 * shiftWidth + queue);
        }
    }

private:
    const StationClass& m_class;
    LatencyGrid& m_grid;
    double& m_queue;
};

/// The three kinds of steps an arrival can find: idle, partial, full.
void depositSeated(Depositor& deposit, const Encounter& e, double rate, double promptMean)
{
    const PromptPhase& p = e.phase;
    const double idleTime = p.idleSteps * e.node.idleStep / p.stepMean;
    const double fullTime = p.fullSteps * p.fullStep / p.stepMean;
    const double rest = std::max(0.0, 1 - idleTime - fullTime);
    const auto kind = [&](double weight, double step, double leftover) {
        if (weight < 1e-4)
            return;
        const double arrived = 0.5 * rate * promptMean * step; // tokens, ahead of me and again behind me
        const double none = leftover > 0 ? 0 : -std::expm1(-rate * step) / (rate * step);
        deposit.add(e.node, 0, step, 0, arrived, e.weight * weight * none);
        if (none > 0.999)
            return;
        const double backlog = (leftover + arrived) / (1 - none);
        for (const Piece& piece : kExponential)
            deposit.add(e.node, 0, step, piece.value * backlog, arrived, e.weight * weight * (1 - none) * piece.weight);
    };
    kind(idleTime, e.node.idleStep, 0);
    kind(rest, p.partialStep, 0);
    kind(fullTime, p.fullStep, p.waiting);
}

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
    Depositor deposit(c, out.ttft, out.queueMean);
    if (at.idle > 0) // nobody there: a step begins at once
        deposit.add(t.prompts.front(), 0, 0, 0, 0, at.idle);
    for (const Encounter& e : at.seated)
        depositSeated(deposit, e, at.rate, t.promptMean);
    if (at.full.weight > 0) {
        double from = 0;
        constexpr std::array<double, 8> kCuts{.3, .55, .75, .88, .95, .98, .995, 1};
        double before = 0;
        for (double cut : kCuts) {
            const double to = cut < 1 ? -std::log1p(-cut) : before < 1 ? -std::log1p(-before) + 2 : 0;
            deposit.add(
                at.full.node, from * at.seatWait, (to - from) * at.seatWait, 0, 0, at.full.weight * (cut - before));
            from = to;
            before = cut;
        }
    }
    out.ttft.finish();
    return out;
}

} // namespace headroom
