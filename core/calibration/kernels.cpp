#include "core/calibration/kernels.h"

#include "core/model/layer_shapes.h"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>
#include <set>
#include <span>

namespace headroom {
namespace {

/// Formats of products. A group is a format and a library (or of collectives, a library and how it is started).
enum Format : std::size_t { bits16, bits8, bits8Block, bits4, widened8, widened4, formatCount };
constexpr std::size_t groupCount = 2 * formatCount;
constexpr std::size_t kArchitectureCount = static_cast<std::size_t>(GpuArchitecture::tpu) + 1;

struct Info {
    std::string_view name, unit;
    double start, least, most;
    bool byGroup;        ///< one value per number format or library
    bool byArchitecture; ///< with factors
};

/// Gemm: how long a product of m rows, n columns and depth k takes (core/model/efficiency.h has the reasons).
enum Gemm : std::size_t { gLaunch, gCompute, gWave, gWaveRows, gBandwidth, gCache, gCached };
constexpr std::array<Info, 7> kGemm{{
    {"launch", "s", 3e-6, 5e-7, 3e-5, true, true},
    {"compute", "", 0.65, 0.1, 1, true, true},
    {"wave", "outputs", 5e5, 1e4, 1e7, true, true},
    {"wave_rows", "rows", 64, 4, 2000, true, false},
    {"bandwidth", "", 0.8, 0.2, 1, true, true},
    {"cache", "bytes", 5e7, 5e6, 3e8, false, true},
    {"cached_bandwidth", "", 2.5, 1, 8, false, true},
}};

enum Decode : std::size_t { dLaunch, dBandwidth, dCompute, dHeads, dSequence, dHalf, dCache, dCached };
constexpr std::array<Info, 8> kDecode{{
    {"launch", "s", 6e-6, 5e-7, 3e-5, false, true},
    {"bandwidth", "", 0.85, 0.2, 1, true, true},
    {"compute", "", 0.3, 0.02, 1, true, true},
    {"least_heads", "heads", 8, 1, 128, false, false},
    {"per_kv_head", "s", 3e-9, 1e-11, 1e-6, true, true},
    {"half_keys", "keys", 64, 1, 4000, false, true},
    {"cache", "bytes", 5e7, 5e6, 3e8, false, true},
    {"cached_bandwidth", "", 2.5, 1, 8, false, true},
}};

enum Prefill : std::size_t { pLaunch, pCompute, pTile, pWave, pNarrow, pBandwidth };
constexpr std::array<Info, 6> kPrefill{{
    {"launch", "s", 6e-6, 5e-7, 5e-5, true, true},
    {"compute", "", 0.5, 0.05, 1, true, true},
    {"tile", "keys", 64, 1, 2000, false, true},
    {"wave", "queries", 5000, 50, 2e5, true, true},
    {"narrow_head", "columns", 32, 1, 500, false, true},
    {"bandwidth", "", 0.7, 0.1, 1, false, true},
}};

enum Moe : std::size_t { mLaunch, mCompute, mRows, mWidth, mBandwidth, mWave, mSkew, mToken };
constexpr std::array<Info, 8> kMoe{{
    {"launch", "s", 2e-5, 1e-6, 2e-4, true, true},
    {"compute", "", 0.5, 0.05, 1, true, true},
    {"rows_per_expert", "rows", 24, 0.5, 300, true, false},
    {"width", "columns", 100, 1, 3000, true, false},
    {"bandwidth", "", 0.7, 0.1, 1, true, true},
    {"wave", "outputs", 5e5, 1e4, 1e7, false, true},
    {"reached", "", 0.8, 0.2, 1, false, false},
    {"per_token", "bytes", 20, 1, 400, false, true},
}};

enum Reduce : std::size_t { rLaunch, rRank, rDirect, rRing, rStart };
constexpr std::array<Info, 5> kReduce{{
    {"latency", "s", 5e-6, 5e-7, 1e-4, true, true},
    {"latency_per_rank", "s", 5e-7, 1e-9, 1e-5, true, false},
    {"one_shot_bandwidth", "", 0.6, 0.05, 1.5, false, true},
    {"two_shot_bandwidth", "", 0.7, 0.05, 1.5, false, true},
    {"two_shot_start", "s", 1e-5, 1e-7, 1e-4, true, true},
}};

std::span<const Info> infosOf(KernelKind kind)
{
    switch (kind) {
    case KernelKind::gemm:
        return kGemm;
    case KernelKind::attentionDecode:
        return kDecode;
    case KernelKind::attentionPrefill:
        return kPrefill;
    case KernelKind::moe:
        return kMoe;
    case KernelKind::allReduce:
        return kReduce;
    }
    return kGemm;
}

/// Where a coefficient stands in a fit: all shared ones first (per group), then factors per architecture.
class Slots {
public:
    explicit Slots(KernelKind kind) : m_infos(infosOf(kind)) {}
    std::size_t shared(std::size_t i, std::size_t group) const { return i * groupCount + group * m_infos[i].byGroup; }
    std::size_t factor(std::size_t i, GpuArchitecture a) const
    {
        return m_infos.size() * (groupCount + static_cast<std::size_t>(a)) + i;
    }
    std::size_t size() const { return m_infos.size() * (groupCount + kArchitectureCount); }
    std::span<const Info> infos() const { return m_infos; }
    double value(std::span<const double> v, std::size_t i, const KernelRun& run) const
    {
        const double ln =
            v[shared(i, run.group)] + (m_infos[i].byArchitecture ? v[factor(i, run.gpu.architecture)] : 0);
        return std::clamp(std::exp(ln), m_infos[i].least, m_infos[i].most);
    }

private:
    std::span<const Info> m_infos;
};

double weightBytes(std::size_t format)
{
    return format == bits16 ? 2 : format == bits4 ? 0.5625 : format == widened4 ? 0.53 : 1;
}

double peak(const KernelRun& run)
{
    const GpuSpec& g = run.gpu;
    const std::size_t format = run.group % formatCount;
    if (format == bits8 || format == bits8Block)
        return (g.fp8 ? *g.fp8 : g.fp16).si();
    return format == bits4 && g.fp4 ? g.fp4->si() : g.fp16.si();
}

/// Share of the bandwidth that operands of a repeated kernel see: the memory's, or where they fit, the cache's.
double cacheBoost(double bytes, double cache, double cached)
{
    const double ratio = bytes / cache, hit = 1 / (1 + ratio * ratio * ratio);
    return 1 / (hit / cached + 1 - hit);
}

double together(double a, double b) { return std::sqrt(a * a + b * b); }

template <class Value>
double gemmTime(const KernelRun& r, const Value& c)
{
    const double m = r.size[0], n = r.size[1], k = r.size[2];
    const double compute = 2 * k * (m * n + c(gWave) * m / (m + c(gWaveRows))) / (peak(r) * c(gCompute));
    const double bytes = n * k * weightBytes(r.group % formatCount) + 2 * m * (n + k);
    const double memory = bytes / (r.gpu.bandwidth.si() * c(gBandwidth) * cacheBoost(bytes, c(gCache), c(gCached)));
    return c(gLaunch) + together(compute, memory);
}

template <class Value>
double decodeTime(const KernelRun& r, const Value& c)
{
    const auto [sequences, queries, keys, heads, kvHeads, width, entry, unused] = r.size;
    const double bytes = 2 * sequences * (keys + c(dHalf)) * kvHeads * width * entry;
    const double memory = bytes / (r.gpu.bandwidth.si() * c(dBandwidth) * cacheBoost(bytes, c(dCache), c(dCached)));
    const double shared = std::max(heads / kvHeads, 1.0);
    const double flops = 4 * sequences * keys * kvHeads * together(shared, c(dHeads)) * width;
    return c(dLaunch) + together(flops / (r.gpu.fp16.si() * c(dCompute)), memory) + c(dSequence) * sequences * kvHeads;
}

template <class Value>
double prefillTime(const KernelRun& r, const Value& c)
{
    const auto [sequences, queries, keys, heads, kvHeads, width, entry, unused] = r.size;
    const double prefix = std::max(0.0, keys - queries);
    const double pairs = queries * (prefix + queries / 2 + c(pTile));
    // A wave of query tiles that is not full takes as long as a full one, each over all its keys.
    const double partial = c(pWave) * (prefix + queries / 2 + c(pTile));
    const double lanes = width + c(pNarrow);
    const double compute = 4 * lanes * (sequences * heads * pairs + partial) / (r.gpu.fp16.si() * c(pCompute));
    const double bytes =
        2 * sequences * queries * width * (2 * heads + kvHeads) + 2 * sequences * keys * kvHeads * width * entry;
    return c(pLaunch) + together(compute, bytes / (r.gpu.bandwidth.si() * c(pBandwidth)));
}

template <class Value>
double moeTime(const KernelRun& r, const Value& c)
{
    const auto [tokens, hidden, width, choices, experts, tensor, ranks, unused] = r.size;
    const double here = experts / ranks, cut = width / tensor;
    const double reached = std::min(here, 1 + distinctExperts(experts, choices, tokens) / ranks * c(mSkew));
    const double rows = tokens * choices / ranks, narrow = cut / (cut + c(mWidth));
    const double perRow = 6 * hidden * cut;
    const double flops = perRow * (rows + c(mRows) * reached) + 2 * c(mWave) * (hidden + cut) * rows / (rows + 64);
    const double read = 3 * hidden * cut * weightBytes(r.group % formatCount) * reached;
    const double compute = flops / (peak(r) * c(mCompute) * narrow);
    const double memory = read / (r.gpu.bandwidth.si() * c(mBandwidth) * narrow);
    const double moved = c(mToken) * rows * hidden / r.gpu.bandwidth.si(); // permutation and sum of the choices
    return c(mLaunch) + together(compute, memory) + moved;
}

template <class Value>
double reduceTime(const KernelRun& r, const Value& c)
{
    const double p = r.size[0], bytes = r.size[1];
    const double link = r.gpu.inNode.perDirection.si();
    const double start = c(rLaunch) + c(rRank) * (p - 1);
    const double direct = bytes * (p - 1) / (link * c(rDirect));
    const double ring = c(rStart) + 2 * bytes * (p - 1) / (p * link * c(rRing));
    return start + 1 / std::pow(std::pow(direct, -4) + std::pow(ring, -4), 0.25);
}

double seconds(KernelKind kind, const Slots& slots, std::span<const double> v, const KernelRun& run)
{
    const auto value = [&](std::size_t i) { return slots.value(v, i, run); };
    switch (kind) {
    case KernelKind::gemm:
        return gemmTime(run, value);
    case KernelKind::attentionDecode:
        return decodeTime(run, value);
    case KernelKind::attentionPrefill:
        return prefillTime(run, value);
    case KernelKind::moe:
        return moeTime(run, value);
    case KernelKind::allReduce:
        return reduceTime(run, value);
    }
    return 0;
}

constexpr double kHuber = 0.2;        ///< log error beyond which a run pulls with constant force
constexpr double kSharedSpread = 1.0; ///< prior standard deviation of ln(coefficient) about its start
constexpr double kFactorSpread = 0.5; ///< of ln(factor of an architecture) about 0
constexpr double kNoise = 0.1;        ///< of ln(measured)

/// Damped Gauss-Newton on the logarithms.
class Fitter {
public:
    Fitter(KernelKind kind, std::vector<const KernelRun*> runs) : m_kind(kind), m_slots(kind), m_runs(std::move(runs))
    {
        m_start.assign(m_slots.size(), 0);
        for (std::size_t i = 0; i < m_slots.infos().size(); ++i)
            for (std::size_t g = 0; g < groupCount; ++g)
                m_start[i * groupCount + g] = std::log(m_slots.infos()[i].start);
        std::set<std::size_t> used;
        for (const KernelRun* r : m_runs)
            for (std::size_t i = 0; i < m_slots.infos().size(); ++i) {
                used.insert(m_slots.shared(i, r->group));
                if (m_slots.infos()[i].byArchitecture)
                    used.insert(m_slots.factor(i, r->gpu.architecture));
            }
        m_used.assign(used.begin(), used.end());
    }

