#include "core/queueing/batch_chain.h"

#include <algorithm>
#include <cmath>

namespace headroom {

namespace {

/// Residence at successive states without a search for each: the piece moves along.
class Walker {
public:
    Walker(const Residence& r, double replicas) : m_r(r), m_replicas(replicas), m_perReplica(1 / replicas) { enter(); }
    /// Requests there over their departures per second; `n` beyond the seats counts as all seats.
    struct State {
        double requests, seconds;
    };
    State state(double n)
    {
        const double each = n * m_perReplica;
        if (each > m_to || each <= m_from) {
            if (each >= m_r.requests.back()) // seats full: no more than there
                return {m_replicas * m_r.requests.back(), m_r.seconds.back()};
            find(each);
        }
        return {n, m_seconds + (each - m_from) * m_slope};
    }
    double departures(double n)
    {
        const State s = state(n);
        return s.requests / s.seconds;
    }

private:
    void find(double each)
    {
        while (m_knot + 1 < m_r.requests.size() && m_r.requests[m_knot] < each)
            ++m_knot;
        while (m_knot > 0 && m_r.requests[m_knot - 1] >= each)
            --m_knot;
        enter();
    }
    void enter()
    {
        m_to = m_r.requests[m_knot];
        if (m_knot == 0) { // below the first knot all take as long
            m_from = 0;
            m_seconds = m_r.seconds.front();
            m_slope = 0;
            return;
        }
        m_from = m_r.requests[m_knot - 1];
        m_seconds = m_r.seconds[m_knot - 1];
        m_slope = (m_r.seconds[m_knot] - m_seconds) / (m_to - m_from);
    }

    const Residence& m_r;
    double m_replicas, m_perReplica;
    std::size_t m_knot = 0;
    double m_from = 0, m_to = 0, m_seconds = 0, m_slope = 0; ///< of the piece that ends at the knot
};

/// The number at which as many leave as come, between 0 and the seats.
double balance(Walker& departures, double rate, double seats)
{
    constexpr double kNear = 0.1; // relative: a light load has its balance far below one request
    double low = 0, high = seats;
    for (int round = 0; round < 60 && high - low > std::min(0.5, kNear * high); ++round) {
        const double middle = 0.5 * (low + high);
        (departures.departures(middle) < rate ? low : high) = middle;
    }
    return 0.5 * (low + high);
}

/// Peakedness of an infinite group of servers: variance over mean of the number in it, for arrivals of index of
/// dispersion I: 1 + (I - 1) w, with w = 1 for fixed and 1/2 for exponential times in a seat.
double peakedness(double dispersion, double residenceScv)
{
    return std::clamp(1 + (dispersion - 1) / (1 + residenceScv), 0.3, 10.0);
}

/// Probability of a state over that of the one below, given the arrivals per residence and the requests there, whose
/// ratio r is that of arrivals over departures. The product form is exp of the sum of ln r; a noise z times as strong
/// as Poisson's makes it exp of the sum of ln(r) / z (the diffusion with the same drift). (1 + x/z) / (1 - x/z) with
/// x = (r - 1)/(r + 1) is that to second order, and exact for z = 1.
class Odds {
public:
    explicit Odds(double z) : m_more(z + 1), m_less(z - 1), m_perZ(1 / z) {}
    double up(double arrivals, double requests) const
    {
        const Ratio r = ratio(arrivals, requests);
        return r.above / r.below;
    }
    double down(double arrivals, double requests) const ///< 1 / up
    {
        const Ratio r = ratio(arrivals, requests);
        return r.below / r.above;
    }

private:
    struct Ratio {
        double above, below;
    };
    Ratio ratio(double arrivals, double requests) const
    {
        constexpr double kRare = 0.02; // the second order fails where arrivals are rare against departures: light load
        if (arrivals < kRare * requests)
            return {std::pow(arrivals / requests, m_perZ), 1};
        constexpr double kLeast = 1e-13; // z < 1 would turn the sign
        const double least = kLeast * (arrivals + requests);
        return {std::max(m_more * arrivals + m_less * requests, least),
            std::max(m_less * arrivals + m_more * requests, least)};
    }

    double m_more, m_less, m_perZ;
};

/// What arrivals find, against time averages: with bursts they find more. Arrival rate in a state, over the mean.
struct Arrivals {
    double lean, centre;
    double operator()(double n) const { return std::max(0.02, 1 + lean * (n - centre)); }
};

} // namespace

double Residence::departures(double n) const { return Walker(*this, 1).departures(n); }

ChainSolution solveChain(const ChainInput& in, const Residence& residence)
{
    ChainSolution out;
    const double seats = in.replicas * in.seats;
    Walker departures(residence, in.replicas);
    const double centre = balance(departures, in.rate, seats);
    const double mode = std::min(std::floor(centre), seats - 1);
    const double pull = std::max(0.0, departures.departures(mode + 1) - departures.departures(mode));
    // The diffusion knows no floor at 0: with few in system the strength of the noise fades to Poisson's.
    constexpr double kFew = 4;
    const double z = 1 + (peakedness(in.bunching, in.residenceScv) - 1) * centre / (centre + kFew);
    const Odds odds(z);
    const double skew = 0.5 * (z - 1); // the stronger noise moves the mean off the mode by this
    const double bursts =
        std::max(1.0, peakedness(in.arrivalScv, in.residenceScv)); // regular ones: as Poisson, on the safe side
    const Arrivals arrivals{pull / in.rate * (1 - 1 / bursts), centre};

    // From the mode down and up, relative to the mode, until what is left does not matter.
    constexpr double kNegligible = 1e-8;
    std::vector<double> below;
    constexpr std::size_t kUsual = 128; // states on one side
    below.reserve(kUsual);
    double p = 1;
    for (double n = mode; n >= 1 && p > kNegligible; --n) {
        const Walker::State at = departures.state(n + skew);
        p *= odds.down(in.rate * at.seconds, at.requests);
        below.push_back(p);
    }
    out.first = mode - static_cast<double>(below.size());
    out.found.reserve(below.size() + kUsual);
    out.found.assign(below.rbegin(), below.rend());
    out.found.push_back(1);
    p = 1;
    double n = mode;
    while (n + 1 < seats && p > kNegligible) {
        const Walker::State at = departures.state(n + 1 + skew);
        p *= odds.up(in.rate * at.seconds, at.requests);
        out.found.push_back(p);
        ++n;
    }
    // From the last seat on departures stay the same: geometric, with the wait scaled by variability (Allen-Cunneen).
    const bool reachesSeats = n + 1 >= seats;
    const double full = reachesSeats ? p * odds.up(in.rate, in.capacity) : 0; // P(n = seats)
    const double ratio = in.rate / in.capacity;
    const double all = full / (1 - ratio);
    out.meanWait = 0.5 * (in.arrivalScv + in.residenceScv) / (in.capacity - in.rate);

    double total = all, seated = all * seats, arrive = all, state = out.first;
    const double idle = out.first == 0 ? out.found.front() : 0;
    for (double& found : out.found) {
        total += found;
        seated += found * state;
        found *= arrivals(state);
        arrive += found;
        ++state;
    }
    out.idle = idle / total;
    out.meanSeated = seated / total;
    const double perArrival = 1 / arrive;
    for (double& found : out.found)
        found *= perArrival;
    out.waits = all * perArrival;
    out.meanQueued = in.rate * out.waits * out.meanWait;
    return out;
}

} // namespace headroom
