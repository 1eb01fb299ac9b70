// Layouts of a dense layer over a torus of accelerators and what they communicate: 1-D and 2-D weight-stationary,
// weight-gathered (Pope et al., "Efficiently Scaling Transformer Inference", arXiv 2211.05102, sections 3.2 and A.2).
// A collective of D bytes per chip takes D / bandwidth: the (K - 1)/K of K chips is left out, as there.
#pragma once

#include "core/units.h"

namespace headroom {

/// A 3-D torus. `link` is what one chip sends over all its links, one way.
struct Torus {
    int x = 1, y = 1, z = 1;
    Bandwidth link;
    int chips() const { return x * y * z; }
};

/// One layer of one pass: B L tokens through a feed-forward block of two matrices E by F.
struct LayerPass {
    double tokens = 1;          ///< B L: sequences times tokens of each in this pass (1 in decode)
    double width = 0;           ///< E, d_model
    double feedForward = 0;     ///< F, d_ff
    double activationBytes = 2; ///< per value
    double weightBytes = 2;     ///< per value
};

/// Time of the collectives of a layer with the weights split over d_ff only: 2 B L E / bw, whatever the chips.
Seconds weightStationary1d(const LayerPass&, Bandwidth link);

/// Chips along d_model and along d_ff of a 2-D split; x * yz = chips. Real numbers: the optimum need not be whole.
struct Split2d {
    double x = 1, yz = 1;
};
/// The split that communicates least: x = sqrt(n E / F), yz = sqrt(n F / E).
Split2d bestSplit2d(const LayerPass&, double chips);
/// 2 B L / bw (E / x + F / yz).
Seconds weightStationary2d(const LayerPass&, Bandwidth link, Split2d);

/// Weights gathered over `gathered` of `chips` chips: 2 E F N / (n bw) of weights and 2 B L E / (N bw) of activations.
Seconds weightGathered(const LayerPass&, Bandwidth link, double chips, double gathered);
/// The N, as a real number, that communicates least: sqrt(B L n / F) with values of equal size.
double bestGather(const LayerPass&, double chips);

enum class Partitioning { stationary1d, stationary2d, gatheredX, gatheredXy, gatheredXyz };
/// Time of the collectives of one layer on a torus. stationary2d takes the best split.
Seconds communication(Partitioning, const LayerPass&, const Torus&);
/// The layout that communicates least. Few tokens keep the weights in place, many gather them.
Partitioning cheapestPartitioning(const LayerPass&, const Torus&);

/// Whole model, one pass, nothing overlapped and no efficiency: what the paper calls its analytic cost.
struct PassInput {
    double parameters = 0; ///< N
    int layers = 0;
    double tokens = 1;      ///< B L
    Bytes kv;               ///< read by all chips together
    double weightBytes = 2; ///< per parameter
    FlopRate peak;          ///< per chip
    Bandwidth memory;       ///< per chip
    Seconds communicationOfLayer;
};
struct PassTime {
    Seconds compute, weights, kv, communication;
    Seconds total() const { return compute + weights + kv + communication; }
};
PassTime analyticPass(const PassInput&, double chips);

/// Model FLOP utilization: 2 N tokens / (chips peak time). \param time of all `tokens`
double modelFlopsUtilization(double parameters, double tokens, double chips, FlopRate peak, Seconds time);

} // namespace headroom
