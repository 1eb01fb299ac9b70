// Which replica gets a request (topic 6.3). One function and one row a router.
#pragma once

#include "core/plan/plan.h"
#include "core/sim/random.h"
#include "core/sim/replica.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace headroom::sim {

struct RouterState {
    RandomStream random;
    std::size_t next = 0;               ///< round robin
    std::vector<std::int64_t> cached{}; ///< Router::prefixFetching: tokens that each replica has of the last request
    std::optional<PrefixFetch> fetch{}; ///< Router::prefixFetching: absent = nothing comes from elsewhere
};

struct RouterRow {
    Router router;
    std::string_view id, label;
    /// Index into the replicas, of which there is at least one. Reads their state without ending a leap.
    std::size_t (*choose)(std::span<Replica> replicas, const Sequence&, double now, RouterState&);
};

std::span<const RouterRow> routers();
const RouterRow& routerPolicy(Router);

/// Prompt tokens of a request that lie on a replica or would come to it.
struct PrefixOffer {
    std::int64_t local = 0, fetched = 0;
    std::int64_t tokens() const { return local + fetched; }
};
/// \param longest prompt tokens on that replica which holds the most of them
PrefixOffer prefixOffer(std::int64_t local, std::int64_t longest, const PrefixFetch&);
/// Prompt tokens on that replica which holds the most of them.
std::int64_t longestPrefix(std::span<Replica>, const Sequence&, double now);

} // namespace headroom::sim
