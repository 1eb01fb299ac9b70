#include "core/workload/workload.h"

#include "core/error.h"
#include "core/workload/probability.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

namespace headroom {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
/// Below this a spread is none: a gamma shape above 1e8 costs many terms and differs by less than a token.
constexpr double kNoSpread = 1e-4;

/// The shape after degenerate spreads have been taken for what they are.
LengthShape effectiveShape(const LengthDistribution& d)
{
    if (d.shape == LengthShape::empirical)
        return d.quantiles.size() >= 2 ? LengthShape::empirical : LengthShape::fixed;
    return d.cv > kNoSpread && d.mean > 0 ? d.shape : LengthShape::fixed;
}

struct LogNormal {
    double mu, sigma;
};
LogNormal logNormal(const LengthDistribution& d)
{
    const double variance = std::log1p(d.cv * d.cv);
    return {std::log(d.mean) - 0.5 * variance, std::sqrt(variance)};
}

struct Interval {
    double low, high;
};
/// A uniform length cannot spread further than from 0 to twice the mean (cv 0.577).
Interval uniformRange(const LengthDistribution& d)
{
    const double half = d.mean * std::min(1.0, d.cv * std::numbers::sqrt3);
    return {d.mean - half, d.mean + half};
}

/// Mean of x^k over a uniform interval, k = 0 to 3.
double uniformMoment(int k, double a, double b)
{
    switch (k) {
    case 0:
        return 1;
    case 1:
        return (a + b) / 2;
    case 2:
        return (a * a + a * b + b * b) / 3;
    default:
        return (a + b) * (a * a + b * b) / 4;
    }
}

double empiricalMoment(const LengthDistribution& d, int k, double limit)
{
    double sum = 0;
    if (d.quantiles.front() > limit)
        return 0;
    for (std::size_t i = 0; i + 1 < d.quantiles.size() && d.quantiles[i] <= limit; ++i) {
        const double a = d.quantiles[i], b = d.quantiles[i + 1];
        if (b <= limit)
            sum += uniformMoment(k, a, b);
        else
            sum += (limit - a) / (b - a) * uniformMoment(k, a, limit);
    }
    return sum / static_cast<double>(d.quantiles.size() - 1);
}

/// P(X <= x) of an empirical distribution. \param next the first quantile above x, or the end
double shareBelow(const std::vector<double>& quantiles, std::vector<double>::const_iterator next, double x)
{
    if (next == quantiles.begin())
        return 0;
    if (next == quantiles.end())
        return 1;
    const double below = static_cast<double>(next - quantiles.begin() - 1);
    return (below + (x - *(next - 1)) / (*next - *(next - 1))) / static_cast<double>(quantiles.size() - 1);
}

/// E[X^k; X <= limit] for k = 0 to 3: everything below follows from it.
double partialMoment(const LengthDistribution& d, int k, double limit)
{
    if (limit < 0)
        return 0;
    switch (effectiveShape(d)) {
    case LengthShape::fixed:
        return d.mean <= limit ? std::pow(d.mean, k) : 0;
    case LengthShape::uniform: {
        const auto [low, high] = uniformRange(d);
        const double end = std::min(high, limit);
        return end <= low ? 0 : (end - low) / (high - low) * uniformMoment(k, low, end);
    }
    case LengthShape::lognormal: {
        const auto [mu, sigma] = logNormal(d);
        const double all = k == 0 ? 1 : std::exp(k * mu + 0.5 * k * k * sigma * sigma);
        if (limit == kInfinity)
            return all;
        return limit > 0 ? all * normalCumulative((std::log(limit) - mu) / sigma - k * sigma) : 0;
    }
    case LengthShape::gamma: {
        const double shape = 1 / (d.cv * d.cv), scale = d.mean / shape;
        double all = 1;
        for (int i = 0; i < k; ++i)
            all *= (shape + i) * scale;
        return limit == kInfinity ? all : all * gammaCumulative(shape + k, limit / scale);
    }
    case LengthShape::empirical:
        return empiricalMoment(d, k, limit);
    }
    return 0;
}

/// E[X^k] for k = 0 to 3.
std::array<double, 4> moments(const LengthDistribution& d)
{
    if (effectiveShape(d) != LengthShape::empirical)
        return {1, partialMoment(d, 1, kInfinity), partialMoment(d, 2, kInfinity), partialMoment(d, 3, kInfinity)};
    std::array<double, 4> sum{}; // of uniformMoment, all at once
    for (std::size_t i = 0; i + 1 < d.quantiles.size(); ++i) {
        const double a = d.quantiles[i], b = d.quantiles[i + 1], squares = a * a + b * b, once = a + b;
        sum[1] += once;
        sum[2] += squares + a * b;
        sum[3] += once * squares;
    }
    const double pieces = static_cast<double>(d.quantiles.size() - 1);
    return {1, sum[1] / (2 * pieces), sum[2] / (3 * pieces), sum[3] / (4 * pieces)};
}

/// E[max(X, 1)^k] for k = 0 to 3: an output has at least one token.
std::array<double, 4> outputMoments(const LengthDistribution& d)
{
    std::array<double, 4> out = moments(d);
    const double below = partialMoment(d, 0, 1);
    for (int k = 1; k < 4 && below > 0; ++k)
        out[static_cast<std::size_t>(k)] += below - partialMoment(d, k, 1);
    return out;
}

/// SCV of the gaps of a two-state Markov-modulated Poisson process (Fischer and Meier-Hellstern, The MMPP cookbook,
/// 1993, section 2), for rates a, b and exit rates r, s.
double burstScv(const Workload& w)
{
    const double mean = w.arrivalRate.si(), share = w.burst.burstShare;
    if (!(mean > 0) || share <= 0 || share >= 1)
        return 1;
    const double a = w.burst.peakRatio * mean;
    const double b = std::max(0.0, mean * (1 - share * w.burst.peakRatio) / (1 - share));
    const double r = 1 / std::max(1e-9, w.burst.meanBurst.si());
    const double s = r * share / (1 - share);
    return 1 + 2 * r * s * (a - b) * (a - b) / ((r + s) * (r + s) * (a * b + a * s + b * r));
}

double gapScv(const Workload& w)
{
    switch (w.process) {
    case ArrivalProcess::gamma:
    case ArrivalProcess::weibull:
    case ArrivalProcess::trace:
        return w.arrivalCv * w.arrivalCv;
    case ArrivalProcess::deterministic:
        return 0;
    case ArrivalProcess::mmpp2:
        return burstScv(w);
    default: // locally Poisson, or closed
        return 1;
    }
}

/// The classes with shares that sum to 1; a workload without classes is one class.
std::vector<RequestClass> normalisedClasses(const Workload& w)
{
    if (w.classes.empty())
        return {RequestClass{.name = "all",
            .share = 1,
            .shape = w.shape,
            .priority = 0,
            .weight = 1,
            .ttftTarget = {},
            .tpotTarget = {},
            .e2eTarget = {}}};
    std::vector<RequestClass> classes = w.classes;
    double sum = 0;
    for (const auto& c : classes)
        sum += std::max(0.0, c.share);
    for (auto& c : classes)
        c.share = sum > 0 ? std::max(0.0, c.share) / sum : 1 / static_cast<double>(classes.size());
    return classes;
}

constexpr std::size_t kNodes = 24;
/// Probability above each node, v^4, and the node's weight, proportional to v^3 and adding up to 1.
struct Grid {
    std::array<double, kNodes> above{}, weight{};
};
constexpr Grid kGrid = [] {
    Grid grid;
    double all = 0;
    for (std::size_t i = 0; i < kNodes; ++i) {
        const double v = (static_cast<double>(i) + 0.5) / kNodes;
        grid.above[i] = v * v * v * v;
        grid.weight[i] = v * v * v;
        all += grid.weight[i];
    }
    for (double& w : grid.weight)
        w /= all;
    return grid;
}();

/// cumulative() at lengths that ascend: what lies below one lies below the next.
class Ascending {
public:
    explicit Ascending(const LengthDistribution& d)
        : m_lengths(d), m_isEmpirical(effectiveShape(d) == LengthShape::empirical), m_next(d.quantiles.begin())
    {}
    double operator()(double x)
    {
        if (!m_isEmpirical)
            return cumulative(m_lengths, x);
        while (m_next != m_lengths.quantiles.end() && *m_next <= x)
            ++m_next;
        return shareBelow(m_lengths.quantiles, m_next, x);
    }

private:
    const LengthDistribution& m_lengths;
    bool m_isEmpirical;
    std::vector<double>::const_iterator m_next; ///< the first quantile above
};

/// P(prompt + output > x) of a mixture: the less variable length is summed over midpoints in v with probability
/// 1 - v^4 (the tail gets the nodes), the other enters by its distribution function.
class LengthSum {
public:
    explicit LengthSum(const std::vector<RequestClass>& classes)
    {
        m_terms.reserve(classes.size());
        for (const auto& c : classes) {
            // The one that spreads further between its quartiles and tail; which of them only costs accuracy.
            const auto spread = [](const LengthDistribution& d) {
                return headroom::quantile(d, 0.95) - headroom::quantile(d, 0.25);
            };
            const bool promptVariesMore = spread(c.shape.prompt) > spread(c.shape.output);
            Term& term = m_terms.emplace_back();
            term.share = c.share;
            term.wide = promptVariesMore ? &c.shape.prompt : &c.shape.output;
            const auto& narrow = promptVariesMore ? c.shape.output : c.shape.prompt;
            for (std::size_t i = 0; i < kNodes; ++i)
                term.narrow[i] = headroom::quantile(narrow, 1 - kGrid.above[i]);
        }
    }
    double survival(double x) const
    {
        double sum = 0;
        for (const auto& term : m_terms) {
            Ascending below(*term.wide); // the nodes of the narrow one descend
            for (std::size_t i = 0; i < kNodes; ++i)
                sum += term.share * kGrid.weight[i] * (1 - below(x - term.narrow[i]));
        }
        return sum;
    }
    /// Regula falsi (Illinois) on ln survival over ln x, which is smooth; it keeps a bracket, so steps do no harm.
    /// \param guess a lognormal of about the same mean and spread: where to start, and how steep it is there
    double quantile(double p, const LengthDistribution& guess) const
    {
        constexpr double kCloseEnough = 1e-3; // in ln survival: 0.03 % of x in the usual tails
        const double goal = std::log(1 - p);
        const auto miss = [&](double logX) { return std::log(std::max(1e-12, survival(std::exp(logX)))) - goal; };
        double low = std::log(headroom::quantile(guess, p)), high = low;
        double missLow = miss(low), missHigh = missLow;
        // A little further than the guess's slope asks for, so that the other end is mostly found at once.
        const double steep = effectiveShape(guess) == LengthShape::fixed ? 1 : logNormal(guess).sigma;
        constexpr double kOver = 1.1, kLeast = 0.005;
        const double first = std::clamp(kOver * steep / tailSlope(p) * std::abs(missLow), kLeast, 1.0);
        for (double step = first; missLow < 0 && step < 20; step *= 2) {
            high = low, missHigh = missLow;
            low -= step;
            missLow = miss(low);
        }
        for (double step = first; missHigh >= 0 && step < 20; step *= 2) {
            low = high, missLow = missHigh;
            high += step;
            missHigh = miss(high);
        }
        int kept =
            0; // the end that the last round left: an end that stays twice counts half, or it would stay for ever
        for (int i = 0; i < 40 && high - low > 1e-4; ++i) {
            const double middle = i < 12 ? (low * missHigh - high * missLow) / (missHigh - missLow) : (low + high) / 2;
            const double missMiddle = miss(middle);
            if (std::fabs(missMiddle) < kCloseEnough)
                return std::exp(middle);
            if (missMiddle >= 0) {
                low = middle, missLow = missMiddle;
                missHigh = kept > 0 ? missHigh / 2 : missHigh;
                kept = 1;
            } else {
                high = middle, missHigh = missMiddle;
                missLow = kept < 0 ? missLow / 2 : missLow;
                kept = -1;
            }
        }
        return std::exp((low + high) / 2);
    }

private:
    /// -d ln survival / d ln x of a lognormal with sigma 1, where the survival is 1 - p.
    static double tailSlope(double p)
    {
        const double z = normalQuantile(p);
        return std::exp(-0.5 * z * z) / (std::sqrt(2 * std::numbers::pi) * (1 - p));
    }
    struct Term {
        double share = 0;
        const LengthDistribution* wide = nullptr;
        std::array<double, kNodes> narrow{}; // tokens
    };
    std::vector<Term> m_terms; ///< shares add up to 1
};

} // namespace

