#include "core/sim/replica.h"

#include "core/error.h"

#include <algorithm>
#include <cmath>

namespace headroom::sim {

namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
/// Share of blocks kept back at admission so that the admitted can grow (vLLM, PAPERS 2.1 point 2).
constexpr double kWatermark = 0.01;

/// Number of a ring of one lane of a replica, of which there is one without a pipeline.
std::int32_t ownerOf(const ReplicaContext& context, int index, int lane)
{
    return static_cast<std::int32_t>(index * std::max(1, context.scenario.stages) + lane);
}

const BatchingRow& policyOf(const Scenario& scenario, Role role)
{
    if (role == Role::prefill)
        return prefillPool();
    if (role == Role::decode)
        return decodePool(scenario.batching.mixedThreshold.has_value());
    return scenario.batchingRow ? *scenario.batchingRow : batchingPolicy(scenario.batching.policy);
}

} // namespace

Replica::Replica(const ReplicaContext& context, int index, Role role)
    : m_context(context),
      m_index(index),
      m_load(&context.slots.loads[static_cast<std::size_t>(index)]),
      m_role(role),
      m_policy(&policyOf(context.scenario, role)),
      m_isStatic(m_policy->policy == BatchPolicy::static_),
      m_order(&orderPolicy(context.scenario.scheduling)),
      m_preemptive(context.scenario.scheduling.order == Order::priority && context.scenario.scheduling.preemptive &&
                   !context.scenario.scheduling.weighted && role == Role::both),
      // Prompts end in another order than they came: the decode pool has to sort.
      m_queue(role == Role::decode ? QueueShape::keyed : m_order->shape),
      m_blocks(context.scenario.kv.blocks, context.scenario.kv.blockTokens),
      m_completions(context.slots.due[0], ownerOf(context, index, 0), context.slots.ringSize)
{
    for (int r = 1; r < context.laws.reaches(); ++r)
        m_crossings.emplace_back(
            context.slots.due[static_cast<std::size_t>(r)], m_completions.owner(), context.slots.ringSize);
    rankClasses();
    const auto& scenario = context.scenario;
    const auto& batching = scenario.batching;
    m_limits = {.maxSequences = std::max(1, batching.maxSequences),
        .tokenBudget = std::max<std::int64_t>(1, std::llround(batching.tokenBudget.in(token))),
        .staticTimeout = batching.staticTimeout.si()};
    if (batching.reservation != Reservation::paged && role == Role::both) {
        m_promise = Promise::buddy;
        const std::int64_t slots = scenario.kv.blocks * scenario.kv.blockTokens;
        m_buddy.emplace(slots);
        m_blocks = KvBlocks(slots, 1);
        for (std::int64_t size = 16; size <= slots; size *= 2)
            m_largestChunk = size;
    } else if (m_isStatic) {
        m_promise = Promise::wholeBlocks;
    }
    m_watermark = static_cast<std::int64_t>(kWatermark * static_cast<double>(m_blocks.total()));
    if (context.prefixes.blockTokens > 0 && m_promise == Promise::paged && role != Role::decode)
        m_prefix.emplace(context.prefixes.blockTokens, context.prefixes.blockTokens / scenario.kv.blockTokens);
    if (scenario.record.slowestGaps)
        m_gapLog = std::make_unique<GapLog>();
    m_endsInOrder = m_prefix.has_value() || scenario.scheduling.retries > 0;
    if (scenario.stages > 1 && !m_isStatic)
        makeLanes(scenario.stages);
    m_kind = kindOf();
}

Replica::Kind Replica::kindOf() const
{
    const bool isPlain = m_role == Role::both && m_policy->decide == &chunkedPrefill && m_promise == Promise::paged &&
                         !m_prefix && m_queue.shape() == QueueShape::fifo && !m_preemptive && !m_endsInOrder &&
                         m_context.laws.reaches() == 1 && !m_context.scenario.record.headOfLine && !m_gapLog &&
                         !m_pipeline;
    return isPlain ? Kind::plain : Kind::any;
}

