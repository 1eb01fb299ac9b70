// What the report says, as words and tables: no painting here, so tests and the page read the same.
#pragma once

#include "core/snapshot.h"
#include "ui/report/page_flow.h"

#include <QString>

#include <vector>

namespace headroom::ui {

/// What to buy or rent, what it costs, whether it holds, what breaks first: a sentence each, numbers between ** **.
std::vector<QString> verdictSentences(const Snapshot&);

/// Every stated target beside what the plan reaches.
TextTable targetsTable(const Snapshot&);

struct InputGroup {
    QString title; ///< "Workload"
    TextTable table;
    QString below{}; ///< small, under the table
};
/// Every field of fields() that the plan uses: value, unit and where it came from (default, catalog, set); below each
/// table those that it does not use and why; and the request classes.
std::vector<InputGroup> inputTables(const Plan&);

/// What differs from the plan in its file, whose name and notes the report bears: "Changed since the file was read or
/// saved: Mean arrival rate 12 → 18 req/s; Replicas 1 → 2." Empty when nothing does.
QString changedSince(const Plan& saved, const Plan& now);

/// Latency, throughput, memory and cost with their bands, and what each rests on.
std::vector<InputGroup> resultTables(const Snapshot&);

/// Pinned plans beside the present one: inputs that differ, then results. No rows without pinned plans.
std::vector<InputGroup> comparisonTables(const Snapshot&);

/// The same load through the systems of history: a row each, and a sentence of what it gains and why.
struct AblationSection {
    TextTable table;
    std::vector<QString> sentences;
};
AblationSection ablationSection(const Plan&);

/// What of the report is simulated and with which seed, or that nothing is.
QString simulationSentence(const Snapshot&);
/// What the figures assume, in words; then what does not hold for this plan.
std::vector<QString> assumptions(const Snapshot&);
/// Where the figures of the chosen GPU and model come from, and how the plan differs from the catalog.
std::vector<QString> sources(const Plan&);

} // namespace headroom::ui
