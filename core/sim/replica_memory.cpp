// Replica: who holds which KV memory, and who gives it up.
#include "core/sim/replica.h"

#include "core/error.h"

#include <algorithm>
#include <bit>

namespace headroom::sim {

std::int64_t Replica::reservedTokens(const Sequence& s) const
{
    const std::int64_t full = std::int64_t{s.prompt} + s.output;
    switch (m_context.scenario.batching.reservation) {
    case Reservation::maximum:
        return std::max(full, static_cast<std::int64_t>(m_context.scenario.maxContext.in(token)));
    case Reservation::powerOfTwo:
        return s.prompt + static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(s.output)));
    case Reservation::oracle:
    case Reservation::paged:
        break;
    }
    return full;
}

bool Replica::couldHold(const Sequence& s) const
{
    switch (m_promise) {
    case Promise::buddy:
        return BuddyAllocator::chunkFor(reservedTokens(s)) <= m_largestChunk;
    case Promise::wholeBlocks:
        return m_blocks.blocksFor(reservedTokens(s)) <= m_blocks.total();
    case Promise::paged:
        break;
    }
    // The last token is never written back.
    const std::int64_t most = m_role == Role::prefill ? s.prompt : std::int64_t{s.prompt} + s.output - 1;
    return m_blocks.blocksFor(most) <= m_blocks.total();
}

std::span<const std::uint64_t> Replica::hashesOf(const Sequence& s) const
{
    if (!m_prefix || s.hashCount == 0)
        return {};
    const auto whole = static_cast<std::size_t>(s.prompt / m_prefix->hashTokens()); // a part of a block is not shared
    const auto count = std::min<std::size_t>(s.hashCount, whole);
    const auto& list = m_context.prefixes.list;
    if (!list.empty())
        return list.subspan(s.firstHash, count);
    m_numbered.resize(count);
    for (std::size_t i = 0; i < count; ++i)
        m_numbered[i] = (std::uint64_t{s.firstHash} << 32U) | i;
    return m_numbered;
}

std::int64_t Replica::cachedTokens(const Sequence& s, double now)
{
    if (!m_prefix)
        return 0;
    m_prefix->shrinkIdle(freeBlocks(now)); // a leap only ever takes blocks, so this is not too early
    return static_cast<std::int64_t>(m_prefix->match(hashesOf(s))) * m_prefix->hashTokens();
}

/// Blocks that stop being available when the sequence is taken in.
std::int64_t Replica::admissionBlocksBeside(const Sequence& s) const
{
    if (m_promise == Promise::wholeBlocks)
        return m_blocks.blocksFor(reservedTokens(s));
    std::int64_t blocks = m_blocks.blocksFor(s.target);
    if (m_prefix) {
        const auto hashes = hashesOf(s);
        const auto found = m_prefix->match(hashes);
        const std::int64_t inUse = static_cast<std::int64_t>(found) - m_prefix->idleAmong(hashes.first(found));
        blocks -= inUse * m_prefix->blocksPerHash();
    }
    return blocks;
}

bool Replica::hasRoomFor(const Sequence& s, double now) const
{
    const std::int64_t wanted = m_blocks.blocksFor(m_waitingTokens) + m_blocks.blocksFor(s.target);
    return wanted <= freeBlocks(now);
}

void Replica::allocateBeside(Sequence& s, std::int32_t slot)
{
    if (m_promise == Promise::buddy) {
        s.reserved = m_buddy->take(reservedTokens(s));
        m_blocks.take(BuddyAllocator::chunkFor(reservedTokens(s)));
        return;
    }
    m_blocks.take(admissionBlocks(s));
    if (!m_prefix)
        return;
    auto& all = m_context.slots.held;
    if (static_cast<std::size_t>(slot) >= all.size())
        all.resize(static_cast<std::size_t>(slot) + 1);
    auto& held = all[static_cast<std::size_t>(slot)];
    const auto hashes = hashesOf(s);
    const auto found = m_prefix->match(hashes);
    for (const auto hash : hashes.first(found))
        m_prefix->hold(hash);
    held.assign(hashes.begin(), hashes.begin() + static_cast<std::ptrdiff_t>(found));
    // At least one token is computed, or there would be nothing to sample from.
    s.cached = static_cast<std::int32_t>(
        std::min<std::int64_t>(static_cast<std::int64_t>(found) * m_prefix->hashTokens(), s.target - 1));
    m_prefix->shrinkIdle(m_blocks.free());
}

/// The prompt is computed: its whole hash blocks can be found by others from now on.
void Replica::shareBlocks(std::int32_t slot)
{
    auto& held = m_context.slots.held[static_cast<std::size_t>(slot)];
    const auto hashes = hashesOf(at(slot));
    for (std::size_t i = held.size(); i < hashes.size(); ++i) {
        if (!m_prefix->insert(hashes[i]))
            break; // somebody computed it meanwhile: this copy stays private
        held.push_back(hashes[i]);
    }
}

void Replica::releaseBeside(Sequence& s, std::int32_t slot, std::int64_t tokensHeld)
{
    switch (m_promise) {
    case Promise::buddy:
        m_buddy->give(s.reserved, reservedTokens(s));
        m_blocks.give(BuddyAllocator::chunkFor(reservedTokens(s)));
        return;
    case Promise::wholeBlocks:
        m_blocks.give(m_blocks.blocksFor(reservedTokens(s)));
        return;
    case Promise::paged:
        break;
    }
    std::int64_t blocks = m_blocks.blocksFor(tokensHeld);
    if (m_prefix) {
        auto& held = m_context.slots.held[static_cast<std::size_t>(slot)];
        blocks -= static_cast<std::int64_t>(held.size()) * m_prefix->blocksPerHash();
        for (auto hash = held.rbegin(); hash != held.rend(); ++hash) // the far end is forgotten first
            if (m_prefix->drop(*hash))
                m_blocks.give(m_prefix->blocksPerHash());
        held.clear();
    }
    m_blocks.give(blocks);
}

