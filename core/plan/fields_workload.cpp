// What comes in: rate, process, lengths (topics 2 and 10).
#include "core/plan/field_rows.h"

#include <algorithm>

namespace headroom::rows {

namespace {

constexpr std::string_view kGroup = "workload";
constexpr double kLongest = 10'000'000; // tokens; the longest context window announced so far (Llama 4 Scout)

constexpr std::array<Spelling, 10> kProcesses{{{"poisson", "Poisson"}, {"gamma", "Gamma gaps"},
    {"weibull", "Weibull gaps"}, {"deterministic", "Evenly spaced"}, {"mmpp2", "Bursts (MMPP-2)"},
    {"diurnal", "Daily wave"}, {"ramp", "Ramp"}, {"step", "Step"}, {"trace", "Trace"}, {"closed_loop", "Closed loop"}}};

constexpr std::string_view onlyWithGapCv(const Plan& p)
{
    using enum ArrivalProcess;
    const ArrivalProcess a = p.workload.process;
    return a == gamma || a == weibull || a == trace ? "" : "only for gamma or Weibull gaps and traces";
}
constexpr std::string_view onlyClosedLoop(const Plan& p)
{
    return p.workload.process == ArrivalProcess::closedLoop ? "" : "only with a closed loop";
}
constexpr std::string_view onlyOpen(const Plan& p)
{
    return p.workload.process == ArrivalProcess::closedLoop ? "a closed loop has no arrival rate of its own" : "";
}
constexpr std::string_view onlyBursts(const Plan& p)
{
    return p.workload.process == ArrivalProcess::mmpp2 ? "" : "only with bursts (MMPP-2)";
}
constexpr std::string_view onlyDiurnal(const Plan& p)
{
    return p.workload.process == ArrivalProcess::diurnal ? "" : "only with a daily wave";
}
constexpr std::string_view onlyOverTime(const Plan& p)
{
    using enum ArrivalProcess;
    const ArrivalProcess a = p.workload.process;
    return a == diurnal || a == ramp || a == step ? "" : "only with a daily wave, a ramp or a step";
}
constexpr std::string_view onlyWithPrefixCache(const Plan& p)
{
    return p.batching.keepsPrefixes() ? "" : "an engine that reserves memory or batches statically keeps no beginnings";
}
constexpr std::string_view onlySharedPrefixes(const Plan& p)
{
    if (!p.batching.keepsPrefixes())
        return onlyWithPrefixCache(p);
    return p.workload.sharedPrefixes.count > 0 ? "" : "only with common beginnings";
}
constexpr std::string_view noClasses(const Plan& p)
{
    return p.workload.classes.empty() ? "" : "the request classes state their own";
}
std::string_view spreadOf(const Plan& p, const LengthDistribution& d)
{
    if (!p.workload.classes.empty())
        return noClasses(p);
    if (d.shape == LengthShape::fixed)
        return "a fixed length does not spread";
    return d.shape == LengthShape::empirical ? "a measured distribution has its own spread" : "";
}

/// Mean of prompt + output over the mix of classes, and the prompt's part of it.
struct MeanLengths {
    double prompt = 0, output = 0;
};
MeanLengths meanLengths(const Workload& w)
{
    if (w.classes.empty())
        return {w.shape.prompt.mean, w.shape.output.mean};
    MeanLengths sum;
    double shares = 0;
    for (const auto& c : w.classes) {
        sum.prompt += c.share * c.shape.prompt.mean;
        sum.output += c.share * c.shape.output.mean;
        shares += c.share;
    }
    return shares > 0 ? MeanLengths{sum.prompt / shares, sum.output / shares} : MeanLengths{};
}

void scalePrompts(Workload& w, double factor)
{
    const auto scale = [&](LengthDistribution& d) { changeMean(d, std::max(1.0, d.mean * factor)); };
    scale(w.shape.prompt);
    for (auto& c : w.classes)
        scale(c.shape.prompt);
}

Number getContext(const Plan& p)
{
    const MeanLengths mean = meanLengths(p.workload);
    return mean.prompt + mean.output;
}
/// The output stays; the prompt takes what is left, and at least one token.
void setContext(Plan& p, Number v)
{
    const MeanLengths mean = meanLengths(p.workload);
    if (mean.prompt > 0)
        scalePrompts(p.workload, std::max(1.0, *v - mean.output) / mean.prompt);
}

constexpr NumberField contextLength()
{
    NumberField f;
    f.info = {.key = "workload.context_tokens_mean",
        .group = kGroup,
        .label = "Context length",
        .help = "Mean tokens of prompt and output together. Moving it scales the prompt and leaves the output.",
        .unit = "tok",
        .topic = "5.4",
        .notApplicable = nullptr,
        .derived = true};
    f.min = 2, f.max = kLongest, f.fallback = 1280, f.scale = Scale::logarithmic;
    f.get = getContext;
    f.set = setContext;
    return f;
}

template <auto length>
constexpr NumberField meanTokens(FieldInfo info, Range range)
{
    NumberField f;
    f.info = info;
    f.min = range.min, f.max = range.max, f.fallback = range.fallback, f.scale = range.scale;
    f.get = [](const Plan& p) -> Number { return length(p).mean; };
    f.set = [](Plan& p, Number v) { changeMean(length(p), *v); };
    return f;
}

template <auto length>
constexpr ChoiceField shapeOf(FieldInfo info)
{
    ChoiceField f;
    f.info = info;
    f.fallback = "lognormal";
    f.choices = [] { return choicesOf(kShapes); };
    f.get = [](const Plan& p) { return std::string(kShapes[static_cast<std::size_t>(length(p).shape)].id); };
    f.set = [](Plan& p, std::string_view id) -> Result<void> {
        const auto position = positionOf(kShapes, id);
        if (!position)
            return tl::unexpected(position.error());
        changeShape(length(p), static_cast<LengthShape>(*position));
        return {};
    };
    return f;
}

constexpr auto kPrompt = [](auto& p) -> auto& { return p.workload.shape.prompt; };
constexpr auto kOutput = [](auto& p) -> auto& { return p.workload.shape.output; };

constexpr Field kArrivals[] = {number < [](auto& p) -> auto& {return p.workload.arrivalRate;
} // namespace
> ({.key = "workload.arrival_rate_req_s",
       .group = kGroup,
       .label = "Arrival rate",
       .help = "Mean number of requests that arrive in a second, over all classes.",
       .unit = "req/s",
       .topic = "2.1",
       .notApplicable = onlyOpen},
      {0.001, 100'000, 4, Scale::logarithmic}),
    choice < [](auto& p) -> auto&
{
    return p.workload.process;
}
,
    kProcesses >
        ({.key = "workload.process",
             .group = kGroup,
             .label = "Arrival process",
             .help =
                 "How arrivals vary around their mean rate. Poisson: independent users. Closed loop: a fixed number "
                 "of requests, each followed by the next.",
             .unit = "",
             .topic = "2.1"},
            "poisson"),
    number < [](auto& p) -> auto&
{
    return p.workload.arrivalCv;
}
> ({.key = "workload.arrival_cv",
       .group = kGroup,
       .label = "Burstiness of gaps",
       .help = "Standard deviation of the time between arrivals over its mean. 1 is Poisson, above 1 is bursty.",
       .unit = "",
       .topic = "2.1",
       .notApplicable = onlyWithGapCv},
      {0.05, 20, 1, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.workload.concurrency;
}
> ({.key = "workload.concurrency",
       .group = kGroup,
       .label = "Requests in flight",
       .help = "Closed loop: as soon as one of these requests ends, the next one starts.",
       .unit = "req",
       .topic = "2.1",
       .notApplicable = onlyClosedLoop},
      {1, 100'000, 32, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.workload.peakFactor;
}
> ({.key = "workload.peak_factor",
       .group = kGroup,
       .label = "Peak factor",
       .help = "Replicas are sized for this multiple of the arrival rate. Ramps and steps rise to it.",
       .unit = "",
       .topic = "2.1"},
      {1, 100, 1, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.workload.burst.peakRatio;
}
> ({.key = "workload.burst_peak_ratio",
       .group = kGroup,
       .label = "Rate in a burst",
       .help = "Arrival rate during a burst over the mean rate.",
       .unit = "",
       .topic = "2.1",
       .notApplicable = onlyBursts},
      {1, 100, 3, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.workload.burst.burstShare;
}
> ({.key = "workload.burst_share",
       .group = kGroup,
       .label = "Time in bursts",
       .help = "Share of the time that bursts take. Times the rate in a burst it is at most 1.",
       .unit = "",
       .topic = "2.1",
       .notApplicable = onlyBursts},
      {0.001, 0.99, 0.1, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.workload.burst.meanBurst;
}
> ({.key = "workload.burst_mean_s",
       .group = kGroup,
       .label = "Mean length of a burst",
       .help = "Mean time a burst lasts.",
       .unit = "s",
       .topic = "2.1",
       .notApplicable = onlyBursts},
      {0.1, 86'400, 60, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.workload.diurnal.amplitude;
}
> ({.key = "workload.diurnal_amplitude",
       .group = kGroup,
       .label = "Height of the daily wave",
       .help = "How far the rate swings around its mean: 0.5 is from half to one and a half times.",
       .unit = "",
       .topic = "2.1",
       .notApplicable = onlyDiurnal},
      {0, 1, 0.5}),
    number < [](auto& p) -> auto&
{
    return p.workload.diurnal.period;
}
> ({.key = "workload.diurnal_period_s",
       .group = kGroup,
       .label = "Period",
       .help = "Length of one wave; for a ramp the time it rises, for a step the time before it.",
       .unit = "s",
       .topic = "2.1",
       .notApplicable = onlyOverTime},
      {1, 2'678'400, 86'400, Scale::logarithmic}),
    shapeOf<kPrompt>({.key = "workload.prompt_distribution",
        .group = kGroup,
        .label = "Prompt distribution",
        .help = "Shape of the distribution of prompt lengths. Measured: quantiles of a trace.",
        .unit = "",
        .topic = "2.1",
        .notApplicable = noClasses}),
    meanTokens<kPrompt>({.key = "workload.prompt_tokens_mean",
                            .group = kGroup,
                            .label = "Prompt length",
                            .help = "Mean tokens of a prompt, cached ones included.",
                            .unit = "tok",
                            .topic = "2.1",
                            .notApplicable = noClasses},
        {1, kLongest, 1024, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.workload.shape.prompt.cv;
}
> ({.key = "workload.prompt_tokens_cv",
       .group = kGroup,
       .label = "Spread of prompts",
       .help = "Standard deviation of the prompt length over its mean.",
       .unit = "",
       .topic = "2.1",
       .notApplicable = [](const Plan& p) { return spreadOf(p, p.workload.shape.prompt); }},
      {0, 10, 1}),
    shapeOf<kOutput>({.key = "workload.output_distribution",
        .group = kGroup,
        .label = "Output distribution",
        .help = "Shape of the distribution of output lengths. Measured: quantiles of a trace.",
        .unit = "",
        .topic = "2.1",
        .notApplicable = noClasses}),
    meanTokens<kOutput>({.key = "workload.output_tokens_mean",
                            .group = kGroup,
                            .label = "Output length",
                            .help = "Mean tokens that a request generates.",
                            .unit = "tok",
                            .topic = "2.1",
                            .notApplicable = noClasses},
        {1, kLongest, 256, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.workload.shape.output.cv;
}
> ({.key = "workload.output_tokens_cv",
       .group = kGroup,
       .label = "Spread of outputs",
       .help = "Standard deviation of the output length over its mean.",
       .unit = "",
       .topic = "2.1",
       .notApplicable = [](const Plan& p) { return spreadOf(p, p.workload.shape.output); }},
      {0, 10, 0.8}),
    contextLength(), number < [](auto& p) -> auto&
{
    return p.workload.shape.prefixHitRate;
}
> ({.key = "workload.prefix_hit_rate",
       .group = kGroup,
       .label = "Prefix cache hits",
       .help = "Share of prompt tokens whose KV entries are cached already, so that they need no prefill.",
       .unit = "",
       .topic = "10.2",
       .notApplicable = noClasses},
      {0, 0.99, 0}),
    number < [](auto& p) -> auto&
{
    return p.workload.sharedPrefixes.count;
}
> ({.key = "workload.shared_prefixes",
       .group = kGroup,
       .label = "Common beginnings",
       .help = "Different texts with which prompts begin, such as system prompts. Simulated prefix caches find them; "
               "the closed forms use the share of cache hits. 0: none.",
       .unit = "",
       .topic = "10.2",
       .notApplicable = onlyWithPrefixCache},
      {0, 1'000'000, 0}),
    number < [](auto& p) -> auto&
{
    return p.workload.sharedPrefixes.length;
}
> ({.key = "workload.shared_prefix_tokens",
       .group = kGroup,
       .label = "Length of a common beginning",
       .help = "Tokens that prompts with the same beginning have in common.",
       .unit = "tok",
       .topic = "10.2",
       .notApplicable = onlySharedPrefixes},
      {1, kLongest, 1024, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.workload.sharedPrefixes.skew;
}
> ({.key = "workload.shared_prefix_skew",
       .group = kGroup,
       .label = "Popularity of beginnings",
       .help = "Zipf exponent: the k-th most popular beginning is used in proportion to k to the power of minus this. "
               "0: all equally.",
       .unit = "",
       .topic = "10.2",
       .notApplicable = onlySharedPrefixes},
      {0, 5, 1}),
}; // namespace headroom::rows

} // namespace

std::span<const Field> workload() { return kArrivals; }

} // namespace headroom::rows
