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

constexpr std::array<Cut, 8> kWaitCuts{{{0.15, -1.4395}, {0.2, -0.6745}, {0.2, -0.1257}, {0.2, 0.3853}, {0.13, 0.8779},
    {0.07, 1.3787}, {0.035, 1.8808}, {0.015, 2.4324}}};
/// floor(x) for 0 <= x < 2^31, without a call.
double wholePart(double x) { return static_cast<double>(static_cast<int>(x)); }

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
    Depositor(const StationTables& t, const StationClass& c, Detail detail, ClassLatency& out)
        : m_tables(t), m_class(c), m_detail(detail), m_out(out)
    {}

    /// Prompts that start at a step boundary `from` to `from + width` seconds after they came.
    struct Start {
        double from, width;
        double ahead; ///< share of the others' tokens that are ahead: what was left before, and half of what came since
        double middle; ///< of it
        double room;   ///< seconds after which it no longer ends inside the grid
    };
    Start start(double from, double width, double ahead) const
    {
        const double wide = std::max(width, m_out.ttft.leastWidth());
        return {from, wide, ahead, from + 0.5 * width, m_out.ttft.end() - from - wide};
    }
    /// Arrivals that find nobody: a step begins at once.
    void idle(double weight)
    {
        enter(m_tables.prompts.front(), 0, 0);
        alone(start(0, 0, 0), weight);
    }
    /// With tokens of others, possibly none.
    void amongOthers(const Start& start, double others, double weight)
    {
        deposit(m_class.coarse, start, others, weight);
        flush(start);
    }
    /// Left in m_ramps, as far as these have room.
    template <std::size_t N>
    void deposit(const std::array<StationClass::Own, N>& strata, const Start& start, double all, double weight)
    {
        static_assert(2 * N <= LatencyGrid::Ramps::kMost); // near an edge of the stairs one is two
        if (m_ramps.count + 2 * N > LatencyGrid::Ramps::kMost)
            flush(start);
        for (const StationClass::Own& own : strata) {
            const double others = m_node->stages > 1 ? othersBeside(own.tokens, all) : all,
                         tokens = others + own.tokens;
            if (tokens > m_capacity)
                inSeveralSteps(start, others, own, weight * own.share);
            else
                put(start, inOneStep(tokens, others, own.pairs), start.middle, weight * own.share);
        }
    }
    /// Tokens of others in the micro-batch of a prompt, or so many that it takes as long as the longest, which it follows.
    double othersBeside(double own, double others) const
    {
        return std::max(others / m_node->stages, m_node->inLongest(own + others) - own);
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
        const bool often = e.weight > kOften;
        enter(e.level.node, e.level.phase.law.perToken, e.rate);
        auto met = kinds(e);
        if (often)
            aloneAfterPartial(e, met);
        else
            mergePartial(met);
        for (std::size_t k = 0; k < met.size(); ++k) {
            const Kind& kind = met[k];
            if (kind.weight < kRare * e.weight)
                continue;
            const Others others = othersAfter(e, kind);
            const Start begin =
                start(0, kind.step, shareAhead(kind.leftover, e.rate * kind.step * m_tables.promptMean));
            const double none = kind.weight * others.none, some = kind.weight - none;
            const bool isPartial = k >= 2; // several kinds already
            if (!often && none > 0)
                amongOthers(begin, 0, none);
            else if (!isPartial && none > kRare * e.weight)
                alone(begin, none);
            if (some < kRare * e.weight)
                continue;
            if (often && !isPartial)
                amongPieces(begin, gammaPieces(kBacklogCuts, others.mean, others.scv), kBacklogCuts, some);
            else
                amongPieces(begin, gammaPieces(kStepCuts, others.mean, others.scv), kStepCuts, some);
        }
    }
    /// Arrivals that wait for a seat: gamma, as ramps between its quantiles. They take it at the end of a step, with
    /// those ahead of them that did so too.
    void waiting(const Encounter& e, double seatWait, double scv)
    {
        enter(e.level.node, e.level.phase.law.perToken, e.rate);
        Others all{0, 0, 0};
        double left = 0, came = 0;
        for (const Kind& kind : kinds(e)) {
            const Others one = othersAfter(e, kind);
            const double share = kind.weight / e.weight, some = share * (1 - one.none);
            all.none += share * one.none;
            all.mean += some * one.mean;
            left += share * kind.leftover;
            came += share * e.rate * kind.step * m_tables.promptMean;
        }
        const double backlog = all.mean / std::max(1e-9, 1 - all.none); // its spread is small beside that of the wait
        const double none = e.weight * all.none, ahead = shareAhead(left, came);
        const auto ramps = [&](const auto& cuts) {
            const auto pieces = gammaPieces(cuts, seatWait, std::min(scv, 6.0));
            for (std::size_t i = 0; i < pieces.size(); ++i) {
                const double from = i == 0 ? 0.5 * pieces[0] : 0.5 * (pieces[i - 1] + pieces[i]);
                const double to = i + 1 < pieces.size() ? 0.5 * (pieces[i] + pieces[i + 1]) : 2 * pieces[i] - from;
                const Start begin = start(from, to - from, ahead);
                amongOthers(begin, 0, none * cuts[i].weight);
                amongOthers(begin, backlog, (e.weight - none) * cuts[i].weight);
            }
        };
        constexpr double kSeldom = 0.01; // no percentile below the last hundredth sees them
        if (e.weight > kSeldom)
            ramps(kWaitCuts);
        else
            ramps(kStepCuts);
    }

