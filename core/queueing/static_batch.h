// Static batching (FasterTransformer, MODEL.md 4.1): a batch forms, is padded to its longest, and returns together.
#pragma once

#include "core/queueing/latency_grid.h"
#include "core/queueing/station_tables.h"

namespace headroom {

/// A batch of one size: mean over the lengths its longest members have. Seconds.
struct StaticService {
    double prefill = 0, decode = 0; ///< means
    double decodeStep = 0;          ///< of the batch
    std::array<double, 5> pieces{}; ///< decode at five equally likely quantiles
    double mean() const { return prefill + decode; }
};
/// Median of the longest prompt of a batch, to which all are padded, tokens. \param size requests, at least 1
double longestPromptOf(const StationTables&, double size);
/// \param size requests in the batch, at least 1
StaticService staticService(const StationTables&, double size);

/// One replica under static batching. Seconds.
struct StaticOperating {
    double rate = 0; ///< of one replica
    double size = 1; ///< mean batch
    StaticService service;
    double waitMean = 0; ///< forming, rest of the running batch, and batches ahead
    double busy = 0;     ///< share of time
    LatencyGrid latency; ///< from arrival to the return of the batch; `waited` is the wait
};
/// \param rate of one replica, above 0 and below seats / service(seats)
StaticOperating operateStatic(const StationTables&, double rate);

} // namespace headroom
