#include "core/papers/deployment_search.h"

#include "core/error.h"
#include "core/evaluate.h"
#include "core/headroom.h"
#include "core/papers/simulated.h"
#include "core/plan/catalog.h"
#include "core/sim/simulate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

namespace headroom::papers {
namespace {

Plan planOf(const ServingChoice& choice, std::string_view model, const Lengths& lengths)
{
    Plan plan = defaultPlan();
    const bool known = chooseModel(plan, model).has_value() && chooseGpu(plan, choice.gpu).has_value();
    HR_ASSERT(known);
    plan.model.weightFormat = plan.model.kvFormat = NumberFormat::fp16;
    plan.model.maxContext = Tokens(4096);
    plan.workload.process = ArrivalProcess::poisson;
    plan.workload.shape = {lengths.prompt, lengths.output, 0};
    plan.workload.peakFactor = 1;
    plan.deployment.tp = choice.tp;
    plan.deployment.pp = choice.pp;
    plan.deployment.replicas = 1;
    plan.deployment.engine.year = 2024;
    plan.batching.maxSequences = choice.batch * choice.pp; // Vidur's limits are those of one of the batches in flight
    plan.batching.reservation = Reservation::paged;
    plan.batching.tokenBudget = Tokens(choice.scheduler == "sarathi" ? choice.chunk : 4096);
    plan.batching.policy = choice.scheduler == "sarathi" ? BatchPolicy::chunked
                           : choice.scheduler == "vllm"  ? BatchPolicy::prefillFirst
                                                         : BatchPolicy::continuous;
    plan.latency = {.network = Seconds(0), .frontend = Seconds(0), .retrieval = Seconds(0), .post = Seconds(0)};
    plan.targets = {};
    return plan;
}

double dollarsPerHour(const Plan& plan) { return plan.gpus() * (plan.hardware.pricePerGpu * hour).in(dollar); }

std::vector<ServingChoice> grid()
{
    struct Scheduler {
        std::string_view name;
        int chunk;
    };
    constexpr std::array kSchedulers{Scheduler{"vllm", 0}, Scheduler{"orca+", 0}, Scheduler{"sarathi", 512},
        Scheduler{"sarathi", 1024}, Scheduler{"sarathi", 2048}};
    std::vector<ServingChoice> all;
    for (const std::string_view card : {"A100-SXM-80GB", "H100-SXM-80GB"})
        for (const int tp : {1, 2, 4})
            for (const int pp : {1, 2, 4})
                for (const Scheduler& s : kSchedulers)
                    for (const int batch : {32, 64, 128, 256, 512})
                        all.push_back({card, tp, pp, s.name, s.chunk, batch});
    return all;
}

bool within(const sim::SimResult& r, const ServingLimits& limits)
{
    return r.queue.p99 <= limits.delayP99 && r.itl.p99 <= limits.tbtP99 && !r.quantiles.ttft.empty() &&
           r.quantiles.ttft.front() <= limits.ttftP90;
}

constexpr std::size_t kOfEachScheduler = 15; ///< simulated
constexpr std::uint64_t kRequests = 2000;

/// The largest rate from `low` on that meets the limits; 0 if not even `low` does.
double largestFrom(double low, const Plan& plan, const ServingLimits& limits)
{
    auto scenario = sim::makeScenario(plan);
    if (!scenario || scenario->kv.blocks == 0)
        return 0;
    scenario->limits.requests = kRequests;
    scenario->record.shares = {0.9};
    const auto holdsAt = [&](double rate) {
        scenario->workload.arrivalRate = RequestRate(rate);
        return within(simulated(*scenario), limits);
    };
    if (!holdsAt(low))
        return 0;
    constexpr double kCloseEnough = 1.02;
    double high = 2 * low;
    while (holdsAt(high))
        low = std::exchange(high, 2 * high);
    while (high > low * kCloseEnough) {
        const double middle = std::sqrt(low * high);
        (holdsAt(middle) ? low : high) = middle;
    }
    return low;
}

constexpr double kTrickle = 0.01; ///< req/s

/// By what the closed form says holds, the best few of each scheduler, best first.
std::vector<Rated> promising(
    std::string_view model, const Lengths& lengths, const ServingLimits& limits, std::string_view onlyOn)
{
    std::vector<Rated> all;
    for (const ServingChoice& choice : grid()) {
        if (!onlyOn.empty() && choice.gpu != onlyOn)
            continue;
        Plan plan = planOf(choice, model, lengths);
        plan.targets.ttftP95 = Seconds(limits.ttftP90);
        plan.targets.tpotP95 = Seconds(limits.tbtP99);
        const Evaluator evaluator(plan);
        if (!evaluator.memory().fits)
            continue;
        const double rate = targetRate(evaluator, evaluator.point()).si();
        all.push_back({choice, rate, rate / dollarsPerHour(plan)});
    }
    std::ranges::stable_sort(all, std::ranges::greater{}, &Rated::perDollar);
    std::map<std::pair<std::string_view, int>, std::size_t> taken;
    std::erase_if(all, [&](const Rated& r) {
        return ++taken[{r.choice.scheduler, r.choice.chunk}] > kOfEachScheduler;
    });
    return all;
}

} // namespace

std::string textOf(const ServingChoice& c)
{
    return std::string(c.gpu.substr(0, 4)) + " TP" + std::to_string(c.tp) + " PP" + std::to_string(c.pp) + " " +
           std::string(c.scheduler) + (c.chunk > 0 ? " " + std::to_string(c.chunk) : "") + " batch " +
           std::to_string(c.batch);
}

Rated rated(const ServingChoice& choice, std::string_view model, const Lengths& lengths, const ServingLimits& limits)
{
    const Plan plan = planOf(choice, model, lengths);
    const double rate = largestFrom(kTrickle, plan, limits);
    return {choice, rate, rate / dollarsPerHour(plan)};
}

Rated cheapest(std::string_view model, const Lengths& lengths, const ServingLimits& limits, std::string_view onlyOn)
{
    Rated best;
    for (const Rated& candidate : promising(model, lengths, limits, onlyOn)) {
        const Plan plan = planOf(candidate.choice, model, lengths);
        const double dollars = dollarsPerHour(plan);
        const double rate = largestFrom(std::max(kTrickle, best.perDollar * dollars), plan, limits);
        if (rate / dollars > best.perDollar)
            best = {candidate.choice, rate, rate / dollars};
    }
    return best;
}

} // namespace headroom::papers
