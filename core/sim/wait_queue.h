// Requests waiting at one replica, in the order of a policy. Withdrawn ones are skipped when they come to the front.
#pragma once

#include "core/sim/sequence.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace headroom::sim {

enum class QueueShape { fifo, keyed };

class WaitQueue {
public:
    explicit WaitQueue(QueueShape shape) : m_shape(shape), m_ring(8) {}

    /// \param key smaller goes first (keyed only); equal keys go by order of arrival
    void push(const Sequence& s, std::int32_t slot, double key)
    {
        ++m_size;
        if (m_shape == QueueShape::keyed) {
            m_heap.push_back({key, s.order, slot});
            std::push_heap(m_heap.begin(), m_heap.end(), later);
            return;
        }
        makeRoom();
        m_ring[(m_head + m_count++) & (m_ring.size() - 1)] = slot;
    }
    /// Back to the front after a preemption: in FIFO it came before everything that waits.
    void pushFront(const Sequence& s, std::int32_t slot, double key)
    {
        if (m_shape == QueueShape::keyed) {
            push(s, slot, key);
            return;
        }
        ++m_size;
        makeRoom();
        m_head = (m_head - 1) & (m_ring.size() - 1);
        m_ring[m_head] = slot;
        ++m_count;
    }
    /// The first that still waits; kNoSlot if none does. Slots of withdrawn ones go back to the pool.
    std::int32_t front(SequencePool& pool)
    {
        for (;;) {
            if (m_shape == QueueShape::keyed ? m_heap.empty() : m_count == 0)
                return kNoSlot;
            const auto slot = m_shape == QueueShape::keyed ? m_heap.front().slot : m_ring[m_head];
            if (pool[slot].stage != Stage::withdrawn)
                return slot;
            drop();
            pool.release(slot);
        }
    }
    /// Takes out what front() gave.
    void pop()
    {
        drop();
        --m_size;
    }
    /// Key of what front() gave; 0 in FIFO.
    double frontKey() const { return m_heap.empty() ? 0 : m_heap.front().key; }
    /// One of the waiting has been withdrawn (its stage says so).
    void forgetOne() { --m_size; }
    /// Calls visit(slot) for each that waits, in no order that means anything; withdrawn ones too.
    template <class Visit>
    void forEach(const Visit& visit) const
    {
        for (const Entry& entry : m_heap)
            visit(entry.slot);
        for (std::size_t i = 0; i < m_count; ++i)
            visit(m_ring[(m_head + i) & (m_ring.size() - 1)]);
    }
    /// Waiting, without the withdrawn.
    std::int64_t size() const { return m_size; }
    QueueShape shape() const { return m_shape; }

private:
    struct Entry {
        double key;
        std::uint64_t order;
        std::int32_t slot;
    };
    static bool later(const Entry& a, const Entry& b) { return a.key != b.key ? a.key > b.key : a.order > b.order; }
    void drop()
    {
        if (m_shape == QueueShape::keyed) {
            std::pop_heap(m_heap.begin(), m_heap.end(), later);
            m_heap.pop_back();
        } else {
            m_head = (m_head + 1) & (m_ring.size() - 1);
            --m_count;
        }
    }
    void makeRoom()
    {
        if (m_count < m_ring.size())
            return;
        std::vector<std::int32_t> larger(m_ring.size() * 2);
        for (std::size_t i = 0; i < m_count; ++i)
            larger[i] = m_ring[(m_head + i) & (m_ring.size() - 1)];
        m_ring = std::move(larger);
        m_head = 0;
    }

    QueueShape m_shape;
    std::vector<std::int32_t> m_ring; ///< size a power of two
    std::size_t m_head = 0, m_count = 0;
    std::vector<Entry> m_heap;
    std::int64_t m_size = 0;
};

} // namespace headroom::sim
