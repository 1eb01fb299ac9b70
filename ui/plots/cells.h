// Rectangles inside axes: spans of a Gantt chart and cells of a heat map. Vectors, no images: a PDF stays sharp.
#pragma once

#include "ui/plots/chart.h"
#include "ui/plots/plot_frame.h"
#include "ui/theme.h"

class QPainter;

namespace headroom::ui {

void paintSpans(QPainter&, const SpanChart&, const PlotFrame&, const Theme&);
void paintCells(QPainter&, const HeatMap&, const PlotFrame&, const Theme&);

} // namespace headroom::ui