double quantile(const LengthDistribution& d, double p)
{
    HR_ASSERT(p >= 0 && p <= 1);
    switch (effectiveShape(d)) {
    case LengthShape::fixed:
        return d.mean;
    case LengthShape::uniform: {
        const auto [low, high] = uniformRange(d);
        return low + p * (high - low);
    }
    case LengthShape::lognormal: {
        const auto [mu, sigma] = logNormal(d);
        return std::exp(mu + sigma * normalQuantile(p));
    }
    case LengthShape::gamma: {
        const double scv = d.cv * d.cv;
        return d.mean * scv * gammaQuantile(1 / scv, p);
    }
    case LengthShape::empirical: {
        const double position = p * static_cast<double>(d.quantiles.size() - 1);
        const auto i = std::min(static_cast<std::size_t>(position), d.quantiles.size() - 2);
        return std::lerp(d.quantiles[i], d.quantiles[i + 1], position - static_cast<double>(i));
    }
    }
    return d.mean;
}

double cumulative(const LengthDistribution& d, double x)
{
    if (effectiveShape(d) != LengthShape::empirical)
        return partialMoment(d, 0, x);
    return shareBelow(d.quantiles, std::upper_bound(d.quantiles.begin(), d.quantiles.end(), x), x);
}

double meanOf(const LengthDistribution& d)
{
    if (effectiveShape(d) != LengthShape::empirical)
        return d.mean;
    const double ends = d.quantiles.front() + d.quantiles.back(); // of pieces, where all others are shared by two
    const double all = std::reduce(d.quantiles.begin(), d.quantiles.end());
    return (all - 0.5 * ends) / static_cast<double>(d.quantiles.size() - 1);
}