int Replica::priorityOf(const Sequence& s) const
{
    return m_context.scenario.classes[static_cast<std::size_t>(s.requestClass)].priority;
}

/// Who is displaced: the latest to arrive (PAPERS 2.1 point 3); under priorities the lowest, and of these the latest.
std::int32_t Replica::victim() const
{
    for (const Level& level : m_levels)
        for (auto slot = level.last; slot != kNoSlot; slot = at(slot).previous)
            if (at(slot).stage != Stage::transferring && !(m_pipeline && isElsewhere(at(slot))))
                return slot;
    return kNoSlot;
}

/// Classes of one priority share a level.
void Replica::rankClasses()
{
    m_levels.resize(1);
    if (m_order->order != Order::priority)
        return;
    std::vector<int> priorities;
    for (const auto& c : m_context.scenario.classes)
        priorities.push_back(c.priority);
    std::ranges::sort(priorities);
    priorities.erase(std::unique(priorities.begin(), priorities.end()), priorities.end());
    HR_ASSERT(priorities.size() <= 256);
    for (const auto& c : m_context.scenario.classes)
        m_levelOf.push_back(
            static_cast<std::uint8_t>(std::ranges::lower_bound(priorities, c.priority) - priorities.begin()));
    m_levels.resize(priorities.size());
}

/// Takes blocks from the last to come until the next token of every decode has room.
void Replica::displaceForMemory()
{
    while (m_blocks.neededNext() > m_blocks.free()) {
        const auto slot = victim();
        HR_ASSERT(slot != kNoSlot);
        displace(slot);
    }
}

/// Takes a running sequence out and puts it where it waits to go on: in host memory, or in the queue to be computed
/// anew with what it has generated.
void Replica::displace(std::int32_t slot)
{
    Sequence& s = at(slot);
    m_preempted = true;
    ++s.preemptions;
    ++m_context.recorder.counters().preemptions;
    unlink(slot);
    --m_seats;
    if (s.stage == Stage::prefilling) {
        m_context.recorder.counters().wastedTokens += static_cast<std::uint64_t>(s.prefilled - s.cached);
        m_prefillLeft -= s.target - s.prefilled;
        std::erase(m_prefilling, slot);
        release(s, slot, s.target);
        putBack(slot);
        return;
    }
    const std::int64_t context = contextOf(s);
    leaveDecodes(slot);
    release(s, slot, context);
    const std::int64_t blocks = m_blocks.blocksFor(context);
    const bool swap = m_context.scenario.batching.preemption == Preemption::swap && m_promise == Promise::paged &&
                      !m_prefix && m_hostBlocks + blocks <= m_blocks.total();
    if (swap) {
        s.stage = Stage::swapped;
        s.joinContext = static_cast<std::int32_t>(context);
        m_swapped.push_back(slot);
        m_hostBlocks += blocks;
        ++m_context.recorder.counters().swaps;
        m_extra += static_cast<double>(context) * m_context.scenario.kv.swapSecondsPerToken;
        return;
    }
    m_context.recorder.counters().wastedTokens += static_cast<std::uint64_t>(context - s.cached);
    putBack(slot);
}

/// Brings swapped sequences back while memory and seats allow, the first displaced first.
void Replica::swapIn()
{
    while (!m_swapped.empty() && !m_preempted && m_seats < m_limits.maxSequences) {
        const auto slot = m_swapped.front();
        if (yieldsToHead(slot))
            return;
        Sequence& s = at(slot);
        const std::int64_t context = s.joinContext, blocks = m_blocks.blocksFor(context);
        // With the block that its next token needs, and those that the others need.
        const std::int64_t left = m_blocks.free() - m_blocks.blocksFor(context + 1) - m_blocks.neededNext();
        if (left < (m_seats == 0 ? 0 : m_watermark))
            return;
        m_swapped.erase(m_swapped.begin());
        m_hostBlocks -= blocks;
        m_blocks.take(blocks);
        m_extra += static_cast<double>(context) * m_context.scenario.kv.swapSecondsPerToken;
        ++m_seats;
        link(slot);
        m_groups.push_back({s.lastToken, 1});
        joinDecodes(slot, context);
    }
}

/// Whether the first that waits has a higher priority than somebody running, and cannot be taken in without.
bool Replica::outranksSomebody()
{
    const auto head = m_queue.front(m_context.pool);
    return head != kNoSlot && !(m_seats < m_limits.maxSequences && fits(at(head))) && headHasHigherRank();
}

/// Whether one that was swapped out lets the first that waits go before: else it would come back only to be displaced
/// again, and neither would get anywhere.
bool Replica::yieldsToHead(std::int32_t swappedOut)
{
    if (!m_preemptive || m_queue.size() == 0)
        return false;
    const auto head = m_queue.front(m_context.pool);
    return head != kNoSlot && priorityOf(at(swappedOut)) < priorityOf(at(head));
}

/// Whether the first that waits has a higher priority than somebody running.
bool Replica::headHasHigherRank()
{
    const auto head = m_queue.front(m_context.pool), lowest = victim();
    return head != kNoSlot && lowest != kNoSlot && priorityOf(at(lowest)) < priorityOf(at(head));
}

void Replica::displaceForPriority()
{
    while (outranksSomebody())
        displace(victim());
    m_preempted = false; // the memory is meant for the one that waits: it may come in at once
}

} // namespace headroom::sim
