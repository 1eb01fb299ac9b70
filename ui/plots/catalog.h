// The table of charts: View menu, tabs, report chooser and `headroom-cli chart` read it.
#pragma once

#include "core/snapshot.h"
#include "ui/plots/chart.h"

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headroom::ui {

struct ChartRow {
    std::string_view id;  ///< "latency_vs_load"
    std::string_view tab; ///< "capacity", "memory", ...
    std::string_view title;
    std::string_view help;
    std::string_view topic; ///< "2.3"
    ChartSpec (*build)(const Snapshot&) = nullptr;
    bool wide = false;      ///< needs the whole width of a tab
    bool simulated = false; ///< shows Snapshot::study: who draws it without a window simulates first
};

/// All charts, in the order of the tabs.
std::span<const ChartRow> charts();
const ChartRow* findChart(std::string_view id);
/// The sentence above a tab, in words that change with the numbers; plain text, numbers between ** **.
std::string tabSentence(std::string_view tab, const Snapshot&);
/// The GPU of the catalog that meets the targets at least cost, or that none costs less than the plan's own. Sizes the
/// plan on every GPU where nobody else does; empty while that is awaited.
std::string leastCostSentence(const Snapshot&);
/// The layout of the plan's own GPU that needs fewer of them than the plan's, or that meets targets which the plan's
/// cannot meet with any number; empty without one. Sizes as leastCostSentence() does.
std::string otherLayoutSentence(const Snapshot&);
/// The chart's data as CSV: one block of columns per curve, or category rows for bars. RFC 4180.
/// \param atTheEnd heads and cells of columns that say something once, in the first row
std::string chartCsv(const ChartSpec&, const std::vector<std::pair<std::string, std::string>>& atTheEnd = {});
/// One cell of RFC 4180: quoted where it must be.
std::string csvCell(const std::string&);

} // namespace headroom::ui
