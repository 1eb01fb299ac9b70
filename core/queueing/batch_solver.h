// One station at one rate, for policies whose prompts and decodes share a replica: continuous, prefill-first, chunked.
#pragma once

#include "core/queueing/batch_chain.h"
#include "core/queueing/decode_time.h"
#include "core/queueing/latency_grid.h"
#include "core/queueing/station_tables.h"

#include <vector>

namespace headroom {

/// A share of the arrivals that meet the replica in much the same state.
struct Encounter {
    double weight = 0;
    PromptNode node;          ///< step times at the number of decodes met
    PromptPhase phase;        ///< prompt phase there
    double tokenInterval = 0; ///< seconds between tokens while the state lasts
};

/// The state of a station at a rate, before it is turned into latencies. Seconds, one replica.
struct Operating {
    double rate = 0;                                        ///< of one replica
    double idle = 0;                                        ///< share of arrivals that find nobody
    std::vector<Encounter> seated;                          ///< arrivals that find company and a free seat
    Encounter full;                                         ///< arrivals that find no free seat (weight may be 0)
    double seatWait = 0;                                    ///< mean wait of those
    double decodeTime = 0;                                  ///< mean from first to last token
    double meanSeated = 0, meanQueued = 0, meanDecodes = 0; ///< one replica, averaged over time
    double idleTime = 0;                                    ///< share of time with nobody there
    DecodeTime decode;                                      ///< of one request, by its length
    double stepMean = 0;                                    ///< mean duration of a step while requests are there
};

/// \param rate of all replicas, above 0 and below the fleet's capacity
Operating operate(const StationTables&, double rate);

/// Latencies of one class.
struct ClassLatency {
    double share = 0;
    LatencyGrid ttft; ///< without the fixed parts; `waited` is the queue part
    double queueMean = 0;
};
ClassLatency classLatency(const StationTables&, const Operating&, const StationClass&);

} // namespace headroom
