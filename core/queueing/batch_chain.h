// The birth-death chain over the requests of a station: product form, walked outwards from its mode.
#pragma once

#include <cstddef>
#include <vector>

namespace headroom {

/// Time in system of a request as a function of how many are there, piecewise linear, for one replica.
struct Residence {
    std::vector<double> requests; ///< n, ascending, above 0
    std::vector<double> seconds;  ///< residence at n: departures happen at n / seconds
    /// Departures per second with n requests in one replica; below the first knot as many servers as requests.
    double departures(double n) const;
};

struct ChainInput {
    double rate = 0;         ///< arrivals per second, all replicas of the station
    double replicas = 1;     ///< pooled: requests are spread evenly over them
    double seats = 1;        ///< of one replica
    double capacity = 0;     ///< departures per second when all seats are taken, all replicas; above rate
    double arrivalScv = 1;   ///< ca^2
    double bunching = 1;     ///< index of dispersion of those who join, at least as seen by the number in system
    double residenceScv = 1; ///< cs^2 of the time in a seat, for the wait of those who find none
};

/// States of the chain that matter, with what arrivals find in them. States are of the whole station.
struct ChainSolution {
    double first = 0;                      ///< requests in the first state below
    std::vector<double> found;             ///< P(an arrival finds state(i)), i = 0, ...; only states with a free seat
    std::vector<double> lumps;             ///< requests in each of `found` where neighbours are lumped; else empty
    double waits = 0;                      ///< P(an arrival finds no free seat)
    double meanWait = 0;                   ///< of those, seconds until a seat is free
    double meanSeated = 0, meanQueued = 0; ///< averaged over time, whole station
    double idle = 0;                       ///< P(nobody is there)
    double state(std::size_t i) const { return lumps.empty() ? first + static_cast<double>(i) : lumps[i]; }
};

ChainSolution solveChain(const ChainInput&, const Residence&);

} // namespace headroom
