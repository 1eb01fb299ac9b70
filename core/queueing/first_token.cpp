#include "core/queueing/operating.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace headroom {

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

/// Times to the first token of one class, put into its grid.
class Depositor {
public:
    Depositor(const StationTables& t, const StationClass& c, ClassLatency& out) : m_tables(t), m_class(c), m_out(out) {}

    /// Prompts that start at a step boundary `from` to `from + width` seconds after they came, with nothing ahead.
    struct Start {
        double from, width;
        double ahead; ///< share of the others' tokens that are ahead: what was left before, and half of what came since
    };
    /// Arrivals that find nobody: a step begins at once.
    void idle(double weight)
    {
        const PromptNode& node = m_tables.prompts.front();
        for (std::size_t i = 0; i < kStratumCount; ++i)
            put(node, 0, Start{0, 0, 0}, 0, m_class.prompt[i], m_class.pairs[i],
                weight * (kStrata[i + 1] - kStrata[i]));
    }
    /// With tokens of others, possibly none.
    void amongOthers(const Encounter& e, const Start& start, double others, double weight)
    {
        for (std::size_t i = 0; i + 1 < kCoarseStrata.size(); ++i)
            put(e.level.node, e.level.phase.law.perToken, start, others, m_class.coarsePrompt[i],
                m_class.coarsePairs[i], weight * (kStrata[kCoarseStrata[i + 1]] - kStrata[kCoarseStrata[i]]));
    }
    /// What arrivals find: the steps are idle, partly filled, or full, in proportion to the time they take.
    struct Kind {
        double weight, step, leftover; ///< share of arrivals; seconds; mean tokens left for the next
    };
    std::array<Kind, 5> kinds(const Encounter& e) const
    {
        const PromptPhase& p = e.level.phase;
        const double c = e.level.node.capacity, partial = std::max(0.0, 1 - p.idleSteps - p.fullSteps);
        const double tokens = e.rate * m_tables.promptMean * p.stepMean; // in a step
        std::array<Kind, 5> out{};
        out[0] = {p.idleSteps * e.level.node.idleStep, e.level.node.idleStep, 0};
        out[1] = {p.fullSteps * p.law.fullStep, p.law.fullStep, p.leftover / std::max(p.fullSteps, 1e-9)};
        const double mean = std::max(tokens - c * p.fullSteps, 0.1 * tokens) / std::max(partial, 1e-9);
        const double square = std::max(p.tokensSecond - c * c * p.fullSteps, 0.0) / std::max(partial, 1e-9);
        const auto sizes = gammaPieces(kStepCuts, mean, std::clamp(square / (mean * mean) - 1, 0.0, 6.0));
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            const double step = p.law.setup + p.law.perToken * std::min(sizes[i], c);
            out[2 + i] = {partial * kStepCuts[i].weight * step, step, 0};
        }
        double all = 0;
        for (const Kind& k : out)
            all += k.weight;
        for (Kind& k : out)
            k.weight *= e.weight / all;
        return out;
    }
    /// The partly filled steps as one kind.
    static void mergePartial(std::array<Kind, 5>& kinds)
    {
        double weight = 0, step = 0;
        for (std::size_t i = 2; i < kinds.size(); ++i) {
            weight += kinds[i].weight;
            step += kinds[i].weight * kinds[i].step;
            kinds[i].weight = 0;
        }
        if (weight > 0)
            kinds[2] = {weight, step / weight, 0};
    }
    /// Tokens of others that come in the same step, or were left by it, when it ends: none, or a gamma variable.
    struct Others {
        double none, mean, scv;
    };
    Others othersAfter(const Encounter& e, const Kind& kind) const
    {
        const double length = e.rate * kind.step; // expected arrivals in the step
        const double tokens = length * m_tables.promptMean;
        const double none = kind.leftover > 0 ? 0 : std::exp(-length);
        // A compound Poisson sum, and what a full step leaves.
        const double mean = kind.leftover + tokens;
        // The rest of a geometric number of prompts, as the work of M/G/1: between one rest and exponential.
        const PromptLaw& law = e.level.phase.law;
        const double load = std::min(1.0, e.rate * m_tables.promptMean * law.fullStep / law.capacity);
        const double leftScv = m_tables.restScv * (1 - load) + load;
        const double square = (1 + leftScv) * kind.leftover * kind.leftover + 2 * kind.leftover * tokens +
                              length * m_tables.promptSecond + tokens * tokens;
        const double some = std::max(1e-9, 1 - none);
        return {none, mean / some, std::clamp(square * some / (mean * mean) - 1, 0.0, 6.0)};
    }
    /// Arrivals that find a free seat. Rare ones are summed over fewer pieces.
    void seated(const Encounter& e)
    {
        constexpr double kRare = 1e-3, kOften = 0.4;
        const bool fine = e.weight > kOften;
        auto met = kinds(e);
        if (!fine)
            mergePartial(met);
        for (const Kind& kind : met) {
            if (kind.weight < kRare * e.weight)
                continue;
            const Others others = othersAfter(e, kind);
            const Start start{0, kind.step, shareAhead(kind.leftover, e.rate * kind.step * m_tables.promptMean)};
            if (fine)
                alone(e, start, kind.weight * others.none);
            else
                amongOthers(e, start, 0, kind.weight * others.none);
            const double some = kind.weight * (1 - others.none);
            if (some < kRare * e.weight)
                continue;
            if (fine)
                amongPieces(e, start, gammaPieces(kBacklogCuts, others.mean, others.scv), kBacklogCuts, some);
            else
                amongPieces(e, start, gammaPieces(kStepCuts, others.mean, others.scv), kStepCuts, some);
        }
    }
    /// Arrivals that wait for a seat: gamma, as ramps between its quantiles. They take it at the end of a step, with
    /// those ahead of them that did so too.
    void waiting(const Encounter& e, double seatWait, double scv)
    {
        constexpr std::array<Cut, 8> kCuts{{{0.15, -1.4395}, {0.2, -0.6745}, {0.2, -0.1257}, {0.2, 0.3853},
            {0.13, 0.8779}, {0.07, 1.3787}, {0.035, 1.8808}, {0.015, 2.4324}}};
        Others all{0, 0, 0};
        double left = 0, came = 0;
        for (const Kind& kind : kinds(e)) {
            const Others one = othersAfter(e, kind);
            const double share = kind.weight / e.weight, some = share * (1 - one.none);
            all.none += share * one.none;
            all.mean += some * one.mean;
            all.scv += some * one.scv;
            left += share * kind.leftover;
            came += share * e.rate * kind.step * m_tables.promptMean;
        }
        const double some = std::max(1e-9, 1 - all.none);
        const auto backlog = gammaPieces(kStepCuts, all.mean / some, all.scv / some);
        const auto pieces = gammaPieces(kCuts, seatWait, std::min(scv, 6.0));
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            const double from = i == 0 ? 0.5 * pieces[0] : 0.5 * (pieces[i - 1] + pieces[i]);
            const double to = i + 1 < pieces.size() ? 0.5 * (pieces[i] + pieces[i + 1]) : 2 * pieces[i] - from;
            const Start start{from, to - from, shareAhead(left, came)};
            const double weight = e.weight * kCuts[i].weight;
            amongOthers(e, start, 0, weight * all.none);
            amongPieces(e, start, backlog, kStepCuts, weight * (1 - all.none));
        }
    }

