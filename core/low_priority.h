// Work beside a window that must not wait for it.
#pragma once

namespace headroom {

/// Of the calling thread, for good: it goes behind the others but still gets its share of a busy machine.
void lowerPriorityOfThisThread();

} // namespace headroom
