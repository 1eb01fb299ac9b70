// Topics 7 (cost) and 8 (scheduling).
#include "core/cost/cost.h"
#include "core/derived_bands.h"
#include "core/operations/operations.h"
#include "core/queueing/queueing.h"
#include "ui/topics/topic_rows.h"

#include <array>
#include <vector>

namespace headroom::ui::rows {

namespace {

TopicAnswer fleetBill(const TopicInput& in)
{
    const double each = (in.plan.hardware.pricePerGpu * hour).in(dollar);
    const double all = (in.now.cost.fleet * hour).in(dollar);
    return {counted(in.now.gpus, "GPU", "GPUs") + " × " + usd(each) +
                "/h, with energy and staff where the plan states "
                "them: " +
                usd(all) + "/h",
        all};
}

TopicAnswer tokensForADollar(const TopicInput& in)
{
    const double tokens = in.now.cost.tokensPerUsd.si();
    return {"3600 × " + rate(in.now.throughput.output) + " / " + usd((in.now.cost.fleet * hour).in(dollar)) + " = " +
                number(tokens),
        tokens, inProportion(tokens, in.now.throughput.output.si(), in.now.throughputBand)};
}

TopicAnswer costOfAMillion(const TopicInput& in)
{
    const CostResult& c = in.now.cost;
    return {"10⁶ × " + usd((c.fleet * hour).in(dollar)) + " / (3600 × " + rate(in.now.throughput.output) +
                ") = " + usd(perMillion(c.perOutputToken)) + "; " + usd(perMillion(c.perToken)) +
                " for input and output alike; split by work: input " + usd(perMillion(c.inputPrice)) + ", output " +
                usd(perMillion(c.outputPrice)),
        perMillion(c.perOutputToken), costBand(in, c.perOutputToken)};
}

TopicAnswer costAtTheLoad(const TopicInput& in)
{
    const CostResult& c = in.now.cost;
    const RequestRate flows = served(offered(in), in.now.capacity);
    const double here = perMillion(c.perOutputToken), full = perMillion(c.perOutputTokenAtCapacity);
    std::string words = "served min(" + rate(offered(in)) + ", " + rate(in.now.capacity) + ") = " + rate(flows) + ": " +
                        usd(here) + "; " + usd(full) + " at full load";
    if (in.plan.cost.hostedUsdPerMillion) {
        const auto even = breakEvenRate(c.fleet, *in.plan.cost.hostedUsdPerMillion * dollar / millionTokens,
            in.evaluator.workload().outputMean.si(), in.now.capacity);
        words += even ? "; as cheap as the hosted price from " + rate(*even)
                      : "; dearer than the hosted price at any "
                        "load";
    }
    return {words, here, costBand(in, c.perOutputToken)};
}

TopicAnswer qualityAdjustedCost(const TopicInput& in)
{
    const CostResult& c = in.now.cost;
    const Band energy = energyBand(in.now);
    const auto within = [&](double factor) {
        return energy.hi > energy.lo * 1.002
                   ? " (" + number(energy.lo * factor) + " to " + number(energy.hi * factor) + ")"
                   : std::string();
    };
    const double milligrams = c.joulesPerToken > 0 ? 1000 * c.gramsCo2PerToken / c.joulesPerToken : 0; // of a joule
    return {usd(perMillion(c.perOutputToken)) + " / " + number(in.plan.cost.quality) + " = " +
                usd(perMillion(c.qualityAdjusted)) + "; " + number(c.joulesPerToken) + within(1) + " J and " +
                number(c.gramsCo2PerToken * 1000) + within(milligrams) + " mg CO₂ a token",
        perMillion(c.qualityAdjusted), costBand(in, c.qualityAdjusted)};
}

TopicAnswer fifo(const TopicInput& in)
{
    return {"in order of arrival: " + duration(in.now.partsMean.queue) + " of waiting on average",
        in.now.partsMean.queue.si(), in.now.partsMeanBand.of(&LatencyParts::queue)};
}

TopicAnswer shortestFirst(const TopicInput& in)
{
    return simulatedOnly("No closed form for a batch; simulated with a predictor whose error is σ = " +
                         number(in.plan.scheduling.predictorError) + " of ln(length).");
}

/// Cobham's waits of the plan's classes, highest priority first, on one server as fast as the fleet. A class's service
/// is in proportion to its tokens.
std::vector<Seconds> classWaits(const TopicInput& in)
{
    std::vector<RequestClass> classes = in.evaluator.workload().classes;
    std::ranges::stable_sort(classes, [](const auto& a, const auto& b) { return a.priority > b.priority; });
    const auto tokens = [](const RequestClass& c) { return meanOf(c.shape.prompt) + meanOf(c.shape.output); };
    double mean = 0;
    for (const RequestClass& c : classes)
        mean += c.share * tokens(c);
    std::vector<PriorityClass> queue;
    for (const RequestClass& c : classes)
        queue.push_back({offered(in) * c.share, (Requests(1) / in.now.capacity) * (tokens(c) / mean), 1});
    return cobhamWaits(queue);
}

TopicAnswer priorities(const TopicInput& in)
{
    if (in.evaluator.workload().classes.size() < 2)
        return {"one class of requests: priorities change nothing", in.now.partsMean.queue.si(),
            in.now.partsMeanBand.of(&LatencyParts::queue)};
    if (!(in.now.capacity.si() > 0))
        return {"the model does not fit: nothing is served", std::numeric_limits<double>::infinity()};
    std::string words = "one server as fast as the fleet, waits from the highest priority down: ";
    const std::vector<Seconds> waits = classWaits(in);
    for (std::size_t i = 0; i < waits.size(); ++i)
        words += (i ? ", " : "") + duration(waits[i]);
    return {words, waits.front().si()};
}

TopicAnswer admissionControl(const TopicInput& in)
{
    const Scheduling& s = in.plan.scheduling;
    switch (s.admission) {
    case Admission::none:
        return {"everything is let in", 0.0};
    case Admission::queueCap: {
        if (!(in.now.capacity.si() > 0))
            return {"the model does not fit: nothing is served", 1.0};
        const int servers = static_cast<int>(std::clamp(in.now.memory.seats * replicas(in), 1.0, 1e5));
        const double blocked =
            mmck(offered(in), in.now.capacity / static_cast<double>(servers), servers, servers + s.queueCap).blocked;
        return {"M/M/c/K with " + std::to_string(servers) + " seats and " + std::to_string(s.queueCap) +
                    " places to wait: " + percent(blocked) + " turned away",
            blocked};
    }
    case Admission::tokenBucket: {
        const double over = std::max(0.0, 1 - s.bucketRate / offered(in));
        return {"max(0, 1 − " + rate(s.bucketRate) + " / " + rate(offered(in)) + ") = " + percent(over), over};
    }
    case Admission::deadline:
    case Admission::memory:
        break;
    }
    return simulatedOnly("Depends on the state of each replica: the simulator counts who is turned away.");
}

TopicAnswer autoscaling(const TopicInput& in)
{
    const double target = in.plan.operations.targetUtilization;
    const auto wanted = replicasFor(offered(in), perReplica(in), target);
    if (!wanted)
        return {"no number of replicas is enough", std::numeric_limits<double>::infinity()};
    return {"⌈" + number(offered(in).si()) + " / (" + number(perReplica(in).si()) + " × " + number(target) +
                ")⌉ = " + std::to_string(*wanted) + "; there are " + std::to_string(replicas(in)),
        static_cast<double>(*wanted)};
}

constexpr std::array kTopics{
    Topic{"7.1", "Fleet cost", "GPUs · price + energy + staff", "USD/h", "Price list of the catalog, dated",
        "gpu_table", false, &priced<&fleetBill>},
    Topic{"7.2", "Tokens per dollar", "3600 · Q / C_hour", "tok/USD", "Bill over tokens", "token_prices", false,
        &priced<&tokensForADollar>},
    Topic{"7.3", "Cost per million tokens", "10⁶ · C_hour / (3600 · Q)", "USD per million tokens", "Bill over tokens",
        "token_prices", false, &priced<&costOfAMillion>},
    Topic{"7.4", "Cost as a function of load", "Q = n_out · min(λ, R·μ)", "USD per million tokens",
        "The fleet costs the same when idle", "cost_vs_load", true, &priced<&costAtTheLoad>},
    Topic{"7.5", "Quality-adjusted cost and energy", "cost / S", "USD per million tokens", "Bill over tokens and score",
        "token_prices", false, &priced<&qualityAdjustedCost>},
    Topic{"8.1", "First in, first out", "order of arrival", "s", "Orca, OSDI 2022, algorithm 1", "latency_waterfall",
        true, &fifo},
    Topic{
        "8.2", "Shortest remaining work", "least predicted tokens left", "s", "Schrage 1968", "", true, &shortestFirst},
    Topic{"8.3", "Priorities", "W_k = W₀ / ((1 − σ_{k−1})(1 − σ_k))", "s", "Cobham 1954", "", true, &priorities},
    Topic{"8.4", "Admission control", "share turned away", "1", "M/M/c/K; token bucket", "", true, &admissionControl},
    Topic{"8.5", "Autoscaling", "R = ⌈λ / (μ · ρ*)⌉", "replicas", "Target utilization", "", false, &autoscaling},
};

} // namespace

std::span<const Topic> costAndScheduling() { return kTopics; }

} // namespace headroom::ui::rows
