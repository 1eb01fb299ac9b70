// Which sequences have something due at which decode step: a ring of lists with a bitmap, and a heap for what is far.
// Insert, remove and "next due step" cost a few instructions, since every running sequence gains one token a step.
#pragma once

#include "core/sim/sequence.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

namespace headroom::sim {

class StepRing {
public:
    static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

    StepRing() { m_heads.fill(kNoSlot); }

    /// \param step at least the present step + 1
    void insert(std::int32_t slot, std::int64_t step, std::int64_t present)
    {
        if (static_cast<std::size_t>(slot) >= m_links.size())
            m_links.resize(static_cast<std::size_t>(slot) + 1);
        link(slot).step = step;
        if (step - present < kSize) {
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
        if (static_cast<std::size_t>(slot) >= m_links.size())
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
        for (std::size_t i = 0, w = start / 64; i <= kWords; ++i) {
            if (word != 0) {
                const auto bucket = w * 64 + static_cast<std::size_t>(std::countr_zero(word));
                return present + 1 + static_cast<std::int64_t>((bucket - start) & (kSize - 1));
            }
            w = (w + 1) % kWords;
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
    static constexpr std::int64_t kSize = 4096; ///< steps ahead; few outputs are longer
    static constexpr std::size_t kWords = kSize / 64;
    enum class Where : std::uint8_t { out, near, far };
    struct Link {
        std::int64_t step = 0;
        std::int32_t previous = kNoSlot, following = kNoSlot;
        Where where = Where::out;
    };
    struct Far {
        std::int64_t step;
        std::int32_t slot;
    };
    static bool later(const Far& a, const Far& b) { return a.step > b.step; }
    static std::size_t bucketOf(std::int64_t step) { return static_cast<std::size_t>(step & (kSize - 1)); }
    Link& link(std::int32_t slot) { return m_links[static_cast<std::size_t>(slot)]; }

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
        while (!m_far.empty() && (m_far.front().step - present < kSize || isStale(m_far.front()))) {
            const Far f = m_far.front();
            std::pop_heap(m_far.begin(), m_far.end(), later);
            m_far.pop_back();
            if (!isStale(f))
                linkNear(f.slot, f.step);
        }
    }
    bool isStale(const Far& f) { return link(f.slot).where != Where::far || link(f.slot).step != f.step; }

    std::array<std::int32_t, kSize> m_heads{};
    std::array<std::uint64_t, kWords> m_occupied{};
    std::vector<Link> m_links;
    std::vector<Far> m_far;
};

} // namespace headroom::sim
