// The state of a station at one rate: who is met, how long tokens take, how many are there.
#pragma once

#include "core/queueing/decode_time.h"
#include "core/queueing/latency_grid.h"
#include "core/queueing/prompt_levels.h"
#include "core/queueing/station_tables.h"

#include <vector>

namespace headroom {

/// How much is asked of the distributions.
enum class Detail {
    full,      ///< with the queue part of those who take some time
    latencies, ///< the same distributions, without that
    /// About the same, in half the time: one state met instead of three where waits hardly differ between them, fewer
    /// pieces of the lengths. Of 23,040 points (four policies, four shapes of lengths, loads up to 0.95), 99 in 100 were
    /// within 6.4 % for the p95 of TTFT, 3.8 % for that of E2E and 1.1 % for the rest; half within 0.7 %. Beyond are
    /// jumps: lengths that do not vary, and percentiles between two groups of requests.
    edges,
};

/// A share of the arrivals that meet the replica in much the same state.
struct Encounter {
    double weight = 0;
    double rate = 0; ///< arrivals per second at the replica while it lasts
    Level level;
    double tokenInterval = 0; ///< seconds between tokens while the state lasts
};

/// Before it is turned into latencies. Seconds, one replica.
struct Operating {
    double fleetRate = 0;                                   ///< of all replicas
    double rate = 0;                                        ///< of one replica that takes prompts
    double idle = 0;                                        ///< share of arrivals that find nobody
    std::vector<Encounter> seated;                          ///< arrivals that find company and a free seat
    std::vector<Encounter> waiting;                         ///< arrivals that find no free seat
    double seatWait = 0;                                    ///< mean wait of those
    double seatWaitScv = 1;                                 ///< its squared coefficient of variation
    double decodeTime = 0;                                  ///< mean from first to last token
    double meanSeated = 0, meanQueued = 0, meanDecodes = 0; ///< in seats, before a seat, of one replica
    double idleTime = 0;                                    ///< share of time with nobody there
    DecodeTime decode;                                      ///< of one request, by its length
    double stepMean = 0;                                    ///< mean duration of a step while requests are there
};

/// Open arrivals. \param rate of all replicas, above 0 and below the fleet's capacity
Operating operate(const StationTables&, double rate, Detail = Detail::full);

/// A closed loop with the input's concurrency; the rate is what comes out.
Operating operateClosed(const StationTables&);

/// The law of decode times while all seats are taken, as in an overload. For the policies whose prompts and decodes share
/// a replica. \pre the capacity is above 0 and some requests have more than one token
DecodeTime decodeTimeOfFullSeats(const StationTables&);

/// Latencies of one class.
struct ClassLatency {
    double share = 0;
    LatencyGrid ttft; ///< without the fixed parts; `waited` is the queue part
    double queueMean = 0;
    ClassLatency(const StationTables&, const Operating&, const StationClass&, Detail);
};

} // namespace headroom
