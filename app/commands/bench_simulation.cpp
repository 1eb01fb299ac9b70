#include "app/commands/bench_simulation.h"

#include "core/evaluate.h"
#include "core/importers/trace_file.h"
#include "core/plan/catalog.h"
#include "core/sim/simulate.h"

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <memory>
#include <vector>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace headroom::cli {
namespace {

Plan simulationPlan()
{
    Plan plan = defaultPlan();
    const bool known = chooseModel(plan, "Llama-3.1-8B") && chooseGpu(plan, "A100-SXM-80GB");
    HR_ASSERT(known);
    plan.deployment.tp = 1;
    plan.deployment.replicas = 1;
    plan.batching.policy = BatchPolicy::chunked;
    plan.batching.tokenBudget = Tokens(512);
    plan.batching.maxSequences = 512;
    // Means and CVs of the Azure LLM inference trace 2023, conversation (Splitwise, ISCA 2024).
    plan.workload.shape.prompt = {LengthShape::lognormal, 1155, 0.96, {}};
    plan.workload.shape.output = {LengthShape::lognormal, 211, 0.77, {}};
    plan.workload.process = ArrivalProcess::poisson;
    return plan;
}

sim::Scenario poissonScenario(double load, std::uint64_t requests)
{
    Plan plan = simulationPlan();
    plan.workload.arrivalRate = load * Evaluator(plan).capacity();
    auto scenario = sim::makeScenario(plan);
    HR_ASSERT(scenario.has_value());
    scenario->limits.requests = requests;
    return *scenario;
}

double median(std::vector<double> values)
{
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
    return values[values.size() / 2];
}

/// CPU seconds of a whole study on one thread: the run and the percentiles of what it measured. Other programs on the
/// machine do not count, as in the rows of closed forms.
double medianSeconds(const sim::Scenario& scenario, int runs)
{
    const auto now = [] {
        timespec t{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
        return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
    };
    std::vector<double> seconds;
    for (int i = 0; i < runs; ++i) {
        const double start = now();
        const auto result = sim::simulate(scenario);
        HR_ASSERT(result.counters.requests > 0);
        seconds.push_back(now() - start);
    }
    return median(std::move(seconds));
}

double requestsPerSecond(double load)
{
    constexpr std::uint64_t kRequests = 1'000'000;
    return static_cast<double>(kRequests) / medianSeconds(poissonScenario(load, kRequests), 3);
}

} // namespace

std::optional<double> azureTraceMs(const std::string& traceFile)
{
    if (!std::filesystem::is_regular_file(traceFile))
        return std::nullopt;
    auto read = readTraceFile(traceFile);
    if (!read)
        return std::nullopt;
    Plan plan = simulationPlan();
    plan.workload.process = ArrivalProcess::trace;
    const auto scenario = sim::makeScenario(plan, std::make_shared<const Trace>(std::move(read->trace)));
    if (!scenario)
        return std::nullopt;
    return medianSeconds(*scenario, 25) * 1e3;
}

std::optional<double> simulateReqS(const std::string&) { return requestsPerSecond(0.7); }

std::optional<double> simulateOverloadReqS(const std::string&) { return requestsPerSecond(1.5); }

std::optional<double> memory10mMib(const std::string&)
{
    // In a process of its own: the peak of this one belongs to the other rows.
    const pid_t child = ::fork();
    if (child < 0)
        return std::nullopt;
    if (child == 0) {
        const auto result = sim::simulate(poissonScenario(0.7, 10'000'000));
        ::_exit(result.counters.requests > 0 ? 0 : 1);
    }
    int status = 0;
    rusage used{};
    if (::wait4(child, &status, 0, &used) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return std::nullopt;
    return static_cast<double>(used.ru_maxrss) / 1024; // Linux counts in KiB
}

} // namespace headroom::cli
