// The chain under bursts: two-state Markov-modulated Poisson arrivals as a level-dependent quasi-birth-death process.
#pragma once

#include "core/queueing/batch_chain.h"
#include "core/workload/workload.h"

namespace headroom {

/// The two phases apart. Probabilities of `found` and `waits` of both together sum to one; time averages add up too.
struct BurstSolution {
    ChainSolution calm, burst;
    double calmRatio = 1, burstRatio = 1; ///< arrival rate in the phase over the mean rate
};

/// Seats of the station up to which every number of requests is a state of its own. Beyond, states are lumped to a
/// quarter of the standard deviation of a Poisson number like theirs, or a thousandth of them if that is more: 550
/// states for 4,096 seats, 7,300 for ten million.
inline constexpr double kMostSingleStates = 1024;

/// \param in arrivalScv and bunching are not used: the burst says all
/// \param mostSingle for tests: infinity lumps nothing, 0 whatever it can
BurstSolution solveBurstChain(
    const ChainInput& in, const BurstSpec&, const Residence&, double mostSingle = kMostSingleStates);

} // namespace headroom
