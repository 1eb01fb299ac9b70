// Weights on a GPU as bar segments: one name and one colour for each part of a model, wherever it is drawn.
#pragma once

#include "core/model/memory.h"
#include "ui/plots/chart.h"

#include <vector>

namespace headroom::ui {

/// Empty segments for the parts of the weights, in the order of appendWeights().
std::vector<BarSegment> weightSegments();
/// Adds one bar: the weights in GiB, to the first segments.
void appendWeights(std::vector<BarSegment>& segments, const WeightBytes&);

} // namespace headroom::ui
