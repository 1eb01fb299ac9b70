// How one replica is laid out over GPUs, what each GPU holds, and what the links cost (topic 6).
#pragma once

#include "core/model/efficiency.h"
#include "core/model/hardware.h"
#include "core/units.h"

#include <array>

namespace headroom {

/// Degrees of parallelism of one replica. GPUs of a replica = tp * pp (ep and attentionDp regroup the same GPUs).
struct Layout {
    int tp = 1;          ///< tensor parallel
    int pp = 1;          ///< pipeline stages
    int ep = 1;          ///< expert parallel ranks, at most tp; 1 = experts are sharded by tp
    int attentionDp = 1; ///< ranks that split the sequences of attention instead of its heads (DeepSeek), at most tp
    int gpusPerNode = 8;
    int gpus() const { return tp * pp; }
    friend bool operator==(const Layout&, const Layout&) = default;
};

/// Time to move `bytes`: latency + bytes * perByte. Plain seconds, for inner loops.
struct LinkCost {
    double latency = 0; ///< seconds
    double perByte = 0; ///< seconds per byte
    double at(double bytes) const { return latency + bytes * perByte; }
};

/// A collective that a library runs by whichever algorithm is fastest at a size (MODEL.md 6.1). Empty = free.
struct CollectiveCost {
    std::array<LinkCost, 3> algorithms{};
    int count = 0;
    /// Seconds for `bytes` of payload on each GPU; 0 when empty or nothing is sent.
    double at(double bytes) const;
};

/// Sum of `bytes` over `ranks` GPUs, result on each. The least of ring, one-shot and, where the switch adds, in-switch;
/// hierarchical when ranks > gpusPerNode. Empty for one rank.
CollectiveCost allReduce(const GpuSpec&, int ranks, int gpusPerNode, const EfficiencyTable& = shippedEfficiency());

/// Each of `ranks` GPUs sends `bytes` in all, spread evenly over the others. Empty for one rank.
CollectiveCost allToAll(const GpuSpec&, int ranks, int gpusPerNode, const EfficiencyTable& = shippedEfficiency());

/// Point to point from one pipeline stage to the next: within a node, or between two when gpus() > gpusPerNode.
LinkCost stageSend(const GpuSpec&, const Layout&, const EfficiencyTable& = shippedEfficiency());

} // namespace headroom
