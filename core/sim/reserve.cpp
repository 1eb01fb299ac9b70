#include "core/sim/reserve.h"

#ifdef __linux__
#include <memory>

#include <sys/mman.h>
#endif

namespace headroom::sim {

void preferLargePages([[maybe_unused]] void* begin, [[maybe_unused]] std::size_t bytes)
{
#ifdef __linux__
    constexpr std::size_t kPage = std::size_t{1} << 21;
    if (std::align(kPage, kPage, begin, bytes) != nullptr)
        ::madvise(begin, bytes / kPage * kPage, MADV_HUGEPAGE); // a wish: what comes of it changes no result
#endif
}

} // namespace headroom::sim