double Replica::waitKey(const Sequence& s, bool hasLostPlace)
{
    if (m_queue.shape() == QueueShape::fifo)
        return 0; // goes by the order of coming
    const auto& c = m_context.scenario.classes[static_cast<std::size_t>(s.requestClass)];
    return m_order->key({.order = s.order,
                            .prefillTokens = s.target - s.prefilled,
                            .predictedLeft = std::max(1, s.predicted - s.generated),
                            .tokens = std::int64_t{s.prompt} + s.output,
                            .requestClass = s.requestClass,
                            .hasLostPlace = hasLostPlace,
                            .priority = c.priority,
                            .weight = c.weight,
                            .stepTokens = static_cast<double>(m_limits.tokenBudget)},
        m_orderState);
}

void Replica::enqueue(std::int32_t slot, double now)
{
    Sequence& s = at(slot);
    s.replica = static_cast<std::int32_t>(m_index);
    s.stage = Stage::waiting;
    m_waitingTokens += s.target - s.prefilled;
    const bool wasEmpty = m_queue.size() == 0;
    m_queue.push(s, slot, waitKey(s, false));
    noteLoad();
    if (wasEmpty || m_queue.shape() == QueueShape::keyed)
        cutIfAdmissible(now);
}

/// The first that waits has changed: could it come in at the next step boundary? Blocks only get fewer until the leap
/// ends, so that what does not fit now needs no look there.
void Replica::cutIfAdmissible(double now)
{
    if (!m_running || m_leap.steps <= 1) // a micro-batch is one step
        return;
    const BatchDecision decision = m_kind == Kind::plain ? decide<Kind::plain>(now) : decide<Kind::any>(now);
    if (decision.act == BatchDecision::Act::admit || (m_preemptive && outranksSomebody()))
        cut(now);
}

/// Ends the leap at the first step boundary at or after `now`.
void Replica::cut(double now)
{
    if (!m_running || now >= m_leapEnd || m_pipeline)
        return;
    m_leap.steps = m_leap.stepsUntil(now);
    m_leapEnd = m_leap.end();
}

void Replica::transferred(std::int32_t slot, double now)
{
    m_arrived.push_back(slot);
    cut(now);
}

void Replica::pulled(std::int32_t slot) { release(at(slot), slot, at(slot).target); }

void Replica::abandon(std::int32_t slot, double now)
{
    Sequence& s = at(slot);
    if (s.stage == Stage::waiting) {
        s.stage = Stage::withdrawn;
        m_waitingTokens -= s.target - s.prefilled;
        m_queue.forgetOne();
        noteLoad();
        cutIfAdmissible(now);
        return;
    }
    s.abandoned = true;
    m_abandoned.push_back(slot);
    if (!m_isStatic)
        cut(now);
}

/// Clients that have gone: their sequences leave at this boundary. KV on its way is awaited first, and a static batch
/// goes on to its end.
void Replica::dropAbandoned(double now)
{
    if (m_isStatic) {
        m_abandoned.clear();
        return;
    }
    std::vector<std::int32_t> later;
    for (const auto slot : m_abandoned) {
        Sequence& s = at(slot);
        if (!s.abandoned || s.stage == Stage::free)
            continue;
        if (m_pipeline && isElsewhere(s)) { // its micro-batch may be on its way
            later.push_back(slot);
            continue;
        }
        switch (s.stage) {
        case Stage::prefilling:
            m_prefillLeft -= s.target - s.prefilled;
            std::erase(m_prefilling, slot);
            release(s, slot, s.target);
            unlink(slot);
            --m_seats;
            break;
        case Stage::decoding: {
            const std::int64_t context = contextOf(s);
            leaveDecodes(slot);
            release(s, slot, context);
            unlink(slot);
            --m_seats;
            break;
        }
        case Stage::swapped:
            std::erase(m_swapped, slot);
            m_hostBlocks -= m_blocks.blocksFor(s.joinContext);
            break;
        default: // transferring, or displaced into the queue meanwhile
            if (s.stage == Stage::transferring) {
                later.push_back(slot);
            } else if (s.stage == Stage::waiting) {
                abandon(slot, now);
                m_context.outbox.withdrawn.push_back(slot);
                m_context.outbox.hasAny = true;
            }
            continue;
        }
        s.abandoned = false; // dealt with, should the list name it twice
        m_context.outbox.dropped.push_back(slot);
        m_context.outbox.hasAny = true;
    }
    m_abandoned = std::move(later);
}

