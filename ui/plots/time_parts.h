// The six parts of a request's time as bars: one order, one name and one colour for each.
#pragma once

#include "core/model/latency.h"
#include "core/snapshot.h"
#include "ui/plots/chart.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headroom::ui {

struct TimePart {
    std::string_view name;
    Role role;
    Seconds LatencyParts::*value;
};
/// In the order in which a request meets them; the network counts once, in front.
inline constexpr std::array<TimePart, 6> kTimeParts{{
    {"network", Role::network, &LatencyParts::network},
    {"retrieval", Role::retrieval, &LatencyParts::retrieval},
    {"queue", Role::queue, &LatencyParts::queue},
    {"prefill", Role::prefill, &LatencyParts::prefill},
    {"decode", Role::decode, &LatencyParts::decode},
    {"post", Role::post, &LatencyParts::post},
}};

/// One bar: parts by name, and how sure each of them is.
struct PartsBar {
    std::string name;
    LatencyParts parts;
    PartsBand band;
};
/// One bar in seconds for each, with its total at the end. Parts that are zero everywhere are left out.
StackedBars stackedParts(const std::vector<PartsBar>& bars);
/// The load whose times are shown: the plan's own, or, where that is more than it can serve, one that it can.
struct ShownLoad {
    PointEvaluation point;
    RequestRate rate;
    std::string note; ///< ", at 2.81 req/s, where targets hold"; empty for the plan's own
};
/// Absent where nothing fits, and where no load has times.
std::optional<ShownLoad> shownLoad(const PlanResults&);
/// The name of the largest part and its share of the total.
std::pair<std::string_view, double> largestPart(const LatencyParts&);

} // namespace headroom::ui
