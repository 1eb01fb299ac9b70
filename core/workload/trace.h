// A trace of requests as a type, and what it says of a workload. Readers of foreign files live in importers/.
#pragma once

#include "core/units.h"
#include "core/workload/workload.h"

#include <cstdint>
#include <string>
#include <vector>

namespace headroom {

struct TraceRequest {
    double arrival = 0; ///< seconds since the first request of the trace
    std::int32_t promptTokens = 0;
    std::int32_t outputTokens = 0;
    std::int32_t requestClass = 0;
    std::uint32_t firstHash = 0, hashCount = 0; ///< range in Trace::hashes (Mooncake prefix blocks)
};

struct Trace {
    std::vector<TraceRequest> requests; ///< in order of arrival
    std::vector<std::uint64_t> hashes;  ///< prefix block ids of all requests, one after the other
    int hashBlockTokens = 0;            ///< tokens per hash id; 0 = the trace has none
    std::string source;                 ///< what the file was recognised as
};

/// What a trace says of a workload.
struct TraceSummary {
    std::size_t requests = 0;
    Seconds duration;
    RequestRate rate;                  ///< (n - 1) / duration; 0 with fewer than two distinct times
    double gapCv = 1;                  ///< burstiness: standard deviation / mean of the gaps
    LengthDistribution prompt, output; ///< empirical, 201 quantiles
    double promptOutputCorrelation = 0;
    double prefixHitRate = 0; ///< with an unbounded cache, from the hash ids
};

/// Requests a second between the first and the last; 0 where that is no time.
RequestRate rateOf(const Trace&);
TraceSummary summarize(const Trace&);
/// The workload that stands for this trace in the closed forms: rate, gap CV (gamma), empirical lengths.
Workload workloadOf(const TraceSummary&, Workload keepTheRest);

} // namespace headroom
