// How it is served: layout, engine, batching (topics 3, 4, 6).
#include "core/plan/field_rows.h"

namespace headroom::rows {

namespace {

constexpr std::string_view kGroup = "serving";

constexpr std::array<Spelling, 4> kEngines{
    {{"generic", "Generic"}, {"vllm", "vLLM"}, {"sglang", "SGLang"}, {"tensorrt-llm", "TensorRT-LLM"}}};
constexpr std::array<Spelling, 6> kRouters{{{"random", "Random"}, {"round_robin", "Round robin"},
    {"join_shortest", "Join the shortest"}, {"power_of_two", "Shorter of two"}, {"prefix_aware", "Prefix-aware"},
    {"prefix_fetching", "Prefix-aware, fetching"}}};
constexpr std::array<Spelling, 5> kPolicies{{{"static", "Static"}, {"continuous", "Continuous"},
    {"prefill_first", "Prefill first"}, {"chunked", "Chunked prefill"}, {"disaggregated", "Disaggregated"}}};
constexpr std::array<Spelling, 4> kReservations{
    {{"max", "Maximum length"}, {"pow2", "Next power of two"}, {"oracle", "Exact length"}, {"paged", "Paged"}}};
constexpr std::array<Spelling, 2> kPreemptions{{{"recompute", "Recompute"}, {"swap", "Swap"}}};

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
constexpr std::string_view onlyPaged(const Plan& p) { return p.batching.isPaged() ? "" : "only with paged memory"; }
constexpr std::string_view onlyReserving(const Plan& p)
{
    return p.batching.policy == BatchPolicy::disaggregated ? "split phases page their memory" : "";
}
constexpr std::string_view onlyPreempting(const Plan& p)
{
    if (!p.batching.isPaged())
        return "only with paged memory";
    if (p.batching.policy == BatchPolicy::static_)
        return "a static batch keeps its memory to the end";
    return p.workload.sharedPrefixes.count > 0 ? "with a prefix cache it is always computed again" : "";
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
       .help =
           "Groups of GPUs that each hold a part of the layers. As many micro-batches are in flight; they wait behind "
           "one with a long prompt.",
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
                    .help = "How requests are spread over replicas. The prefix-aware ones look at what the caches of a "
                            "simulation hold; the last brings what lies elsewhere over the link (Mooncake).",
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
                         .topic = "5.5",
                         .notApplicable = onlyReserving},
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
                        .notApplicable = onlyPreempting},
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
       .help =
           "Most tokens of one step, decodes and prompt tokens together; of each micro-batch where there are several "
           "stages. Small: smooth output. Large: fast prefill.",
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
}; // namespace headroom::rows

} // namespace

std::span<const Field> serving() { return kServing; }

} // namespace headroom::rows
