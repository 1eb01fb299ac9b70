// Mean TTFT of a prefill instance under Poisson arrivals of equal prompts, alone and spread over two GPUs (Zhong et al.,
// DistServe, OSDI'24, section 3.1). All are M/D/1 waits; unstable queues wait for ever.
#pragma once

#include "core/units.h"

namespace headroom {

/// One GPU that takes `prefill` a prompt: D + R D^2 / (2 (1 - R D)).
Seconds prefillTtft(RequestRate, Seconds prefill);
/// Two pipeline stages of half the work: D + R D^2 / (4 (2 - R D)). The latency of a prompt stays, the rate doubles.
Seconds prefillTtftTwoStages(RequestRate, Seconds prefill);
/// Two GPUs that share each prompt and are `speedup` times as fast, 1 to 2: D/K + R D^2 / (2 K (K - R D)).
Seconds prefillTtftTwoShards(RequestRate, Seconds prefill, double speedup);
/// The rate at which the pipeline begins to answer sooner than the shards; infinite where the shards always win.
RequestRate stagesOvertakeShards(Seconds prefill, double speedup);

} // namespace headroom
