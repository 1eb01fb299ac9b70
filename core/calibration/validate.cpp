#include "core/calibration/validate.h"

#include "core/sim/simulate.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <set>
#include <thread>
#include <tuple>

namespace headroom {
namespace {

/// The plan of an open-loop case: what was measured is the engine, so the way to it takes no time.
Plan planOf(const MeasuredCase& c)
{
    Plan plan;
    plan.workload.arrivalRate = RequestRate(c.rate * c.replicas);
    plan.workload.shape.prompt = c.input;
    plan.workload.shape.output = c.output;
    plan.model.spec = c.model;
    plan.model.weightFormat = c.weightFormat;
    plan.model.kvFormat = c.kvFormat;
    plan.model.maxContext = Tokens(131072);
    plan.hardware.gpu = c.gpu;
    plan.hardware.gpusPerNode = c.layout.gpusPerNode;
    plan.deployment.tp = c.layout.tp;
    plan.deployment.pp = c.layout.pp;
    plan.deployment.ep = c.layout.ep;
    plan.deployment.replicas = std::max(1, static_cast<int>(std::lround(c.replicas)));
    plan.deployment.engine = c.engine;
    plan.batching.maxSequences = static_cast<int>(c.maxSequences);
    plan.batching.tokenBudget = Tokens(c.tokenBudget);
    plan.batching.policy = c.mixing == PromptMixing::together ? BatchPolicy::chunked : BatchPolicy::prefillFirst;
    plan.latency = {Seconds(0), Seconds(0), Seconds(0), Seconds(0)};
    return plan;
}

RunLatency latencyOf(const sim::Distribution& d) { return {d.mean, d.p50, 0, d.p95, d.p99}; }

StepLaw slowed(StepLaw law, double factor)
{
    law.base *= factor;
    for (std::size_t r = 0; r < kReaches; ++r) {
        law.perContext[r] *= factor;
        law.perPair[r] *= factor;
        law.perPrefix[r] *= factor;
    }
    return law;
}

/// Simulates an open-loop case. The physics comes from `step`, so that a fit under test is what runs.
/// \param factor on the duration of every step
Result<RunResult> simulateCase(
    const MeasuredCase& c, const StepModel& step, const std::shared_ptr<const Trace>& trace, double factor = 1)
{
    Plan plan = planOf(c);
    if (trace)
        plan.workload.process = ArrivalProcess::trace;
    Result<sim::Scenario> scenario = sim::makeScenario(plan, trace);
    if (!scenario)
        return tl::unexpected(scenario.error());
    scenario->physics.law = [step, factor](
                                double b, double x, double prompts) { return slowed(step.law(b, x, prompts), factor); };
    scenario->limits.requests = trace ? trace->requests.size() : 4000;
    const sim::SimResult r = sim::simulate(*scenario);
    RunResult result;
    result.outputTokenRate = r.outputTokensPerSecond;
    result.totalTokenRate = r.totalTokensPerSecond;
    result.requestRate = r.requestsPerSecond;
    result.ttft = latencyOf(r.ttft);
    result.tpot = latencyOf(r.tpot);
    result.e2e = latencyOf(r.e2e);
    return result;
}

/// The factor on every step with which the mean TPOT is the measured one, by bisection of its logarithm. TPOT grows with
/// the steps, and more than in proportion: slower steps find larger batches.
double factorForTpot(
    const MeasuredCase& c, const StepModel& step, const std::shared_ptr<const Trace>& trace, double measured)
{
    double low = 0.25, high = 4;
    for (int round = 0; round < 24; ++round) {
        const double middle = std::sqrt(low * high);
        const Result<RunResult> ran = simulateCase(c, step, trace, middle);
        (ran && ran->tpot.mean > measured ? high : low) = middle;
    }
    return std::sqrt(low * high);
}

/// Mean TPOT of each open-loop case that states it, by case id.
std::map<std::string, double> measuredTpots(const MeasurementTable& table)
{
    std::map<std::string, double> all;
    for (const Measurement& m : table.rows)
        if (m.loadKind == LoadKind::requestRate && m.metric == Metric::tpot && m.statistic == "mean")
            all.emplace(m.caseId, m.value);
    return all;
}

/// Runs each case once, however many of its figures were measured.
class Predictor {
public:
    /// \param tpots measured ones to put in, by case id
    Predictor(const EfficiencyTable& table, const CaseTraces& traces, std::map<std::string, double> tpots = {})
        : m_table(table), m_traces(traces), m_tpots(std::move(tpots))
    {}

