// The values a folded group shows in its header, and the grey lines under GPU and model.
#pragma once

#include <QString>

#include <string_view>

namespace headroom {
struct Snapshot;
struct Plan;
} // namespace headroom

namespace headroom::ui {

/// The group's main values in one line: "1,155 in · 211 out · CV 1.1". The plan's own, not the snapshot's, where a
/// plan in error has no results.
QString groupValues(std::string_view group, const Plan&, const Snapshot&);
/// What a choice means in numbers: "8.03 B parameters · bf16"; and what it changed beside itself since the plan was
/// opened. Empty for keys without one.
QString choiceCaption(std::string_view key, const Plan&, const Plan& opened);

} // namespace headroom::ui
