#include "core/slo/slo.h"

#include "core/workload/probability.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace headroom {

double attainment(double good, double offered) { return offered > 0 ? std::clamp(good / offered, 0.0, 1.0) : 1; }

double worstMiss(Seconds ttftP95, Seconds tpotP95, Seconds e2eP99, const Targets& targets)
{
    static constexpr double kLeast = 1e-12; // seconds: no time at all
    double worst = -std::numeric_limits<double>::infinity();
    const auto consider = [&worst](Seconds value, const std::optional<Seconds>& target) {
        if (target)
            worst = std::max(worst, std::log(std::max(value.si(), kLeast) / std::max(target->si(), kLeast)));
    };
    consider(ttftP95, targets.ttftP95);
    consider(tpotP95, targets.tpotP95);
    consider(e2eP99, targets.e2eP99);
    return worst;
}

Requests requestBudget(double target, Requests offered) { return (1 - target) * offered; }

Seconds timeBudget(double target, Seconds window) { return (1 - target) * window; }

double burnRate(double badFraction, double target)
{
    if (badFraction <= 0)
        return 0;
    return target >= 1 ? std::numeric_limits<double>::infinity() : badFraction / (1 - target);
}

Seconds exhaustion(double remaining, Seconds window, double burn)
{
    if (burn <= 0)
        return Seconds::infinite();
    return std::isinf(burn) ? Seconds{} : std::max(remaining, 0.0) / burn * window;
}

double budgetSpent(Requests bad, double target, Requests offered)
{
    if (bad <= Requests{})
        return 0;
    const Requests budget = requestBudget(target, offered);
    return budget > Requests{} ? bad / budget : std::numeric_limits<double>::infinity();
}

std::array<BurnAlert, 3> burnAlerts(Seconds window)
{
    // A short window of a twelfth of the long one is the workbook's advice: short enough to stop soon, long enough
    // to hold some errors.
    const auto alert = [&](double share, Seconds longWindow, bool page) {
        return BurnAlert{share, longWindow, longWindow / 12, share * (window / longWindow), page};
    };
    return {alert(0.02, hour, true), alert(0.05, 6 * hour, true), alert(0.10, 3 * day, false)};
}

bool fires(const BurnAlert& alert, double badInLong, double badInShort, double target)
{
    return burnRate(badInLong, target) >= alert.burn && burnRate(badInShort, target) >= alert.burn;
}

namespace {

/// A number of requests, rounded up and kept within what fits.
std::uint64_t wholeRequests(double n)
{
    constexpr double kMost = 1e18; // 10^18 requests: nobody waits for those
    return static_cast<std::uint64_t>(std::ceil(std::clamp(n, 1.0, kMost)));
}

} // namespace

std::uint64_t canaryRequests(double base, double worse, double significance, double power)
{
    if (base == worse)
        return 0;
    const double a = normalQuantile(1 - significance / 2), b = normalQuantile(power);
    const double pooled = (base + worse) / 2;
    const double root =
        a * std::sqrt(2 * pooled * (1 - pooled)) + b * std::sqrt(base * (1 - base) + worse * (1 - worse));
    return wholeRequests(root * root / ((worse - base) * (worse - base)));
}

std::uint64_t canaryRequestsForMean(double shift, double deviation, double significance, double power)
{
    if (shift == 0)
        return 0;
    const double z = normalQuantile(1 - significance / 2) + normalQuantile(power);
    return wholeRequests(2 * z * z * deviation * deviation / (shift * shift));
}

Seconds canaryDuration(std::uint64_t requests, RequestRate rate, double share)
{
    const RequestRate canary = share * rate;
    return canary > RequestRate{} ? static_cast<double>(requests) * request / canary : Seconds::infinite();
}

} // namespace headroom
