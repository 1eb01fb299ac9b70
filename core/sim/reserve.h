// Room for what a run may keep, in one piece. Pages that nobody writes to cost nothing, and to move millions of elements
// when a vector outgrows its memory takes longer than a cancelled user waits.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

namespace headroom::sim {

/// Asks for large pages, where the system has them: hundreds of megabytes are given back at once then, not page by page.
void preferLargePages(void* begin, std::size_t bytes);

/// Reserves room for `count` elements, 2 GiB at most; if there are no such addresses, none.
template <class T>
void reserveIfPossible(std::vector<T>& values, std::uint64_t count)
{
    constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 31;
    try {
        values.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(count, kMostBytes / sizeof(T))));
    } catch (const std::bad_alloc&) {
        return; // it grows as it goes
    }
    constexpr std::size_t kMany = std::size_t{1} << 26; // bytes; a small run does not pay for a large page
    if (values.capacity() * sizeof(T) >= kMany)
        preferLargePages(values.data(), values.capacity() * sizeof(T));
}

} // namespace headroom::sim