double secondMoment(const LengthDistribution& d) { return partialMoment(d, 2, kInfinity); }

double meanCapped(const LengthDistribution& d, double cap)
{
    return partialMoment(d, 1, cap) + cap * (1 - partialMoment(d, 0, cap));
}

LengthDistribution withMean(LengthDistribution d, double mean)
{
    const double before = meanOf(d);
    if (before > 0)
        for (double& q : d.quantiles)
            q *= mean / before;
    d.mean = mean;
    return d;
}

WorkloadSummary summarize(const Workload& w)
{
    WorkloadSummary s;
    s.rate = w.arrivalRate;
    s.arrivalScv = gapScv(w);
    s.classes = normalisedClasses(w);
    double prompt = 0, output = 0, cross = 0, square = 0;
    for (const auto& c : s.classes) {
        const auto& [in, out, hitRate] = c.shape;
        const auto [one, in1, in2, in3] = moments(in);
        const double miss = 1 - hitRate;
        const std::array<double, 4> o = outputMoments(out);
        prompt += c.share * in1;
        output += c.share * o[1];
        s.promptSecond += c.share * in2;
        s.outputSecond += c.share * o[2];
        s.uncachedPromptMean += Tokens(c.share * in1 * miss);
        s.uncachedPromptSecond += c.share * in2 * miss * miss;
        s.decodeStepsMean += c.share * (o[1] - 1);
        // A running request is met in proportion to its n_out, at a step uniform over it (MODEL.md 5.4).
        cross += c.share * (o[1] * in1 + o[2] / 2);
        square += c.share * (o[1] * in2 + o[2] * in1 + o[3] / 3);
    }
    s.promptMean = Tokens(prompt);
    s.outputMean = Tokens(output);
    s.contextMean = cross / output;
    s.contextVariance = std::max(0.0, square / output - s.contextMean * s.contextMean);
    return s;
}

double lengthP99(const WorkloadSummary& s)
{
    // The search starts at the p99 of the lognormal with the same two moments.
    const double prompt = s.promptMean.si(), output = s.outputMean.si();
    const double variance = std::max(0.0, s.promptSecond - prompt * prompt + s.outputSecond - output * output);
    const LengthDistribution guess{
        LengthShape::lognormal, prompt + output, std::sqrt(variance) / (prompt + output), {}};
    return LengthSum(s.classes).quantile(0.99, guess);
}

} // namespace headroom
