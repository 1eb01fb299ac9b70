#include "ui/plots/supposed.h"

#include "core/fitting.h"
#include "ui/plots/ghosts.h"

#include <algorithm>
#include <optional>

namespace headroom::ui {

namespace {

struct Supposed {
    PlanResults results;
    std::string change;
};

std::optional<Supposed> suppose(const Plan& plan)
{
    auto fitting = fittingPlan(plan);
    if (!fitting)
        return std::nullopt;
    auto changed = std::make_shared<const Plan>(std::move(fitting->plan));
    return Supposed{planResults("with " + fitting->change, std::move(changed), kRestPoints), fitting->change};
}

/// "you: 3.5" is where the plan as it is stands: here it is what is asked of another.
void pale(LineChart& chart)
{
    constexpr std::string_view kOwn = "you: ";
    const auto would = [&](std::string& name) {
        if (name.starts_with(kOwn))
            name = "asked: " + name.substr(kOwn.size());
    };
    std::erase_if(chart.markers, [](const Marker& m) { return m.pin == 0; }); // nothing of it is served now
    for (Limit& limit : chart.limits)
        would(limit.name);
    for (Curve& curve : chart.curves)
        curve.dashed = true;
}

/// Before the words that a narrow plot may have to cut: "s per request, with tensor parallel 2, at 1.2 req/s, where ...".
void addChange(ChartSpec& chart)
{
    const std::string change = "with " + chart.supposes;
    const std::size_t load = chart.unit.find(", at ");
    if (const std::size_t why = chart.unit.find(", ", load + 1); load != std::string::npos && why != std::string::npos)
        chart.unit.erase(why); // why that load: the sentence says it
    chart.unit.insert(std::min(load, chart.unit.size()), chart.unit.empty() ? change : ", " + change);
}

void pale(StackedBars& bars) { bars.faded = true; }
void pale(Table& table) { table.faded = true; }
template <class Body>
void pale(Body&)
{}

} // namespace

ChartSpec chartOrSupposed(const ChartRow& row, const Snapshot& snapshot)
{
    ChartSpec chart = row.build(snapshot);
    if (!chart.empty.empty())
        chart.says.clear(); // of numbers that are not there
    if (chart.empty.empty() || snapshot.now.evaluation.fits || row.tab == "simulator" || isDragged(snapshot))
        return chart;
    thread_local KeptPerPlan<std::optional<Supposed>> kept; // the charts of a tab ask for the same
    const auto& supposed = kept.of(snapshot, snapshot.now, &suppose);
    if (!supposed)
        return chart;
    Snapshot other{supposed->results, snapshot.pinned, snapshot.curvePoints};
    other.now.everyGpu = snapshot.now.everyGpu; // sizing chooses its own layouts; doing it here would stop the window
    ChartSpec would = row.build(other);
    if (!would.empty.empty())
        return chart;
    would.supposes = supposed->change;
    addChange(would);
    would.says = "This plan does not fit. With " + would.supposes + ": " + would.says;
    std::visit([](auto& body) { pale(body); }, would.body);
    return would;
}

} // namespace headroom::ui