    std::vector<double> fit() const
    {
        std::vector<double> best = m_start;
        double bestLoss = loss(best), damping = 1e-2;
        for (int iteration = 0; iteration < 40; ++iteration) {
            const auto [matrix, gradient] = normal(best);
            bool settled = true;
            for (int attempt = 0; attempt < 6; ++attempt) {
                Eigen::MatrixXd damped = matrix;
                damped.diagonal() *= 1 + damping;
                const Eigen::VectorXd move = -damped.ldlt().solve(gradient);
                std::vector<double> next = best;
                for (std::size_t i = 0; i < m_used.size(); ++i)
                    next[m_used[i]] += std::clamp(move(static_cast<Eigen::Index>(i)), -0.7, 0.7);
                const double there = loss(next);
                if (there >= bestLoss) {
                    damping *= 8;
                    continue;
                }
                settled = bestLoss - there < 1e-4 * bestLoss;
                damping = std::max(1e-6, damping / 5);
                best = std::move(next);
                bestLoss = there;
                break;
            }
            if (settled)
                break;
        }
        return best;
    }

private:
    double spread(std::size_t index) const
    {
        return index < m_slots.infos().size() * groupCount ? kSharedSpread : kFactorSpread;
    }

    double logError(std::span<const double> v, const KernelRun& r) const
    {
        return std::log(seconds(m_kind, m_slots, v, r) / r.seconds);
    }

