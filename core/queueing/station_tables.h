// What one plan's station knows before it is asked at a rate: step times over the batch and lengths as strata.
#pragma once

#include "core/queueing/batch_queue.h"
#include "core/queueing/prompt_phase.h"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

namespace headroom {

/// Cumulative probabilities that cut a length distribution into strata: even in the body, finer in the tail that the
/// percentiles of latency are made of.
inline constexpr std::array<double, 28> kStrata{0, .05, .1, .15, .2, .25, .3, .35, .4, .45, .5, .55, .6, .65, .7, .75,
    .8, .84, .88, .91, .93, .945, .955, .967, .98, .989, .995, 1};
inline constexpr std::size_t kStratumCount = kStrata.size() - 1;

/// Indices into kStrata of a coarser cut, for what is summed over other distributions too.
inline constexpr std::array<std::size_t, 8> kCoarseStrata{0, 4, 8, 12, 16, 20, 24, 27};
/// And of one that is convolved with a third.
inline constexpr std::array<std::size_t, 6> kFewStrata{0, 5, 11, 17, 24, 27};

/// Knots of prompt tokens in a step, as shares of the largest: a kink where arithmetic overtakes memory traffic may lie
/// anywhere, so they are geometric.
inline constexpr std::array<double, 8> kChunkKnots{0, 1.0 / 64, 1.0 / 32, 1.0 / 16, 1.0 / 8, 1.0 / 4, 1.0 / 2, 1};

/// 1 / width of the pieces that end at these knots: knots double from the second on.
inline constexpr std::array<double, 8> kPerChunkPiece{0, 64, 64, 32, 16, 8, 4, 2};
/// The knot that ends the piece a share of the capacity is in, for each whole number of 64ths; all knots are such.
inline constexpr std::array<unsigned char, 65> kChunkPiece = [] {
    std::array<unsigned char, 65> out{};
    for (std::size_t n = 0; n < out.size(); ++n) {
        unsigned char i = 1;
        while (i + 1U < kChunkKnots.size() && 64 * kChunkKnots[i] <= static_cast<double>(n))
            ++i;
        out[n] = i;
    }
    return out;
}();

/// One class of requests.
struct StationClass {
    double share = 0;
    /// A stratum of prompts: mean tokens not in the cache, half the width of the stratum, mean query-key pairs
    /// n (cached + n/2), its probability, and mean tokens in the cache.
    struct Own {
        double tokens = 0, half = 0, pairs = 0, share = 0, cached = 0;
    };
    std::array<Own, kStratumCount> fine{};
    std::array<Own, kCoarseStrata.size() - 1> coarse{}; ///< the same over fewer
    std::array<Own, kFewStrata.size() - 1> few{};
    std::array<double, kStrata.size()> promptEdges{};     ///< whole prompt tokens at the edges of the strata
    std::array<double, kStrata.size()> gaps{};            ///< output tokens - 1 at the edges of the strata
    double gapsMean = 0;                                  ///< of this class
    double ttftTarget = 0, tpotTarget = 0, e2eTarget = 0; ///< seconds, infinite = none
};

/// Means over steps with prompt tokens: x their prompt tokens, y their seconds.
struct ChunkMoments {
    double x = 0, y = 0, xx = 0, xy = 0;
    void add(double tokens, double seconds, double weight)
    {
        x += weight * tokens;
        y += weight * seconds;
        xx += weight * tokens * tokens;
        xy += weight * tokens * seconds;
    }
};

/// Step times with prompt tokens at one number of decodes.
struct PromptNode {
    double decodes = 0;
    int stages = 1;
    double idleStep = 0; ///< d(B, B c, 0)
    std::array<double, kChunkKnots.size()>
        withChunk{};       ///< step with kChunkKnots * chunk prompt tokens, without perPair
    double perPair = 0;    ///< seconds per pair of a prompt token and a token it attends to
    double capacity = 0;   ///< prompt tokens of a step; of a pipeline those of all its micro-batches
    double chunk = 0;      ///< prompt tokens of one micro-batch; without a pipeline the same
    ChunkMoments lone;     ///< steps of prompts that are alone
    double perToken = 0;   ///< mean seconds per prompt token for its pairs
    double perOther = 0;   ///< mean seconds per token of further prompts in a step for what a prompt costs by itself
    double alone = 0;      ///< mean time of a prompt that starts at a step boundary
    double fullChunks = 0; ///< mean number of full steps of a prompt that is alone
    double service = 0;    ///< mean of what it takes from the decodes: T_p

