#include "core/calibration/fit.h"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <tuple>
#include <type_traits>

namespace headroom {
namespace {

/// One number the fit may move: the shared value of a coefficient, or its factor for one architecture.
struct Parameter {
    std::size_t coefficient = 0;
    std::optional<GpuArchitecture> architecture;
};

/// Coefficients of which an architecture may have its own factor: what silicon and kernels decide, not hosts.
bool variesByArchitecture(Coefficient c)
{
    switch (c) {
    case Coefficient::compute16:
    case Coefficient::compute8:
    case Coefficient::compute4:
    case Coefficient::bandwidth16:
    case Coefficient::bandwidth8:
    case Coefficient::bandwidth4:
    case Coefficient::expertCompute:
    case Coefficient::expertBandwidth:
    case Coefficient::attentionPrefill:
    case Coefficient::attentionDecodeBandwidth:
    case Coefficient::layerLatency:
    case Coefficient::linkLatency:
    case Coefficient::linkBandwidth:
        return true;
    default:
        return false;
    }
}

std::vector<Parameter> parametersOf(std::span<const FitCase* const> cases)
{
    std::vector<Parameter> parameters;
    for (std::size_t i = 0; i < kCoefficients; ++i)
        parameters.push_back({i, std::nullopt});
    std::array<bool, kArchitectures> seen{};
    for (const FitCase* c : cases)
        seen[static_cast<std::size_t>(c->run.gpu.architecture)] = true;
    for (std::size_t a = 0; a < kArchitectures; ++a)
        for (std::size_t i = 0; i < kCoefficients; ++i)
            if (seen[a] && variesByArchitecture(static_cast<Coefficient>(i)))
                parameters.push_back({i, static_cast<GpuArchitecture>(a)});
    return parameters;
}

/// Prior standard deviation of ln. Ceilings of products are known from single kernels and published fits (16 bit 0.55 to
/// 0.71 of peak, 8 bit 0.50 to 0.57, 4 bit 0.41 to 0.43), links from single collectives (ops/allreduce.csv: 0.47 to 0.62 of
/// the one-way peak on NVLink, 0.34 to 0.44 on PCIe), decode attention likewise (0.71 to 1.0 of the datasheet bandwidth,
/// ops/attention_decode.csv), and all of them alike on all architectures; the rest only roughly.
double priorSpread(const Parameter& p, const FitOptions& o)
{
    constexpr double kServingSpread = 0.25; // the same libraries, but little is known about what is around them
    switch (static_cast<Coefficient>(p.coefficient)) {
    case Coefficient::compute16:
    case Coefficient::compute8:
    case Coefficient::compute4:
    case Coefficient::attentionPrefill:
    case Coefficient::expertCompute:
        return p.architecture ? o.factorSpread : o.knownSpread;
    case Coefficient::attentionDecodeBandwidth:
    case Coefficient::linkBandwidth:
    case Coefficient::hostLinkBandwidth:
    case Coefficient::computePower:
        return o.knownSpread;
    case Coefficient::computeServing:
        return kServingSpread;
    default:
        return p.architecture ? o.factorSpread : o.sharedSpread;
    }
}

double& valueOf(EfficiencyTable& t, const Parameter& p)
{
    return p.architecture ? t.factor[static_cast<std::size_t>(*p.architecture)][p.coefficient]
                          : t.shared[p.coefficient];
}

constexpr double kLeastFactor = 0.4, kMostFactor = 2.5; // of an architecture

/// Moves one parameter by a factor, within what physics allows: the shared value, and its product with a factor.
void scale(EfficiencyTable& t, const Parameter& p, double factor)
{
    double& value = valueOf(t, p);
    const CoefficientInfo& info = coefficientInfos()[p.coefficient];
    if (!p.architecture) {
        value = std::clamp(value * factor, info.least, info.most);
        for (auto& factors : t.factor)
            factors[p.coefficient] = std::min(factors[p.coefficient], info.most / value);
    } else {
        const double shared = t.shared[p.coefficient];
        value = std::min(std::clamp(value * factor, kLeastFactor, kMostFactor), info.most / shared);
    }
}

/// Whether every step takes the same time in both: then nothing that a case runs depends on what was moved.
bool same(const StepModel& a, const StepModel& b)
{
    static_assert(std::is_trivially_copyable_v<StepModel>);
    return std::memcmp(&a, &b, sizeof a) == 0; // padding that differs costs a needless run, never a wrong slope
}

double huberLoss(double r, double limit)
{
    const double a = std::abs(r);
    return a <= limit ? 0.5 * r * r : limit * (a - 0.5 * limit);
}

double lossOf(std::span<const FitCase* const> cases, const EfficiencyTable& t, const FitOptions& o)
{
    double loss = 0;
    for (const FitCase* c : cases)
        for (const Residual& r : residualsOf(*c, t))
            loss += r.weight * huberLoss(r.logError, o.huber);
    return loss;
}

/// A residual and how it moves with the logarithm of each parameter.
struct Sloped {
    Residual residual;
    Eigen::VectorXd slope;
};

std::vector<Sloped> linearize(
    std::span<const FitCase* const> cases, const std::vector<Parameter>& parameters, const EfficiencyTable& table)
{
    constexpr double kStep = 0.02; // of ln: above the grain of the played run, below its curvature
    const auto n = static_cast<Eigen::Index>(parameters.size());
    std::vector<EfficiencyTable> moved(parameters.size(), table);
    std::vector<double> step(parameters.size());
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const double before = valueOf(moved[i], parameters[i]);
        scale(moved[i], parameters[i], std::exp(kStep));
        step[i] = std::log(valueOf(moved[i], parameters[i]) / before);
        if (step[i] < 0.5 * kStep) { // at its upper end
            moved[i] = table;
            scale(moved[i], parameters[i], std::exp(-kStep));
            step[i] = std::log(valueOf(moved[i], parameters[i]) / before);
        }
    }
    std::vector<Sloped> all;
    for (const FitCase* c : cases) {
        const StepModel model = c->run.stepModel(table);
        const std::vector<Residual> base = residualsOf(*c, model);
        const std::size_t first = all.size();
        for (const Residual& r : base)
            all.push_back({r, Eigen::VectorXd::Zero(n)});
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            const StepModel movedModel = c->run.stepModel(moved[i]);
            if (step[i] == 0 || same(movedModel, model)) // nothing this case runs depends on it
                continue;
            const std::vector<Residual> there = residualsOf(*c, movedModel);
            for (std::size_t k = 0; k < base.size(); ++k)
                all[first + k].slope(static_cast<Eigen::Index>(i)) = (there[k].logError - base[k].logError) / step[i];
        }
    }
    return all;
}

