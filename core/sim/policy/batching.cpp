#include "core/sim/policy/batching.h"

#include "core/error.h"

#include <algorithm>
#include <array>

namespace headroom::sim {

namespace {

using Act = BatchDecision::Act;
using Decodes = BatchDecision::Decodes;
constexpr std::int64_t kWholePrompts = std::numeric_limits<std::int64_t>::max();

/// FasterTransformer (PAPERS 1.1 point 6; MODEL.md 4.1): waits until a batch is full, memory takes no more, or the
/// oldest has waited long enough; then nobody joins before the last member is done.
BatchDecision staticBatch(const ReplicaView& v, const BatchLimits& limits)
{
    if (v.decodes > 0)
        return {.act = Act::run};
    if (v.admitted > 0)
        return canAdmit(v) ? BatchDecision{.act = Act::admit}
                           : BatchDecision{.act = Act::run, .promptTokens = kWholePrompts};
    if (!canAdmit(v))
        return {};
    const double until = v.headReached + limits.staticTimeout;
    if (v.waiting >= v.seatsLeft || v.now >= until)
        return {.act = Act::admit};
    return {.act = Act::wait, .until = until};
}

/// Orca (PAPERS 1.1 points 1 to 3): whole prompts join the decodes of any step; scanning stops at the first that does
/// not fit.
BatchDecision continuousBatch(const ReplicaView& v, const BatchLimits&)
{
    if (canAdmit(v))
        return {.act = Act::admit};
    return {.act = Act::run, .promptTokens = kWholePrompts};
}

/// vLLM of 2023 (PAPERS 2.1 point 2): a step is all prompts or all decodes, prompts first. A prompt longer than the
/// budget runs alone.
BatchDecision prefillFirst(const ReplicaView& v, const BatchLimits& limits)
{
    if (canAdmit(v) && (v.prefillTokens == 0 || v.prefillTokens + v.headTokens <= limits.tokenBudget))
        return {.act = Act::admit};
    if (v.prefillTokens > 0)
        return {.act = Act::run, .decodes = Decodes::none, .promptTokens = kWholePrompts};
    return {.act = Act::run};
}

/// A chunk of at most the budget, then a step of all decodes, in turns.
BatchDecision chunksInTurns(const ReplicaView& v, const BatchLimits& limits)
{
    if (v.prefillTokens < limits.tokenBudget && canAdmit(v))
        return {.act = Act::admit};
    if (v.prefillTokens == 0)
        return {.act = Act::run};
    constexpr auto kOneStep = BatchDecision::Leap::oneStep;
    if (v.decodes == 0 || v.decodesRan)
        return {.act = Act::run, .decodes = Decodes::none, .promptTokens = limits.tokenBudget, .leap = kOneStep};
    return {.act = Act::run, .leap = kOneStep};
}

/// Splitwise and DistServe, decode side (PAPERS 6.1, 7.1): KV is pulled as memory allows, sequences join any step.
/// What was preempted is prefilled again here, as a whole.
BatchDecision decodeOnly(const ReplicaView& v, const BatchLimits& limits) { return continuousBatch(v, limits); }

/// The mixed pool of Splitwise (PAPERS 6.1): a replica of the decode pool that takes prompts too. Decodes are never
/// paused and prompts share the token budget, so that what it decodes does not stall; KV that is to be pulled waits for
/// no budget.
BatchDecision mixedPool(const ReplicaView& v, const BatchLimits& limits)
{
    const std::int64_t forPrompts = std::max<std::int64_t>(0, limits.tokenBudget - v.decodes);
    if (canAdmit(v) && (v.headTokens == 0 || v.prefillTokens < forPrompts))
        return {.act = Act::admit};
    return {.act = Act::run, .promptTokens = forPrompts};
}

constexpr std::array<BatchingRow, 5> kBatching{{
    {BatchPolicy::static_, "static", "Static", &staticBatch, MemoryTurn::decodesFirst},
    {BatchPolicy::continuous, "continuous", "Continuous", &continuousBatch, MemoryTurn::decodesFirst},
    {BatchPolicy::prefillFirst, "prefill_first", "Prefill first", &prefillFirst, MemoryTurn::promptsFirst},
    {BatchPolicy::chunked, "chunked", "Chunked prefill", &chunkedPrefill, MemoryTurn::decodesFirst,
        BatchingRow::Budget::bounds},
    {BatchPolicy::disaggregated, "disaggregated", "Disaggregated", &decodeOnly, MemoryTurn::decodesFirst},
}};

// The prefill side fills steps up to the budget like prefill-first; it holds no decodes.
constexpr BatchingRow kPrefillPool{
    BatchPolicy::disaggregated, "prefill_pool", "Prefill pool", &prefillFirst, MemoryTurn::promptsFirst};
constexpr BatchingRow kMixedPool{
    BatchPolicy::disaggregated, "mixed_pool", "Mixed pool", &mixedPool, MemoryTurn::decodesFirst};

constexpr BatchingRow kChunksApart{
    BatchPolicy::chunked, "chunks_apart", "Chunks apart", &chunksInTurns, MemoryTurn::decodesFirst};

} // namespace

std::span<const BatchingRow> batchingPolicies() { return kBatching; }

const BatchingRow& batchingPolicy(BatchPolicy policy)
{
    const auto row = std::ranges::find(kBatching, policy, &BatchingRow::policy);
    HR_ASSERT(row != kBatching.end());
    return *row;
}

const BatchingRow& prefillPool() { return kPrefillPool; }

const BatchingRow& decodePool(bool takesPrompts)
{
    return takesPrompts ? kMixedPool : batchingPolicy(BatchPolicy::disaggregated);
}

const BatchingRow& chunksApart() { return kChunksApart; }

} // namespace headroom::sim
