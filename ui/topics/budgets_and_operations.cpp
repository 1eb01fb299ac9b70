// Topics 9 (observability and SLOs) and 10 (operations).
#include "core/operations/operations.h"
#include "core/slo/percentile.h"
#include "core/slo/slo.h"
#include "ui/topics/topic_rows.h"

#include <array>

namespace headroom::ui::rows {

namespace {

constexpr double kSignificance = 0.05, kPower = 0.8, kCanaryShare = 0.05; // customary; said in the text
constexpr Seconds kSwitchBack{120};                                       // assumed; said in the text

Seconds window(const TopicInput& in) { return in.plan.targets.windowDays * day; }

TopicAnswer metrics(const TopicInput& in)
{
    return {"vllm:num_requests_running " + number(in.now.meanRunning) + ", vllm:num_requests_waiting " +
                number(in.now.meanQueue) + ", vllm:kv_cache_usage_perc " + number(in.now.kvFraction) +
                ", vllm:time_to_first_token_seconds p95 " + number(in.now.ttft.p95.si()),
        in.now.meanRunning};
}

TopicAnswer histograms(const TopicInput&)
{
    constexpr double error = 1.0 / static_cast<double>(1u << (53 - Histogram::kShift)); // half a bucket
    return {"exact below a million values; above that a bucket's middle is within " + percent(error), error};
}

TopicAnswer errorBudget(const TopicInput& in)
{
    const ErrorBudget& b = in.now.errorBudget;
    return {"(1 − " + number(in.plan.targets.attainment, 5) + ") × " + number(offered(in).si() * window(in).si()) +
                " requests in " + duration(window(in)) + " = " + number(b.allowed) + " may be bad; burn rate " +
                number(b.burnRate) + ", gone after " + duration(b.exhaustion),
        b.burnRate};
}

TopicAnswer tracing(const TopicInput& in)
{
    return simulatedOnly("Each simulated request leaves spans that add up to its E2E, " + duration(in.now.e2e.mean) +
                         " on average (simulate --spans).");
}

TopicAnswer canary(const TopicInput& in)
{
    const double base = std::clamp(1 - in.plan.targets.attainment, 1e-6, 0.25), worse = 2 * base;
    const auto needed = canaryRequests(base, worse, kSignificance, kPower);
    return {"to see bad requests rise from " + percent(base) + " to " + percent(worse) + " (significance " +
                number(kSignificance) + ", power " + number(kPower) + "): " + number(static_cast<double>(needed)) +
                " requests an arm, " + duration(canaryDuration(needed, offered(in), kCanaryShare)) + " at " +
                percent(kCanaryShare) + " of the traffic",
        static_cast<double>(needed)};
}

TopicAnswer fallback(const TopicInput& in)
{
    const RequestRate peak = offered(in) * in.plan.workload.peakFactor;
    const double share = std::clamp(1 - in.now.targetRate / peak, 0.0, 1.0);
    return {"max(0, 1 − " + rate(in.now.targetRate) + " / " + rate(peak) + ") = " + percent(share) +
                " of the peak must go to a fallback model",
        share};
}

TopicAnswer caching(const TopicInput& in)
{
    const double hits = in.plan.operations.responseCacheHitRate;
    const RequestRate through = behindResponseCache(offered(in), hits);
    return {rate(offered(in)) + " × (1 − " + number(hits) + ") = " + rate(through) + "; " +
                number(in.evaluator.workload().promptMean.si() - in.evaluator.workload().uncachedPromptMean.si()) +
                " prompt tokens of a request come from the prefix cache",
        through.si()};
}

TopicAnswer rateLimit(const TopicInput& in)
{
    const Scheduling& s = in.plan.scheduling;
    const RequestRate peak = offered(in) * in.plan.workload.peakFactor;
    const Seconds lasts = burstLasts(peak, s.bucketRate, s.bucketBurst);
    return {number(s.bucketBurst) + " / (" + rate(peak) + " − " + rate(s.bucketRate) + ") = " + duration(lasts) +
                (s.admission == Admission::tokenBucket ? "" : " if a token bucket were on"),
        lasts.si()};
}

TopicAnswer degradation(const TopicInput& in)
{
    const double target = in.plan.operations.targetUtilization;
    const double shed = in.now.utilization > 0 ? std::clamp(1 - target / in.now.utilization, 0.0, 1.0) : 0;
    return {"max(0, 1 − " + number(target) + " / " + number(in.now.utilization) + ") = " + percent(shed) +
                " of the load must go, with |ΔS| ≤ " + number(in.plan.operations.qualityBound),
        shed};
}

TopicAnswer rollback(const TopicInput& in)
{
    // A release that spoils every request trips the fastest page when its long window has burnt `burn` times as fast.
    const double target = in.plan.targets.attainment;
    const BurnAlert page = burnAlerts(window(in)).front();
    const Seconds seen = page.longWindow * std::min(1.0, page.burn * (1 - target));
    const RollbackCost cost = rollbackCost(offered(in), 1, seen, kSwitchBack, target, window(in));
    return {"all bad: seen after " + duration(seen) + ", back after " + duration(kSwitchBack) + " more (assumed): " +
                number(cost.bad.si()) + " requests, " + percent(cost.budgetShare) + " of the budget",
        cost.budgetShare};
}

constexpr std::array kTopics{
    Topic{"9.1", "Metrics", "names and buckets of vLLM's Prometheus metrics", "req", "vLLM documentation",
        "engine_vs_load", true, &metrics},
    Topic{"9.2", "Percentiles of many values", "relative error of a log-bucket histogram", "1",
        "HdrHistogram; DDSketch, VLDB 2019", "latency_cdf", true, &histograms},
    Topic{"9.3", "Error budget", "burn rate = bad fraction / (1 − SLO)", "1", "Google SRE workbook, chapter 5", "",
        true, &errorBudget},
    Topic{"9.4", "Tracing", "network + queue + retrieval + prefill + decode + post", "s", "Chrome trace format", "",
        true, &tracing},
    Topic{"9.5", "Canary", "n = (z_α √(2 p̄ q̄) + z_β √(p₁q₁ + p₂q₂))² / (p₂ − p₁)²", "req", "Fleiss 1981", "", false,
        &canary},
    Topic{"10.1", "Fallback", "share = max(0, 1 − λ* / λ_peak)", "1", "Headroom of the plan", "", false, &fallback},
    Topic{"10.2", "Caching", "λ · (1 − h)", "req/s", "Response, prefix and retrieval caches", "", true, &caching},
    Topic{"10.3", "Rate limits", "burst / (λ − r)", "s", "Token bucket", "", true, &rateLimit},
    Topic{"10.4", "Degradation", "load to shed = 1 − ρ* / ρ", "1", "Least step within the bound of quality", "", false,
        &degradation},
    Topic{"10.5", "Rollback", "bad · λ · (detection + switch) / budget", "1", "Google SRE workbook, chapter 5", "",
        false, &rollback},
};

} // namespace

std::span<const Topic> budgetsAndOperations() { return kTopics; }

} // namespace headroom::ui::rows
