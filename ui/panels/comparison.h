// The open plan and the pinned ones side by side, as words. No widgets: the tab Compare and the clipboard read the same.
#pragma once

#include <QString>

#include <memory>
#include <string>
#include <vector>

namespace headroom {
struct Plan;
struct PlanResults;
struct Snapshot;
} // namespace headroom

namespace headroom::ui {

/// One row of the comparison: a name and one text per plan, the open plan first.
struct CompareRow {
    QString name;
    QString unit;
    std::vector<QString> values;
    std::vector<std::string> exact; ///< the same for a file: all digits, point as decimal sign; empty of results
    bool differs = false;
    bool result = false; ///< a result, not a setting
};

/// The open plan and the pinned ones in their order, as views of one kind.
std::vector<const PlanResults*> plansOf(const Snapshot&);
/// What the request classes of some plans have, row by row; none where no plan has classes.
std::vector<CompareRow> classRows(const std::vector<const PlanResults*>& plans);
/// A name for a plan that is about to be pinned: "2 × L40S", and where a pinned one has that name already, with what
/// tells it from the latest of these: "2 × L40S, 8 req/s". No two are the same.
std::string pinName(const Plan&, const std::vector<std::shared_ptr<const PlanResults>>& pinned);
/// Results first, then settings that differ, then those that are equal. Request classes are matched by name.
std::vector<CompareRow> compare(const Snapshot&);
/// Everything as CSV (RFC 4180): results as plain numbers, then settings as compare() orders them; units in the first
/// column, all digits, no separators.
std::string compareCsv(const Snapshot&);
/// The differences as text, one line each, for a mail or a ticket.
QString differencesText(const Snapshot&);

} // namespace headroom::ui