void Replica::joinArrived()
{
    if (m_pipeline) {
        joinArrivedHere();
        return;
    }
    for (const auto slot : m_arrived) {
        m_groups.push_back({at(slot).lastToken, 1});
        joinDecodes(slot, at(slot).target);
    }
    m_arrived.clear();
}

template <Replica::Kind kKind>
ReplicaView Replica::view(double now)
{
    ReplicaView v{.now = now,
        .decodes = isStatic<kKind>() ? static_cast<std::int64_t>(m_batch.size()) : m_decodes,
        .prefillTokens = m_prefillLeft,
        .admitted = m_admitted,
        .seatsLeft = kKind == Kind::any && m_pipeline ? seatsLeft() : m_limits.maxSequences - m_seats,
        .waiting = m_queue.size(),
        .preempted = m_preempted,
        .swapped = !m_swapped.empty() && !(kKind == Kind::any && yieldsToHead(m_swapped.front())),
        .decodesRan = m_decodesRun};
    if (v.waiting == 0 || v.seatsLeft <= 0)
        return v;
    if ((kKind == Kind::plain || m_policy->budget == BatchingRow::Budget::bounds) &&
        v.decodes + v.prefillTokens >= m_limits.tokenBudget)
        return v; // most steps of a loaded replica: no need to look whether the first would fit
    const auto head = m_queue.front(m_context.pool);
    const Sequence& s = at(head);
    v.headFits = fits<kKind>(s);
    v.headTokens = s.target - s.prefilled;
    v.headReached = s.reached;
    if (isStatic<kKind>() && m_buddy) // a batch is also full when memory takes no more of the same size
        v.seatsLeft = std::min(
            v.seatsLeft, std::max<std::int64_t>(1, m_blocks.free() / BuddyAllocator::chunkFor(reservedTokens(s))));
    return v;
}

template <Replica::Kind kKind>
BatchDecision Replica::decide(double now)
{
    if constexpr (kKind == Kind::plain)
        return chunkedPrefill(view<kKind>(now), m_limits);
    else
        return m_policy->decide(view<kKind>(now), m_limits);
}

/// Back into the queue after losing its place: everything it had is computed anew.
void Replica::putBack(std::int32_t slot)
{
    Sequence& s = at(slot);
    s.stage = Stage::waiting;
    s.target = s.prompt + s.generated;
    s.prefilled = m_context.scenario.prefixCache ? 0 : std::min(s.cached, s.target - 1);
    m_waitingTokens += s.target - s.prefilled;
    m_queue.pushFront(s, slot, waitKey(s, true));
}

template <Replica::Kind kKind>
void Replica::admitHead(double now)
{
    const auto slot = m_queue.front(m_context.pool);
    HR_ASSERT(slot != kNoSlot);
    m_orderState.served = std::max(m_orderState.served, m_queue.frontKey());
    m_queue.pop();
    Sequence& s = at(slot);
    HR_ASSERT(m_seats < m_limits.maxSequences); // that its memory is there, the blocks check
    m_waitingTokens -= s.target - s.prefilled;
    allocate<kKind>(s, slot);
    ++m_seats;
    ++m_admitted;
    link(slot);
    if (isRole<kKind>(Role::decode) && s.prefilled == s.target) { // pulled over the link of this replica, one at a time
        s.stage = Stage::transferring;
        m_linkFree =
            std::max(now, m_linkFree) + static_cast<double>(s.target) * m_context.scenario.kv.transferSecondsPerToken;
        m_context.outbox.transfers.push_back({slot, m_linkFree});
        m_context.outbox.hasAny = true;
        return;
    }
    s.stage = Stage::prefilling;
    if (keepsPrefixes<kKind>()) {
        s.prefilled = s.cached;
        m_context.recorder.counters().cachedTokens += static_cast<std::uint64_t>(s.cached);
    }
    m_prefilling.push_back(slot);
    m_prefillLeft += s.target - s.prefilled;
    if (!s.scheduled)
        m_context.recorder.schedule(s, now);
}

