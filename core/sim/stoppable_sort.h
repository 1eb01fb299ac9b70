// Sorting that can be stopped: ten million elements take seconds, and a cancelled user waits 50 ms at most.
#pragma once

#include <algorithm>
#include <cstdint>
#include <stop_token>

namespace headroom::sim {

/// Sorts in place, equal elements in any order. \return false if a stop was asked for before the end: then the order means
/// nothing, and elements may be missing.
template <class Iterator, class Less>
bool sortUnlessStopped(Iterator begin, Iterator end, const Less& less, const std::stop_token& stop)
{
    constexpr std::uint64_t kLook = 1U << 15; // comparisons between looks at the token: well below a millisecond
    struct Stopped {};
    std::uint64_t comparisons = 0;
    try { // the one way out of the middle of an algorithm of the standard library
        std::sort(begin, end, [&](const auto& a, const auto& b) {
            if (++comparisons % kLook == 0 && stop.stop_requested())
                throw Stopped{};
            return less(a, b);
        });
    } catch (const Stopped&) {
        return false;
    }
    return true;
}

/// Whether it is in order already, as far as it was looked at before a stop.
template <class Range, class Less>
bool isSortedUnlessStopped(const Range& range, const Less& less, const std::stop_token& stop)
{
    constexpr std::size_t kLook = 1U << 15;
    for (std::size_t i = 1; i < range.size(); ++i) {
        if (i % kLook == 0 && stop.stop_requested())
            return true;
        if (less(range[i], range[i - 1]))
            return false;
    }
    return true;
}

} // namespace headroom::sim