private:
    static double shareAhead(double left, double came) { return (left + 0.5 * came) / std::max(left + came, 1e-9); }
    void alone(const Encounter& e, const Start& start, double weight)
    {
        for (std::size_t i = 0; i < kStratumCount; ++i)
            put(e.level.node, e.level.phase.law.perToken, start, 0, m_class.prompt[i], m_class.pairs[i],
                weight * (kStrata[i + 1] - kStrata[i]));
    }
    template <std::size_t N>
    void amongPieces(const Encounter& e, const Start& start, const std::array<double, N>& backlog,
        const std::array<Cut, N>& cuts, double weight)
    {
        for (std::size_t i = 0; i < N; ++i)
            amongOthers(e, start, backlog[i], weight * cuts[i].weight);
    }
    void put(const PromptNode& node, double perToken, const Start& start, double others, double own, double pairs,
        double weight)
    {
        double time = node.perPair * pairs, queue = start.from + 0.5 * start.width;
        if (others + own <= node.capacity) { // all in one step, whatever their order
            time += node.step(others + own) + node.perToken * others;
        } else {
            const double ahead = start.ahead * others;
            const double total = ahead + own, fullStep = node.withChunk.back();
            const double full = std::max(0.0, std::ceil(total / node.capacity) - 1),
                         rest = total - full * node.capacity;
            const double late = perToken * std::min(node.capacity - rest, others - ahead);
            time += full * fullStep + node.step(rest) + node.perToken * ahead + late;
            queue += std::floor(ahead / node.capacity) * fullStep;
        }
        m_out.ttft.add(start.from + time, start.from + time + start.width, weight, queue);
        m_out.queueMean += weight * queue;
    }

    const StationTables& m_tables;
    const StationClass& m_class;
    ClassLatency& m_out;
};

} // namespace

ClassLatency classLatency(const StationTables& t, const Operating& at, const StationClass& c)
{
    // Range: the fine half covers what prompts do by themselves, the coarse half the tail and the wait for seats.
    double longest = 0, usual = 0;
    const auto cover = [&](const Level& l, double rate) {
        const double tail = l.node.alone * c.prompt.back() / t.promptMean + l.phase.law.fullStep;
        const double wait = l.phase.residual() * 2 + 5 * (l.phase.waiting / l.node.capacity + 1) * l.phase.law.fullStep;
        const double backlog = meanWaitingTokens(l.phase, rate * t.promptMean) / l.node.capacity * l.phase.law.fullStep;
        longest = std::max(longest, tail + wait);
        usual = std::max(usual, 4 * (l.node.alone + backlog + l.phase.residual()));
    };
    for (const Encounter& e : at.seated)
        cover(e.level, e.rate);
    for (const Encounter& e : at.waiting)
        cover(e.level, e.rate);
    if (!at.waiting.empty())
        longest += at.seatWait * (1 + 7 * std::sqrt(at.seatWaitScv));
    if (longest <= 0)
        longest = 2 * t.prompts.front().alone * c.prompt.back() / t.promptMean;
    usual = usual > 0 ? std::min(usual, 0.5 * longest) : 0.5 * longest;

    ClassLatency out{c.share, LatencyGrid(usual, longest), 0};
    Depositor deposit(t, c, out);
    if (at.idle > 0)
        deposit.idle(at.idle);
    for (const Encounter& e : at.seated)
        deposit.seated(e);
    for (const Encounter& e : at.waiting)
        deposit.waiting(e, at.seatWait, at.seatWaitScv);
    out.ttft.finish();
    return out;
}

} // namespace headroom