private:
    static double shareAhead(double left, double came) { return (left + 0.5 * came) / std::max(left + came, 1e-9); }
    /// What all prompts meet there.
    void enter(const PromptNode& node, double perToken, double rate)
    {
        m_node = &node;
        m_perToken = perToken;
        m_tokensPerStep = rate * m_tables.promptMean * node.withChunk.back() / node.stages;
        m_quiet[0] = 1;
        m_quiet[1] = std::exp(-std::max(1e-9, rate * node.withChunk.back()));
        for (std::size_t n = 2; n < m_quiet.size(); ++n)
            m_quiet[n] = m_quiet[n - 1] * m_quiet[1];
        m_perOther = node.perToken + node.perOther;
        m_capacity = node.chunk;
        m_perCapacity = 1 / node.chunk;
        m_fullStep = node.withChunk.back();
        m_decodesVary = std::sqrt(node.decodes);
    }
    void alone(const Start& start, double weight)
    {
        deposit(m_class.fine, start, 0, weight);
        flush(start);
    }
    /// Those whom partly filled steps leave alone, as after one step of the mean length.
    void aloneAfterPartial(const Encounter& e, const std::array<Kind, 5>& kinds)
    {
        double weight = 0, step = 0;
        for (std::size_t k = 2; k < kinds.size(); ++k) {
            const double none = kinds[k].weight * std::exp(-e.rate * kinds[k].step);
            weight += none;
            step += none * kinds[k].step;
        }
        if (weight > 0)
            alone(start(0, step / weight, 0.5), weight);
    }
    template <std::size_t N>
    void amongPieces(
        const Start& start, const std::array<double, N>& backlog, const std::array<Cut, N>& cuts, double weight)
    {
        for (std::size_t i = 0; i < N; ++i)
            deposit(m_class.few, start, backlog[i], weight * cuts[i].weight);
        flush(start);
    }
    double inOneStep(double tokens, double others, double pairs) const // whatever their order
    {
        return m_node->stepAt(tokens * m_perCapacity) + m_perOther * others + m_node->perPair * pairs;
    }
    /// How many steps it takes is a staircase, but neither the length of the prompt nor the number of decodes that share
    /// the steps is one number: near an edge of the stairs a part of them takes one step more.
    void inSeveralSteps(const Start& start, double others, const StationClass::Own& own, double weight)
    {
        const double shared = m_node->perPair * own.pairs;
        const double ahead = start.ahead * others, total = ahead + own.tokens, steps = total * m_perCapacity;
        const double before = wholePart(steps), nearest = wholePart(steps + 0.5);
        const double waited = start.middle + wholePart(ahead * m_perCapacity) * m_fullStep;
        const double blur = own.half + nearest * m_decodesVary, over = total - nearest * m_capacity;
        if (nearest >= 1 && std::abs(over) < blur) {
            const double more = 0.5 * (1 + over / blur); // share of them
            const double few = std::max(1.0, 0.5 * (blur + over)), many = std::max(1.0, 0.5 * (blur - over));
            put(start, shared + inSteps(nearest, std::min(few, m_capacity), ahead, others), waited, weight * more);
            put(start, shared + inSteps(nearest - 1, std::max(1.0, m_capacity - many), ahead, others), waited,
                weight * (1 - more));
            return;
        }
        put(start, shared + inSteps(before, total - before * m_capacity, ahead, others), waited, weight);
    }
    /// Time of `full` full steps and a last one with `rest` tokens, which others may fill up.
    double inSteps(double full, double rest, double ahead, double others) const
    {
        // Those behind fill up the last step: what waited at the start, and what came while the full steps ran.
        const double room = m_capacity - rest, behind = std::min(room, others - ahead);
        const double some = 1 - quietSteps(full); // P(any came)
        const double came = std::min(some * (room - behind), m_tokensPerStep * full);
        const double late = m_perToken * (behind + came);
        return full * m_fullStep + m_node->stepAt(rest * m_perCapacity) + m_perOther * ahead + late;
    }
    /// P(nothing comes in so many full steps).
    double quietSteps(double full) const
    {
        const auto n = static_cast<std::size_t>(static_cast<int>(full));
        return n < m_quiet.size() ? m_quiet[n] : std::pow(m_quiet[1], full);
    }
    /// A ramp that begins `time` after the start; those of it have waited `queue` on average.
    void put(const Start& start, double time, double queue, double weight)
    {
        const double from = start.from + time;
        if (time > start.room) { // unusual
            m_out.ttft.add(from, from + start.width, weight, queue);
            m_out.queueMean += weight * queue;
            return;
        }
        const std::size_t i = m_ramps.count++;
        m_ramps.from[i] = from;
        m_ramps.weight[i] = weight;
        m_ramps.waited[i] = queue;
    }
    /// Puts what was gathered into the grid. \param start of all of them
    void flush(const Start& start)
    {
        if (m_detail != Detail::latencies)
            for (std::size_t i = 0; i < m_ramps.count; ++i)
                m_out.queueMean += m_ramps.weight[i] * m_ramps.waited[i];
        if (m_detail == Detail::full) {
            m_out.ttft.addInside<true>(m_ramps, start.width);
        } else {
            m_out.ttft.addInside<false>(m_ramps, start.width);
        }
        m_ramps.count = 0;
    }

    const StationTables& m_tables;
    const StationClass& m_class;
    Detail m_detail;
    ClassLatency& m_out;
    const PromptNode* m_node = nullptr; ///< where they are put now; the rest follows from it
    double m_perToken = 0, m_perOther = 0, m_tokensPerStep = 0, m_capacity = 0, m_perCapacity = 0, m_fullStep = 0,
           m_decodesVary = 0;
    std::array<double, 16> m_quiet{}; ///< P(nothing comes in so many full steps)
    LatencyGrid::Ramps m_ramps;       ///< gathered for one start
};

} // namespace

