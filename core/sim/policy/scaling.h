// How many replicas a controller wants (topic 8.5). One function and one row a policy.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace headroom::sim {

/// One replica as a controller sees it.
struct ReplicaStatus {
    enum class Phase { starting, ready, draining, off } phase = Phase::ready;
    std::int64_t waiting = 0, running = 0; ///< requests
    std::int64_t backlog = 0;              ///< prompt tokens that are still to be computed
    double kvFraction = 0;                 ///< share of its KV blocks in use
    double busyFraction = 0;               ///< share of the time since the last wake in which a step ran
};

/// The fleet when its controller wakes, after everything else that happens at that time.
struct FleetView {
    double now = 0, sinceLast = 0; ///< s
    int wanted = 1;                ///< replicas asked for so far: ready or starting
    int ready = 1;
    std::uint64_t offered = 0, completed = 0; ///< requests since the last wake
    std::span<const ReplicaStatus> replicas;  ///< all that there can be
};

/// What a policy remembers between wakes; empty at first.
struct ScalingState {
    std::vector<double> memory;
};

struct ScalingRow {
    std::string_view id, label;
    int (*wanted)(const FleetView&, ScalingState&); ///< replicas from now on
};

std::span<const ScalingRow> scalings();

} // namespace headroom::sim
