// The plan: a plain value. Everything the product says is a pure function of one of these.
#pragma once

#include "core/model/batch_policy.h"
#include "core/model/hardware.h"
#include "core/model/memory.h"
#include "core/model/offloading.h"
#include "core/model/parallelism.h"
#include "core/model/step_time.h"
#include "core/model/transformer.h"
#include "core/slo/targets.h"
#include "core/units.h"
#include "core/workload/workload.h"

#include <optional>
#include <string>

namespace headroom {

inline constexpr int kPlanSchema = 1;

struct ModelChoice {
    ModelSpec spec; ///< copied from the catalog; name "custom" = edited by hand
    NumberFormat weightFormat = NumberFormat::bf16;
    NumberFormat kvFormat = NumberFormat::bf16;
    Tokens maxContext{8192}; ///< the engine's limit for prompt + output
    friend bool operator==(const ModelChoice&, const ModelChoice&) = default;
};

struct HardwareChoice {
    GpuSpec gpu; ///< copied from the catalog
    int gpusPerNode = 8;
    UsdRate pricePerGpu;      ///< per GPU; 0 and not edited: unknown
    bool priceEdited = false; ///< the user set the price: choosing another GPU keeps it
    bool hasPrice() const { return priceEdited || pricePerGpu.si() > 0; }
    Calibration calibration;
    HostSpec host; ///< behind the GPUs of a replica (offloading)
    friend bool operator==(const HardwareChoice&, const HardwareChoice&) = default;
};

enum class Router { random, roundRobin, joinShortest, powerOfTwo, prefixAware, prefixFetching };

struct Deployment {
    int tp = 1, pp = 1, ep = 1, attentionDp = 1;
    int replicas = 1;
    int spareReplicas = 0; ///< replicas that may be down while targets hold
    double memoryUtilization = 0.9;
    Offloading offload;
    EngineSpec engine;
    Router router = Router::joinShortest;
    friend bool operator==(const Deployment&, const Deployment&) = default;
};

enum class Preemption { recompute, swap };

struct Batching {
    BatchPolicy policy = BatchPolicy::chunked;
    Reservation reservation = Reservation::paged;
    Preemption preemption = Preemption::recompute;
    int maxSequences = 256;
    Tokens tokenBudget{2048};
    int blockTokens = 16;
    Seconds staticTimeout{0.05}; ///< static: start an incomplete batch after this wait
    double prefillShare = 0.5;   ///< disaggregated: share of replicas that prefill
    /// Disaggregated: a prompt before which more prompt tokens would wait in the prefill pool goes to a replica of the
    /// decode pool that has less to do, which then runs both phases (the mixed pool of Splitwise). Absent = never.
    std::optional<Tokens> mixedThreshold;
    /// Whether sequences take KV blocks as they grow. Pools of split phases page, whatever the plan says: there is no
    /// published system that reserves in them.
    constexpr bool isPaged() const { return reservation == Reservation::paged || policy == BatchPolicy::disaggregated; }
    /// Whether the blocks of a prompt stay for others that begin alike (topic 10.2).
    constexpr bool keepsPrefixes() const { return isPaged() && policy != BatchPolicy::static_; }
    friend bool operator==(const Batching&, const Batching&) = default;
};

enum class Order { fifo, shortest, priority };
enum class Admission { none, queueCap, deadline, tokenBucket, memory };

struct Scheduling {
    Order order = Order::fifo;
    double predictorError = 0;                 ///< shortest: sigma of ln(predicted / true output length)
    bool preemptive = false, weighted = false; ///< priority: displace running work; weighted instead of strict
    Admission admission = Admission::none;
    int queueCap = 1000;
    RequestRate bucketRate{100};
    double bucketBurst = 100;
    std::optional<Seconds> clientTimeout; ///< absent = clients wait for ever
    int retries = 0;
    Seconds retryBackoff{1};           ///< before the first retry; it doubles with each further one
    Seconds retryBackoffMost{86'400};  ///< no wait grows beyond this: doubled a hundred times it has no meaning
    std::optional<double> retryBudget; ///< retries per request offered so far; absent = no limit
    friend bool operator==(const Scheduling&, const Scheduling&) = default;
};

/// Latencies that do not depend on load (MODEL.md 1.1): network is both directions, half each.
struct FixedLatency {
    Seconds network{0.02}, frontend{0.005}, retrieval{0}, post{0.005};
    friend bool operator==(const FixedLatency&, const FixedLatency&) = default;
};

struct CostSpec {
    double quality = 1; ///< S in [0, 1] of this model and format (topic 1.4)
    double staffUsdPerMonth = 0;
    double powerUsdPerKwh = 0; ///< above 0: energy is paid on top of the GPU price (own hardware)
    double pue = 1.3;
    double gramsCo2PerKwh = 400;
    std::optional<double> hostedUsdPerMillion; ///< output tokens, hosted API to compare with
    friend bool operator==(const CostSpec&, const CostSpec&) = default;
};

struct OperationsSpec {
    double responseCacheHitRate = 0;        ///< requests answered without the model (topic 10.2)
    double mtbfHours = 2000, mttrHours = 2; ///< per replica
    double targetUtilization = 0.7;         ///< rho* of autoscaling (topic 8.5)
    double qualityBound = 0.03;             ///< largest admissible |dS| (topic 1.4)
    friend bool operator==(const OperationsSpec&, const OperationsSpec&) = default;
};

struct Plan {
    std::string name = "Untitled";
    std::string notes;
    Workload workload;
    ModelChoice model;
    HardwareChoice hardware;
    Deployment deployment;
    Batching batching;
    Scheduling scheduling;
    FixedLatency latency;
    Targets targets;
    CostSpec cost;
    OperationsSpec operations;
    std::string unknownKeys; ///< JSON object of keys this version does not know, written back on save; may be empty
    friend bool operator==(const Plan&, const Plan&) = default;

    Layout layout() const
    {
        return {deployment.tp, deployment.pp, deployment.ep, deployment.attentionDp, hardware.gpusPerNode};
    }
    int gpus() const { return layout().gpus() * deployment.replicas; }
};

} // namespace headroom
