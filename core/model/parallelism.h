// How one replica is laid out over GPUs, what each GPU holds, and what the links cost (topic 6).
#pragma once

#include "core/model/hardware.h"
#include "core/units.h"

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

} // namespace headroom
