// The same service on every GPU of the catalog (MODEL.md 13): how many are needed, what they cost, what binds.
#pragma once

#include "core/evaluate.h"
#include "core/plan/catalog.h"

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace headroom {

struct GpuSizing {
    std::string gpu;
    bool fits = false;         ///< some layout up to eight nodes holds the model
    bool meetsTargets = false; ///< some number of replicas meets the targets at peak
    int tp = 1, pp = 1, replicas = 0, gpus = 0;
    std::optional<UsdRate> fleet;              ///< absent without a price
    std::optional<UsdPerToken> perOutputToken; ///< at the plan's own rate
    std::optional<Band> perOutputTokenBand;    ///< dollars a token
    Binding binding = Binding::none;
    LatencySummary ttft, tpot; ///< of the sized fleet at the plan's own rate, with their bands
};

/// The tensor-parallel degree (1, 2, 4 ... up to a node) that takes the fewest GPUs, of those that of the plan on its
/// own GPU and else the least, and the least replicas that meet the plan's targets at its peak rate with its spare
/// replicas down. The least degree that holds the model is often a bad buy: weights leave little room for KV. What no node holds is cut into pipeline stages, a
/// node each: 2, 4 or 8, the fewest that hold it.
GpuSizing sizeOn(const Plan&, const CatalogGpu&);

/// For every catalog GPU: those that meet the targets by cost, then those that do not, then those that do not fit.
/// \param stop ends the work early, for a plan that is no longer of interest; the list is then empty
std::vector<GpuSizing> sizeOnEveryGpu(const Plan&, const std::stop_token& stop = {});

} // namespace headroom
