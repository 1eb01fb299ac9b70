// Ranges, ticks and the map from values to pixels. Standard types only: tested without a window.
#pragma once

#include "ui/plots/chart.h"

#include <optional>
#include <string>
#include <vector>

namespace headroom::ui {

struct Interval {
    double from = 0, to = 1;
    double length() const { return to - from; }
    bool contains(double v) const { return v >= from && v <= to; }
    friend bool operator==(const Interval&, const Interval&) = default;
};

/// One axis on screen: `range` lies between two pixels (pixelFrom > pixelTo for a vertical axis that grows upwards).
struct AxisScale {
    Interval range;
    bool logarithmic = false;
    double pixelFrom = 0, pixelTo = 1;

    /// Not clamped; values at or below 0 on a logarithmic axis lie far outside on the side of `range.from`.
    double pixel(double value) const;
    double value(double pixel) const;
    friend bool operator==(const AxisScale&, const AxisScale&) = default;
};

/// Where ticks stand and how far apart; `step` is 0 on logarithmic axes (labels then come from the value).
struct Ticks {
    std::vector<double> values;
    double step = 0;
};
/// At most `most` ticks: multiples of 1, 2 or 5 times a power of ten; on logarithmic axes 1-2-5, or decades, or every
/// k-th decade. A logarithmic range below a factor of three gets linear ticks.
Ticks ticks(Interval, bool logarithmic, int most);
/// Ticks of a range that bars span from zero: at least one beside zero on each side that bars reach. Where the shorter
/// side would ask for too many, the range is widened to the first tick there.
Ticks ticksFromZero(Interval&, int most);

/// The range that shows all of `values`, rounded outwards to what ticks well. Zero is included on linear axes when the
/// data come near it. No finite value gives [0, 1], or [0.1, 1] on a logarithmic axis.
/// \param most as for ticks()
Interval niceRange(const std::vector<double>& values, const Axis&, int most);

struct PlotRanges {
    Interval x, y;
};
/// What a chart shows before anyone zooms. Curves that climb to a saturation are cut above the operating point and
/// the targets, so that the part one plans with stays readable; the axis limits of the builder come first.
PlotRanges fittedRanges(const LineChart&);
PlotRanges fittedRanges(const ScatterChart&);
PlotRanges fittedRanges(const HeatMap&);
/// Rows are numbered 0, 1, ... downwards: y runs from rows to 0.
PlotRanges fittedRanges(const SpanChart&);

/// All that the curves have, where fittedRanges() cuts: as far as zooming out goes. Of limits only what is fitted.
PlotRanges wholeRanges(const LineChart&);

/// Zoomed around `centre` (a value): factor 0.5 shows half as much. Logarithmic axes zoom in ratios.
Interval zoomed(Interval, bool logarithmic, double centre, double factor);
/// A range zoomed out to, held within `whole`: it moves inwards before it is cut.
Interval heldWithin(Interval, Interval whole, bool logarithmic);
/// Moved by a share of its length (in ratios on a logarithmic axis).
Interval panned(Interval, bool logarithmic, double share);
/// Moved so that it does not begin before its axis does: there are no negative rates.
Interval notBelow(Interval, const Axis&);

/// Lower and upper edges of the cells around the centres of a heat map: midway between neighbours, in ratios on a
/// logarithmic axis. One more than centres.
std::vector<double> cellEdges(const std::vector<double>& centres, bool logarithmic);

} // namespace headroom::ui
