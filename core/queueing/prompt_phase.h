// The prompt phase of a replica at a fixed number of decoding sequences: prompts are taken up at step boundaries, a
// long step lets more prompts gather for the next, and a step holds only so many prompt tokens.
#pragma once

namespace headroom {

/// How long steps are at a fixed number of decodes. Times in seconds, tokens of prompts not found in the cache.
struct PromptLaw {
    double idleStep = 0;    ///< D0: step without prompt tokens
    double setup = 0;       ///< D1: step with a few, without their own cost; prefill-first: without the decodes
    double perToken = 0;    ///< e: each prompt token
    double capacity = 0;    ///< c: prompt tokens that a step can hold
    double fullStep = 0;    ///< duration of a full step; the line may miss it a little
    double loneFull = 0;    ///< full steps that a prompt alone makes, on average
    bool exclusive = false; ///< prefill-first: a step with prompt tokens gives no decode tokens
    int stages = 1;         ///< of a pipeline: of its micro-batches each has its own prompts
};

/// Arrivals of prompts at one replica.
struct PromptLoad {
    double rate = 0;   ///< per second
    double mean = 0;   ///< tokens
    double second = 0; ///< tokens^2, of the sum over a unit of arrivals: E[x^2] + (ca^2 - 1) E[x]^2
};

/// Steady state at step boundaries. With W the waiting tokens at a boundary and X = min(W, c) those that run:
/// W' = W - X + (arrivals during the step), T = D0 or D1 + e X. First and second moments balance exactly; the shape of
/// W given W > 0 is taken as exponential, which closes them.
struct PromptPhase {
    bool stable = false;
    PromptLaw law;                       ///< that the moments below belong to
    double stepMean = 0, stepSecond = 0; ///< E[T], E[T^2]
    double tokensSecond = 0;             ///< E[X^2] over steps, tokens^2
    double tokenInterval = 0;            ///< mean time between two tokens of a decoding sequence
    double idleSteps = 1;                ///< share of steps without prompt tokens
    double fullSteps = 0;                ///< share of steps that are full
    double waiting = 0;                  ///< mean of W given W > 0, tokens
    double perBusyStep = 0;              ///< mean of X given X > 0, tokens
    double leftover = 0;                 ///< mean tokens left waiting by a full step
    /// Mean remaining time of the step that an arrival finds.
    double residual() const { return 0.5 * stepSecond / stepMean; }
};

/// No prompts at all, or not stable.
PromptPhase startPromptPhase(const PromptLaw&, const PromptLoad&);
/// One round of the fixed point between the share of idle steps and the backlog; three are enough.
void refinePromptPhase(PromptPhase&, const PromptLaw&, const PromptLoad&);
inline constexpr int kPromptPhaseRounds = 3;

PromptPhase solvePromptPhase(const PromptLaw&, const PromptLoad&);

} // namespace headroom