/// Prior and limits of the parameters, as seen from a table: logarithms.
struct Prior {
    Eigen::VectorXd precision, away, lower, upper; ///< away: from the centre; lower and upper: how far one may move
    double penalty() const { return 0.5 * away.dot(precision.cwiseProduct(away)); }
};

Prior priorAt(const std::vector<Parameter>& parameters, const EfficiencyTable& start, const EfficiencyTable& table,
    const FitOptions& o)
{
    const auto n = static_cast<Eigen::Index>(parameters.size());
    Prior prior{Eigen::VectorXd(n), Eigen::VectorXd(n), Eigen::VectorXd(n), Eigen::VectorXd(n)};
    EfficiencyTable from = start, at = table;
    for (Eigen::Index i = 0; i < n; ++i) {
        const Parameter& p = parameters[static_cast<std::size_t>(i)];
        const CoefficientInfo& info = coefficientInfos()[p.coefficient];
        const double spread = priorSpread(p, o), value = valueOf(at, p);
        prior.precision(i) = 0.05 * o.priorWeight / (spread * spread); // a residual of 0.22 has weight one
        prior.away(i) = std::log(value / (p.architecture ? 1.0 : valueOf(from, p)));
        prior.lower(i) = std::log((p.architecture ? kLeastFactor : info.least) / value);
        prior.upper(i) = std::log((p.architecture ? kMostFactor : info.most) / value);
    }
    return prior;
}

/// The move that minimises robust loss and prior if residuals were linear in it: weighted least squares, repeated with
/// weights after each; a parameter at its limit that would go beyond rests there.
Eigen::VectorXd bestMove(const std::vector<Sloped>& residuals, const Prior& prior, double huber)
{
    const Eigen::Index n = prior.away.size();
    Eigen::VectorXd move = Eigen::VectorXd::Zero(n);
    for (int iteration = 0; iteration < 15; ++iteration) {
        Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(n, n);
        Eigen::VectorXd gradient = prior.precision.cwiseProduct(prior.away + move);
        for (const Sloped& s : residuals) {
            const double error = s.residual.logError + s.slope.dot(move), size = std::abs(error);
            const double weight = s.residual.weight * (size <= huber ? 1 : huber / size);
            matrix.selfadjointView<Eigen::Lower>().rankUpdate(s.slope, weight);
            gradient += weight * error * s.slope;
        }
        matrix = Eigen::MatrixXd(matrix.selfadjointView<Eigen::Lower>());
        matrix.diagonal() += prior.precision;
        for (Eigen::Index i = 0; i < n; ++i) {
            const bool below = move(i) <= prior.lower(i) && gradient(i) > 0;
            const bool above = move(i) >= prior.upper(i) && gradient(i) < 0;
            if (!below && !above)
                continue;
            matrix.row(i).setZero();
            matrix.col(i).setZero();
            matrix(i, i) = 1;
            gradient(i) = 0;
        }
        const Eigen::VectorXd next = (move - matrix.ldlt().solve(gradient)).cwiseMax(prior.lower).cwiseMin(prior.upper);
        const double change = (next - move).norm();
        move = next;
        if (change < 1e-4)
            break;
    }
    return move;
}

} // namespace

