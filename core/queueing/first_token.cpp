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

/// Puts times to the first token of one class into its grid.
class Depositor {
public:
    Depositor(const StationTables& t, const StationClass& c, ClassLatency& out) : m_tables(t), m_class(c), m_out(out) {}

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
    /// What arrivals find: the steps are idle, partly filled, or full, in proportion to the time they take.
    struct Kind {
        double weight, step, leftover; ///< share of arrivals; seconds; tokens left for the next (exponential)
    };
    std::array<Kind, 5> kinds(const Encounter& e) const
    {
        const PromptPhase& p = e.level.phase;
        const double c = e.level.node.capacity, partial = std::max(0.0, 1 - p.idleSteps - p.fullSteps);
        const double tokens = e.rate * m_tables.promptMean * p.stepMean; // in a step
        std::array<Kind, 5> out{};
        out[0] = {p.idleSteps * e.level.node.idleStep, e.level.node.idleStep, 0};
        out[1] = {p.fullSteps * p.law.fullStep, p.law.fullStep, p.waiting};
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
    /// Tokens ahead of an arrival when its step ends: none, or a gamma variable.
    struct Ahead {
        double none, mean, scv;
    };
    Ahead aheadAfter(const Encounter& e, const Kind& kind) const
    {
        const double length = e.rate * kind.step; // expected arrivals in the step
        const double tokens = length * m_tables.promptMean, before = 0.5 * tokens;
        const double none = kind.leftover > 0 ? 0 : -std::expm1(-length) / length;
        // A compound Poisson sum over an age uniform in the step, and what a full step leaves.
        const double mean = kind.leftover + before;
        const double square = 2 * kind.leftover * kind.leftover + 2 * kind.leftover * before +
                              0.5 * length * m_tables.promptSecond + tokens * tokens / 3;
        const double some = std::max(1e-9, 1 - none);
        return {none, mean / some, std::clamp(square * some / (mean * mean) - 1, 0.0, 6.0)};
    }
    /// Arrivals that find a free seat.
    void seated(const Encounter& e)
    {
        constexpr double kRare = 1e-4;
        const PromptNode& node = e.level.node;
        const double perToken = e.level.phase.law.perToken;
        for (const Kind& kind : kinds(e)) {
            if (kind.weight < kRare * e.weight)
                continue;
            const Ahead ahead = aheadAfter(e, kind);
            const double behind = 0.5 * e.rate * m_tables.promptMean * kind.step;
            if (ahead.none > 0)
                alone(node, perToken, 0, kind.step, behind, kind.weight * ahead.none);
            if (ahead.none > 1 - kRare)
                continue;
            const auto pieces = gammaPieces(kBacklogCuts, ahead.mean, ahead.scv);
            for (std::size_t i = 0; i < pieces.size(); ++i)
                behindOthers(node, perToken, 0, kind.step, pieces[i], behind,
                    kind.weight * (1 - ahead.none) * kBacklogCuts[i].weight);
        }
    }
    /// Arrivals that wait for a seat: gamma, as ramps between its quantiles. They take it at the end of a step, with
    /// those ahead of them that did so too.
    void waiting(const Encounter& e, double seatWait, double scv)
    {
        constexpr std::array<Cut, 8> kCuts{{{0.15, -1.4395}, {0.2, -0.6745}, {0.2, -0.1257}, {0.2, 0.3853},
            {0.13, 0.8779}, {0.07, 1.3787}, {0.035, 1.8808}, {0.015, 2.4324}}};
        Ahead all{0, 0, 0};
        double behind = 0;
        for (const Kind& kind : kinds(e)) {
            const Ahead one = aheadAfter(e, kind);
            const double share = kind.weight / e.weight, some = share * (1 - one.none);
            all.none += share * one.none;
            all.mean += some * one.mean;
            all.scv += some * one.scv;
            behind += 0.5 * share * e.rate * m_tables.promptMean * kind.step;
        }
        const double some = std::max(1e-9, 1 - all.none), perToken = e.level.phase.law.perToken;
        const auto backlog = gammaPieces(kStepCuts, all.mean / some, all.scv / some);
        const auto pieces = gammaPieces(kCuts, seatWait, std::min(scv, 6.0));
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            const double from = i == 0 ? 0.5 * pieces[0] : 0.5 * (pieces[i - 1] + pieces[i]);
            const double to = i + 1 < pieces.size() ? 0.5 * (pieces[i] + pieces[i + 1]) : 2 * pieces[i] - from;
            const double weight = e.weight * kCuts[i].weight;
            behindOthers(e.level.node, perToken, from, to - from, 0, behind, weight * all.none);
            for (std::size_t k = 0; k < backlog.size(); ++k)
                behindOthers(e.level.node, perToken, from, to - from, backlog[k], behind,
                    weight * (1 - all.none) * kStepCuts[k].weight);
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
        usual = std::max(usual, 6 * (l.node.alone + backlog + l.phase.residual()));
    };
    for (const Encounter& e : at.seated)
        cover(e.level, e.rate);
    for (const Encounter& e : at.waiting)
        cover(e.level, e.rate);
    if (!at.waiting.empty())
        longest += at.seatWait * (1 + 7 * std::sqrt(at.seatWaitScv));
    if (longest <= 0)
        longest = 10 * t.prompts.front().alone * c.prompt.back() / t.promptMean;
    usual = usual > 0 ? std::min(usual, 0.5 * longest) : 0.5 * longest;

    ClassLatency out{c.share, LatencyGrid(usual, longest), 0};
    Depositor deposit(t, c, out);
    if (at.idle > 0) // nobody there: a step begins at once
        deposit.alone(t.prompts.front(), 0, 0, 0, 0, at.idle);
    for (const Encounter& e : at.seated)
        deposit.seated(e);
    for (const Encounter& e : at.waiting)
        deposit.waiting(e, at.seatWait, at.seatWaitScv);
    out.ttft.finish();
    return out;
}

} // namespace headroom
