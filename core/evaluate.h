// FRONT DOOR 1: closed forms of one plan, pure and total (no NaN leaves core; an unstable queue waits for ever).
#pragma once

#include "core/model/latency.h"
#include "core/model/memory.h"
#include "core/model/step_time.h"
#include "core/plan/plan.h"
#include "core/queueing/batch_queue.h"
#include "core/units.h"

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace headroom {

/// What limits a plan (MODEL.md 13).
enum class Binding {
    none,
    memory,
    compute,
    bandwidth,
    network,
    host, ///< links to host and disk, and attention on the host
    overhead,
    sequences,
    tokenBudget,
    queue,
    latencyFloor
};
inline constexpr std::array<std::string_view, 11> kBindingNames{"none", "memory", "compute", "bandwidth", "network",
    "host", "overhead", "sequences", "token_budget", "queue", "latency_floor"};
constexpr std::string_view name(Binding b) { return kBindingNames[static_cast<std::size_t>(b)]; }

struct Elasticity {
    Binding resource;
    double elasticity = 0; ///< relative change of lambda* per relative relaxation (10 % probe)
};

struct Throughput {
    TokenRate output, total;
    RequestRate requests, goodput;
};

struct CostResult {
    bool priced = true; ///< false: nobody knows what the GPUs cost, and all that follows in dollars is 0
    UsdRate fleet;      ///< whole bill per second
    UsdPerToken perOutputToken, perToken, perOutputTokenAtCapacity; ///< infinite at rate 0
    UsdPerToken inputPrice, outputPrice; ///< split by GPU-seconds of prefill and decode; add up to the bill
    TokensPerUsd tokensPerUsd;           ///< output tokens
    UsdPerToken qualityAdjusted;         ///< perOutputToken / S
    double joulesPerToken = 0, gramsCo2PerToken = 0;
};

struct ErrorBudget {
    double allowed = 0;  ///< bad requests the window may hold
    double spent = 0;    ///< bad requests at the present rate over the window
    double burnRate = 0; ///< bad fraction / (1 - attainment)
    Seconds exhaustion;  ///< until an untouched budget is gone; infinite when nothing is bad
};

/// Everything but headroom and replicas: what a curve needs at each of its points.
struct PointEvaluation {
    bool fits = false, stable = false;
    double utilization = 0;  ///< rho = lambda / (R mu)
    double busyFraction = 0; ///< share of time a step runs
    double kvFraction = 0;   ///< mean KV memory in use
    RequestRate capacity;    ///< R mu
    LatencySummary ttft, tpot, e2e;
    LatencyParts partsMean, partsP95, partsP99; ///< mean; of requests near the percentile (MODEL.md 3.5)
    double meanConcurrency = 0;                 ///< running or waiting in one replica
    double meanRunning = 0;                     ///< seats taken in one replica
    double meanQueue = 0;                       ///< waiting for a seat or behind prompts, in one replica
    double meanDecodes = 0;                     ///< sequences that decode, in one replica
    Throughput throughput;
    double sloAttainment = 0;  ///< share of offered requests that meet each target
    bool meetsTargets = false; ///< every stated target holds; false when unstable or not fitting
    CostResult cost;
    ErrorBudget errorBudget;
    std::string_view notCovered; ///< why the closed form is known to be off here; empty = it covers the plan
    Band capacityBand, throughputBand, costBand, ttftMeanBand, tpotMeanBand, e2eMeanBand;
    PartsBand partsMeanBand; ///< its edges add up to e2eMeanBand's, or lie beyond them
    Band busyBand;           ///< of busyFraction
};

struct Evaluation : PointEvaluation {
    MemoryUse memory;
    double worstCaseSeats = 0; ///< if every request were at its full length
    BytesPerToken kvBytesPerToken;
    StepParts step;         ///< of one decode step at the operating point
    Band stepBand;          ///< of its total
    double stepDecodes = 0; ///< its batch
    RequestRate headroom;   ///< lambda* - lambda
    RequestRate headroomLo; ///< from the pessimistic edge of the band
    double headroomFraction = 0;
    RequestRate targetRate;            ///< lambda*
    std::optional<int> replicasNeeded; ///< at peak, with spares down; absent = no number of replicas is enough
    Binding binding = Binding::none;
    std::vector<Elasticity> elasticities;
    int gpus = 0; ///< whole fleet
};

/// A plan compiled once: step model, memory, tables over the batch. Rates are cheap to vary.
class Evaluator {
public:
    explicit Evaluator(const Plan&);
    /// The same for a plan with the workload of another, whose summary is taken over.
    Evaluator(const Plan&, const Evaluator& sameWorkload);
    ~Evaluator();
    Evaluator(Evaluator&&) noexcept;
    Evaluator& operator=(Evaluator&&) noexcept;

    /// All but headroom and replicas, at another arrival rate (all classes scaled, CV kept).
    PointEvaluation at(RequestRate) const;
    /// The same without bands (each lo and hi equals its value): a third of the time, for searches and curves.
    PointEvaluation withoutBandsAt(RequestRate) const;
    /// How far the worst target is missed at a rate (targetMargin of headroom.h), for searches: a part of the time.
    double marginAt(RequestRate) const;
    /// The same at the pessimistic edge of the band: every step takes its upper factor.
    double pessimisticMarginAt(RequestRate) const;
    double optimisticMarginAt(RequestRate) const; ///< at the other edge
    double slowFactor() const;                    ///< the upper factor, at least 1
    double fastFactor() const;                    ///< the lower one, at most 1
    /// Fills the latency bands of points along a curve from the curve itself: a plan whose steps take f times as long
    /// behaves at rate x like this one at f x, slowed by f. `rates` ascending, as long as `points`.
    void bandsAlong(std::span<const RequestRate> rates, std::span<PointEvaluation> points) const;
    /// At the plan's own rate.
    PointEvaluation point() const;
    /// Quantiles of TTFT, TPOT and E2E at an arrival rate, for plots of the distributions; infinite when unstable.
    /// \param probabilities ascending, in (0, 1)
    LatencyQuantiles quantilesAt(RequestRate, std::span<const double> probabilities) const;
    const MemoryUse& memory() const;
    const StepModel& step() const;
    const WorkloadSummary& workload() const;
    const BatchStation& station() const;
    const Plan& plan() const;
    RequestRate capacity() const; ///< R mu

private:
    struct Tables;
    std::unique_ptr<const Tables> m_tables;
};

PointEvaluation evaluatePoint(const Plan&);
/// Memory only: what a curve over lengths, formats or reservations needs at each of its points.
MemoryUse memoryOf(const Plan&);
Evaluation evaluate(const Plan&);
/// The same for a plan already compiled.
Evaluation evaluate(const Evaluator&);

} // namespace headroom
