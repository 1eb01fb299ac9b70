#include "core/queueing/prompt_phase.h"

#include <algorithm>
#include <cmath>

namespace headroom {

namespace {

/// Moments of min(W, c) for exponential W with mean w, in units of its first moment E[min(W, c)].
struct Truncated {
    double full;     ///< P(W > c)
    double mean;     ///< E[min(W, c)], tokens
    double leftover; ///< E[(W - c)+] / E[min(W, c)]
    double second;   ///< E[min(W, c)^2] / E[min(W, c)]
};

Truncated truncate(double w, double c)
{
    const double z = c / w;
    if (z > 50) // nothing reaches the capacity
        return {0, w, 0, 2 * w};
    const double tail = std::exp(-z), below = -std::expm1(-z);
    const double u = tail / below; // 1 / (e^z - 1)
    // 1/z - 1/(e^z - 1) cancels for small z; its series is 1/2 - z/12.
    const double gap = z < 1e-3 ? 0.5 - z / 12 : 1 / z - u;
    return {tail, w * below, u, 2 * c * gap};
}

/// Mean of W given W > 0 from the balance of second moments,
/// (1 - rho^2) E[X^2] + 2 (c - lambda p T_full) E[W - X] = second moment of what arrives with an empty backlog,
/// all divided by E[X]. The left side is increasing and concave in w: Newton from below converges monotonically.
double solveBacklog(double rho, double spare, double c, double wanted)
{
    const auto left = [&](double w) {
        const Truncated t = truncate(w, c);
        return (1 - rho * rho) * t.second + 2 * spare * t.leftover;
    };
    double w = wanted / (2 * (1 - rho * rho));
    for (int round = 0; round < 6; ++round) {
        const double here = left(w), h = 1e-4 * w;
        const double slope = (left(w + h) - here) / h;
        const double next = w + (wanted - here) / slope;
        if (!(next > w * (1 + 1e-4)))
            break;
        w = next;
    }
    return w;
}

} // namespace

PromptPhase solvePromptPhase(const PromptLaw& law, const PromptLoad& load)
{
    PromptPhase phase;
    phase.law = law;
    phase.fullStep = law.setup + law.perToken * law.capacity;
    const double tokens = load.rate * load.mean; // per second
    const double rho = law.perToken * tokens;
    const double spare = law.capacity - tokens * phase.fullStep; // tokens a full step gains on the arrivals
    phase.stable = spare > 0 && rho < 1;
    if (!phase.stable)
        return phase;
    phase.stepMean = law.idleStep;
    phase.stepSecond = law.idleStep * law.idleStep;
    phase.tokenInterval = law.idleStep;
    if (load.rate <= 0)
        return phase;

    double busy = std::min(1.0, load.rate * law.idleStep); // P(W > 0), refined below
    Truncated x{};
    for (int round = 0; round < 3; ++round) {
        const double bases = (1 - busy) * law.idleStep + busy * law.setup;
        phase.stepMean = bases / (1 - rho);
        const double squares =
            ((1 - busy) * law.idleStep * law.idleStep + busy * law.setup * law.setup) / phase.stepMean;
        const double wanted = load.second / load.mean + tokens * squares + 2 * rho * law.setup * tokens;
        phase.waiting = solveBacklog(rho, spare, law.capacity, wanted);
        x = truncate(phase.waiting, law.capacity);
        const double inPartial = x.full < 1 ? (x.mean - law.capacity * x.full) / (1 - x.full) : x.mean;
        // An idle step follows an idle or a partial one in which nothing arrived.
        const double quiet =
            (1 - x.full) * std::exp(-load.rate * law.setup) / (1 + load.rate * law.perToken * inPartial);
        const double noise = -std::expm1(-load.rate * law.idleStep);
        busy = std::clamp(noise / (noise + quiet), 0.0, 1.0);
    }
    phase.idleSteps = 1 - busy;
    phase.fullSteps = busy * x.full;
    const double tokensPerStep = tokens * phase.stepMean;
    phase.leftover = tokensPerStep * x.leftover;
    phase.tokensSecond = tokensPerStep * x.second;
    phase.stepSecond = phase.idleSteps * law.idleStep * law.idleStep + busy * law.setup * law.setup +
                       2 * law.setup * law.perToken * tokensPerStep + law.perToken * law.perToken * phase.tokensSecond;
    phase.tokenInterval = law.exclusive ? phase.stepMean / phase.idleSteps : phase.stepMean;
    return phase;
}

} // namespace headroom
