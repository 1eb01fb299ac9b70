#include "core/queueing/saturation.h"

#include <algorithm>
#include <cmath>

namespace headroom {

namespace {

/// Rates that a number of decodes allows: by the time that steps take, and by the tokens that they hold.
struct Rates {
    double byTime, byBudget;
    double alone; ///< PromptNode::alone there
};

/// Prefill-first: prompts that share a step while all seats are taken. Those whose seats one decode step sets free go
/// together, as far as a step takes them; what ends with its first token makes room for one more batch at once.
double promptsTogether(const StationTables& t, double perDecodeStep)
{
    constexpr double kFew = 1e-3;
    double steps = 0, batch = perDecodeStep * (1 - t.singleTokenShare), all = 0;
    if (batch < kFew)
        return 1;
    for (; batch > kFew * perDecodeStep && batch > kFew * kFew; batch *= t.singleTokenShare) {
        steps += std::max(-std::expm1(-batch), batch / t.promptsPerStep);
        all += batch;
    }
    return std::max(1.0, all / steps);
}

/// Share of steps with prompts, where a step has so many chunks on average. \param chunks of lone prompts
double busySteps(const PromptNode& node, double chunks)
{
    if (node.stages == 1)
        return -std::expm1(-chunks);
    // What a prompt does not get into one micro-batch it goes on with in the next: there they queue, else they gather.
    const double each = chunks / node.stages, goOn = node.fullChunks / (1 + node.fullChunks);
    const double quiet = (1 - goOn) * std::exp(-each) + goOn * std::max(0.0, 1 - each);
    return 1 - std::pow(quiet, node.stages);
}

Rates ratesAt(const StationTables& t, double decodes)
{
    const double m = t.gapsMean, p = t.promptMean;
    const PromptNode node = t.promptNodeAt(decodes);
    const double steps = m / decodes, perStep = decodes / m; // steps of a request; prompts of a step
    if (t.input.policy == BatchPolicy::prefillFirst) {
        const double together = promptsTogether(t, perStep);
        const PromptLaw law = node.law(gathered(node, std::min(p * together, node.capacity)), true);
        const double most = std::max(t.promptsPerStep, node.capacity / t.longestPrompt);
        return {1 / (steps * t.decodeStepAt(decodes) + law.setup / together + law.perToken * p),
            most / (law.setup + law.perToken * p * most), node.alone};
    }
    const PromptLaw law = node.law(gathered(node, std::min(p * perStep, node.capacity)), false);
    const double byBudget = node.capacity / (p * law.fullStep);
    const double busy = busySteps(node, perStep * std::max(1.0, p / node.chunk));
    const double setup = (law.setup - node.idleStep) * busy;
    return {1 / (steps * (t.decodeStepAt(decodes) + setup) + law.perToken * p), byBudget, node.alone};
}

/// Root of a continuous increasing function within [low, high], to 1e-4 of it or of the function; an end if there is
/// none. Regula falsi with the Illinois rule: an end that stays put counts half. The function was last called there.
template <class F>
double increasingRoot(const F& f, double low, double high)
{
    constexpr double kNear = 1e-4;
    double above = f(high);
    if (above <= kNear)
        return high;
    double below = f(low), x = low;
    if (below >= -kNear)
        return low;
    for (int round = 0, kept = 0; round < 40 && high - low > kNear * high; ++round) {
        x = low + (high - low) * std::clamp(below / (below - above), 0.01, 0.99);
        const double value = f(x);
        if (std::abs(value) <= kNear)
            return x;
        if (value > 0) {
            high = x, above = value;
            below = kept < 0 ? below / 2 : below;
            kept = -1;
        } else {
            low = x, below = value;
            above = kept > 0 ? above / 2 : above;
            kept = 1;
        }
    }
    return x;
}

} // namespace

Saturation saturate(const StationTables& t, double seats)
{
    const double p = t.promptMean;
    if (t.gapsMean <= 0) { // nothing decodes: prompts alone
        const PromptNode node = t.promptNodeAt(0);
        const double fit = t.arePromptsWhole() ? t.promptsPerStep : node.capacity / p;
        const double together = std::max(1.0, std::min(seats, fit));
        const double longest = node.inLongest(together * p), others = node.perOther * std::max(0.0, longest - p);
        return {together / (node.step(longest) + node.perToken * longest + others), 0};
    }
    if (t.input.policy == BatchPolicy::prefillFirst) {
        const Rates rates = ratesAt(t, seats);
        return {std::min(rates.byTime, rates.byBudget), seats};
    }
    // Seats = B + q(B) * (time of a prompt); or, where prompts are the bottleneck, B* with the other seats waiting.
    Rates rates{};
    const auto excess = [&](double decodes) { // relative, of whichever of the two is more
        rates = ratesAt(t, decodes);
        return std::max(rates.byTime / rates.byBudget, (decodes + rates.byTime * rates.alone) / seats) - 1;
    };
    const double decodes = increasingRoot(excess, 1e-3, std::min(seats, t.prompts.back().decodes));
    return {std::min(rates.byTime, rates.byBudget), decodes};
}

} // namespace headroom