// Once a leap, and so is everything it calls: in one piece, a fifth faster.
[[gnu::flatten]] double Replica::plan(double now)
{
    if (m_pipeline) [[unlikely]]
        return planLanes(now);
    const double wake = m_kind == Kind::plain ? formStep<Kind::plain>(now) : formStep<Kind::any>(now);
    noteLoad();
    return wake;
}

template <Replica::Kind kKind>
double Replica::formStep(double now)
{
    HR_ASSERT(!m_running);
    m_admitted = 0;
    m_preempted = false;
    m_extra = 0;
    if (!m_abandoned.empty())
        dropAbandoned(now);
    if (!m_arrived.empty())
        joinArrived();
    if (isStatic<kKind>() && !m_batch.empty()) {
        leapStatic(now);
        return kNever;
    }
    if (memoryTurn<kKind>() == MemoryTurn::decodesFirst)
        makeDecodeRoom<kKind>();
    if (isPreemptive<kKind>())
        displaceForPriority();
    if (m_queue.size() == 0 && m_prefilling.empty())
        return follow<kKind>(now, {.act = BatchDecision::Act::run}); // it can only run the decodes
    for (;;) {
        const BatchDecision decision = decide<kKind>(now);
        if (decision.act != BatchDecision::Act::admit)
            return follow<kKind>(now, decision);
        admitHead<kKind>(now);
    }
}

template double Replica::formStep<Replica::Kind::any>(double);

/// Does what a decision other than to admit says. \return as plan()
template <Replica::Kind kKind>
double Replica::follow(double now, const BatchDecision& decision)
{
    if (decision.act == BatchDecision::Act::wait)
        return decision.until;
    if (memoryTurn<kKind>() != MemoryTurn::decodesFirst && decision.decodes == BatchDecision::Decodes::all)
        makeDecodeRoom<kKind>();
    m_running = isStatic<kKind>() ? leapStatic(now) : leap<kKind>(now, decision);
    return kNever;
}

/// Gives the prompt tokens of a step to the prompts in order of admission.
template <Replica::Kind kKind>
void Replica::gatherChunks(std::int64_t promptTokens)
{
    m_chunks.clear();
    ChunkSums sums; // summed up here and stored once
    for (const auto slot : m_prefilling) {
        if (promptTokens <= 0)
            break;
        const Sequence& s = at(slot);
        const std::int64_t tokens = std::min<std::int64_t>(promptTokens, s.target - s.prefilled);
        Chunk& chunk = m_chunks.emplace_back();
        chunk.slot = slot;
        chunk.tokens = tokens;
        StepLaws::addUnbounded(sums, tokens, s.prefilled);
        promptTokens -= tokens;
    }
    m_sums = sums;
    if (reaches<kKind>() > 1)
        for (const Chunk& chunk : m_chunks)
            m_context.laws.addWindows(m_sums, chunk.tokens, at(chunk.slot).prefilled);
}

template <Replica::Kind kKind>
bool Replica::leap(double now, const BatchDecision& decision)
{
    m_decodesRun = decision.decodes == BatchDecision::Decodes::all && m_decodes > 0;
    if (m_prefilling.empty())
        m_chunks.clear();
    else
        gatherChunks<kKind>(decision.promptTokens);
    if (!m_decodesRun && m_chunks.empty())
        return false;
    timeSteps<kKind>(now);
    if (kKind == Kind::any && m_pipeline) {
        enterStages(now);
        return true;
    }
    m_leap.steps = decision.leap == BatchDecision::Leap::oneStep ? 1 : longestLeap<kKind>();
    m_leapEnd = m_leap.end();
    return true;
}

/// Duration of the first step and by how much each further equal step is longer.
template <Replica::Kind kKind>
void Replica::timeSteps(double now)
{
    m_leap.start = now;
    const std::int64_t decodes = m_decodesRun ? m_decodes : 0;
    const std::size_t reachesUsed = reaches<kKind>();
    double first = m_extra, increment = 0;
    if (m_chunks.empty()) {
        const auto& law = m_context.laws.decode(decodes);
        first += law.base;
        for (std::size_t r = 0; r < reachesUsed; ++r) {
            first += law.perContext[r] * m_contextSum[r];
            increment += law.perContext[r] * m_growing[r];
        }
    } else {
        const auto law = m_context.laws.mixed(decodes, m_sums.tokens, m_sums.prompts);
        first += law.base();
        for (std::size_t r = 0; r < reachesUsed; ++r) {
            first += law.perPair(r) * m_sums.pairs[r] + law.perPrefix(r) * m_sums.prefix[r];
            if (m_decodesRun) {
                first += law.perContext(r) * m_contextSum[r];
                increment += law.perContext(r) * m_growing[r];
            }
        }
        const auto x = static_cast<double>(m_sums.tokens); // equal chunks of one prompt: see longestLeap()
        increment += law.perPair(0) * x * x + law.perPrefix(0) * x;
    }
    m_leap.first = first;
    m_leap.increment = increment;
}

