#include "core/low_priority.h"

#if defined(__linux__)
#include <sys/resource.h>
#include <unistd.h>
#endif

namespace headroom {

void lowerPriorityOfThisThread()
{
#if defined(__linux__)
    constexpr int kNice = 10;
    (void)setpriority(
        PRIO_PROCESS, static_cast<id_t>(gettid()), kNice); // on Linux: of this thread; refusal is harmless
#endif
}

} // namespace headroom
