// Bands of figures that follow from others: no solve of their own, each from an edge that an evaluation has already.
#pragma once

#include "core/evaluate.h"

#include <string_view>
#include <vector>

namespace headroom {

/// p50 goes with the mean, p99 with the p95: an edge moves both by the same factor.
Band medianBand(const LatencySummary&, const Band& ofMean);
Band farBand(const LatencySummary&);

/// A figure that grows in proportion to another one that has a band. \param value of the figure at `known`
Band inProportion(double value, double known, const Band& ofKnown);
/// One that falls as the other grows.
Band inInverseProportion(double value, double known, const Band& ofKnown);

/// What a latency is made of near its p95 (or p99), from its own band: each part moves as that of the mean does, and the
/// parts together as the whole. The edges of the parts add up to those of the whole, or lie beyond them.
PartsBand farPartsBand(const PointEvaluation&, const LatencyParts& parts, const Band& ofWhole);
/// Of the p95 and the p99 of E2E.
PartsBand partsP95Band(const PointEvaluation&);
PartsBand partsP99Band(const PointEvaluation&);

/// Good requests a second. How many are good at an edge is read from where the targets stand among p50, p95 and p99 there.
/// Targets of single classes count with those of all. An edge without end serves none that are good.
Band goodputBand(const PointEvaluation&, const Targets&);

/// Joules of an output token: what the GPUs draw goes with how busy they are, over the tokens that are served.
Band energyBand(const PointEvaluation&);

/// A figure by its key in the results (`evaluate --json`), SI.
struct NamedBand {
    std::string_view key;
    Band band;
};
/// All but the mean latencies, output tokens, capacity and cost of output tokens, which the evaluation itself carries.
std::vector<NamedBand> derivedBands(const PointEvaluation&, const Targets&);

} // namespace headroom
