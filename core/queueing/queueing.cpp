#include "core/queueing/queueing.h"

#include "core/error.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace headroom {

namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

/// The state that follows from the mean wait: Little for the rest.
QueueState fromWait(RequestRate arrivals, RequestRate service, double rho, double waitProbability, Seconds wait)
{
    QueueState state;
    state.utilization = rho;
    state.waitProbability = waitProbability;
    state.wait = wait;
    state.time = wait + request / service;
    state.queueLength = inSystem(arrivals, wait).in(request);
    state.inSystem = inSystem(arrivals, state.time).in(request);
    return state;
}

QueueState unstable(double rho)
{
    QueueState state;
    state.utilization = rho;
    state.stable = false;
    state.waitProbability = 1;
    state.wait = state.time = Seconds::infinite();
    state.queueLength = state.inSystem = kInfinite;
    return state;
}

/// Nobody comes: no wait, and service alone (infinite when there is none).
QueueState idle(RequestRate service)
{
    QueueState state;
    state.time = service > RequestRate{} ? request / service : Seconds::infinite();
    return state;
}

} // namespace

Requests inSystem(RequestRate arrivals, Seconds timeInSystem)
{
    return arrivals > RequestRate{} ? arrivals * timeInSystem : Requests{}; // 0 * infinity is nobody
}

double utilization(RequestRate arrivals, RequestRate perServer, double servers)
{
    if (arrivals <= RequestRate{})
        return 0;
    const RequestRate capacity = servers * perServer;
    return capacity > RequestRate{} ? arrivals / capacity : kInfinite;
}

double erlangB(int servers, double offered)
{
    HR_ASSERT(servers >= 0);
    if (offered <= 0)
        return servers == 0 ? 1 : 0;
    double blocked = 1; // recursion over the servers: never above 1, so it cannot overflow
    for (int k = 1; k <= servers; ++k)
        blocked = offered * blocked / (k + offered * blocked);
    return blocked;
}

double erlangC(int servers, double offered)
{
    if (offered <= 0)
        return servers == 0 ? 1 : 0;
    if (offered >= servers)
        return 1;
    const double blocked = erlangB(servers, offered);
    return blocked / (1 - offered / servers * (1 - blocked));
}

QueueState mm1(RequestRate arrivals, RequestRate service) { return mmc(arrivals, service, 1); }

QueueState mmc(RequestRate arrivals, RequestRate service, int servers) { return ggc(arrivals, service, servers, 1, 1); }

QueueState md1(RequestRate arrivals, RequestRate service) { return mg1(arrivals, service, 0); }

QueueState mg1(RequestRate arrivals, RequestRate service, double serviceScv)
{
    return ggc(arrivals, service, 1, 1, serviceScv);
}

QueueState ggc(RequestRate arrivals, RequestRate service, int servers, double arrivalScv, double serviceScv)
{
    if (arrivals <= RequestRate{})
        return idle(service);
    const double rho = utilization(arrivals, service, servers);
    if (!(rho < 1))
        return unstable(rho);
    const double waits = erlangC(servers, rho * servers);
    const Seconds drain = request / (servers * service - arrivals); // mean wait in M/M/c of those who wait
    return fromWait(arrivals, service, rho, waits, (arrivalScv + serviceScv) / 2 * waits * drain);
}

QueueState mmck(RequestRate arrivals, RequestRate service, int servers, int places)
{
    HR_ASSERT(servers >= 1 && places >= servers);
    if (arrivals <= RequestRate{})
        return idle(service);
    if (service <= RequestRate{}) { // all places fill and nobody ever leaves
        QueueState state = unstable(kInfinite);
        state.blocked = 1;
        state.queueLength = places - servers;
        state.inSystem = places;
        return state;
    }
    // As erlangB: add places one by one. `last` is the probability of the newest state and the others shrink by
    // 1 - last, so means can be carried along and nothing overflows.
    const double offered = arrivals / service;
    double last = 1, mean = 0, waiting = 0, allBusy = 0;
    for (int n = 1; n <= places; ++n) {
        const double ratio = offered / std::min(n, servers) * last;
        last = ratio / (1 + ratio);
        mean = mean * (1 - last) + n * last;
        waiting = waiting * (1 - last) + std::max(n - servers, 0) * last;
        allBusy = allBusy * (1 - last) + (n >= servers ? last : 0);
    }
    QueueState state;
    state.utilization = offered / servers;
    state.blocked = last;
    const RequestRate admitted = (1 - last) * arrivals;
    // Among the admitted; those turned away do not wait.
    state.waitProbability = last < 1 ? std::clamp((allBusy - last) / (1 - last), 0.0, 1.0) : 0;
    state.queueLength = waiting;
    state.inSystem = mean;
    state.wait = admitted > RequestRate{} ? waiting * request / admitted : Seconds{};
    state.time = state.wait + request / service;
    return state;
}

Seconds mmcWaitQuantile(RequestRate arrivals, RequestRate service, int servers, double p)
{
    if (arrivals <= RequestRate{})
        return Seconds{};
    const double rho = utilization(arrivals, service, servers);
    if (!(rho < 1) || p >= 1)
        return Seconds::infinite();
    const double waits = erlangC(servers, rho * servers);
    if (1 - p >= waits)
        return Seconds{};
    return std::log(waits / (1 - p)) * (request / (servers * service - arrivals));
}

std::vector<Seconds> cobhamWaits(std::span<const PriorityClass> classes)
{
    // Work found in service, of any class, must be finished first: the sum of lambda E[S^2] / 2.
    double residual = 0; // seconds
    for (const PriorityClass& c : classes)
        residual += 0.5 * c.arrivals.si() * (1 + c.serviceScv) * c.service.si() * c.service.si();
    std::vector<Seconds> waits;
    double above = 0; // load of the classes served before this one
    for (const PriorityClass& c : classes) {
        const double with = above + c.arrivals.si() * c.service.si();
        waits.push_back(with < 1 ? Seconds(residual / ((1 - above) * (1 - with))) : Seconds::infinite());
        above = with;
    }
    return waits;
}

std::vector<Seconds> preemptiveTimes(std::span<const PriorityClass> classes)
{
    std::vector<Seconds> times;
    double above = 0, residual = 0;
    for (const PriorityClass& c : classes) {
        residual += 0.5 * c.arrivals.si() * (1 + c.serviceScv) * c.service.si() * c.service.si();
        const double with = above + c.arrivals.si() * c.service.si();
        times.push_back(with < 1 ? Seconds(c.service.si() / (1 - above) + residual / ((1 - above) * (1 - with)))
                                 : Seconds::infinite());
        above = with;
    }
    return times;
}

Seconds processorSharing(Seconds work, double utilization)
{
    if (work <= Seconds{})
        return Seconds{};
    return utilization < 1 ? work / (1 - utilization) : Seconds::infinite();
}

double arrivalFactor(double arrivalScv, double serviceScv) { return (arrivalScv + serviceScv) / (1 + serviceScv); }

} // namespace headroom
