// Service level objectives: attainment, error budgets, burn rates, alerts, canary tests (topics 1.2, 1.5, 9.3, 9.5).
#pragma once

#include "core/slo/targets.h"
#include "core/units.h"

#include <array>
#include <cstdint>

namespace headroom {

/// Share of offered requests that were good; 1 when nothing was offered (nobody was let down).
double attainment(double good, double offered);

/// How far the worst of the stated targets is missed: max of ln(value / target); <= 0 = all hold. Infinite where a value
/// is, -infinity without a target.
double worstMiss(Seconds ttftP95, Seconds tpotP95, Seconds e2eP99, const Targets&);

/// Bad requests that a window of `offered` requests may hold: (1 - target) * offered.
/// \param target share that must be good, in [0, 1]
Requests requestBudget(double target, Requests offered);

/// Time that may be bad in a window: (1 - target) * window.
Seconds timeBudget(double target, Seconds window);

/// How many times faster than allowed the budget is spent: bad fraction / (1 - target). With a target of 1 there is no
/// budget: infinite when anything is bad, else 0.
double burnRate(double badFraction, double target);

/// Until the rest of the budget is gone at this burn rate; infinite when nothing burns.
/// \param remaining share of the budget that is left, in [0, 1]
Seconds exhaustion(double remaining, Seconds window, double burn);

/// Share of the budget of a window of `offered` requests that an incident spends.
double budgetSpent(Requests bad, double target, Requests offered);

/// One multi-window, multi-burn-rate alert: it fires when both windows burn faster than `burn` (Google SRE workbook,
/// ch. 5). The short window ends the alert soon after the incident.
struct BurnAlert {
    double budgetShare = 0; ///< of the budget, spent within the long window when the alert fires
    Seconds longWindow, shortWindow;
    double burn = 0;   ///< threshold of both windows
    bool page = false; ///< wakes someone; else a ticket
    friend bool operator==(const BurnAlert&, const BurnAlert&) = default;
};

/// 2 % in an hour, 5 % in six hours (pages), 10 % in three days (ticket), for the given budget window.
/// For 30 days the thresholds are 14.4, 6 and 1.
std::array<BurnAlert, 3> burnAlerts(Seconds window);

/// Whether an alert fires, from the bad fractions seen in its two windows.
bool fires(const BurnAlert&, double badInLong, double badInShort, double target);

/// Requests that each arm of a canary test needs to see the bad fraction rise from `base` to `worse` (two-sided test
/// of two proportions, pooled variance under the null hypothesis). No number is enough when both are equal: 0.
/// \param significance probability of a false alarm, in (0, 1)  \param power probability to see it, in (0, 1)
std::uint64_t canaryRequests(double base, double worse, double significance, double power);

/// The same for a mean (latency): `shift` is the change to detect and `deviation` the standard deviation of one value.
std::uint64_t canaryRequestsForMean(double shift, double deviation, double significance, double power);

/// Time until the canary arm has seen its requests. \param share of traffic that goes to the canary, in (0, 1]
Seconds canaryDuration(std::uint64_t requests, RequestRate rate, double share);

/// Whether any latency is to be kept; without one only the capacity bounds the load.
inline bool hasLatencyTarget(const Targets& t) { return t.ttftP95 || t.tpotP95 || t.e2eP99; }

} // namespace headroom
