// The window rows of the benchmark table (CLI.md): measured on the window itself, offscreen or on a screen.
#pragma once

#include "ui/main_window.h"

#include <QString>

#include <optional>
#include <string>
#include <vector>

namespace headroom {

struct BenchRow {
    std::string name;
    std::optional<double> value; ///< absent: not measurable here
    QString what;                ///< what was measured, for the table
};

/// Resident memory of this process in MiB, from /proc; absent elsewhere.
std::optional<double> residentMiB();

/// Starts this program `runs` times and waits for its first painted frame. Memory is that of the started window.
/// \param program path of this executable
std::vector<BenchRow> benchStart(const QString& program, int runs);

/// Moves the sliders of the five first controls over every tab and takes the time from the move to all visible plots
/// painted: 99th percentile of the worst tab, then a row for every tab.
std::vector<BenchRow> benchSliders(ui::MainWindow& window);

} // namespace headroom
