// What comes in: arrival process, prompt and output lengths, request classes (topic 2.1).
#pragma once

#include "core/slo/targets.h"
#include "core/units.h"

#include <optional>
#include <string>
#include <vector>

namespace headroom {

enum class ArrivalProcess { poisson, gamma, weibull, deterministic, mmpp2, diurnal, ramp, step, trace, closedLoop };
enum class LengthShape { fixed, uniform, lognormal, gamma, empirical };

/// A distribution of whole token counts. Empirical ones are quantiles at equal steps of probability.
struct LengthDistribution {
    LengthShape shape = LengthShape::lognormal;
    double mean = 512; ///< tokens
    double cv = 0.5;   ///< standard deviation / mean; ignored by fixed, and by empirical (its quantiles say it)
    std::vector<double> quantiles; ///< empirical: value at probabilities 0, 1/(n-1), ..., 1; ascending, n >= 2
    friend bool operator==(const LengthDistribution&, const LengthDistribution&) = default;
};

/// Tokens at probability p in [0, 1], continuous (callers round); at least 1 for outputs is the caller's rule.
double quantile(const LengthDistribution&, double p);
/// P(length <= x).
double cumulative(const LengthDistribution&, double x);
/// E[X], E[X^2], E[min(X, cap)] in tokens.
double meanOf(const LengthDistribution&);
double secondMoment(const LengthDistribution&);
double meanCapped(const LengthDistribution&, double cap);
/// Scaled so that its mean is `mean`, shape kept.
LengthDistribution withMean(LengthDistribution, double mean);

struct RequestShape {
    LengthDistribution prompt{LengthShape::lognormal, 1024, 1.0, {}};
    LengthDistribution output{LengthShape::lognormal, 256, 0.8, {}};
    double prefixHitRate = 0; ///< share of prompt tokens found in the prefix cache, 0 to 1
    friend bool operator==(const RequestShape&, const RequestShape&) = default;
};

/// One kind of request among several. With no classes in a plan, the workload's own shape is the only class.
struct RequestClass {
    std::string name = "class";
    double share = 1; ///< of arrivals, relative to the other classes
    RequestShape shape;
    int priority = 0;                                         ///< higher goes first
    double weight = 1;                                        ///< for weighted priorities
    std::optional<Seconds> ttftTarget, tpotTarget, e2eTarget; ///< absent = the plan's
    friend bool operator==(const RequestClass&, const RequestClass&) = default;
};

/// Two-state Markov-modulated Poisson arrivals: bursts at `peakRatio` times the mean rate.
struct BurstSpec {
    double peakRatio = 3;    ///< rate in a burst / mean rate, above 1
    double burstShare = 0.1; ///< share of time in bursts, and peakRatio * burstShare <= 1
    Seconds meanBurst{60};   ///< mean length of a burst
    friend bool operator==(const BurstSpec&, const BurstSpec&) = default;
};

/// Rates that change over the day: mean * (1 + amplitude * sin(2 pi t / period)); ramp and step go from the mean
/// rate to peakFactor times it, over or after `period`.
struct DiurnalSpec {
    double amplitude = 0.5;
    Seconds period{86400};
    friend bool operator==(const DiurnalSpec&, const DiurnalSpec&) = default;
};

/// Prompts that begin with one of a few common texts: system prompts, few-shot examples. The simulator's prefix caches
/// find them or not; the closed forms are told a hit rate instead (RequestShape::prefixHitRate).
struct SharedPrefixes {
    int count = 0;       ///< different texts; 0 = prompts have nothing in common
    Tokens length{1024}; ///< of each; a shorter prompt is the beginning of one
    double skew = 1;     ///< Zipf: the k-th most popular is used in proportion to k^-skew; 0 = all equally
    friend bool operator==(const SharedPrefixes&, const SharedPrefixes&) = default;
};

struct Workload {
    RequestRate arrivalRate{4};
    ArrivalProcess process = ArrivalProcess::poisson;
    double arrivalCv = 1;  ///< of the gaps: gamma, weibull
    int concurrency = 32;  ///< closed loop: requests in flight
    double peakFactor = 1; ///< sizing is done at peakFactor * arrivalRate
    BurstSpec burst;
    DiurnalSpec diurnal;
    RequestShape shape;
    std::vector<RequestClass> classes;
    SharedPrefixes sharedPrefixes;
    std::string traceFile; ///< process trace: the requests; a path, relative to the plan file
    friend bool operator==(const Workload&, const Workload&) = default;
};

/// Moments of the mixture of classes that the closed forms need. Tokens and requests, per request.
struct WorkloadSummary {
    RequestRate rate;
    double arrivalScv = 1; ///< ca^2 of the gaps
    Tokens promptMean, outputMean;
    double promptSecond = 0, outputSecond = 0; ///< E[X^2], tokens^2
    Tokens uncachedPromptMean;                 ///< p = E[n_in (1 - h)]
    double uncachedPromptSecond = 0;
    double decodeStepsMean = 0;        ///< m = E[max(n_out - 1, 0)]
    double contextMean = 0;            ///< c = E[n_out (n_in + n_out/2)] / E[n_out]: mean running context, tokens
    double contextVariance = 0;        ///< of the context of a running request at a random step
    std::vector<RequestClass> classes; ///< at least one; shares normalised to sum 1
};

WorkloadSummary summarize(const Workload&);

/// p99 of n_in + n_out, tokens. Apart from the summary: it costs as much as all of it and few ask for it.
double lengthP99(const WorkloadSummary&);

} // namespace headroom