    double loss(const std::vector<double>& v) const
    {
        double sum = 0;
        for (const std::size_t i : m_used) {
            const double away = (v[i] - m_start[i]) / spread(i);
            sum += 0.5 * away * away;
        }
        for (const KernelRun* r : m_runs) {
            const double e = std::abs(logError(v, *r));
            sum += (e <= kHuber ? 0.5 * e * e : kHuber * (e - 0.5 * kHuber)) / (kNoise * kNoise);
        }
        return sum;
    }

    std::pair<Eigen::MatrixXd, Eigen::VectorXd> normal(const std::vector<double>& v) const
    {
        constexpr double kStep = 1e-4;
        const auto n = static_cast<Eigen::Index>(m_used.size());
        Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(n, n);
        Eigen::VectorXd gradient = Eigen::VectorXd::Zero(n), slope(n);
        std::vector<double> moved = v;
        for (const KernelRun* r : m_runs) {
            const double e = logError(v, *r);
            slope.setZero();
            for (std::size_t i = 0; i < m_slots.infos().size(); ++i) {
                const bool hasFactor = m_slots.infos()[i].byArchitecture;
                // A shared value and its factor move a prediction alike.
                const std::size_t at = m_slots.shared(i, r->group);
                moved[at] += kStep;
                const double by = (logError(moved, *r) - e) / kStep;
                moved[at] = v[at];
                slope(place(at)) = by;
                if (hasFactor)
                    slope(place(m_slots.factor(i, r->gpu.architecture))) = by;
            }
            const double w = std::min(1.0, kHuber / std::max(1e-12, std::abs(e))) / (kNoise * kNoise);
            matrix.selfadjointView<Eigen::Lower>().rankUpdate(slope, w);
            gradient += w * e * slope;
        }
        matrix = Eigen::MatrixXd(matrix.selfadjointView<Eigen::Lower>());
        for (std::size_t i = 0; i < m_used.size(); ++i) {
            const double precision = 1 / (spread(m_used[i]) * spread(m_used[i]));
            matrix(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(i)) += precision;
            gradient(static_cast<Eigen::Index>(i)) += precision * (v[m_used[i]] - m_start[m_used[i]]);
        }
        return {matrix, gradient};
    }

