// Who is turned away at the door (topic 8.4). One function and one row a rule.
#pragma once

#include "core/plan/plan.h"
#include "core/sim/policy/routing.h"
#include "core/sim/replica.h"
#include "core/sim/result.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace headroom::sim {

struct AdmissionView {
    double now = 0;           ///< s
    std::int64_t waiting = 0; ///< in the whole fleet
    double ttftTarget = 0;    ///< of its class, s; infinity = none
    double latencyBefore = 0; ///< what has gone by before the engine, s
    PrefixOffer prefix;       ///< of its prompt (Scenario::prefixFetch)
    const Sequence& request;
    Replica& replica; ///< chosen by the router
    const Scheduling& scheduling;
};

/// A token bucket remembers its level.
struct AdmissionState {
    double level = 0, filledAt = 0;
};

struct AdmissionRow {
    Admission admission;
    std::string_view id, label;
    Rejection (*judge)(const AdmissionView&, AdmissionState&); ///< Rejection::none = come in
};

std::span<const AdmissionRow> admissions();
const AdmissionRow& admissionPolicy(Admission);

} // namespace headroom::sim