/// Steps until the batch or its law changes by itself.
template <Replica::Kind kKind>
std::int64_t Replica::longestLeap()
{
    if (m_extra > 0 || m_preempted || !m_abandoned.empty())
        return 1;
    // One who would displace somebody, but that there is room: growing sequences may take it at any step.
    if (isPreemptive<kKind>() && m_queue.size() > 0 && headHasHigherRank())
        return 1;
    std::int64_t steps = StepRing::kNever;
    if (!m_chunks.empty()) {
        const Sequence& s = at(m_chunks[0].slot);
        const std::int64_t left = s.target - s.prefilled, tokens = m_chunks[0].tokens;
        // Chunks stay equal while one prompt takes the whole budget. With windows they are not affine: step by step.
        if (m_chunks.size() > 1 || left < 2 * tokens || reaches<kKind>() > 1)
            return 1;
        // Both are below 2^32, and a short division is a fast one.
        steps = static_cast<std::uint32_t>(left) / static_cast<std::uint32_t>(tokens);
    }
    if (!m_decodesRun)
        return steps;
    steps = std::min(steps, m_completions.nextDue(m_step) - m_step);
    for (std::size_t r = 1; r < reaches<kKind>(); ++r) {
        const auto due = m_crossings[r - 1].nextDue(m_step);
        if (due != StepRing::kNever)
            steps = std::min(steps, due - m_step);
    }
    if (steps > 1 && isPaged<kKind>())
        steps = std::max<std::int64_t>(1, m_blocks.stepsUntilShort(steps, m_decodes));
    return steps;
}

/// First a step with all prompts padded to the longest, then decode steps in one leap (or up to a window).
bool Replica::leapStatic(double now)
{
    const bool prefill = m_batch.empty();
    if (prefill) {
        if (m_prefilling.empty())
            return false;
        m_batch = m_prefilling;
        m_padded = m_staticDone = m_staticLeft = 0;
        if (m_context.scenario.staticStart == StaticStart::shortestPrompt) {
            m_padded = std::numeric_limits<std::int64_t>::max();
            for (const auto slot : m_batch)
                m_padded = std::min<std::int64_t>(m_padded, at(slot).target);
            for (const auto slot : m_batch) // the rest of longer prompts goes in one token a step
                m_staticLeft = std::max<std::int64_t>(m_staticLeft, at(slot).target - m_padded + at(slot).output - 1);
        } else {
            for (const auto slot : m_batch) {
                m_padded = std::max<std::int64_t>(m_padded, at(slot).target);
                m_staticLeft = std::max<std::int64_t>(m_staticLeft, at(slot).output - 1);
            }
        }
    }
    const auto size = static_cast<double>(m_batch.size());
    m_decodesRun = !prefill;
    m_chunks.clear();
    m_sums = {};
    std::int64_t steps = prefill ? 1 : m_staticLeft;
    double first = 0, increment = 0;
    if (prefill) {
        for (std::size_t i = 0; i < m_batch.size(); ++i)
            m_context.laws.addChunk(m_sums, m_padded, 0);
        const auto law = m_context.laws.mixed(0, m_sums.tokens, m_sums.prompts);
        first = law.base();
        for (std::size_t r = 0; r < static_cast<std::size_t>(m_context.laws.reaches()); ++r)
            first += law.perPair(r) * m_sums.pairs[r] + law.perPrefix(r) * m_sums.prefix[r];
    } else {
        const auto& law = m_context.laws.decode(static_cast<std::int64_t>(m_batch.size()));
        first = law.base;
        for (int r = 0; r < m_context.laws.reaches(); ++r) {
            const double reach = m_context.laws.reach(r), context = static_cast<double>(m_padded);
            const double slope = law.perContext[static_cast<std::size_t>(r)] * size;
            first += slope * std::min(context, reach);
            if (context < reach) {
                increment += slope;
                if (reach < 1e18)
                    steps = std::min(steps, static_cast<std::int64_t>(std::ceil(reach - context)));
            }
        }
    }
    m_leap = {.start = now, .first = first, .increment = increment, .steps = steps};
    m_leapEnd = m_leap.end();
    m_running = true;
    return true;
}