    Eigen::Index place(std::size_t index) const
    {
        return std::lower_bound(m_used.begin(), m_used.end(), index) - m_used.begin();
    }

    KernelKind m_kind;
    Slots m_slots;
    std::vector<const KernelRun*> m_runs;
    std::vector<double> m_start;
    std::vector<std::size_t> m_used; ///< indices that the runs depend on, sorted
};

/// About `most` runs of those that are not of one GPU, the same number of each other one, evenly over the table.
std::vector<const KernelRun*> selection(const KernelTable& table, std::string_view without, std::size_t most)
{
    std::set<std::string_view> gpus;
    for (const KernelRun& r : table.runs)
        if (r.gpuName != without)
            gpus.insert(r.gpuName);
    std::vector<const KernelRun*> chosen;
    for (const std::string_view gpu : gpus) {
        std::vector<const KernelRun*> of;
        for (const KernelRun& r : table.runs)
            if (r.gpuName == gpu)
                of.push_back(&r);
        const double step = std::max(1.0, static_cast<double>(of.size() * gpus.size()) / static_cast<double>(most));
        for (double i = 0; i < static_cast<double>(of.size()); i += step)
            chosen.push_back(of[static_cast<std::size_t>(i)]);
    }
    return chosen;
}

KernelErrors errorsOf(std::string gpu, std::vector<double> errors)
{
    std::sort(errors.begin(), errors.end());
    const auto at = [&](double q) {
        return errors[static_cast<std::size_t>(q * static_cast<double>(errors.size() - 1))];
    };
    return {std::move(gpu), static_cast<int>(errors.size()), at(0.5), at(0.9)};
}

} // namespace

std::string_view name(KernelKind kind)
{
    constexpr std::array<std::string_view, 5> names{
        "gemm", "decode attention", "prefill attention", "moe", "all-reduce"};
    return names[static_cast<std::size_t>(kind)];
}

Result<KernelFit> fitKernels(const KernelTable& table, std::string_view without, std::size_t most)
{
    std::vector<const KernelRun*> runs = selection(table, without, most);
    if (runs.size() < 20)
        return fail("kernels", std::to_string(runs.size()) + " usable runs, expected at least 20");
    return KernelFit{table.kind, Fitter(table.kind, std::move(runs)).fit()};
}

double kernelSeconds(const KernelFit& fit, const KernelRun& run)
{
    return seconds(fit.kind, Slots(fit.kind), fit.values, run);
}

std::vector<KernelCoefficient> coefficientsOf(const KernelFit& fit)
{
    const Slots slots(fit.kind);
    std::vector<KernelCoefficient> all;
    for (std::size_t i = 0; i < slots.infos().size(); ++i) {
        const Info& info = slots.infos()[i];
        for (std::size_t g = 0; g < (info.byGroup ? groupCount : 1); ++g)
            all.push_back({std::string(info.name) + (info.byGroup ? "." + std::to_string(g) : ""),
                std::string(info.unit), std::exp(fit.values[slots.shared(i, g)])});
    }
    return all;
}

Result<std::vector<KernelErrors>> crossValidateKernels(const KernelTable& table, std::size_t most)
{
    std::set<std::string> gpus;
    for (const KernelRun& r : table.runs)
        gpus.insert(r.gpuName);
    if (gpus.size() < 2)
        return fail("kernels", "kernels of one GPU only, expected at least two to leave one out");
    std::vector<KernelErrors> all;
    std::vector<double> every;
    for (const std::string& gpu : gpus) {
        const Result<KernelFit> fit = fitKernels(table, gpu, most);
        if (!fit)
            return tl::unexpected(fit.error());
        std::vector<double> errors;
        for (const KernelRun& r : table.runs)
            if (r.gpuName == gpu)
                errors.push_back(std::abs(kernelSeconds(*fit, r) / r.seconds - 1));
        every.insert(every.end(), errors.begin(), errors.end());
        all.push_back(errorsOf(gpu, std::move(errors)));
    }
    all.push_back(errorsOf("", std::move(every)));
    return all;
}

} // namespace headroom