std::optional<double> predictedValue(const RunResult& r, Metric metric, const std::string& statistic)
{
    double value = 0;
    const auto pick = [&](const RunLatency& l) {
        return statistic == "p50"   ? l.p50
               : statistic == "p90" ? l.p90
               : statistic == "p95" ? l.p95
               : statistic == "p99" ? l.p99
                                    : l.mean;
    };
    switch (metric) {
    case Metric::outputTokenRate:
        value = r.outputTokenRate;
        break;
    case Metric::totalTokenRate:
        value = r.totalTokenRate;
        break;
    case Metric::requestRate:
        value = r.requestRate;
        break;
    case Metric::ttft:
        value = pick(r.ttft);
        break;
    case Metric::tpot:
        value = pick(r.tpot);
        break;
    case Metric::e2e:
        value = pick(r.e2e);
        break;
    }
    return value > 0 && std::isfinite(value) ? std::optional<double>(value) : std::nullopt;
}

namespace {

/// Rows that step time decides. TTFT and latencies of a saturated server are queueing, high percentiles its luck.
bool tellsOfSteps(const Measurement& m)
{
    if (m.statistic.starts_with("p9") || m.metric == Metric::e2e)
        return false;
    switch (m.loadKind) {
    case LoadKind::offlineMax:
        return m.metric == Metric::outputTokenRate;
    case LoadKind::fixedConcurrency:
        return m.metric == Metric::outputTokenRate || m.metric == Metric::tpot;
    case LoadKind::staticBatch:
        return true;
    case LoadKind::requestRate:
        return false;
    }
    return false;
}

} // namespace

std::vector<FitCase> fitCases(const MeasurementTable& table, double most)
{
    std::map<std::tuple<std::string, std::string, std::string>, double> rows, taken;
    std::map<std::string, std::size_t> index;
    std::vector<FitCase> cases;
    const auto key = [](const Measurement& m) { return std::tuple(m.source, m.model, m.gpu); };
    for (const Measurement& m : table.rows)
        rows[key(m)] += tellsOfSteps(m) ? 1 : 0;
    for (const Measurement& m : table.rows) {
        if (!tellsOfSteps(m))
            continue;
        auto found = index.find(m.caseId);
        if (found == index.end()) {
            // Of a long table every so many rows are taken, and those weigh the same as a short table's.
            const double share = std::min(1.0, most / rows[key(m)]);
            double& due = taken[key(m)];
            due += share;
            if (due < 1 - 1e-9 && !index.empty())
                continue;
            due -= std::floor(due + 1e-9);
            const Result<MeasuredCase> c = caseOf(m);
            if (!c || !c->fits || c->assumed)
                continue;
            found = index.emplace(m.caseId, cases.size()).first;
            cases.push_back({*c, {}, m.gpu, m.family, m.source, planRun(*c, c->stepModel(startingEfficiency()))});
        }
        cases[found->second].targets.push_back({m.metric, m.statistic, m.value, 1.0});
    }
    return cases;
}

std::vector<Residual> residualsOf(const FitCase& c, const EfficiencyTable& table)
{
    return residualsOf(c, c.run.stepModel(table));
}

std::vector<Residual> residualsOf(const FitCase& c, const StepModel& step)
{
    const RunResult result = c.plan.legs.empty() ? playRun(c.run, step) : timeRun(c.plan, step);
    std::vector<Residual> residuals;
    residuals.reserve(c.targets.size());
    for (const FitTarget& t : c.targets) {
        const std::optional<double> predicted = predictedValue(result, t.metric, t.statistic);
        residuals.push_back(predicted ? Residual{std::log(*predicted / t.value), t.weight} : Residual{});
    }
    return residuals;
}

EfficiencyTable fitEfficiency(std::span<const FitCase* const> cases, const EfficiencyTable& start, const FitOptions& o)
{
    const std::vector<Parameter> parameters = parametersOf(cases);
    EfficiencyTable best = start;
    Prior prior = priorAt(parameters, start, best, o);
    double bestLoss = lossOf(cases, best, o) + prior.penalty();
    for (int iteration = 0; iteration < o.iterations && !cases.empty(); ++iteration) {
        const Eigen::VectorXd move = bestMove(linearize(cases, parameters, best), prior, o.huber);
        const double before = bestLoss;
        for (double part = 1; part > 0.1; part /= 2) {
            EfficiencyTable candidate = best;
            for (std::size_t i = 0; i < parameters.size(); ++i)
                scale(candidate, parameters[i], std::exp(part * move(static_cast<Eigen::Index>(i))));
            const Prior there = priorAt(parameters, start, candidate, o);
            const double loss = lossOf(cases, candidate, o) + there.penalty();
            if (loss >= bestLoss)
                continue;
            best = candidate;
            prior = there;
            bestLoss = loss;
            break;
        }
        if (before - bestLoss < o.tolerance * before)
            break;
    }
    return best;
}

} // namespace headroom
