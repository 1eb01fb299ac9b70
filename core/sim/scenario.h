// A plan turned into something that can run: physics as numbers, policies, seed, horizon and what to record.
#pragma once

#include "core/error.h"
#include "core/model/step_time.h"
#include "core/plan/plan.h"
#include "core/workload/trace.h"
#include "core/workload/workload.h"

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

namespace headroom::sim {

/// Step time as the simulator sees it: the affine law at fixed decodes, prompt tokens and prompts (StepModel::law), and
/// the attention reaches in tokens (infinity for [0], 0 = unused). Law tests put degenerate laws here.
struct Physics {
    std::function<StepLaw(double decodes, double prefillTokens, double prompts)> law;
    std::array<double, kReaches> reach{std::numeric_limits<double>::infinity(), 0, 0};
};

/// A law that shares the tokens of a step out evenly over the micro-batches of a pipeline (StepModel), for one of these
/// and its own tokens.
Physics ofMicroBatch(Physics, int stages);

/// KV memory of one replica, and what moving it costs.
struct KvMemory {
    std::int64_t blocks = 0; ///< 0 = the model does not fit
    int blockTokens = 16;
    double transferSecondsPerToken = 0; ///< prefill to decode pool
    double swapSecondsPerToken = 0;     ///< to or from the host, one way
};

struct Recording {
    std::optional<std::uint64_t> warmupRequests; ///< first requests left out of the statistics; absent = 5 % (trace: 0)
    int seriesPoints = 400;                      ///< points of the time series at the end, at least half as many
    bool rows = false;                           ///< keep one row per attempt
    std::uint64_t mostRows = std::numeric_limits<std::uint64_t>::max(); ///< of the first so many requests only
    std::vector<double> shares; ///< quantiles of TTFT, TPOT and E2E to keep for plots: ascending, in (0, 1)
    bool headOfLine = false;    ///< seconds blocked by longer requests (slower)
    bool slowestGaps = false;   ///< mean of the slowest tenth of gaps of each request, in its row (slower)
};

struct RunLimits {
    std::uint64_t requests = 100'000;                         ///< offered; a trace ends earlier if it is shorter
    double horizon = std::numeric_limits<double>::infinity(); ///< seconds of simulated time
    std::uint64_t events = 20'000'000'000;                    ///< so that no run lasts for ever
};

/// How the first step of a static batch takes prompts of different lengths.
enum class StaticStart {
    padded,         ///< all padded to the longest
    shortestPrompt, ///< as long as the shortest, what is left of others goes in token by token (FasterTransformer)
};

struct BatchingRow;
struct ScalingRow;

/// Clients beyond what a Plan says.
struct ClientRules {
    double retryBudget = std::numeric_limits<double>::infinity(); ///< retries allowed per first attempt so far
    double backoffFactor = 2; ///< each further attempt waits this much longer, up to Scheduling::retryBackoffMost
};

/// Who adds and removes replicas. An added one takes requests after its cold start; one that is removed gets no new
/// requests and ends when it has served those it has. In a split fleet the decode pool changes.
struct Controller {
    const ScalingRow* policy = nullptr; ///< sim/policy/scaling.h; none = the fleet stays as it is
    double interval = 15;               ///< seconds between its wakes, above 0
    double coldStart = 0;               ///< seconds from asking for a replica to its first request
    int least = 1, most = 1;            ///< replicas in all; what the policy asks for is kept within
};

/// Prefixes that lie on another replica come from there over a link instead of being computed anew (Mooncake, Algorithm 1,
/// PAPERS 8.1). Who fetches has them in its own cache afterwards: hot prefixes spread by themselves.
struct PrefixFetch {
    double secondsPerToken = 0; ///< over the link of the replica that fetches, for one request at a time
    double factor = 1;          ///< only where the longest prefix elsewhere is more than so many times that at hand
};

/// Everything a run depends on. Same scenario and seed: same bytes out.
struct Scenario {
    Workload workload;                  ///< process and rate
    std::vector<RequestClass> classes;  ///< at least one (WorkloadSummary::classes)
    std::shared_ptr<const Trace> trace; ///< requests to replay instead of drawn ones; may be null
    double traceRateScale = 1;          ///< arrivals of the trace come this many times faster
    Physics physics;                    ///< of a step, or of one micro-batch on its way through all stages
    /// Pipeline stages: a replica keeps up to so many micro-batches in flight, which share its seats and its memory. The
    /// token budget is that of each (an engine's step is one of them). A static batch is one step.
    int stages = 1;
    KvMemory kv;
    Tokens maxContext{8192};
    int replicas = 1;
    int prefillReplicas = 0; ///< disaggregated: the first so many prefill, the rest decode
    Controller controller;   ///< changes the number of replicas while it runs
    Router router = Router::joinShortest;
    std::optional<PrefixFetch> prefixFetch; ///< absent = what is cached elsewhere is computed anew; needs prefixCache
    Batching batching;
    const BatchingRow* batchingRow = nullptr; ///< forms steps in place of batching.policy; absent = the policy's own
    StaticStart staticStart = StaticStart::padded;
    Scheduling scheduling;
    ClientRules clients;
    FixedLatency latency;
    Targets targets;
    /// Prefix hits emerge from caches, by the hash ids of the trace or else the shared prefixes of the workload; if not,
    /// each class has its given hit rate.
    bool prefixCache = false;
    std::uint64_t seed = 1;
    int replications = 1;
    int threads = 1;
    std::optional<double> untilCi; ///< add replications until the p95 of TTFT and E2E are known to +- this share
    RunLimits limits;
    Recording record;
};

/// A plan that can run. Errors: the trace a plan asks for is missing. A model that does not fit gives kv.blocks = 0, and
/// then all requests are rejected with the reason memory.
Result<Scenario> makeScenario(const Plan&, std::shared_ptr<const Trace> trace = nullptr);

} // namespace headroom::sim
