#include "ui/plots/weight_groups.h"

#include <array>

namespace headroom::ui {
namespace {

struct WeightGroup {
    const char* name;
    Role role;
    Bytes (*value)(const WeightBytes&);
};
constexpr std::array kGroups{
    WeightGroup{"attention weights", Role::attention, [](const WeightBytes& w) { return w.attention + w.norms; }},
    WeightGroup{
        "feed-forward weights", Role::feedForward, [](const WeightBytes& w) { return w.dense + w.sharedExperts; }},
    WeightGroup{"expert weights", Role::experts, [](const WeightBytes& w) { return w.routedExperts; }},
    WeightGroup{"embeddings and head", Role::head, [](const WeightBytes& w) { return w.embedding + w.head + w.other; }},
};

} // namespace

std::vector<BarSegment> weightSegments()
{
    std::vector<BarSegment> segments;
    for (const WeightGroup& group : kGroups)
        segments.push_back({group.name, group.role, {}, {}});
    return segments;
}

void appendWeights(std::vector<BarSegment>& segments, const WeightBytes& weights)
{
    for (std::size_t i = 0; i < kGroups.size(); ++i)
        segments[i].values.push_back(kGroups[i].value(weights).in(gibibyte));
}

} // namespace headroom::ui
