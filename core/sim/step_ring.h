// Which sequences have something due at which decode step: a ring of lists with a bitmap, and a heap for what is far.
// Insert, remove and "next due step" cost a few instructions, since every running sequence gains one token a step.
#pragma once

#include "core/sim/sequence.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

namespace headroom::sim {

/// Where slots stand in the rings of one kind. All replicas of a run share it, as a slot is in one of them at a time:
/// else each replica would keep room for every slot of the run.
class StepLinks {
public:
    enum class Where : std::uint8_t { out, near, far };
    struct Link {
        std::int64_t step = 0;
        std::int32_t previous = kNoSlot, following = kNoSlot;
        std::int32_t owner = 0; ///< replica whose ring it is in
        Where where = Where::out;
    };
    bool has(std::int32_t slot) const { return static_cast<std::size_t>(slot) < m_links.size(); }
    void makeRoomFor(std::int32_t slot)
    {
        if (!has(slot))
            m_links.resize(static_cast<std::size_t>(slot) + 1);
    }
    Link& operator[](std::int32_t slot) { return m_links[static_cast<std::size_t>(slot)]; }

private:
    std::vector<Link> m_links;
};

class StepRing {
public:
    static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

    /// \param links of this kind of ring \param owner number of the replica \param size steps ahead that are near, a
    /// power of two from 64 on
    StepRing(StepLinks& links, std::int32_t owner, std::int64_t size)
        : m_links(&links),
          m_owner(owner),
          m_size(size),
          m_heads(static_cast<std::size_t>(size), kNoSlot),
          m_occupied(static_cast<std::size_t>(size / 64))
    {}
    std::int32_t owner() const { return m_owner; }
    /// Steps ahead for each of so many replicas: few outputs are longer than 4,096, and large fleets make do with less.
    static std::int64_t sizeFor(std::size_t replicas)
    {
        constexpr std::size_t kOfAll = std::size_t{1} << 21U, kLeast = 64, kMost = 4096;
        return static_cast<std::int64_t>(
            std::clamp(std::bit_floor(kOfAll / std::max<std::size_t>(1, replicas)), kLeast, kMost));
    }

    /// \param step at least the present step + 1
    void insert(std::int32_t slot, std::int64_t step, std::int64_t present)
    {
        m_links->makeRoomFor(slot);
        link(slot).step = step;
        link(slot).owner = m_owner;
        if (step - present < m_size) {
            linkNear(slot, step);
            return;
        }
        link(slot).where = Where::far;
        m_far.push_back({step, slot});
        std::push_heap(m_far.begin(), m_far.end(), later);
    }
    /// Takes out a slot that is in the ring; one that is not is left alone.
    void remove(std::int32_t slot)
    {
        if (!m_links->has(slot))
            return;
        Link& l = link(slot);
        if (l.where == Where::near) {
            const auto bucket = bucketOf(l.step);
            if (l.previous == kNoSlot)
                m_heads[bucket] = l.following;
            else
                link(l.previous).following = l.following;
            if (l.following != kNoSlot)
                link(l.following).previous = l.previous;
            if (m_heads[bucket] == kNoSlot)
                m_occupied[bucket / 64] &= ~(1ULL << (bucket % 64));
        }
        l.where = Where::out; // a far entry goes stale and is dropped when it comes near
    }
    /// First step after `present` at which something is due; kNever if nothing is.
    std::int64_t nextDue(std::int64_t present)
    {
        if (!m_far.empty())
            drawNear(present);
        const std::size_t start = bucketOf(present + 1);
        std::uint64_t word = m_occupied[start / 64] & (~0ULL << (start % 64));
        const std::size_t words = m_occupied.size();
        for (std::size_t i = 0, w = start / 64; i <= words; ++i) {
            if (word != 0) {
                const auto bucket = w * 64 + static_cast<std::size_t>(std::countr_zero(word));
                return present + 1 + static_cast<std::int64_t>((bucket - start) & mask());
            }
            w = (w + 1) & (words - 1);
            word = m_occupied[w];
        }
        // Nothing is near: then drawNear() has looked at the far ones, and the first of them is beyond the ring.
        return m_far.empty() ? kNever : m_far.front().step;
    }
    /// Takes out one slot due at `step`; kNoSlot if there is none (any more).
    std::int32_t takeDue(std::int64_t step)
    {
        if (!m_far.empty() && m_far.front().step <= step) // a leap may have gone straight to it
            drawNear(step - 1);
        const auto slot = m_heads[bucketOf(step)];
        if (slot == kNoSlot || link(slot).step != step)
            return kNoSlot;
        remove(slot);
        return slot;
    }

private:
    using Link = StepLinks::Link;
    using Where = StepLinks::Where;
    struct Far {
        std::int64_t step;
        std::int32_t slot;
    };
    static bool later(const Far& a, const Far& b) { return a.step > b.step; }
    std::size_t mask() const { return static_cast<std::size_t>(m_size - 1); }
    std::size_t bucketOf(std::int64_t step) const { return static_cast<std::size_t>(step) & mask(); }
    Link& link(std::int32_t slot) { return (*m_links)[slot]; }

    void linkNear(std::int32_t slot, std::int64_t step)
    {
        const auto bucket = bucketOf(step);
        Link& l = link(slot);
        l.previous = kNoSlot;
        l.following = m_heads[bucket];
        l.where = Where::near;
        if (l.following != kNoSlot)
            link(l.following).previous = slot;
        m_heads[bucket] = slot;
        m_occupied[bucket / 64] |= 1ULL << (bucket % 64);
    }
    void drawNear(std::int64_t present)
    {
        while (!m_far.empty() && (m_far.front().step - present < m_size || isStale(m_far.front()))) {
            const Far f = m_far.front();
            std::pop_heap(m_far.begin(), m_far.end(), later);
            m_far.pop_back();
            if (!isStale(f))
                linkNear(f.slot, f.step);
        }
    }
    bool isStale(const Far& f)
    {
        const Link& l = link(f.slot);
        return l.where != Where::far || l.step != f.step || l.owner != m_owner;
    }

    StepLinks* m_links;
    std::int32_t m_owner;
    std::int64_t m_size;
    std::vector<std::int32_t> m_heads;
    std::vector<std::uint64_t> m_occupied;
    std::vector<Far> m_far;
};

} // namespace headroom::sim
