#include "core/queueing/prefill_parallelism.h"

#include "core/queueing/queueing.h"

namespace headroom {

Seconds prefillTtft(RequestRate rate, Seconds prefill) { return md1(rate, request / prefill).time; }

Seconds prefillTtftTwoStages(RequestRate rate, Seconds prefill)
{
    // Only the first stage can be waited for: the second takes as long and never has a queue.
    return prefill + md1(rate, request / (prefill / 2)).wait;
}

Seconds prefillTtftTwoShards(RequestRate rate, Seconds prefill, double speedup)
{
    return md1(rate, request / (prefill / speedup)).time;
}

RequestRate stagesOvertakeShards(Seconds prefill, double speedup)
{
    // The shards are ahead when idle and saturate at K/D, the stages at 2/D: one crossing between.
    RequestRate low(0), high = speedup / prefill * request;
    if (speedup >= 2)
        return RequestRate::infinite();
    constexpr int kHalvings = 60;
    for (int i = 0; i < kHalvings; ++i) {
        const RequestRate middle = (low + high) / 2;
        const bool stagesAhead = prefillTtftTwoStages(middle, prefill) < prefillTtftTwoShards(middle, prefill, speedup);
        (stagesAhead ? high : low) = middle;
    }
    return high;
}

} // namespace headroom
