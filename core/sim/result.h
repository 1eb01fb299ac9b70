// What a simulation says. Plain values: views, the command line and tests read this and nothing else of the simulator.
#pragma once

#include "core/model/latency.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headroom::sim {

/// A measured distribution. Seconds, except slowdown (a ratio). All 0 when count is 0.
struct Distribution {
    double mean = 0, p50 = 0, p95 = 0, p99 = 0;
    std::optional<double> ciLo, ciHi; ///< 95 % sampling interval of the p95; absent with one replication
    std::uint64_t count = 0;
    friend bool operator==(const Distribution&, const Distribution&) = default;
};

/// Quantiles for plots of distributions: as many as the recording asked for, over completed requests, in seconds.
struct QuantileCurves {
    std::vector<double> shares; ///< in (0, 1), ascending
    std::vector<double> ttft, tpot, e2e;
    /// Half widths of their 95 % sampling intervals; empty with one replication, and with runs that do not differ.
    std::vector<double> ttftHalf, tpotHalf, e2eHalf;
    friend bool operator==(const QuantileCurves&, const QuantileCurves&) = default;
};

/// How a request ended.
enum class Status : std::uint8_t { completed, rejected, timedOut, unfinished };
inline constexpr std::array<std::string_view, 4> kStatusNames{"completed", "rejected", "timed_out", "unfinished"};
constexpr std::string_view name(Status s) { return kStatusNames[static_cast<std::size_t>(s)]; }

/// Why a request was turned away.
enum class Rejection : std::uint8_t { none, contextLimit, memory, queueCap, deadline, rateLimit };
inline constexpr std::array<std::string_view, 6> kRejectionNames{
    "none", "context_limit", "memory", "queue_cap", "deadline", "rate_limit"};
constexpr std::string_view name(Rejection r) { return kRejectionNames[static_cast<std::size_t>(r)]; }

/// One attempt of one request. Times in seconds since the start of the run, at the client. NaN-free: a time that
/// never came is equal to the time the request ended.
struct RequestRow {
    std::uint64_t request = 0; ///< number of the request; retries of a client keep it
    std::int32_t requestClass = 0;
    std::int32_t promptTokens = 0, outputTokens = 0; ///< outputTokens: produced
    std::int32_t cachedTokens = 0;                   ///< prompt tokens found in the prefix cache
    std::int32_t preemptions = 0;
    std::int32_t replica = 0; ///< that decoded (or last held) it
    std::int32_t attempt = 0; ///< 0 = first
    Status status = Status::completed;
    Rejection rejection = Rejection::none;
    double arrival = 0, queue = 0; ///< queue: seconds waited from reaching the engine to the first scheduled step
    double firstToken = 0, finish = 0;
    friend bool operator==(const RequestRow&, const RequestRow&) = default;
};

/// Means over equal intervals of simulated time, of the whole fleet (first replication).
struct TimeSeries {
    double interval = 0; ///< seconds of one point
    std::vector<double> waiting, running, kvFraction, outputTokensPerSecond, busyFraction;
};

/// The same over several replications: their mean, and the half width of its 95 % interval (Student's t), in each interval
/// of time that all of them have. Empty with one replication, and with runs that do not differ.
struct SeriesBand {
    TimeSeries mean, half;
    bool isEmpty() const { return mean.waiting.empty(); }
};

/// The fleet from a moment on (runs with a controller, first replication).
struct FleetSize {
    double time = 0;           ///< seconds since the start
    int wanted = 0, ready = 0; ///< replicas asked for; those that take requests
    int paidFor = 0;           ///< with those that start, and those that still serve what they have
    friend bool operator==(const FleetSize&, const FleetSize&) = default;
};

/// Areas and sums for Little's law on the sample path: area under the number in a station = sum of times spent there.
struct StationTotals {
    double area = 0;      ///< integral of the number in the station, request-seconds
    double residence = 0; ///< sum of the times requests spent in it, request-seconds
};

struct Counters {
    std::uint64_t requests = 0;  ///< offered: first attempts
    std::uint64_t attempts = 0;  ///< with retries
    std::uint64_t completed = 0; ///< requests that ended well (of any attempt)
    std::uint64_t rejected = 0;  ///< attempts turned away
    std::uint64_t timedOut = 0;  ///< attempts the client gave up
    std::uint64_t unfinished = 0;
    std::array<std::uint64_t, kRejectionNames.size()> rejections{};
    std::uint64_t adjusted = 0;  ///< zero lengths raised to one token
    std::uint64_t truncated = 0; ///< outputs cut at the context limit
    std::uint64_t preemptions = 0, swaps = 0;
    std::uint64_t promptTokens = 0, outputTokens = 0; ///< of completed requests
    std::uint64_t wastedTokens = 0;                   ///< processed for attempts that came to nothing, and recomputed
    std::uint64_t cachedTokens = 0;                   ///< prompt tokens found in a prefix cache
    std::uint64_t steps = 0;                          ///< engine steps
    std::uint64_t leaps = 0;                          ///< jumps over them
    std::uint64_t events = 0;                         ///< leaps, arrivals, timers
    std::uint64_t measured = 0;                       ///< requests that the statistics are of: without the warm-up
    std::uint64_t good = 0;                           ///< requests within each of their targets
    friend bool operator==(const Counters&, const Counters&) = default;
};

struct SimResult {
    Counters counters;
    int replications = 1;
    std::uint64_t seed = 1;
    std::uint64_t fingerprint = 0; ///< of all request times
    double simulatedSeconds = 0;   ///< last event of the run, mean over replications
    double engineWallSeconds = 0;  ///< wall time of the runs with recording, summed over replications
    std::string limit;             ///< which limit ended the run early; empty = none
    bool cancelled = false;
    Distribution ttft, tpot, itl, e2e, queue; ///< over completed requests after the warm-up
    /// p95 of each replication, in their order; empty with one. Replication i of another policy sees the same requests.
    std::vector<double> ttftP95Each, e2eP95Each;
    std::vector<double> requestRateEach, goodputEach; ///< req/s of each replication; empty with one
    Distribution slowdown;                            ///< E2E / E2E of the same request alone on an idle replica
    Distribution normalizedLatency;                   ///< E2E / output tokens
    double slowestGapsMean = 0;                       ///< mean of the slowest 10 % of all gaps of the run
    std::optional<double> headOfLineMean;             ///< seconds per request, when asked for (topic 4.4)
    QuantileCurves quantiles;                         ///< of all replications; empty unless asked for
    LatencyParts partsMean, partsP99;                 ///< P99: mean parts of requests with E2E between p98.5 and p99.5
    double outputTokensPerSecond = 0, totalTokensPerSecond = 0, requestsPerSecond = 0, goodputPerSecond = 0;
    double attainment = 0;        ///< good / offered requests, whatever the attempt; 0 where none was measured
    double busyFraction = 0;      ///< share of time a step runs, mean over replicas
    double kvFraction = 0;        ///< mean KV blocks in use
    double meanReplicas = 0;      ///< paid for, over the run
    std::vector<FleetSize> fleet; ///< each change, the first at 0; empty without a controller
    double kvPeakFraction = 0;    ///< largest share of blocks in use on any replica
    StationTotals inQueue, inPrefill, inDecode, inSystem; ///< from empty to empty, before warm-up removal
    TimeSeries series;
    SeriesBand seriesBand;
    std::vector<RequestRow> rows; ///< in order of request and attempt; empty unless asked for
};

} // namespace headroom::sim
