// The six parts of a request's time (MODEL.md 3), and distributions of latency as numbers people read.
#pragma once

#include "core/units.h"

namespace headroom {

/// Parts of the end-to-end time of a request. They add up to E2E (topic 3.5). Frontend counts as network.
struct LatencyParts {
    Seconds network, retrieval, queue, prefill, decode, post;
    constexpr Seconds total() const { return network + retrieval + queue + prefill + decode + post; }
    friend bool operator==(const LatencyParts&, const LatencyParts&) = default;
};

/// Mean and percentiles over completed requests, and the nominal 80 % model-error band of the p95.
struct LatencySummary {
    Seconds mean, p50, p95, p99, lo, hi;
    friend bool operator==(const LatencySummary&, const LatencySummary&) = default;
};

/// A nominal 80 % model-error band of one number, in the number's own SI unit.
struct Band {
    double lo = 0, hi = 0;
    friend bool operator==(const Band&, const Band&) = default;
};

/// The band of each of the six parts. Those that no model error touches have none: lo, hi and the value are one.
struct PartsBand {
    LatencyParts lo, hi;
    constexpr Band of(Seconds LatencyParts::*part) const { return {(lo.*part).si(), (hi.*part).si()}; }
    friend bool operator==(const PartsBand&, const PartsBand&) = default;
};

} // namespace headroom
