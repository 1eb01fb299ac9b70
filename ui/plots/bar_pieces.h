// What the bars of a StackedBars chart are made of, in values.
#pragma once

#include "ui/plots/chart.h"
#include "ui/theme.h"

#include <QColor>

#include <vector>

namespace headroom::ui {

/// One coloured piece of one bar, in values.
struct BarPiece {
    std::size_t segment = 0, category = 0;
    double from = 0, to = 0;
    std::size_t level = 0; ///< pieces of a higher one lie further out, whatever the order of their segments
};

/// Pieces in the order of categories. Parts of a whole are stacked outwards from zero in the order of segments (negative
/// to the left), or stand at their `starts`. Changes of one value, which are bars with texts at both ends, start at zero
/// each: where two go the same way, the longer one is what reaches beyond the shorter. Values that are not finite are
/// left out.
std::vector<BarPiece> barPieces(const StackedBars&);

/// Of the pieces of a segment, in the bars and in the key: paler where the chart is faded.
QColor pieceColor(const StackedBars&, const BarSegment&, const Theme&);

} // namespace headroom::ui
