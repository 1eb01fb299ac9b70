// A chart on paper and in files: vectors through any QPainter.
#pragma once

#include "core/error.h"
#include "ui/plots/chart.h"
#include "ui/theme.h"

#include <QRectF>
#include <QSize>

#include <filesystem>

class QFont;
class QPainter;

namespace headroom::ui {

/// Title, unit and drawing inside `where`, as vectors and text (no raster images). For PDF, SVG and pictures.
/// Needs a QApplication (any platform, offscreen too). The card's background is not painted.
void paintChart(QPainter&, const QRectF& where, const ChartSpec&, const Theme&);

/// Title bold at the left, unit at the right, in one line; what is too long is cut.
void paintHeader(QPainter&, const QRectF& where, const ChartSpec&, const Theme&, const QFont& title, const QFont& unit);

/// Why there is nothing to draw, in the middle of `where`.
void paintEmpty(QPainter&, const QRectF& where, const ChartSpec&, const Theme&, const QFont&);

/// Writes .png (twice the resolution), .svg, .pdf or .csv by the suffix; replaces the file only when all is written.
/// Error.where is the file.
Result<void> exportChart(
    const ChartSpec&, const std::filesystem::path&, const Theme& = lightTheme(), QSize size = {640, 420});

} // namespace headroom::ui
