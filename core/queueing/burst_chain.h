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

/// \param in arrivalScv and bunching are not used: the burst says all
BurstSolution solveBurstChain(const ChainInput& in, const BurstSpec&, const Residence&);

} // namespace headroom