namespace {

/// Range of a grid: the fine half covers what prompts do by themselves, the coarse half the tail and the wait for seats.
LatencyGrid emptyGrid(const StationTables& t, const Operating& at, const StationClass& c, Detail detail)
{
    double longest = 0, usual = 0;
    const auto cover = [&](const Level& l, double rate) {
        const double tail = l.node.alone * c.fine.back().tokens / t.promptMean + l.phase.law.fullStep;
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
        longest = 2 * t.prompts.front().alone * c.fine.back().tokens / t.promptMean;
    usual = usual > 0 ? std::min(usual, 0.5 * longest) : 0.5 * longest;
    return {usual, longest, detail == Detail::edges ? LatencyGrid::kHalf / 2 : LatencyGrid::kHalf};
}

} // namespace

ClassLatency::ClassLatency(const StationTables& t, const Operating& at, const StationClass& c, Detail detail)
    : share(c.share), ttft(emptyGrid(t, at, c, detail))
{
    Depositor deposit(t, c, detail, *this);
    constexpr double kUnseen = 1e-5;
    if (at.idle > (detail == Detail::edges ? kUnseen : 0))
        deposit.idle(at.idle);
    for (const Encounter& e : at.seated)
        deposit.seated(e);
    for (const Encounter& e : at.waiting)
        deposit.waiting(e, at.seatWait, at.seatWaitScv);
    ttft.finish(detail == Detail::full);
}

} // namespace headroom
