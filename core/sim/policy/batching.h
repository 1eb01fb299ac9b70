// How a replica forms its next step (topic 4). One function a policy, one row a function in the table of batching.cpp.
#pragma once

#include "core/model/batch_policy.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace headroom::sim {

/// What a policy may know of its replica while it forms a step.
struct ReplicaView {
    double now = 0;                 ///< seconds since the start
    std::int64_t decodes = 0;       ///< sequences that can produce a token
    std::int64_t prefillTokens = 0; ///< prompt tokens left of all admitted sequences
    std::int64_t admitted = 0;      ///< sequences taken in while this step is being formed
    std::int64_t seatsLeft = 0;
    std::int64_t waiting = 0;
    bool preempted = false;      ///< this step has displaced somebody to win memory
    bool swapped = false;        ///< somebody waits in host memory who goes before the first that waits
    bool decodesRan = false;     ///< in the step before
    bool headFits = false;       ///< there is KV memory for the first that waits
    std::int64_t headTokens = 0; ///< prompt tokens the first has to compute
    double headReached = 0;      ///< when it reached the engine, s
};

struct BatchLimits {
    std::int64_t maxSequences = 256;
    std::int64_t tokenBudget = 2048;
    double staticTimeout = 0.05; ///< s
};

/// Asked again and again until it says run or wait: each admit takes in the first that waits.
struct BatchDecision {
    enum class Act { admit, run, wait } act = Act::wait;
    enum class Decodes { all, none } decodes = Decodes::all;
    std::int64_t promptTokens = 0; ///< run: most prompt tokens of this step, given out in order of admission
    double until = std::numeric_limits<double>::infinity();    ///< wait: look again at this time, s
    enum class Leap { longest, oneStep } leap = Leap::longest; ///< run: steps before the policy is asked again
};

/// When decodes take the blocks they need for the step, and who goes when there are none.
enum class MemoryTurn {
    decodesFirst, ///< before anybody is admitted
    promptsFirst, ///< after; nobody is admitted in a step that decodes
};

struct BatchingRow {
    BatchPolicy policy;
    std::string_view id, label;
    BatchDecision (*decide)(const ReplicaView&, const BatchLimits&);
    MemoryTurn memoryTurn;
    /// Nobody is admitted while prompts in progress fill the budget: then a view says nothing of the first that waits.
    enum class Budget { bounds, ignored } budget = Budget::ignored;
};

/// Whether the first that waits may come in at all.
inline bool canAdmit(const ReplicaView& v)
{
    return v.waiting > 0 && v.seatsLeft > 0 && v.headFits && !v.preempted && !v.swapped;
}

/// Sarathi-Serve, Algorithm 3 (PAPERS 5.1 point 2), and vLLM of today: every decode, then prompts in progress, then new
/// ones, within one token budget. Decodes are never paused. Here, since most runs ask it at every leap.
inline BatchDecision chunkedPrefill(const ReplicaView& v, const BatchLimits& limits)
{
    const std::int64_t forPrompts = std::max<std::int64_t>(0, limits.tokenBudget - v.decodes);
    if (v.prefillTokens < forPrompts && canAdmit(v))
        return {.act = BatchDecision::Act::admit};
    return {.act = BatchDecision::Act::run, .promptTokens = forPrompts};
}

std::span<const BatchingRow> batchingPolicies();
const BatchingRow& batchingPolicy(BatchPolicy);
/// The policies of the two pools of a disaggregated fleet.
const BatchingRow& prefillPool();
/// \param takesPrompts the plan lets pools mix (Batching::mixedThreshold)
const BatchingRow& decodePool(bool takesPrompts);
/// Chunks of prompts in steps of their own, taking turns with the decodes: what Sarathi's authors compare with to tell
/// chunking from mixing (PAPERS 5.1 point 5). No plan asks for it; a Scenario may.
const BatchingRow& chunksApart();

} // namespace headroom::sim
