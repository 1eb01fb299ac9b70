// KV memory of one replica in blocks: who holds how many, and when growing sequences run out of them.
#pragma once

#include "core/error.h"

#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

namespace headroom::sim {

/// Blocks are counted, not placed: paging makes all of them equal. Decoding sequences gain one token a step, so their
/// contexts modulo the block size turn like a wheel, and how many blocks any later step needs is read from a histogram.
class KvBlocks {
public:
    KvBlocks(std::int64_t total, int blockTokens)
        : m_total(total),
          m_block(blockTokens < 1 ? 1U : static_cast<std::uint32_t>(blockTokens)),
          m_shift(std::has_single_bit(m_block) ? static_cast<unsigned>(std::countr_zero(m_block)) : kNoShift),
          m_phases(m_block, 0),
          m_perBlock(total > 0 ? 1 / static_cast<double>(total) : 0)
    {}

    std::int64_t total() const { return m_total; }
    std::int64_t used() const { return m_used; }
    std::int64_t free() const { return m_total - m_used; }
    std::int64_t peak() const { return m_peak; }
    /// Blocks that `tokens` tokens fill or begin.
    std::int64_t blocksFor(std::int64_t tokens) const
    {
        const std::int64_t last = tokens + m_block - 1;
        return m_shift != kNoShift ? last >> m_shift : last / m_block;
    }
    /// Share of all blocks in use.
    double share() const { return static_cast<double>(m_used) * m_perBlock; }

    void take(std::int64_t blocks)
    {
        m_used += blocks;
        m_peak = m_used > m_peak ? m_used : m_peak;
        HR_ASSERT(blocks >= 0 && m_used <= m_total);
    }
    void give(std::int64_t blocks)
    {
        m_used -= blocks;
        HR_ASSERT(blocks >= 0 && m_used >= 0);
    }

    /// A sequence whose cache holds `context` tokens begins or ends to grow at the present step.
    void join(std::int64_t context) { ++m_phases[phaseOf(context)]; }
    void leave(std::int64_t context) { --m_phases[phaseOf(context)]; }

    /// New blocks that the next step needs: one for each sequence whose last block is full.
    std::int64_t neededNext() const { return m_phases[m_next]; }
    /// New blocks that the next `steps` steps need. \param growing sequences that joined and have not left
    std::int64_t neededOver(std::int64_t steps, std::int64_t growing) const
    {
        std::int64_t needed = 0;
        auto rest = static_cast<std::uint32_t>(steps);
        if (steps >= m_block) { // nearly always below: no need to divide
            needed = steps / m_block * growing;
            rest = static_cast<std::uint32_t>(steps % m_block);
        }
        for (std::size_t phase = m_next; rest > 0; --rest) {
            needed += m_phases[phase];
            phase = phase == 0 ? m_block - 1 : phase - 1;
        }
        return needed;
    }
    /// The most steps, at most `limit`, for which the free blocks suffice.
    std::int64_t stepsUntilShort(std::int64_t limit, std::int64_t growing) const
    {
        // Nothing can run out, since limit / block + 1 turns take a block for each: no need to look.
        constexpr std::int64_t kShort = std::int64_t{1} << 31; // of which products do not overflow
        if (growing == 0 || (limit < kShort && free() * m_block >= (limit + m_block) * growing))
            return limit;
        return searchShort(limit, growing);
    }
    /// Runs `steps` steps: takes what neededOver() says and turns the wheel.
    void grow(std::int64_t steps, std::int64_t growing)
    {
        take(neededOver(steps, growing));
        const auto turn = static_cast<std::uint32_t>(steps < m_block ? steps : steps % m_block);
        m_next += m_next < turn ? m_block - turn : 0U - turn;
    }

    /// Contexts that grow step by step, modulo the block size.
    struct Wheel {
        std::uint32_t next = 0; ///< phase of the sequences whose last block is full: it goes down by one a step
        std::vector<std::int32_t> phases;
    };
    /// Takes out what grows now and puts another in its place: micro-batches of a pipeline grow at their own steps and
    /// share the blocks. An empty one is of no sequence.
    void exchange(Wheel& other)
    {
        other.phases.resize(m_block, 0);
        std::swap(other.next, m_next);
        m_phases.swap(other.phases);
    }

private:
    std::int64_t searchShort(std::int64_t limit, std::int64_t growing) const;
    std::size_t phaseOf(std::int64_t context) const
    {
        const std::uint32_t at = static_cast<std::uint32_t>(context) + m_next;
        return m_shift != kNoShift ? at & (m_block - 1) : at % m_block;
    }

    static constexpr unsigned kNoShift = 64;
    std::int64_t m_total, m_used = 0, m_peak = 0;
    std::uint32_t m_block;
    unsigned m_shift;         ///< m_block as a power of two, which all engines take: some divisions a request are saved
    std::uint32_t m_next = 0; ///< phase of the sequences whose last block is full: it goes down by one a step
    std::vector<std::int32_t> m_phases;
    double m_perBlock;
};

/// Contiguous reservation as systems before paging did it (Orca, FasterTransformer; PAPERS 2.1 point 6): power-of-two
/// chunks split and joined by the buddy rule. What it rounds up is external waste.
class BuddyAllocator {
public:
    /// \param slots token slots in all; a size that is no power of two becomes regions that are
    explicit BuddyAllocator(std::int64_t slots);

    /// Slots that a reservation of `tokens` takes: the next power of two, at least kSmallest.
    static std::int64_t chunkFor(std::int64_t tokens);
    bool has(std::int64_t tokens) const;
    /// Start of a chunk for `tokens` tokens, the lowest that is free. has(tokens) must hold.
    std::int64_t take(std::int64_t tokens);
    void give(std::int64_t start, std::int64_t tokens);

private:
    static constexpr int kOrders = 48;
    static constexpr std::int64_t kSmallest = 16;
    static int orderFor(std::int64_t tokens);
    std::vector<std::vector<std::int64_t>>
        m_free; ///< starts of free chunks by order, descending, so the lowest is last
};

} // namespace headroom::sim
