// How it is served: layout, engine, batching, scheduling, fixed latencies (topics 3, 4, 6, 8).
#include "core/plan/field_rows.h"

namespace headroom::rows {

namespace {

constexpr std::string_view kGroup = "serving";

constexpr std::array<Spelling, 4> kEngines{
    {{"generic", "Generic"}, {"vllm", "vLLM"}, {"sglang", "SGLang"}, {"tensorrt-llm", "TensorRT-LLM"}}};
constexpr std::array<Spelling, 5> kRouters{{{"random", "Random"}, {"round_robin", "Round robin"},
    {"join_shortest", "Join the shortest"}, {"power_of_two", "Shorter of two"}, {"prefix_aware", "Prefix-aware"}}};
constexpr std::array<Spelling, 5> kPolicies{{{"static", "Static"}, {"continuous", "Continuous"},
    {"prefill_first", "Prefill first"}, {"chunked", "Chunked prefill"}, {"disaggregated", "Disaggregated"}}};
constexpr std::array<Spelling, 4> kReservations{
    {{"max", "Maximum length"}, {"pow2", "Next power of two"}, {"oracle", "Exact length"}, {"paged", "Paged"}}};
constexpr std::array<Spelling, 2> kPreemptions{{{"recompute", "Recompute"}, {"swap", "Swap"}}};
constexpr std::array<Spelling, 3> kOrders{
    {{"fifo", "First in, first out"}, {"shortest", "Shortest remaining"}, {"priority", "Priority"}}};
constexpr std::array<Spelling, 5> kAdmissions{{{"none", "Everything"}, {"queue_cap", "Queue cap"},
    {"deadline", "Deadline"}, {"token_bucket", "Token bucket"}, {"memory", "Memory"}}};

constexpr std::string_view onlyManyGpus(const Plan& p)
{
    return p.deployment.tp > 1 || p.deployment.pp > 1 ? "" : "only with several GPUs in a replica";
}
constexpr std::string_view onlyManyReplicas(const Plan& p)
{
    return p.deployment.replicas > 1 ? "" : "only with several replicas";
}
constexpr std::string_view onlyStatic(const Plan& p)
{
    return p.batching.policy == BatchPolicy::static_ ? "" : "only with the static policy";
}
constexpr std::string_view onlyDisaggregated(const Plan& p)
{
    return p.batching.policy == BatchPolicy::disaggregated ? "" : "only with the disaggregated policy";
}
constexpr std::string_view onlyWithBudget(const Plan& p)
{
    const BatchPolicy b = p.batching.policy;
    return b == BatchPolicy::static_ || b == BatchPolicy::continuous
               ? "static and continuous batching take whole prompts, whatever their length"
               : "";
}
constexpr std::string_view onlyPaged(const Plan& p)
{
    return p.batching.reservation == Reservation::paged ? "" : "only with paged memory";
}
constexpr std::string_view onlyShortest(const Plan& p)
{
    return p.scheduling.order == Order::shortest ? "" : "only with the shortest-first order";
}
constexpr std::string_view onlyPriority(const Plan& p)
{
    return p.scheduling.order == Order::priority ? "" : "only with the priority order";
}
constexpr std::string_view onlyDisplacing(const Plan& p)
{
    if (p.scheduling.order != Order::priority)
        return "only with the priority order";
    if (p.scheduling.weighted)
        return "with weighted priorities nobody is displaced";
    return p.batching.policy == BatchPolicy::disaggregated ? "split phases displace nobody" : "";
}
constexpr std::string_view onlyQueueCap(const Plan& p)
{
    return p.scheduling.admission == Admission::queueCap ? "" : "only with a queue cap";
}
constexpr std::string_view onlyBucket(const Plan& p)
{
    return p.scheduling.admission == Admission::tokenBucket ? "" : "only with a token bucket";
}
constexpr std::string_view onlyImpatient(const Plan& p)
{
    return p.scheduling.clientTimeout ? "" : "only when clients give up";
}
constexpr std::string_view onlyRetrying(const Plan& p)
{
    return p.scheduling.retries > 0 ? "" : "only when clients try again";
}

constexpr Field kServing[] = {number < [](auto& p) -> auto& {return p.deployment.replicas;
} // namespace
> ({.key = "deployment.replicas",
       .group = kGroup,
       .label = "Replicas",
       .help = "Copies of the model that share the load.",
       .unit = "",
       .topic = "6.3"},
      {1, 100'000, 1, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.deployment.spareReplicas;
}
> ({.key = "deployment.spare_replicas",
       .group = kGroup,
       .label = "Spare replicas",
       .help = "Replicas that may be down while the targets still hold.",
       .unit = "",
       .topic = "1.5"},
      {0, 10'000, 0}),
    number < [](auto& p) -> auto&
{
    return p.deployment.tp;
}
> ({.key = "deployment.tp",
       .group = kGroup,
       .label = "Tensor parallel",
       .help = "GPUs that split every layer between them.",
       .unit = "GPUs",
       .topic = "6.1"},
      {1, 1024, 1, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.deployment.pp;
}
> ({.key = "deployment.pp",
       .group = kGroup,
       .label = "Pipeline stages",
       .help = "Groups of GPUs that each hold a part of the layers.",
       .unit = "",
       .topic = "6.2"},
      {1, 256, 1, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.deployment.ep;
}
> ({.key = "deployment.ep",
       .group = kGroup,
       .label = "Expert parallel",
       .help = "Ranks that hold whole experts each, instead of a slice of all. At most the tensor-parallel "
               "degree.",
       .unit = "GPUs",
       .topic = "6.5",
       .notApplicable = onlyManyGpus},
      {1, 1024, 1, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.deployment.attentionDp;
}
> ({.key = "deployment.attention_dp",
       .group = kGroup,
       .label = "Attention data parallel",
       .help = "Ranks that split the sequences of attention instead of its heads, so that a latent KV cache is "
               "not copied. At most the tensor-parallel degree.",
       .unit = "GPUs",
       .topic = "5.2",
       .notApplicable = onlyManyGpus},
      {1, 1024, 1, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.deployment.memoryUtilization;
}
> ({.key = "deployment.memory_utilization",
       .group = kGroup,
       .label = "GPU memory the engine may use",
       .help = "Share of each GPU's memory; the rest is left to the driver and to spikes.",
       .unit = "",
       .topic = "5.3"},
      {0.1, 1, 0.9}),
    choice < [](auto& p) -> auto&
{
    return p.deployment.engine.engine;
}
,
    kEngines > ({.key = "deployment.engine",
                    .group = kGroup,
                    .label = "Engine",
                    .help = "Serving software; it decides the overhead of each step.",
                    .unit = "",
                    .topic = "11"},
                   "vllm"),
    number < [](auto& p) -> auto&
{
    return p.deployment.engine.year;
}
> ({.key = "deployment.engine_year",
       .group = kGroup,
       .label = "Year of the engine",
       .help = "Overheads fell from year to year: vLLM schedules ahead since 2026; TensorRT-LLM does, and reads shared "
               "keys "
               "once, since 2025.",
       .unit = "",
       .topic = "11"},
      {2018, 2035, 2026}),
    choice < [](auto& p) -> auto&
{
    return p.deployment.engine.cudaGraphs;
}
,
    kOffOn > ({.key = "deployment.cuda_graphs",
                  .group = kGroup,
                  .label = "CUDA graphs",
                  .help = "Decode steps are launched as recorded graphs, which saves launch time and costs memory.",
                  .unit = "",
                  .topic = "11"},
                 "on"),
    choice < [](auto& p) -> auto&
{
    return p.deployment.router;
}
,
    kRouters > ({.key = "deployment.router",
                    .group = kGroup,
                    .label = "Router",
                    .help = "How requests are spread over replicas.",
                    .unit = "",
                    .topic = "6.3",
                    .notApplicable = onlyManyReplicas},
                   "join_shortest"),
    choice < [](auto& p) -> auto&
{
    return p.batching.policy;
}
,
    kPolicies > ({.key = "batching.policy",
                     .group = kGroup,
                     .label = "Batch policy",
                     .help = "How prompts and running requests share the steps of the engine.",
                     .unit = "",
                     .topic = "4.2"},
                    "chunked"),
    choice < [](auto& p) -> auto&
{
    return p.batching.reservation;
}
,
    kReservations > ({.key = "batching.reservation",
                         .group = kGroup,
                         .label = "KV memory reservation",
                         .help = "How much KV memory a request is promised when it starts.",
                         .unit = "",
                         .topic = "5.5"},
                        "paged"),
    choice < [](auto& p) -> auto&
{
    return p.batching.preemption;
}
,
    kPreemptions > ({.key = "batching.preemption",
                        .group = kGroup,
                        .label = "When blocks run out",
                        .help = "The KV cache of a displaced request is computed again or copied to the host and back.",
                        .unit = "",
                        .topic = "5.4",
                        .notApplicable = onlyPaged},
                       "recompute"),
    number < [](auto& p) -> auto&
{
    return p.batching.maxSequences;
}
> ({.key = "batching.max_sequences",
       .group = kGroup,
       .label = "Largest batch",
       .help = "Most requests that run at once in a replica.",
       .unit = "req",
       .topic = "4.3"},
      {1, 65'536, 256, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.batching.tokenBudget;
}
> ({.key = "batching.token_budget",
       .group = kGroup,
       .label = "Token budget of a step",
       .help = "Most tokens of one step, decodes and prompt tokens together. Small: smooth output. Large: fast "
               "prefill.",
       .unit = "tok",
       .topic = "4.5",
       .notApplicable = onlyWithBudget},
      {16, 1'000'000, 2048, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.batching.blockTokens;
}
> ({.key = "batching.block_tokens",
       .group = kGroup,
       .label = "Tokens in a block",
       .help = "Size of a block of paged KV memory.",
       .unit = "tok",
       .topic = "5.5",
       .notApplicable = onlyPaged},
      {1, 4096, 16, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.batching.staticTimeout;
}
> ({.key = "batching.static_timeout_s",
       .group = kGroup,
       .label = "Wait for a full batch",
       .help = "An incomplete batch starts after this wait.",
       .unit = "s",
       .topic = "4.1",
       .notApplicable = onlyStatic},
      {0, 10, 0.05}),
    number < [](auto& p) -> auto&
{
    return p.batching.prefillShare;
}
> ({.key = "batching.prefill_share",
       .group = kGroup,
       .label = "Replicas that prefill",
       .help = "Share of the replicas that only read prompts; the others only generate.",
       .unit = "",
       .topic = "6.4",
       .notApplicable = onlyDisaggregated},
      {0.01, 0.99, 0.5}),
    number < [](auto& p) -> auto&
{
    return p.batching.mixedThreshold;
}
> ({.key = "batching.mixed_threshold_tokens",
       .group = kGroup,
       .label = "Prompts before pools mix",
       .help = "When more prompt tokens than this wait for the replicas that prefill, replicas that generate take "
               "prompts too. Empty: they never do. Only simulated.",
       .unit = "tok",
       .topic = "6.4",
       .notApplicable = onlyDisaggregated},
      {0, 10'000'000, 8192}),
    choice < [](auto& p) -> auto&
{
    return p.scheduling.order;
}
,
    kOrders > ({.key = "scheduling.order",
                   .group = kGroup,
                   .label = "Queue order",
                   .help = "Which waiting request starts next.",
                   .unit = "",
                   .topic = "8.1"},
                  "fifo"),
    number < [](auto& p) -> auto&
{
    return p.scheduling.predictorError;
}
> ({.key = "scheduling.predictor_error",
       .group = kGroup,
       .label = "Error of the length predictor",
       .help = "Standard deviation of the logarithm of predicted over true output length. 0 knows the future.",
       .unit = "",
       .topic = "8.2",
       .notApplicable = onlyShortest},
      {0, 3, 0}),
    choice < [](auto& p) -> auto&
{
    return p.scheduling.preemptive;
}
,
    kOffOn > ({.key = "scheduling.preemptive",
                  .group = kGroup,
                  .label = "Displace running requests",
                  .help = "A request of higher priority may take the seat of a running one.",
                  .unit = "",
                  .topic = "8.3",
                  .notApplicable = onlyDisplacing},
                 "off"),
    choice < [](auto& p) -> auto&
{
    return p.scheduling.weighted;
}
,
    kOffOn > ({.key = "scheduling.weighted",
                  .group = kGroup,
                  .label = "Weighted priorities",
                  .help = "Classes share the seats by weight, instead of the higher class always first.",
                  .unit = "",
                  .topic = "8.3",
                  .notApplicable = onlyPriority},
                 "off"),
    choice < [](auto& p) -> auto&
{
    return p.scheduling.admission;
}
,
    kAdmissions > ({.key = "scheduling.admission",
                       .group = kGroup,
                       .label = "Admission",
                       .help = "What is turned away at the door, so that the rest is served in time.",
                       .unit = "",
                       .topic = "8.4"},
                      "none"),
    number < [](auto& p) -> auto&
{
    return p.scheduling.queueCap;
}
> ({.key = "scheduling.queue_cap",
       .group = kGroup,
       .label = "Queue cap",
       .help = "Requests beyond this many waiting are rejected.",
       .unit = "req",
       .topic = "8.4",
       .notApplicable = onlyQueueCap},
      {1, 1'000'000, 1000, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.scheduling.bucketRate;
}
> ({.key = "scheduling.bucket_rate_req_s",
       .group = kGroup,
       .label = "Rate limit",
       .help = "Rate at which the token bucket of the rate limit fills.",
       .unit = "req/s",
       .topic = "10.3",
       .notApplicable = onlyBucket},
      {0.001, 100'000, 100, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.scheduling.bucketBurst;
}
> ({.key = "scheduling.bucket_burst_req",
       .group = kGroup,
       .label = "Burst the limit allows",
       .help = "Requests that a full bucket lets pass at once.",
       .unit = "req",
       .topic = "10.3",
       .notApplicable = onlyBucket},
      {1, 1'000'000, 100, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.scheduling.clientTimeout;
}
> ({.key = "scheduling.client_timeout_s",
       .group = kGroup,
       .label = "Clients give up after",
       .help = "A client that has waited this long for its whole answer leaves. Empty: clients wait for ever.",
       .unit = "s",
       .topic = "10.1"},
      {0.1, 86'400, 120, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.scheduling.retries;
}
> ({.key = "scheduling.retries",
       .group = kGroup,
       .label = "Retries",
       .help = "How often a client that gave up or was rejected tries again.",
       .unit = "",
       .topic = "10.1",
       .notApplicable = [](const Plan& p) -> std::string_view {
           return p.scheduling.admission != Admission::none ? "" : onlyImpatient(p);
       }},
      {0, 100, 0}),
    number < [](auto& p) -> auto&
{
    return p.scheduling.retryBackoff;
}
> ({.key = "scheduling.retry_backoff_s",
       .group = kGroup,
       .label = "Wait before a retry",
       .help = "Time until the first retry; it doubles with each further one.",
       .unit = "s",
       .topic = "10.1",
       .notApplicable = onlyRetrying},
      {0, 600, 1}),
    number < [](auto& p) -> auto&
{
    return p.scheduling.retryBudget;
}
> ({.key = "scheduling.retry_budget",
       .group = kGroup,
       .label = "Retry budget",
       .help = "Retries of all clients together, per request offered. Empty: no limit.",
       .unit = "",
       .topic = "10.1",
       .notApplicable = onlyRetrying},
      {0, 100, 0.1}),
    number < [](auto& p) -> auto&
{
    return p.latency.network;
}
> ({.key = "latency.network_s",
       .group = kGroup,
       .label = "Network",
       .help = "To the service and back, half each way.",
       .unit = "s",
       .topic = "3.4"},
      {0, 5, 0.02}),
    number < [](auto& p) -> auto&
{
    return p.latency.frontend;
}
> ({.key = "latency.frontend_s",
       .group = kGroup,
       .label = "Frontend",
       .help = "Gateway, template and tokenizer, before the engine sees the request.",
       .unit = "s",
       .topic = "3.4"},
      {0, 5, 0.005}),
    number < [](auto& p) -> auto&
{
    return p.latency.retrieval;
}
> ({.key = "latency.retrieval_s",
       .group = kGroup,
       .label = "Retrieval",
       .help = "Search for documents before the prompt is complete.",
       .unit = "s",
       .topic = "3.4"},
      {0, 30, 0}),
    number < [](auto& p) -> auto&
{
    return p.latency.post;
}
> ({.key = "latency.post_s",
       .group = kGroup,
       .label = "Postprocessing",
       .help = "Filters and formatting after the last token.",
       .unit = "s",
       .topic = "3.4"},
      {0, 30, 0.005}),
}; // namespace headroom::rows

} // namespace

std::span<const Field> serving() { return kServing; }

} // namespace headroom::rows
