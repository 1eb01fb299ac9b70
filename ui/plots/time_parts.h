// The six parts of a request's time as bars: one order, one name and one colour for each.
#pragma once

#include "core/model/latency.h"
#include "ui/plots/chart.h"

#include <array>
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

/// One bar in seconds for each named set of parts, with its total at the end. Parts that are zero everywhere are left
/// out.
StackedBars stackedParts(const std::vector<std::pair<std::string, LatencyParts>>& bars);
/// The name of the largest part and its share of the total.
std::pair<std::string_view, double> largestPart(const LatencyParts&);

} // namespace headroom::ui
