// Textbook queues as small total functions (topic 2). Unstable queues wait for ever; nothing is ever NaN.
#pragma once

#include "core/units.h"

#include <span>
#include <vector>

namespace headroom {

/// Steady state of a queue. `wait` is before service begins, `time` is wait plus service.
struct QueueState {
    double utilization = 0; ///< offered load per server; at or above 1 the queue is unstable (except loss systems)
    bool stable = true;
    double waitProbability = 0; ///< of having to wait at all
    double blocked = 0;         ///< share turned away (M/M/c/K)
    Seconds wait, time;
    double queueLength = 0, inSystem = 0; ///< requests, averaged over time; infinite when unstable
    friend bool operator==(const QueueState&, const QueueState&) = default;
};

/// Little's law: L = lambda W.
Requests inSystem(RequestRate, Seconds timeInSystem);

/// rho = lambda / (servers * mu); 0 when nothing arrives, infinite when nothing can be served.
double utilization(RequestRate arrivals, RequestRate perServer, double servers);

/// Share of arrivals that find all `servers` busy and leave, for an offered load in erlang (M/G/c/c).
double erlangB(int servers, double offered);
/// Probability to wait in M/M/c; 1 when offered >= servers. Right and finite for tens of thousands of servers.
double erlangC(int servers, double offered);

QueueState mm1(RequestRate arrivals, RequestRate service);
QueueState mmc(RequestRate arrivals, RequestRate service, int servers);
/// Deterministic service.
QueueState md1(RequestRate arrivals, RequestRate service);
/// Pollaczek and Khinchine. \param serviceScv squared coefficient of variation of the service time, >= 0
QueueState mg1(RequestRate arrivals, RequestRate service, double serviceScv);
/// Allen and Cunneen: the wait of M/M/c times (ca^2 + cs^2)/2. Exact for M/M/c and M/G/1, else an approximation.
QueueState ggc(RequestRate arrivals, RequestRate service, int servers, double arrivalScv, double serviceScv);
/// At most `places` in system (waiting and served), others turned away. places >= servers.
QueueState mmck(RequestRate arrivals, RequestRate service, int servers, int places);

/// The wait that a share p of the customers of M/M/c do not exceed: 0 for p <= P(no wait).
Seconds mmcWaitQuantile(RequestRate arrivals, RequestRate service, int servers, double p);

/// One class of M/G/1 with priorities; the first class goes first.
struct PriorityClass {
    RequestRate arrivals;
    Seconds service;       ///< mean
    double serviceScv = 1; ///< squared coefficient of variation
};
/// Waits per class, not preemptive (Cobham 1954). A class waits for ever when it and those above it fill the server.
std::vector<Seconds> cobhamWaits(std::span<const PriorityClass>);
/// Times in system per class, preemptive resume.
std::vector<Seconds> preemptiveTimes(std::span<const PriorityClass>);

/// Processor sharing, M/G/1: time in system of a request that needs `work` alone: work / (1 - rho), whatever the
/// distribution of work (insensitivity). Infinite when rho >= 1.
Seconds processorSharing(Seconds work, double utilization);

/// Factor on the wait of a queue with Poisson arrivals for arrivals of other variability: (ca^2 + cs^2)/(1 + cs^2).
double arrivalFactor(double arrivalScv, double serviceScv);

} // namespace headroom