Replica::StepsSoFar Replica::stepsSoFar(double now) const
{
    if (!m_running)
        return {};
    const std::int64_t begun = m_leap.stepsUntil(std::max(now, m_leap.start));
    return {begun, m_leap.start + m_leap.duration(begun) <= now ? begun : begun - 1};
}

std::int64_t Replica::backlog(double now) const
{
    if (m_pipeline)
        return backlogOfLanes();
    const bool computes = m_running && m_leap.steps > 1 && !m_chunks.empty();
    const std::int64_t done = computes ? stepsSoFar(now).ended * m_sums.tokens : 0;
    return m_waitingTokens + m_prefillLeft - done;
}

std::int64_t Replica::freeBlocks(double now) const
{
    if (!m_running || !m_decodesRun || m_promise != Promise::paged || m_pipeline) // micro-batches have taken theirs
        return m_blocks.free();
    return m_blocks.free() - m_blocks.neededOver(stepsSoFar(now).begun, m_decodes);
}

double Replica::expectedSeatWait(double now, const Sequence& s) const
{
    if (m_gone == 0)
        return 0; // nobody has left yet: nothing is known
    const auto waiting = static_cast<std::int64_t>(m_queue.size());
    const bool isTaken = m_isStatic && !m_batch.empty();
    const std::int64_t free = isTaken ? 0 : std::max<std::int64_t>(0, m_limits.maxSequences - m_seats);
    const std::int64_t leaving = hasRoomFor(s, now) ? std::max<std::int64_t>(0, waiting + 1 - free) : waiting + 1;
    const double stay = m_stays / static_cast<double>(m_gone);
    // Of a static batch the first token comes with the last.
    return static_cast<double>(leaving) * stay / static_cast<double>(std::max<std::int64_t>(1, m_seats)) +
           (m_isStatic ? stay : 0);
}

double Replica::expectedTtft(double now, const Sequence& s, std::int64_t cached)
{
    const std::int64_t tokens = std::max<std::int64_t>(1, s.target - std::max<std::int64_t>(s.prefilled, cached));
    if (m_pipeline)
        return expectedTtftOfLanes(now, s, tokens);
    const bool mixes = m_policy->policy != BatchPolicy::prefillFirst && m_role != Role::prefill;
    const std::int64_t decodes = mixes ? m_decodes : 0;
    const bool isBudgeted = m_policy->policy == BatchPolicy::chunked || m_role == Role::decode;
    const std::int64_t room =
        isBudgeted ? std::max<std::int64_t>(1, m_limits.tokenBudget - decodes) : m_limits.tokenBudget;
    const auto grown = static_cast<double>(m_decodesRun ? stepsSoFar(now).begun : 0);
    const std::int64_t work = backlog(now) + tokens;
    const std::int64_t perStep = std::min(room, std::max<std::int64_t>(1, work));
    ChunkSums sums;
    m_context.laws.addChunk(sums, perStep, 0);
    const auto law = m_context.laws.mixed(decodes, perStep, 1);
    double step = law.base();
    for (std::size_t r = 0; r < static_cast<std::size_t>(m_context.laws.reaches()); ++r)
        step +=
            law.perPair(r) * sums.pairs[r] + (mixes ? law.perContext(r) * (m_contextSum[r] + grown * m_growing[r]) : 0);
    const double steps = std::ceil(static_cast<double>(work) / static_cast<double>(perStep));
    const double residual = m_running ? std::max(0.0, m_leap.start + m_leap.duration(stepsSoFar(now).begun) - now) : 0;
    return residual + steps * step + expectedSeatWait(now, s);
}

} // namespace headroom::sim
