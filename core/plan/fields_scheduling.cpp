// Who is served first, who is turned away, what clients do, and latencies that do not depend on load (topics 3.4, 8, 10).
#include "core/plan/field_rows.h"

namespace headroom::rows {

namespace {

constexpr std::string_view kGroup = "serving";

constexpr std::array<Spelling, 3> kOrders{
    {{"fifo", "First in, first out"}, {"shortest", "Shortest remaining"}, {"priority", "Priority"}}};
constexpr std::array<Spelling, 5> kAdmissions{{{"none", "Everything"}, {"queue_cap", "Queue cap"},
    {"deadline", "Deadline"}, {"token_bucket", "Token bucket"}, {"memory", "Memory"}}};

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
    if (p.batching.policy == BatchPolicy::static_)
        return "a static batch runs to its end";
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

constexpr Field kScheduling[] = {choice < [](auto& p) -> auto& {return p.scheduling.order;
} // namespace
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
    return p.scheduling.retryBackoffMost;
}
> ({.key = "scheduling.retry_backoff_max_s",
       .group = kGroup,
       .label = "Longest wait before a retry",
       .help =
           "The doubling ends here. A day, the default, is all but no end; clients of services mostly use a minute.",
       .unit = "s",
       .topic = "10.1",
       .notApplicable = onlyRetrying},
      {0.1, 86'400, 86'400, Scale::logarithmic}),
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

std::span<const Field> scheduling() { return kScheduling; }

} // namespace headroom::rows
