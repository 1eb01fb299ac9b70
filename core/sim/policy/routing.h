// Which replica gets a request (topic 6.3). One function and one row a router.
#pragma once

#include "core/plan/plan.h"
#include "core/sim/random.h"
#include "core/sim/replica.h"

#include <cstddef>
#include <span>
#include <string_view>

namespace headroom::sim {

struct RouterState {
    RandomStream random;
    std::size_t next = 0; ///< round robin
};

struct RouterRow {
    Router router;
    std::string_view id, label;
    /// Index into the replicas, of which there is at least one. Reads their state without ending a leap.
    std::size_t (*choose)(std::span<Replica> replicas, const Sequence&, double now, RouterState&);
};

std::span<const RouterRow> routers();
const RouterRow& routerPolicy(Router);

} // namespace headroom::sim