    /// Seconds of a step with x prompt tokens in one micro-batch, without their pairs. x in (0, chunk].
    double step(double x) const { return stepAt(x / chunk); }
    /// The same by share of the chunk; beyond 1 the last piece goes on.
    double stepAt(double part) const
    {
        const std::size_t i = kChunkPiece[static_cast<std::size_t>(static_cast<int>(std::min(64 * part, 64.0)))];
        return withChunk[i - 1] + (part - kChunkKnots[i - 1]) * kPerChunkPiece[i] * (withChunk[i] - withChunk[i - 1]);
    }
    /// Of x prompt tokens of a step, those that the micro-batch with the most of them holds, on average: the step lasts as
    /// long as that one. Without a pipeline all of them.
    double inLongest(double x) const { return stages > 1 ? longestOfMany(x) : x; }
    double longestOfMany(double x) const;
    /// A straight line through steps like these, never shorter than an idle step where decodes are part of it.
    PromptLaw law(const ChunkMoments& steps, bool exclusive) const;
};

/// Steps with `tokens` prompt tokens on average: lone prompts as far as they explain it, several together beyond.
ChunkMoments gathered(const PromptNode&, double tokens);

/// Steady state of the prompt phase. The step law is nonlinear; the line that stands for it goes through the steps
/// that occur: of lone prompts, and of several together in proportion as they gather.
/// \param similar a solution nearby to start from, or null
PromptPhase solvePromptPhase(
    const PromptNode&, const PromptLoad&, bool exclusive, const PromptPhase* similar = nullptr);

struct StationTables {
    StationInput input; ///< pointers are null: nothing outside is kept
    double arrivalScv = 1;
    double promptMean = 0, promptSecond = 0; ///< tokens not in the cache, per request
    double restScv = 1; ///< squared coefficient of variation of what is left of a prompt at a random token of it
    double gapsMean = 0, gapsSecond = 0; ///< m and E[(n_out - 1)^2]
    double longestPrompt = 0;            ///< representative of the last stratum, tokens
    double meanContext = 0;
    double singleTokenShare = 0; ///< of requests: their first token is their last
    double promptsPerStep = 1;   ///< whole prompts that a step takes on average while others wait: prefill-first, split
    std::vector<StationClass> classes;
    std::vector<double> decodes, decodeStep; ///< d(B, B c, 0) at increasing B, from 1 to seats
    double perContext = 0;                   ///< seconds of a decode step per token of context
    std::vector<PromptNode> prompts;         ///< at increasing B, from 0 to the most that can decode
    double capacity = 0;                     ///< mu: fleetCapacity / replicas, req/s
    double fleetCapacity = 0;                ///< R mu
    double fullDecodes = 0;                  ///< sequences that decode while all seats are taken

    double prefillReplicas = 0, decodeReplicas = 0; ///< disaggregated: replicas of the two pools
    double decodeCapacity = 0;                      ///< disaggregated: of one replica of the decode pool, req/s

    std::vector<double> staticPrefill; ///< static: s to read the prompts of a batch of decodes[k]

    /// Prompts are run whole, as many as the budget takes, with no decodes beside them.
    bool arePromptsWhole() const
    {
        return input.policy == BatchPolicy::prefillFirst || input.policy == BatchPolicy::disaggregated;
    }
    double decodeStepAt(double size) const { return atBatch(decodeStep, size); }
    /// A value known at `decodes`, between them by a straight line.
    double atBatch(const std::vector<double>& values, double size) const;
    PromptNode promptNodeAt(double decodes) const;
};

/// \pre input.workload is set
std::shared_ptr<const StationTables> makeTables(const StationInput&, const StepFunction&);

} // namespace headroom