    RowOutcome operator()(const Measurement& m)
    {
        RowOutcome outcome;
        if (m.metric == Metric::tpot && m.statistic == "mean" && m_tpots.contains(m.caseId)) {
            outcome.skippedBecause = "the measured TPOT is put in";
            return outcome;
        }
        if (const Result<void> stated = statesItsLengths(m); !stated) { // else a row of its case decides for it
            outcome.skippedBecause = stated.error().where + ": " + stated.error().message;
            return outcome;
        }
        auto known = m_runs.find(m.caseId);
        if (known == m_runs.end())
            known = m_runs.emplace(m.caseId, run(m)).first;
        if (!known->second) {
            outcome.skippedBecause = known->second.error().where + ": " + known->second.error().message;
            return outcome;
        }
        const Ran& ran = *known->second;
        outcome.assumed = ran.assumed;
        outcome.predicted = predictedValue(ran.result, m.metric, m.statistic);
        if (!outcome.predicted) {
            outcome.skippedBecause = ran.fits ? "the run does not show this figure" : "the model does not fit";
            return outcome;
        }
        const ErrorBand band = bandOf(shippedBands(), m, ran.weightFormat, ran.architecture, ran.assumed);
        outcome.lo = *outcome.predicted * band.lo;
        outcome.hi = *outcome.predicted * band.hi;
        return outcome;
    }

private:
    struct Ran {
        RunResult result;
        NumberFormat weightFormat = NumberFormat::bf16;
        GpuArchitecture architecture{};
        bool assumed = false, fits = true;
    };

    Result<Ran> run(const Measurement& m) const
    {
        const Result<MeasuredCase> c = caseOf(m);
        if (!c)
            return tl::unexpected(c.error());
        Ran ran{{}, c->weightFormat, c->gpu.architecture, c->assumed, c->fits};
        const StepModel step = c->stepModel(m_table);
        if (c->loadKind != LoadKind::requestRate) {
            ran.result = playRun(*c, step);
            return ran;
        }
        const auto found = m_traces.find(m.caseId);
        const auto trace = found == m_traces.end() ? nullptr : found->second;
        const auto tpot = m_tpots.find(m.caseId);
        const double factor = tpot == m_tpots.end() ? 1 : factorForTpot(*c, step, trace, tpot->second);
        const Result<RunResult> result = simulateCase(*c, step, trace, factor);
        if (!result)
            return tl::unexpected(result.error());
        ran.result = *result;
        return ran;
    }

    const EfficiencyTable& m_table;
    const CaseTraces& m_traces;
    std::map<std::string, double> m_tpots;
    std::map<std::string, Result<Ran>> m_runs;
};

std::string keyOf(const FitCase& c, LeaveOut by)
{
    return by == LeaveOut::gpu ? c.gpu : by == LeaveOut::family ? c.family : c.source;
}

} // namespace

double weightedQuantile(std::vector<std::pair<double, double>> values, double q)
{
    std::sort(values.begin(), values.end());
    double total = 0, below = 0;
    for (const auto& [value, weight] : values)
        total += weight;
    double last = 0, lastMiddle = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double middle = (below + values[i].second / 2) / total;
        below += values[i].second;
        if (middle >= q)
            return i == 0 ? values[i].first
                          : last + (values[i].first - last) * (q - lastMiddle) / (middle - lastMiddle);
        last = values[i].first;
        lastMiddle = middle;
    }
    return last;
}

const std::string& leftOutKey(const Measurement& m, LeaveOut by)
{
    return by == LeaveOut::gpu ? m.gpu : by == LeaveOut::family ? m.family : m.source;
}

namespace {

/// The kind whose band a row takes, and whether that is one of times for a rate or the other way round.
struct Likeness {
    MeasuredRegime regime;
    bool inverted = false;
    bool own = true; ///< the kind is made of rows like this one
};

constexpr double kFewClients = 8; ///< of a closed loop, among whom hardly anything queues

Likeness likenessOf(const Measurement& m)
{
    const bool latency = isLatency(m.metric);
    switch (m.loadKind) {
    case LoadKind::staticBatch:
        return {MeasuredRegime::batch, !latency, latency};
    case LoadKind::offlineMax:
        return {latency ? MeasuredRegime::offlineLatency : MeasuredRegime::offlineThroughput};
    case LoadKind::fixedConcurrency:
        if (m.metric == Metric::ttft)
            return {m.load.value_or(0) > kFewClients ? MeasuredRegime::closedLoopTtft : MeasuredRegime::firstToken};
        break;
    case LoadKind::requestRate: // as a plan is
        if (m.metric == Metric::ttft)
            return {MeasuredRegime::firstToken, false, false};
        break;
    }
    const bool own = m.loadKind == LoadKind::fixedConcurrency && m.metric == Metric::tpot;
    return {latency ? MeasuredRegime::closedLoopTpot : MeasuredRegime::offlineThroughput, false, own};
}

} // namespace

std::optional<MeasuredRegime> regimeOf(const Measurement& m)
{
    const Likeness like = likenessOf(m);
    return like.own ? std::optional(like.regime) : std::nullopt;
}

ErrorBand bandOf(std::span<const ShippedBand> bands, const Measurement& m, NumberFormat weightFormat,
    GpuArchitecture architecture, bool assumed)
{
    Likeness like = likenessOf(m);
    if (std::ranges::find(bands, like.regime, &ShippedBand::regime) == bands.end()) // nothing of it was left in
        like = {MeasuredRegime::offlineThroughput, isLatency(m.metric)};
    ErrorBand band = narrowestBand(bands, like.regime, storedBits(weightFormat), architecture);
    if (like.inverted)
        band = inverse(band);
    if (assumed) { // lengths, layout and engine settings are guesses: twice as wide
        band.lo *= 0.5;
        band.hi *= 2;
    }
    return band;
}

