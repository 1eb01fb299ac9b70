// What is promised, and what operations assume (topics 1, 8.5, 9, 10).
#include "core/plan/field_rows.h"

namespace headroom::rows {

namespace {

constexpr std::string_view kTargetGroup = "targets";
constexpr std::string_view kOperationsGroup = "operations";

constexpr Field kTargets[] = {number < [](auto& p) -> auto& {return p.targets.ttftP95;
} // namespace
> ({.key = "targets.ttft_p95_s",
       .group = kTargetGroup,
       .label = "Time to first token, p95",
       .help = "95 of 100 requests must see their first token within this time. Empty: no such target.",
       .unit = "s",
       .topic = "1.1"},
      {0.001, 3600, 1, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.targets.tpotP95;
}
> ({.key = "targets.tpot_p95_s",
       .group = kTargetGroup,
       .label = "Time per output token, p95",
       .help = "95 of 100 requests must see further tokens at least this often. Empty: no such target.",
       .unit = "s",
       .topic = "1.1"},
      {0.0001, 60, 0.05, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.targets.e2eP99;
}
> ({.key = "targets.e2e_p99_s",
       .group = kTargetGroup,
       .label = "Whole answer, p99",
       .help = "99 of 100 requests must be complete within this time. Empty: no such target.",
       .unit = "s",
       .topic = "1.1"},
      {0.01, 86'400, 30, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.targets.attainment;
}
> ({.key = "targets.attainment",
       .group = kTargetGroup,
       .label = "Attainment",
       .help = "Share of requests that must meet every target of theirs. The rest is the error budget.",
       .unit = "",
       .topic = "9.3"},
      {0.5, 0.99999, 0.95}),
    number < [](auto& p) -> auto&
{
    return p.targets.availability;
}
> ({.key = "targets.availability",
       .group = kTargetGroup,
       .label = "Availability",
       .help = "Share of the time in which enough replicas must be up.",
       .unit = "",
       .topic = "1.5"},
      {0.5, 0.999999, 0.999}),
    number < [](auto& p) -> auto&
{
    return p.targets.windowDays;
}
> ({.key = "targets.window_days",
       .group = kTargetGroup,
       .label = "Window of the error budget",
       .help = "The time over which bad requests are counted.",
       .unit = "days",
       .topic = "9.3"},
      {1, 366, 30}),
}; // namespace headroom::rows

constexpr Field kOperations[] = {number < [](auto& p) -> auto& {return p.operations.responseCacheHitRate;
}
> ({.key = "operations.response_cache_hit_rate",
       .group = kOperationsGroup,
       .label = "Response cache hits",
       .help = "Share of requests that are answered without the model.",
       .unit = "",
       .topic = "10.2"},
      {0, 0.99, 0}),
    number < [](auto& p) -> auto&
{
    return p.operations.targetUtilization;
}
> ({.key = "operations.target_utilization",
       .group = kOperationsGroup,
       .label = "Utilization to scale for",
       .help = "Autoscaling keeps this much of the capacity busy.",
       .unit = "",
       .topic = "8.5"},
      {0.05, 1, 0.7}),
    number < [](auto& p) -> auto&
{
    return p.operations.mtbfHours;
}
> ({.key = "operations.mtbf_hours",
       .group = kOperationsGroup,
       .label = "Time between failures",
       .help = "Mean time that a replica runs before it fails.",
       .unit = "h",
       .topic = "1.5"},
      {1, 1'000'000, 2000, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.operations.mttrHours;
}
> ({.key = "operations.mttr_hours",
       .group = kOperationsGroup,
       .label = "Time to repair",
       .help = "Mean time until a failed replica serves again.",
       .unit = "h",
       .topic = "1.5"},
      {0.001, 10'000, 2, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.operations.qualityBound;
}
> ({.key = "operations.quality_bound",
       .group = kOperationsGroup,
       .label = "Quality you may give up",
       .help = "Largest loss of the quality score that a fallback or a degradation may cost.",
       .unit = "",
       .topic = "1.4"},
      {0, 1, 0.03}),
    number < [](auto& p) -> auto&
{
    return p.cost.hostedUsdPerMillion;
}
> ({.key = "cost.hosted_usd_per_million_tokens",
       .group = kOperationsGroup,
       .label = "Price of a hosted API",
       .help = "What a million output tokens cost elsewhere, to compare with. Empty: no comparison.",
       .unit = "USD/M tok",
       .topic = "7.4"},
      {0.001, 10'000, 1, Scale::logarithmic}),
}
;

} // namespace

std::span<const Field> targets() { return kTargets; }
std::span<const Field> operations() { return kOperations; }

} // namespace headroom::rows
