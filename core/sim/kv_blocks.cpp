#include "core/sim/kv_blocks.h"

#include "core/error.h"

#include <algorithm>
#include <bit>
#include <functional>

namespace headroom::sim {

std::int64_t KvBlocks::searchShort(std::int64_t limit, std::int64_t growing) const
{
    std::int64_t left = free();
    const std::int64_t turns = left / growing; // a whole turn takes one block for each
    std::int64_t steps = turns * m_block;
    left -= turns * growing;
    for (std::size_t phase = m_next; steps < limit; ++steps) {
        left -= m_phases[phase];
        if (left < 0)
            break;
        phase = phase == 0 ? m_block - 1 : phase - 1;
    }
    return std::min(steps, limit);
}

BuddyAllocator::BuddyAllocator(std::int64_t slots) : m_free(kOrders)
{
    std::int64_t start = 0;
    for (int order = kOrders - 1; order >= orderFor(kSmallest); --order) {
        const std::int64_t size = std::int64_t{1} << order;
        if (slots - start >= size) {
            m_free[static_cast<std::size_t>(order)].push_back(start);
            start += size;
        }
    }
}

int BuddyAllocator::orderFor(std::int64_t tokens)
{
    return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(std::max(tokens, kSmallest) - 1)));
}

std::int64_t BuddyAllocator::chunkFor(std::int64_t tokens) { return std::int64_t{1} << orderFor(tokens); }

bool BuddyAllocator::has(std::int64_t tokens) const
{
    for (int order = orderFor(tokens); order < kOrders; ++order)
        if (!m_free[static_cast<std::size_t>(order)].empty())
            return true;
    return false;
}

std::int64_t BuddyAllocator::take(std::int64_t tokens)
{
    const int wanted = orderFor(tokens);
    int order = wanted;
    while (m_free[static_cast<std::size_t>(order)].empty()) {
        ++order;
        HR_ASSERT(order < kOrders);
    }
    const std::int64_t start = m_free[static_cast<std::size_t>(order)].back();
    m_free[static_cast<std::size_t>(order)].pop_back();
    while (order > wanted) { // the upper halves stay free
        --order;
        m_free[static_cast<std::size_t>(order)].push_back(start + (std::int64_t{1} << order));
        auto& list = m_free[static_cast<std::size_t>(order)];
        std::inplace_merge(list.begin(), list.end() - 1, list.end(), std::greater<>{});
    }
    return start;
}

void BuddyAllocator::give(std::int64_t start, std::int64_t tokens)
{
    for (int order = orderFor(tokens);; ++order) {
        auto& list = m_free[static_cast<std::size_t>(order)];
        const std::int64_t buddy = start ^ (std::int64_t{1} << order);
        const auto at = std::lower_bound(list.begin(), list.end(), buddy, std::greater<>{});
        if (at == list.end() || *at != buddy) {
            list.insert(std::lower_bound(list.begin(), list.end(), start, std::greater<>{}), start);
            return;
        }
        list.erase(at);
        start = std::min(start, buddy);
    }
}

} // namespace headroom::sim
