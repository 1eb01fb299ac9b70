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

/// Prior standard deviation of ln: links are known from single collectives (ops/allreduce.csv: 0.47 to 0.62 of the
/// one-way peak on NVLink, 0.34 to 0.44 on PCIe), the rest only roughly.
double priorSpread(const Parameter& p, const FitOptions& o)
{
    const auto c = static_cast<Coefficient>(p.coefficient);
    if (p.architecture)
        return o.factorSpread;
    return c == Coefficient::linkBandwidth || c == Coefficient::hostLinkBandwidth ? 0.15 : o.sharedSpread;
}

double& valueOf(EfficiencyTable& t, const Parameter& p)
{
    return p.architecture ? t.factor[static_cast<std::size_t>(*p.architecture)][p.coefficient]
                          : t.shared[p.coefficient];
}

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
        value = std::min(std::clamp(value * factor, 0.4, 2.5), info.most / shared);
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

/// Normal equations of the robust problem at one table, and its loss.
struct Normal {
    Eigen::MatrixXd matrix;
    Eigen::VectorXd gradient;
    double loss = 0;
};

double lossOf(std::span<const FitCase* const> cases, const EfficiencyTable& t, const FitOptions& o)
{
    double loss = 0;
    for (const FitCase* c : cases)
        for (const Residual& r : residualsOf(*c, t))
            loss += r.weight * huberLoss(r.logError, o.huber);
    return loss;
}

Normal normalEquations(std::span<const FitCase* const> cases, const std::vector<Parameter>& parameters,
    const EfficiencyTable& table, const FitOptions& o)
{
    constexpr double kStep = 0.02; // of ln: above the grain of the played run, below its curvature
    const auto n = static_cast<Eigen::Index>(parameters.size());
    Normal normal{Eigen::MatrixXd::Zero(n, n), Eigen::VectorXd::Zero(n), 0};
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
    for (const FitCase* c : cases) {
        const StepModel model = c->run.stepModel(table);
        const std::vector<Residual> base = residualsOf(*c, model);
        std::vector<Eigen::VectorXd> slope(base.size(), Eigen::VectorXd::Zero(n));
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            const StepModel movedModel = c->run.stepModel(moved[i]);
            if (step[i] == 0 || same(movedModel, model)) // nothing this case runs depends on it
                continue;
            const std::vector<Residual> there = residualsOf(*c, movedModel);
            for (std::size_t k = 0; k < base.size(); ++k)
                slope[k](static_cast<Eigen::Index>(i)) = (there[k].logError - base[k].logError) / step[i];
        }
        for (std::size_t k = 0; k < base.size(); ++k) {
            const double a = std::abs(base[k].logError);
            const double w = base[k].weight * (a <= o.huber ? 1 : o.huber / a);
            normal.matrix.selfadjointView<Eigen::Lower>().rankUpdate(slope[k], w);
            normal.gradient += w * base[k].logError * slope[k];
            normal.loss += base[k].weight * huberLoss(base[k].logError, o.huber);
        }
    }
    normal.matrix = Eigen::MatrixXd(normal.matrix.selfadjointView<Eigen::Lower>());
    return normal;
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

EfficiencyTable fitEfficiency(std::span<const FitCase* const> cases, const EfficiencyTable& start, const FitOptions& o,
    const EfficiencyTable* guess)
{
    const std::vector<Parameter> parameters = parametersOf(cases);
    const auto n = static_cast<Eigen::Index>(parameters.size());
    const auto prior = [&](const EfficiencyTable& t) { // of ln, away from the start (shared) or from 1 (factors)
        Eigen::VectorXd away(n);
        EfficiencyTable from = start, to = t;
        for (Eigen::Index i = 0; i < n; ++i) {
            const Parameter& p = parameters[static_cast<std::size_t>(i)];
            const double origin = p.architecture ? 1.0 : valueOf(from, p);
            away(i) = std::log(valueOf(to, p) / origin);
        }
        return away;
    };
    Eigen::VectorXd precision(n);
    for (Eigen::Index i = 0; i < n; ++i) {
        const double spread = priorSpread(parameters[static_cast<std::size_t>(i)], o);
        precision(i) = o.priorWeight / (spread * spread) * 0.05; // a residual of 0.22 has weight one
    }
    const auto penalty = [&](const EfficiencyTable& t) {
        const Eigen::VectorXd away = prior(t);
        return 0.5 * away.dot(precision.cwiseProduct(away));
    };

    EfficiencyTable best = guess ? *guess : start;
    double damping = 1e-2, bestLoss = lossOf(cases, best, o) + penalty(best);
    for (int iteration = 0; iteration < o.iterations && !cases.empty(); ++iteration) {
        Normal normal = normalEquations(cases, parameters, best, o);
        normal.gradient += precision.cwiseProduct(prior(best));
        normal.matrix.diagonal() += precision;
        bool better = false;
        for (int attempt = 0; attempt < 6 && !better; ++attempt) {
            Eigen::MatrixXd damped = normal.matrix;
            damped.diagonal() *= 1 + damping;
            const Eigen::VectorXd move = -damped.ldlt().solve(normal.gradient);
            EfficiencyTable candidate = best;
            for (Eigen::Index i = 0; i < n; ++i)
                scale(candidate, parameters[static_cast<std::size_t>(i)], std::exp(std::clamp(move(i), -0.5, 0.5)));
            const double loss = lossOf(cases, candidate, o) + penalty(candidate);
            better = loss < bestLoss;
            damping = better ? std::max(1e-5, damping / 4) : damping * 6;
            if (better) {
                const bool settled = bestLoss - loss < 2e-4 * bestLoss;
                best = candidate;
                bestLoss = loss;
                if (settled)
                    return best;
            }
        }
        if (!better)
            break;
    }
    return best;
}

} // namespace headroom
