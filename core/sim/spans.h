// Requests of a run as spans: network, queue, retrieval, prefill, decode, post (topic 9.4).
#pragma once

#include "core/sim/result.h"
#include "core/sim/scenario.h"

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace headroom::sim {

struct Span {
    std::string_view name;
    double begin = 0, end = 0; ///< seconds since the start of the run, at the client
};

/// The spans of one request, one after the other from arrival to finish; those that did not happen have length 0.
std::array<Span, 7> spansOf(const RequestRow&, const FixedLatency&);

/// Chrome trace event format, which Perfetto reads: one process a replica, one thread a request, times in
/// microseconds. One event for the whole request, with its facts, around those of its spans.
std::string chromeTrace(std::span<const RequestRow>, const FixedLatency&);

/// CSV with the columns of CLI.md, one line per attempt.
std::string rowsCsv(std::span<const RequestRow>);

} // namespace headroom::sim
