// One engine replica: waiting, running, KV blocks. It leaps from one change of its batch to the next (MODEL.md 12); no
// step touches every running sequence.
#pragma once

#include "core/sim/gap_log.h"
#include "core/sim/kv_blocks.h"
#include "core/sim/leap.h"
#include "core/sim/policy/batching.h"
#include "core/sim/policy/order.h"
#include "core/sim/prefix_cache.h"
#include "core/sim/recorder.h"
#include "core/sim/scenario.h"
#include "core/sim/sequence.h"
#include "core/sim/step_laws.h"
#include "core/sim/step_ring.h"
#include "core/sim/wait_queue.h"

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace headroom::sim {

/// Which phases a replica runs.
enum class Role { both, prefill, decode };

/// What a replica hands back to the run.
struct Outbox {
    struct Transfer {
        std::int32_t slot;
        double done; ///< when the KV has arrived
    };
    std::vector<std::int32_t> finished;  ///< all tokens produced
    std::vector<std::int32_t> prefilled; ///< prefill pool: first token out, KV waits to be pulled
    std::vector<Transfer> transfers;     ///< decode pool: pulls begun
    std::vector<std::int32_t> dropped;   ///< of clients that have gone, freed at a step boundary
    std::vector<std::int32_t> withdrawn; ///< the same, out of the queue: the slot is still in it
    bool hasAny = false;                 ///< whether something is in any of them
};

/// What replicas know about slots beside the pool, and of each other, in one place for all of them.
struct SlotTables {
    std::array<StepLinks, kReaches> due;          ///< completions, and crossings of reaches 1 and 2
    std::vector<std::vector<std::uint64_t>> held; ///< prefix hashes a slot refers to (prefix cache only)
    std::vector<std::vector<double>> gaps;        ///< between tokens so far, s (Recording::slowestGaps only)
    std::int64_t ringSize = 4096;                 ///< StepRing::sizeFor()
    std::vector<std::int32_t> loads;              ///< requests at each replica, side by side: routers read all of them
};

/// What all replicas of a run share.
struct ReplicaContext {
    const Scenario& scenario;
    SequencePool& pool;
    SlotTables& slots;
    StepLaws& laws;
    Recorder& recorder;
    Outbox& outbox;
    const PrefixSource& prefixes;
};

class Replica {
public:
    Replica(const ReplicaContext&, int index, Role);

    /// Whether a request of these lengths could ever run here; else it must be turned away.
    bool couldHold(const Sequence&) const;
    /// A request begins to wait. Ends the leap at the next step boundary if it could be taken in there.
    void enqueue(std::int32_t slot, double now);
    /// A request begins to wait that is expected to find so many prompt tokens in the cache.
    void enqueueExpecting(std::int32_t slot, std::int64_t cached, double now);
    /// The same, but it waits first until the last `fetched` of these have come from another replica.
    /// \return when that is, s
    double beginFetch(std::int32_t slot, std::int64_t cached, std::int64_t fetched, double now);
    /// They are here, as blocks of the cache that nobody refers to yet.
    void endFetch(std::int32_t slot, double now);
    /// Its client has gone meanwhile.
    void forgetFetch(std::int32_t slot);
    /// KV of a sequence has arrived (decode pool): it joins at the next step boundary.
    void transferred(std::int32_t slot, double now);
    /// KV has been pulled from this replica (prefill pool), or is not wanted any more: its memory is free.
    void pulled(std::int32_t slot);
    /// The client of a sequence here has gone. Waiting ones leave at once, others at the next step boundary.
    void abandon(std::int32_t slot, double now);

    /// Whether a step runs, and no other can be formed meanwhile. Of a pipeline: its first stage, or all micro-batches.
    bool isRunning() const { return m_running; }
    /// End of the present leap in seconds; infinity when idle. Of a pipeline: when it is to be looked at next.
    double leapEnd() const { return m_leapEnd; }
    /// Books the leap that ends now: tokens, completions, first tokens.
    void finishLeap();
    /// The run ends at `now`: books the steps that have ended by then, and what has gone on of the next one.
    void endAt(double now);
    /// Forms the next step and leaps. Idle afterwards if there is nothing to run; then the result says when to look
    /// again (static batching), infinity for never.
    double plan(double now);

    std::int64_t waiting() const { return m_queue.size(); }
    /// Requests that wait or are in service.
    std::int64_t load() const { return *m_load; }
    /// Where that stands; those of the next replicas follow.
    const std::int32_t* loadCell() const { return m_load; }
    std::int64_t running() const { return m_seats; }
    const KvBlocks& blocks() const { return m_blocks; }
    // What routers, admission and controllers ask is as of `now` within the present leap, which goes on.
    /// Prompt tokens that stand before a new arrival.
    std::int64_t backlog(double now) const;
    /// KV blocks nobody uses; cached prefixes that nobody refers to count as free.
    std::int64_t freeBlocks(double now) const;
    /// Seconds in which steps ran, since the start of the run.
    double busySeconds(double now) const
    {
        return m_pipeline ? busySecondsOfLanes(now) : m_busySeconds + (m_running ? now - m_leap.start : 0);
    }
    /// Seconds until this new arrival would have its first token. Where no seat or no memory is left for it, so many have to
    /// leave before, each after as long as those who left have stayed on average: an engine does not know answers ahead.
    /// \param cached prompt tokens it would find in the prefix cache
    double expectedTtft(double now, const Sequence&, std::int64_t cached = 0);
    /// Seconds from now until a fetch of so many tokens that is asked for now would be here.
    double fetchSeconds(double now, std::int64_t tokens) const;
    /// Whether its prompt and all prompts that wait would find memory now.
    bool hasRoomFor(const Sequence&, double now) const;
    /// Prompt tokens of a request that the prefix cache of this replica holds. What growing sequences have overwritten
    /// by `now` is forgotten first.
    std::int64_t cachedTokens(const Sequence&, double now);

private:
    // replica_pipeline.cpp
    struct Lane;
    struct Pipeline;
    struct EndOfPipeline { ///< here nobody knows what one is
        void operator()(Pipeline*) const noexcept;
    };
    void makeLanes(int stages);
    void exchange(Lane&);
    void take(std::int16_t lane);
    void park(std::int16_t lane);
    double planLanes(double now);
    void enterStages(double now);
    void finishLanes();
    void endLanesAt(double now);
    void joinArrivedHere();
    void awaitStages();
    void noteLane(Sequence&) const;
    bool isElsewhere(const Sequence&) const;
    double bookedFrom() const;
    std::int64_t waitingThatFit();
    std::int64_t seatsLeft();
    std::int64_t backlogOfLanes() const;
    double busySecondsOfLanes(double now) const;
    double expectedTtftOfLanes(double now, const Sequence&, std::int64_t tokens);

    double expectedSeatWait(double now, const Sequence&) const;
    /// How KV memory is promised.
    enum class Promise { paged, wholeBlocks, buddy };
    /// What the hot functions are made for. Plain: chunked prefill and paging by one kind of replica, first come, first
    /// served, attention without windows, no prefix cache, nothing recorded beside. Most runs are, and need not ask for
    /// the rest at each leap.
    enum class Kind { plain, any };
    Kind kindOf() const;
    template <Kind kKind>
    bool isStatic() const
    {
        return kKind == Kind::any && m_isStatic;
    }
    template <Kind kKind>
    bool isPaged() const
    {
        return kKind == Kind::plain || m_promise == Promise::paged;
    }
    template <Kind kKind>
    bool keepsPrefixes() const
    {
        return kKind == Kind::any && m_prefix.has_value();
    }
    template <Kind kKind>
    bool isPreemptive() const
    {
        return kKind == Kind::any && m_preemptive;
    }
    template <Kind kKind>
    bool isRole(Role role) const
    {
        return kKind == Kind::plain ? role == Role::both : m_role == role;
    }
    template <Kind kKind>
    std::size_t reaches() const
    {
        return kKind == Kind::plain ? 1 : static_cast<std::size_t>(m_context.laws.reaches());
    }
    template <Kind kKind>
    MemoryTurn memoryTurn() const
    {
        return kKind == Kind::plain ? MemoryTurn::decodesFirst : m_policy->memoryTurn;
    }
    struct Chunk {
        std::int32_t slot = kNoSlot;
        std::int64_t tokens = 0; ///< of each step of the leap
    };
    struct Level { ///< running sequences of one priority, linked in order of arrival
        std::int32_t first = kNoSlot, last = kNoSlot;
    };
    struct TokenGroup {
        double time;        ///< when these sequences had their last token, s
        std::int64_t count; ///< how many
    };

    /// Steps of the present leap that have begun, and that have ended, at `now`.
    struct StepsSoFar {
        std::int64_t begun = 0, ended = 0;
    };
    StepsSoFar stepsSoFar(double now) const;

    // replica_memory.cpp
    std::int64_t contextOf(const Sequence& s) const { return s.joinContext + (m_step - s.joinStep); }
    std::int64_t reservedTokens(const Sequence&) const;
    // Most plans page without a prefix cache: these are short then, and stand where they are called.
    template <Kind kKind>
    bool onlyCounts() const
    {
        return isPaged<kKind>() && !keepsPrefixes<kKind>();
    }
    template <Kind kKind = Kind::any>
    std::int64_t admissionBlocks(const Sequence& s) const
    {
        return onlyCounts<kKind>() ? m_blocks.blocksFor(s.target) : admissionBlocksBeside(s);
    }
    template <Kind kKind = Kind::any>
    bool fits(const Sequence& s) const
    {
        if (kKind == Kind::any && m_promise == Promise::buddy)
            return m_buddy->has(reservedTokens(s));
        // What the decodes of this step need is theirs already, unless the step is all prompts.
        const bool decodesFirst = isPaged<kKind>() && memoryTurn<kKind>() == MemoryTurn::decodesFirst;
        const std::int64_t left =
            m_blocks.free() - admissionBlocks<kKind>(s) - (decodesFirst ? m_blocks.neededNext() : 0);
        return m_seats == 0 ? left >= 0 : left >= m_watermark; // alone it may have everything
    }
    template <Kind kKind>
    void allocate(Sequence& s, std::int32_t slot)
    {
        if (onlyCounts<kKind>())
            m_blocks.take(m_blocks.blocksFor(s.target));
        else
            allocateBeside(s, slot);
    }
    /// \param tokensHeld tokens the sequence has memory for (paged only)
    template <Kind kKind = Kind::any>
    void release(Sequence& s, std::int32_t slot, std::int64_t tokensHeld)
    {
        if (onlyCounts<kKind>())
            m_blocks.give(m_blocks.blocksFor(tokensHeld));
        else
            releaseBeside(s, slot, tokensHeld);
    }
    std::int64_t admissionBlocksBeside(const Sequence&) const;
    void allocateBeside(Sequence&, std::int32_t slot);
    void releaseBeside(Sequence&, std::int32_t slot, std::int64_t tokensHeld);
    std::span<const std::uint64_t> hashesOf(const Sequence&) const;
    void shareBlocks(std::int32_t slot);
    void importBlocks(const Sequence&, double now);
    template <Kind kKind>
    void makeDecodeRoom()
    {
        if (isPaged<kKind>() && m_blocks.neededNext() > m_blocks.free())
            displaceForMemory();
        if (!m_swapped.empty())
            swapIn();
    }
    void displaceForMemory();
    void swapIn();
    void displace(std::int32_t slot);
    std::int32_t victim() const;
    int priorityOf(const Sequence&) const;
    bool outranksSomebody();
    bool headHasHigherRank();
    bool yieldsToHead(std::int32_t swappedOut);
    void displaceForPriority();

    // replica.cpp
    void noteLoad()
    {
        *m_load = static_cast<std::int32_t>(
            m_fetching + m_queue.size() + m_seats + static_cast<std::int64_t>(m_swapped.size()));
    }
    template <Kind kKind>
    double formStep(double now);
    template <Kind kKind>
    ReplicaView view(double now);
    template <Kind kKind>
    BatchDecision decide(double now);
    double waitKey(const Sequence&, bool hasLostPlace);
    void putBack(std::int32_t slot);
    template <Kind kKind>
    void admitHead(double now);
    void cut(double now);
    void cutIfAdmissible(double now);
    template <Kind kKind>
    double follow(double now, const BatchDecision&);
    template <Kind kKind>
    bool leap(double now, const BatchDecision&);
    bool leapStatic(double now);
    template <Kind kKind>
    void gatherChunks(std::int64_t promptTokens);
    template <Kind kKind>
    void timeSteps(double now);
    template <Kind kKind>
    std::int64_t longestLeap();
    void dropAbandoned(double now);
    void joinArrived();

    // replica_finish.cpp
    template <Kind kKind>
    void bookLeap(std::int64_t tokens, double shareBefore);
    template <Kind kKind>
    void bookSteps();
    void bookAnySteps();
    void bookHeadOfLine();
    template <Kind kKind>
    void bookDecodes();
    template <Kind kKind>
    void bookCompletion(std::int32_t slot);
    void bookCompletionsInOrder();
    std::size_t bookChunks();
    template <Kind kKind>
    void endPrompts(std::size_t ended);
    std::int64_t staticTokens(std::int64_t decodeSteps) const;
    void bookStatic();
    void recordGaps();
    void keepLeap();
    void noteLateToken(std::int32_t slot);
    void gatherGaps(std::int32_t slot);
    void endGaps(std::int32_t slot);
    template <Kind kKind>
    void promptDone(std::int32_t slot);
    template <Kind kKind = Kind::any>
    void joinDecodes(std::int32_t slot, std::int64_t context);
    template <Kind kKind = Kind::any>
    void leaveDecodes(std::int32_t slot);
    void complete(std::int32_t slot);
    void rankClasses();
    Level& levelOf(const Sequence& s)
    {
        return m_levels[m_levelOf.empty() ? 0 : m_levelOf[static_cast<std::size_t>(s.requestClass)]];
    }
    /// Calls visit(slot) for each running sequence.
    template <class Visit>
    void forEachRunning(const Visit& visit) const
    {
        for (const Level& level : m_levels)
            for (auto slot = level.first; slot != kNoSlot; slot = at(slot).following)
                visit(slot);
    }
    void link(std::int32_t slot);
    void unlink(std::int32_t slot);

    Sequence& at(std::int32_t slot) { return m_context.pool[slot]; }
    const Sequence& at(std::int32_t slot) const { return m_context.pool[slot]; }

    ReplicaContext m_context;
    std::int32_t m_index;
    std::int32_t* m_load; ///< its place in SlotTables::loads
    Role m_role;
    const BatchingRow* m_policy;
    bool m_isStatic;
    BatchLimits m_limits;
    const OrderRow* m_order;
    OrderState m_orderState;
    bool m_preemptive;
    Kind m_kind = Kind::any;
    bool m_endsInOrder = false; ///< bookCompletionsInOrder()

    WaitQueue m_queue;
    std::int64_t m_waitingTokens = 0; ///< prompt tokens that wait to be computed
    Promise m_promise = Promise::paged;
    KvBlocks m_blocks;
    std::optional<BuddyAllocator> m_buddy;
    std::int64_t m_largestChunk = 0; ///< of an empty buddy allocator
    std::optional<PrefixCache> m_prefix;
    mutable std::vector<std::uint64_t> m_numbered; ///< hashes of a shared prefix, made anew for each question
    std::int64_t m_watermark = 0;                  ///< blocks kept back at admission

    std::vector<std::int32_t> m_prefilling; ///< in order of admission
    std::int64_t m_prefillLeft = 0;         ///< their prompt tokens still to compute
    std::vector<std::int32_t> m_arrived;    ///< KV has come, join at the next boundary
    std::vector<std::int32_t> m_swapped;    ///< in order of displacement
    std::int64_t m_hostBlocks = 0;          ///< blocks in host memory, at most as many as on the GPU
    std::vector<std::int32_t> m_abandoned;  ///< to leave at the next boundary
    std::vector<Level> m_levels;            ///< who runs, the lowest priority first
    std::vector<std::uint8_t> m_levelOf;    ///< of a class; empty where priorities do not matter and all are in one
    std::int64_t m_seats = 0;               ///< taken: prefilling, transferring, decoding
    std::int64_t m_fetching = 0;            ///< requests whose prefix is on its way here
    std::int64_t m_admitted = 0;            ///< while forming the present step
    bool m_preempted = false;
    double m_extra = 0;    ///< seconds of swapping before the next step
    double m_linkFree = 0; ///< when the link that pulls and fetches KV is free, s

    std::int64_t m_decodes = 0, m_step = 0; ///< sequences that decode; decode steps done
    std::array<double, kReaches> m_contextSum{};
    std::array<double, kReaches> m_growing{}; ///< decodes whose context is below the reach
    StepRing m_completions;
    std::vector<StepRing> m_crossings; ///< of reaches 1 and 2
    TokenGroup m_body{};               ///< those that had a token in the last step with decodes
    std::vector<TokenGroup> m_groups;  ///< the others, which have joined since
    double m_lastDecodeEnd = 0;

    double m_stays = 0;       ///< seconds from the first step to the end, summed over those who have left
    std::uint64_t m_gone = 0; ///< their number

    std::vector<std::int32_t> m_batch;               ///< static: members of the present batch
    std::int64_t m_padded = 0;                       ///< static: context of each
    std::int64_t m_staticDone = 0, m_staticLeft = 0; ///< static: decode steps done and to go

    bool m_running = false;
    bool m_decodesRun = false;
    std::vector<Chunk> m_chunks;
    std::vector<std::int32_t> m_ended; ///< scratch of bookCompletionsInOrder()
    ChunkSums m_sums;
    std::vector<std::int64_t> m_blockers; ///< total tokens of who holds what others wait for, sorted
    Leap m_leap;
    double m_busySeconds = 0; ///< in leaps that have ended
    double m_leapEnd = std::numeric_limits<double>::infinity();
    std::unique_ptr<GapLog> m_gapLog; ///< Recording::slowestGaps; last, and small, since most runs have none
    /// Several stages. What belongs to one micro-batch stands above only while that is looked at.
    std::unique_ptr<Pipeline, EndOfPipeline> m_pipeline;
};

} // namespace headroom::sim
