// The station that matters (MODEL.md 2): replicas with continuous batching as a birth-death chain over the requests
// in a replica, with the prompt phase solved at step boundaries. Tables are made once per plan; a rate costs little.
#pragma once

#include "core/model/batch_policy.h"
#include "core/model/latency.h"
#include "core/model/step_time.h"
#include "core/slo/targets.h"
#include "core/units.h"
#include "core/workload/workload.h"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace headroom {

/// How arrivals are spread over the replicas (topic 6.3).
enum class Balancing {
    random,       ///< each request to a replica by chance
    roundRobin,   ///< in turn
    joinShortest, ///< to the replica with the fewest requests
    powerOfTwo,   ///< to the shorter of two chosen by chance
    byPrefix,     ///< to where its prefix is, of these to the shortest: as joinShortest, the hits are an input
};

/// Duration in seconds of one step with `decodes` running sequences of mean context `meanContext` (tokens), and
/// `prompts` chunks of together `promptTokens` tokens, behind `cached` tokens each already in the cache.
using StepFunction =
    std::function<double(double decodes, double meanContext, double promptTokens, double prompts, double cached)>;

/// Everything the station needs to know of a plan; no more, so that queueing does not know Plan.
struct StationInput {
    const StepModel* step = nullptr;           ///< not needed where a StepFunction is given
    const WorkloadSummary* workload = nullptr; ///< lengths, classes, ca^2; its rate is not used
    BatchPolicy policy = BatchPolicy::chunked;
    double seats = 256;          ///< N_max of one replica; below 1 = the model does not fit: capacity 0
    Tokens tokenBudget{2048};    ///< C: tokens of a step (chunked), of a prefill step (others); of each micro-batch
    int stages = 1;              ///< of a pipeline, with as many micro-batches in flight. Static batches: 1
    Seconds staticTimeout{0.05}; ///< static: start an incomplete batch after this wait
    double prefillShare = 0.5;   ///< disaggregated: share of replicas that prefill
    Seconds transferPerToken{0}; ///< disaggregated: KV bytes per token / link bandwidth
    int replicas = 1;
    Balancing balancing = Balancing::joinShortest;
    ArrivalProcess process = ArrivalProcess::poisson;
    BurstSpec burst;     ///< process mmpp2
    int concurrency = 0; ///< process closedLoop: requests in flight over all replicas
    Seconds networkIn{0}, networkOut{0}, retrieval{0}, post{0}; ///< fixed parts; networkIn includes the frontend
    Targets targets;                                            ///< for attainment; classes may override
};

/// What the station says at one arrival rate. Times in seconds; all finite when stable. When unstable, waits, TTFT and
/// E2E are infinite, TPOT and throughput are those of full seats.
struct StationResult {
    bool stable = false;
    double utilization = 0;          ///< rho = lambda / capacity
    double busyFraction = 0;         ///< share of time in which a replica runs a step
    RequestRate throughput;          ///< completed, all replicas: min(lambda, capacity); closed loop: what comes out
    LatencySummary ttft, tpot, e2e;  ///< lo and hi are left 0: bands belong to the step model
    LatencyParts partsMean;          ///< adds up to e2e.mean
    LatencyParts partsP95, partsP99; ///< mean parts of requests within half a point of the percentile (MODEL.md 3.5)
    double meanConcurrency = 0;      ///< running or waiting in one replica
    double meanRunning = 0;          ///< seats taken in one replica (prompts in progress included)
    double meanDecodes = 0;          ///< sequences that decode, in one replica, averaged over time
    double meanQueue = 0;            ///< waiting for a seat or behind prompts, in one replica
    Seconds stepMean;                ///< mean duration of a step while any runs
    Seconds prefillWork, decodeWork; ///< replica-seconds that one request takes for its prompt and for its tokens
    double attainment = 0;           ///< share of offered requests that meet each of their class's targets
    std::vector<double> attainmentPerClass; ///< in the order of workload.classes
    bool covered = true;                    ///< false: the closed form is known to be off here by more than 10 % / 15 %
    std::string_view reason;                ///< why not covered, in words; empty when covered
};

struct StationTables;

/// A replica whose seats are never empty.
struct SeatsTaken {
    RequestRate departures;
    double decodes = 0; ///< the other seats hold prompts in progress
};

/// One plan's tables over the batch. Cheap to copy (shared, immutable).
class BatchStation {
public:
    BatchStation() = default;
    explicit BatchStation(std::shared_ptr<const StationTables> tables) : m_tables(std::move(tables)) {}
    RequestRate capacity() const; ///< R mu: sustainable rate of all replicas at the stated mix
    /// One replica while `seats` of them, 1 to all, are always taken: capacity() is that of all. Absent where prompts and
    /// answers do not share steps (static batching, split phases) and where nothing fits.
    std::optional<SeatsTaken> whileTaken(double seats) const;
    Seconds decodeStep(double decodes) const;    ///< d(B, B c, 0), interpolated in the tables
    Seconds promptService(double decodes) const; ///< T_p(B): time a lone prompt takes from everyone
    const StationTables& tables() const { return *m_tables; }

private:
    std::shared_ptr<const StationTables> m_tables;
};

/// Makes the tables. About 15 us besides the calls of the step model. Total: never fails.
BatchStation station(const StationInput&);
/// The same with another step law (tests, measured tables).
BatchStation station(const StationInput&, const StepFunction&);

/// Solves the station at an arrival rate of all replicas together (>= 0, finite). A closed loop ignores the rate.
StationResult solve(const BatchStation&, RequestRate);

/// What the edge of a band needs: seconds with the fixed parts, infinite when unstable.
struct LatencyEdge {
    Seconds ttftMean, ttftP95, tpotMean, tpotP95, e2eMean, e2eP95;
    Seconds queueMean, prefillMean, decodeMean; ///< what e2eMean is made of, besides the fixed parts
    double busyFraction = 0;
};
/// About the numbers of solve(), in half its time; Detail::edges says how near.
LatencyEdge latencyEdge(const BatchStation&, RequestRate);

/// Factors on latencies without their fixed parts, and what is added to that: an edge of a band.
struct Slowing {
    double ttft = 1, tpot = 1, e2e = 1;
    Seconds moreToFirst{0}, moreToEnd{0};
};
/// A latency of which all but the fixed part takes `factor` times as long.
Seconds slowed(Seconds latency, Seconds fixed, double factor);
/// worstMiss() of what solve() gives, infinite when unstable. For searches: only what it takes.
double targetMargin(const BatchStation&, RequestRate, const Targets&, const Slowing& = {});

/// Quantiles for plots of the distributions.
struct LatencyQuantiles {
    std::vector<double> ttft, tpot, e2e; ///< seconds, one for each probability asked for; infinite when unstable
};
/// \param probabilities ascending, in (0, 1)
LatencyQuantiles latencyQuantiles(const BatchStation&, RequestRate, std::span<const double> probabilities);

} // namespace headroom
