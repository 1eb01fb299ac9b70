#include "core/queueing/prompt_levels.h"

#include <array>
#include <cmath>
#include <limits>
#include <span>

namespace headroom {

namespace {

/// E[(W - c)+ in steps]: how many full steps an exponential backlog of mean w takes before its last.
double fullStepsBefore(double w, double c) { return w > 0 ? 1 / std::expm1(c / w) : 0; }

} // namespace

double meanWaitingTokens(const PromptPhase& phase, double tokensPerSecond)
{
    return phase.leftover * phase.law.fullStep / phase.stepMean + tokensPerSecond * phase.residual();
}

namespace {

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

} // namespace

Level levelAt(const StationTables& t, const PromptLoad& load, double decodes, const Level* similar)
{
    Level level;
    level.decodes = decodes;
    level.node = t.promptNodeAt(decodes);
    level.phase = solvePromptPhase(
        level.node, load, t.input.policy == BatchPolicy::prefillFirst, similar ? &similar->phase : nullptr);
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

Level withoutFeedback(Level level)
{
    const double perGap = 2 * level.memory * level.fast / (level.stretch * level.stretch); // of a long request
    level.fast = std::min(level.fast, perGap);
    level.memory = level.fast > 0 ? std::max(0.5, 0.5 * perGap / level.fast) : 0.5;
    level.start /= level.stretch;
    return level;
}

double balancedDecodes(const StationTables& t, const PromptLoad& load)
{
    const bool exclusive = t.input.policy == BatchPolicy::prefillFirst;
    const double tokens = load.rate * load.mean; // per second
    constexpr double kUnknown = std::numeric_limits<double>::infinity();
    // How many more decodes than are there; infinite where prompts no longer keep up.
    const auto excess = [&](double b) {
        const PromptNode node = t.promptNodeAt(b);
        const PromptLaw law = node.law(node.lone, exclusive);
        const double rho = law.perToken * tokens;
        if (rho >= 1 || tokens * law.fullStep >= law.capacity)
            return kUnknown;
        double interval = t.decodeStepAt(b) / (1 - rho);
        if (exclusive) // each batch of prompts costs its setup as well
            interval += interval * load.rate * law.setup / (1 + load.rate * (interval + law.setup));
        return b - load.rate * t.gapsMean * interval;
    };
    double low = 0, high = t.prompts.back().decodes, below = -kUnknown, above = kUnknown;
    for (int round = 0; round < 12 && high - low > 0.02 * high; ++round) {
        // The excess is close to a straight line: where it is known at both ends, half-way is slow.
        const bool known = above < kUnknown && below > -kUnknown;
        const double straight = known ? low + (high - low) * std::clamp(below / (below - above), 0.02, 0.98) : 0;
        const double b = known && round % 3 != 0 ? straight : 0.5 * (low + high);
        const double x = excess(b);
        if (std::abs(x) < 1e-3 * b)
            return b;
        (x > 0 ? high : low) = b;
        (x > 0 ? above : below) = x;
    }
    return 0.5 * (low + high);
}

Level bearableLevel(const StationTables& t, PromptLoad& load, double decodes, const Level* similar)
{
    constexpr double kLess = 0.95;
    Level level = levelAt(t, load, decodes, similar);
    for (int round = 0; round < 100 && !level.phase.stable; ++round) {
        load.rate *= kLess;
        level = levelAt(t, load, decodes);
    }
    return level;
}

std::vector<Level> levels(const StationTables& t, const PromptLoad& load, double balance, bool few)
{
    const double centre = std::max(1.0, balance), most = t.prompts.back().decodes;
    const double spread = std::sqrt(centre);
    std::vector<Level> out;
    const std::array<double, 6> all{0.0, 0.5 * centre, centre, centre + 2 * spread, 2 * centre + 4 * spread, most};
    const std::array<double, 5> some{0.0, centre, centre + 2 * spread, 2 * centre + 4 * spread, most};
    const std::span<const double> chosen = few ? std::span<const double>(some) : all;
    out.reserve(chosen.size());
    for (double b : chosen) {
        b = std::clamp(b, 0.0, most);
        if (!out.empty() && b < out.back().decodes + 0.25)
            continue;
        Level level = levelAt(t, load, b, out.empty() ? nullptr : &out.back());
        if (!level.phase.stable)
            break;
        out.push_back(std::move(level));
    }
    if (out.empty()) { // within rounding of what prompts alone allow
        PromptLoad bearable = load;
        out.push_back(bearableLevel(t, bearable, 0));
    }
    return out;
}

double Occupancy::decodesAt(double n) const
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

Occupancy occupancy(const StationTables& t, const std::vector<Level>& levels)
{
    Occupancy out;
    out.residence.requests.reserve(t.decodes.size());
    out.residence.seconds.reserve(t.decodes.size());
    out.decodes.reserve(t.decodes.size());
    std::size_t above = 1; // of the levels, for this number of decodes
    for (std::size_t k = 0; k < t.decodes.size(); ++k) {
        const double b = t.decodes[k];
        if (k > 0 && b > levels.back().decodes + 1)
            break;
        while (above + 1 < levels.size() && levels[above].decodes < b)
            ++above;
        double first = levels.front().firstToken, stretch = levels.front().stretch;
        if (levels.size() > 1) {
            const Level &low = levels[above - 1], &high = levels[above];
            const double part = std::clamp((b - low.decodes) / (high.decodes - low.decodes), 0.0, 1.0);
            first = low.firstToken + part * (high.firstToken - low.firstToken);
            stretch = low.stretch + part * (high.stretch - low.stretch);
        }
        const double decode = t.gapsMean * t.decodeStep[k] * stretch;
        out.residence.requests.push_back(b * (first + decode) / decode);
        out.residence.seconds.push_back(first + decode);
        out.decodes.push_back(b);
    }
    return out;
}

} // namespace headroom
