#include "core/queueing/prompt_phase.h"

#include <algorithm>
#include <cmath>

namespace headroom {

namespace {

/// 1 - e^-x without cancellation.
double below(double x) { return x < 1e-4 ? x * (1 - 0.5 * x) : 1 - std::exp(-x); }

/// Moments of min(W, c) for exponential W with mean w, the last two in units of its first moment E[min(W, c)], and how
/// those two grow with w.
struct Truncated {
    double full;     ///< P(W > c)
    double mean;     ///< E[min(W, c)], tokens
    double leftover; ///< E[(W - c)+] / E[min(W, c)]
    double second;   ///< E[min(W, c)^2] / E[min(W, c)]
    double leftoverSlope, secondSlope;
};

Truncated truncate(double w, double c)
{
    const double z = c / w;
    if (z > 30) // nothing reaches the capacity
        return {0, w, 0, 2 * w, 0, 2};
    const double tail = std::exp(-z);
    if (z < 1e-3) { // nearly all do; 1/z - 1/(e^z - 1) cancels here, its series is 1/2 - z/12
        const double share = z * (1 - 0.5 * z);
        return {tail, w * share, 1 / z - 0.5, 2 * c * (0.5 - z / 12), 1 / c, c * z / (6 * w)};
    }
    const double share = 1 - tail, u = tail / share; // u = 1 / (e^z - 1)
    const double slope = u / share * z / w;          // of u over w
    return {tail, w * share, u, 2 * c * (1 / z - u), slope, 2 * c * (1 / (z * w) - slope)};
}

/// Mean of W given W > 0 from the balance of second moments,
/// (1 - rho^2) E[X^2] + 2 (c - lambda p T_full) E[W - X] = second moment of what arrives with an empty backlog,
/// all divided by E[X]. The left side is increasing and concave in w: Newton from below converges monotonically.
/// A start from above lands below in one step.
double solveBacklog(double rho, double spare, double c, double wanted, double start)
{
    const double free = 1 - rho * rho, least = wanted / (2 * free);
    double w = std::max(least, start);
    for (int round = 0; round < 8; ++round) {
        const Truncated t = truncate(w, c);
        const double miss = wanted - free * t.second - 2 * spare * t.leftover;
        const double step = miss / (free * t.secondSlope + 2 * spare * t.leftoverSlope);
        w = std::max(least, w + step);
        if (!(std::abs(step) > 1e-4 * w))
            break;
    }
    return w;
}

} // namespace

PromptPhase startPromptPhase(const PromptLaw& law, const PromptLoad& load)
{
    PromptPhase phase;
    phase.law = law;
    const double tokens = load.rate * load.mean; // per second
    phase.stable = tokens * law.fullStep < law.capacity;
    phase.stepMean = phase.tokenInterval = law.idleStep;
    phase.stepSecond = law.idleStep * law.idleStep;
    phase.idleSteps = 1 - below(load.rate * law.idleStep);
    phase.perBusyStep = load.mean;
    return phase;
}

void refinePromptPhase(PromptPhase& phase, const PromptLaw& law, const PromptLoad& load)
{
    phase.law = law;
    const double tokens = load.rate * load.mean; // per second
    const double rho = law.perToken * tokens;
    const double spare = law.capacity - tokens * law.fullStep; // tokens a full step gains on the arrivals
    double busy = 1 - phase.idleSteps;
    phase.stepMean = (phase.idleSteps * law.idleStep + busy * law.setup) / (1 - rho);
    const double squares =
        (phase.idleSteps * law.idleStep * law.idleStep + busy * law.setup * law.setup) / phase.stepMean;
    const double wanted = load.second / load.mean + tokens * squares + 2 * rho * law.setup * tokens;
    phase.waiting = solveBacklog(rho, spare, law.capacity, wanted, phase.waiting);
    const Truncated x = truncate(phase.waiting, law.capacity);
    const double inPartial = x.full < 0.999 ? (x.mean - law.capacity * x.full) / (1 - x.full) : 0.5 * law.capacity;
    // An idle step follows an idle or a partial one in which nothing arrived. Few of the busy steps are partial where a
    // prompt alone fills several, whatever its length; the exponential shape knows that for varied lengths only.
    const double full = std::max(x.full, law.loneFull / (1 + law.loneFull));
    const double quiet = (1 - full) * (1 - below(load.rate * law.setup)) / (1 + load.rate * law.perToken * inPartial);
    const double noise = below(load.rate * law.idleStep);
    busy = noise / (noise + quiet);

    phase.idleSteps = 1 - busy;
    phase.stepMean = (phase.idleSteps * law.idleStep + busy * law.setup) / (1 - rho);
    const double tokensPerStep = tokens * phase.stepMean;
    phase.perBusyStep = tokensPerStep / busy;
    phase.fullSteps = std::min(busy * full, tokensPerStep / law.capacity);
    phase.leftover = tokensPerStep * x.leftover;
    phase.tokensSecond = tokensPerStep * x.second;
    phase.stepSecond = phase.idleSteps * law.idleStep * law.idleStep + busy * law.setup * law.setup +
                       2 * law.setup * law.perToken * tokensPerStep + law.perToken * law.perToken * phase.tokensSecond;
    // Where prompts leave no step to decodes, these as good as stand still: finite, so that a hundred of them are no NaN.
    constexpr double kStandstill = 1e-9;
    // Of a pipeline, the micro-batch of a request has none in so many steps: in all of them at once these are the idle.
    const double decoding = law.stages > 1 ? std::pow(phase.idleSteps, 1.0 / law.stages) : phase.idleSteps;
    phase.tokenInterval = law.exclusive ? phase.stepMean / std::max(decoding, kStandstill) : phase.stepMean;
}

PromptPhase solvePromptPhase(const PromptLaw& law, const PromptLoad& load)
{
    PromptPhase phase = startPromptPhase(law, load);
    if (load.rate <= 0)
        return phase;
    phase.stable = phase.stable && law.perToken * load.rate * load.mean < 1;
    for (int round = 0; round < kPromptPhaseRounds && phase.stable; ++round)
        refinePromptPhase(phase, law, load);
    return phase;
}

} // namespace headroom
