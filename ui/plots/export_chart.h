// A chart on paper and in files: vectors through any QPainter.
#pragma once

#include "core/error.h"
#include "ui/plots/chart.h"
#include "ui/theme.h"

#include <QRectF>
#include <QSize>
#include <QString>

#include <filesystem>
#include <string>

class QFont;
class QImage;
class QPainter;

namespace headroom {
struct Snapshot;
}

namespace headroom::ui {

/// Whose chart it is. A picture that travels alone says so below the drawing and in its metadata, a CSV file in columns
/// at the end; what is not known is not said.
struct ChartOrigin {
    QString plan; ///< its name
    QString hash; ///< planHash()
};
ChartOrigin originOf(const Snapshot&);
/// "Support chat · plan 1f00c2a4 · Headroom 1.0"; empty without a plan.
QString originLine(const ChartOrigin&);

/// Title, unit and drawing inside `where`, as vectors and text (no raster images). For PDF, SVG and pictures.
/// Needs a QApplication (any platform, offscreen too). The card's background is not painted.
void paintChart(QPainter&, const QRectF& where, const ChartSpec&, const Theme&);

/// Title bold at the left, unit at the right, in one line; what is too long is cut.
void paintHeader(QPainter&, const QRectF& where, const ChartSpec&, const Theme&, const QFont& title, const QFont& unit);

/// Why there is nothing to draw, in the middle of `where`.
void paintEmpty(QPainter&, const QRectF& where, const ChartSpec&, const Theme&, const QFont&);

/// paintChart() with a line below it that says whose chart it is.
void paintChart(QPainter&, const QRectF& where, const ChartSpec&, const Theme&, const ChartOrigin&);
/// Puts title and origin into the metadata of a picture.
void describe(QImage&, const ChartSpec&, const ChartOrigin&);
/// chartCsv() with the origin in columns at the end.
std::string csvOf(const ChartSpec&, const ChartOrigin&);

/// Of a picture, in pixels at 96 dots per inch.
inline constexpr QSize kExportSize{640, 420};

/// Writes .png (twice the resolution), .svg, .pdf or .csv by the suffix; replaces the file only when all is written.
/// Error.where is the file.
Result<void> exportChart(const ChartSpec&, const std::filesystem::path&, const Theme& = lightTheme(),
    QSize size = kExportSize, const ChartOrigin& = {});

} // namespace headroom::ui