std::vector<RowOutcome> predictRows(
    const MeasurementTable& table, const EfficiencyTable& efficiency, const CaseTraces& traces, PutIn putIn)
{
    Predictor predict(
        efficiency, traces, putIn == PutIn::tpot ? measuredTpots(table) : std::map<std::string, double>{});
    std::vector<RowOutcome> outcomes;
    outcomes.reserve(table.rows.size());
    for (const Measurement& m : table.rows)
        outcomes.push_back(predict(m));
    return outcomes;
}

EfficiencyTable fitToAll(const MeasurementTable& fitted, const FitOptions& options)
{
    const std::vector<FitCase> cases = fitCases(fitted);
    std::vector<const FitCase*> all;
    for (const FitCase& c : cases)
        all.push_back(&c);
    return fitEfficiency(all, startingEfficiency(), options);
}

std::vector<RowOutcome> crossValidate(const MeasurementTable& scored, const MeasurementTable& fitted, LeaveOut by,
    const FitOptions& options, int threads, const CaseTraces& traces)
{
    const std::vector<FitCase> cases = fitCases(fitted);
    std::set<std::string> distinct;
    for (const Measurement& m : scored.rows)
        distinct.insert(leftOutKey(m, by));
    const std::vector<std::string> keys(distinct.begin(), distinct.end());
    std::vector<RowOutcome> outcomes(scored.rows.size());
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        for (std::size_t k = next++; k < keys.size(); k = next++) {
            std::vector<const FitCase*> kept;
            for (const FitCase& c : cases)
                if (keyOf(c, by) != keys[k])
                    kept.push_back(&c);
            // From the start, not from a fit to all rows: a search that stops early would remember what is left out.
            const EfficiencyTable table = fitEfficiency(kept, startingEfficiency(), options);
            Predictor predict(table, traces);
            for (std::size_t i = 0; i < scored.rows.size(); ++i)
                if (leftOutKey(scored.rows[i], by) == keys[k])
                    outcomes[i] = predict(scored.rows[i]); // each row belongs to one key: no two threads meet
        }
    };
    std::vector<std::jthread> workers;
    for (int i = 1; i < threads; ++i)
        workers.emplace_back(work);
    work();
    workers.clear();
    return outcomes;
}

std::vector<std::pair<std::string, int>> skippedByReason(const std::vector<RowOutcome>& outcomes)
{
    std::map<std::string, int> counts;
    for (const RowOutcome& o : outcomes)
        if (!o.predicted)
            counts[o.skippedBecause] += 1;
    std::vector<std::pair<std::string, int>> reasons(counts.begin(), counts.end());
    std::ranges::stable_sort(reasons, std::greater{}, &std::pair<std::string, int>::second);
    return reasons;
}

std::vector<ErrorSummary> summarizeErrors(
    const MeasurementTable& table, const std::vector<RowOutcome>& outcomes, Weighting weighting)
{
    struct Group {
        std::map<std::string, std::map<std::string, std::vector<std::size_t>>> bySource; ///< covered rows by case
        std::set<std::string> cases, sources;
        int rows = 0, covered = 0;
    };
    std::map<std::tuple<bool, Metric, LoadKind>, Group> groups;
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        const Measurement& m = table.rows[i];
        Group& g = groups[{outcomes[i].assumed, m.metric, m.loadKind}];
        g.rows += 1;
        g.cases.insert(m.caseId);
        g.sources.insert(m.source);
        if (!outcomes[i].predicted)
            continue;
        g.covered += 1;
        g.bySource[weighting == Weighting::byCase ? "" : m.source][m.caseId].push_back(i);
    }
    std::vector<ErrorSummary> summaries;
    for (const auto& [key, g] : groups) {
        ErrorSummary s;
        std::tie(s.assumed, s.metric, s.loadKind) = key;
        s.rows = g.rows;
        s.cases = static_cast<int>(g.cases.size());
        s.sources = static_cast<int>(g.sources.size());
        s.covered = static_cast<double>(g.covered) / g.rows;
        std::vector<std::pair<double, double>> absolute, plain;
        double inside = 0, total = 0;
        for (const auto& [source, cases] : g.bySource)
            for (const auto& [id, rows] : cases)
                for (const std::size_t i : rows) {
                    const double weight = 1.0 / static_cast<double>(cases.size()) / static_cast<double>(rows.size());
                    const double measured = table.rows[i].value, error = *outcomes[i].predicted / measured - 1;
                    absolute.emplace_back(std::abs(error), weight);
                    plain.emplace_back(error, weight);
                    total += weight;
                    inside += outcomes[i].lo <= measured && measured <= outcomes[i].hi ? weight : 0;
                }
        if (total > 0) {
            s.medianAbsError = weightedQuantile(absolute, 0.5);
            s.p90AbsError = weightedQuantile(absolute, 0.9);
            s.bias = weightedQuantile(plain, 0.5);
            s.insideBand = inside / total;
        }
        summaries.push_back(s);
    }
    return summaries;
}

} // namespace headroom
