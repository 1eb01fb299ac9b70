#include "core/queueing/batch_chain.h"

#include <algorithm>
#include <cmath>

namespace headroom {

namespace {

/// Departures at successive states without a search for each: the knot moves along.
class Walker {
public:
    Walker(const Residence& r, double replicas) : m_r(r), m_replicas(replicas) {}
    double operator()(double n)
    {
        const double each = n / m_replicas;
        if (each <= m_r.requests.front())
            return n / m_r.seconds.front();
        while (m_knot + 1 < m_r.requests.size() && m_r.requests[m_knot] < each)
            ++m_knot;
        while (m_knot > 1 && m_r.requests[m_knot - 1] >= each)
            --m_knot;
        if (m_r.requests.size() == 1 || each >= m_r.requests.back()) // seats full: no more than there
            return m_replicas * m_r.requests.back() / m_r.seconds.back();
        const double a = m_r.requests[m_knot - 1], b = m_r.requests[m_knot];
        const double part = (each - a) / (b - a);
        return n / (m_r.seconds[m_knot - 1] + part * (m_r.seconds[m_knot] - m_r.seconds[m_knot - 1]));
    }

private:
    const Residence& m_r;
    double m_replicas;
    std::size_t m_knot = 1;
};

/// The number at which as many leave as come, between 0 and the seats.
double balance(Walker& departures, double rate, double seats)
{
    constexpr double kNear = 0.1; // relative: a light load has its balance far below one request
    double low = 0, high = seats;
    for (int round = 0; round < 60 && high - low > std::min(0.5, kNear * high); ++round) {
        const double middle = 0.5 * (low + high);
        (departures(middle) < rate ? low : high) = middle;
    }
    return 0.5 * (low + high);
}

/// Peakedness of an infinite group of servers: variance over mean of the number in it, for arrivals of index of
/// dispersion I: 1 + (I - 1) w, with w = 1 for fixed and 1/2 for exponential times in a seat.
double peakedness(double dispersion, double residenceScv)
{
    return std::clamp(1 + (dispersion - 1) / (1 + residenceScv), 0.3, 10.0);
}

/// Probability of a state over that of the one below, given arrivals over departures. The product form is exp of the
/// sum of ln r; a noise z times as strong as Poisson's makes it exp of the sum of ln(r) / z (the diffusion with the
/// same drift). (1 + x/z) / (1 - x/z) with x = (r - 1)/(r + 1) is that to second order, and exact for z = 1.
double step(double ratio, double z)
{
    constexpr double kRare = 0.02; // the second order fails where arrivals are rare against departures: light load
    if (ratio < kRare)
        return std::pow(ratio, 1 / z);
    constexpr double kOne = 1 - 1e-13; // beyond it z < 1 would turn the sign
    const double x = std::clamp((ratio - 1) / (ratio + 1) / z, -kOne, kOne);
    return (1 + x) / (1 - x);
}

/// What arrivals find, against time averages: with bursts they find more. Arrival rate in a state, over the mean.
struct Arrivals {
    double lean, centre;
    double operator()(double n) const { return std::max(0.02, 1 + lean * (n - centre)); }
};

} // namespace

double Residence::departures(double n) const { return Walker(*this, 1)(n); }

ChainSolution solveChain(const ChainInput& in, const Residence& residence)
{
    ChainSolution out;
    const double seats = in.replicas * in.seats;
    Walker departures(residence, in.replicas);
    const double centre = balance(departures, in.rate, seats);
    const double mode = std::min(std::floor(centre), seats - 1);
    const double pull = std::max(0.0, departures(mode + 1) - departures(mode));
    // The diffusion knows no floor at 0: with few in system the strength of the noise fades to Poisson's.
    constexpr double kFew = 4;
    const double z = 1 + (peakedness(in.bunching, in.residenceScv) - 1) * centre / (centre + kFew);
    const double skew = 0.5 * (z - 1); // the stronger noise moves the mean off the mode by this
    const double bursts =
        std::max(1.0, peakedness(in.arrivalScv, in.residenceScv)); // regular ones: as Poisson, on the safe side
    const Arrivals arrivals{pull / in.rate * (1 - 1 / bursts), centre};

    // From the mode down and up, relative to the mode, until what is left does not matter.
    constexpr double kNegligible = 1e-9;
    std::vector<double> below;
    double p = 1;
    for (double n = mode; n >= 1 && p > kNegligible; --n) {
        p /= step(in.rate / departures(n + skew), z);
        below.push_back(p);
    }
    out.first = mode - static_cast<double>(below.size());
    out.found.assign(below.rbegin(), below.rend());
    out.found.push_back(1);
    p = 1;
    double n = mode;
    while (n + 1 < seats && p > kNegligible) {
        p *= step(in.rate / departures(n + 1 + skew), z);
        out.found.push_back(p);
        ++n;
    }
    // From the last seat on departures stay the same: geometric, with the wait scaled by variability (Allen-Cunneen).
    const bool reachesSeats = n + 1 >= seats;
    const double full = reachesSeats ? p * step(in.rate / in.capacity, z) : 0; // P(n = seats)
    const double ratio = in.rate / in.capacity;
    const double all = full / (1 - ratio);
    out.meanWait = 0.5 * (in.arrivalScv + in.residenceScv) / (in.capacity - in.rate);

    double total = all, seated = all * seats, arrive = all;
    for (std::size_t i = 0; i < out.found.size(); ++i) {
        const double state = out.first + static_cast<double>(i);
        total += out.found[i];
        seated += out.found[i] * state;
        arrive += out.found[i] * arrivals(state);
    }
    out.idle = out.first == 0 ? out.found.front() / total : 0;
    out.meanSeated = seated / total;
    for (std::size_t i = 0; i < out.found.size(); ++i)
        out.found[i] *= arrivals(out.first + static_cast<double>(i)) / arrive;
    out.waits = all / arrive;
    out.meanQueued = in.rate * out.waits * out.meanWait;
    return out;
}

} // namespace headroom
