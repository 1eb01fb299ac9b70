// Pinned plans in a chart: dashed and grey under their names, as curves or as marks beside bars. Every builder adds them
// here; pin_look.h tells them apart. No Qt.
#pragma once

#include "core/snapshot.h"
#include "ui/plots/chart.h"

#include <algorithm>
#include <cmath>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace headroom::ui {

/// The curve of a pinned plan that another one would lie upon; nullptr where each has its own.
inline Curve* sameGhost(LineChart& chart, const Curve& ghost)
{
    const auto same = std::ranges::find_if(
        chart.curves, [&](const Curve& c) { return c.pin > 0 && c.x == ghost.x && c.y == ghost.y; });
    return same == chart.curves.end() ? nullptr : &*same;
}

/// Adds a dashed curve for each pinned plan that has one; plans with the very same curve share it.
/// \param curve gives the curve of a PlanResults; name and looks are set here
/// \param of what the curve is where a plan has several: "E2E"
template <class MakeCurve>
void addGhostCurves(LineChart& chart, const Snapshot& snapshot, MakeCurve curve, const std::string& of = {})
{
    int pin = 0;
    for (const auto& pinned : snapshot.pinned) {
        ++pin;
        Curve ghost = curve(*pinned);
        if (ghost.x.empty())
            continue;
        ghost.name = of.empty() ? pinned->name : pinned->name + ": " + of;
        ghost.role = Role::ghost;
        ghost.pin = pin;
        ghost.dashed = true;
        ghost.markers = false;
        ghost.lo.clear();
        ghost.hi.clear();
        if (Curve* same = sameGhost(chart, ghost)) // one line, so one entry with both names
            same->name.insert(same->name.size() - (of.empty() ? 0 : of.size() + 2), ", " + pinned->name);
        else
            chart.curves.push_back(std::move(ghost));
    }
}

/// Adds the operating point of each pinned plan that has one, hollow on its curve.
/// \param point gives x and y of a PlanResults; absent or not finite = none
template <class MakePoint>
void addGhostPoints(LineChart& chart, const Snapshot& snapshot, MakePoint point)
{
    int pin = 0;
    for (const auto& pinned : snapshot.pinned) {
        ++pin;
        const std::optional<std::pair<double, double>> at = point(*pinned);
        if (at && std::isfinite(at->first) && std::isfinite(at->second))
            chart.markers.push_back({pinned->name, Role::ghost, at->first, at->second, pin});
    }
}

/// Adds a mark beside each bar for each pinned plan.
/// \param ends gives of a PlanResults where its bars would end, in the order of the categories; NaN = no mark
/// \param of what ends there, where it is not the whole bar: "tokens"
template <class MakeEnds>
void addGhostMarks(StackedBars& bars, const Snapshot& snapshot, MakeEnds ends, const std::string& of = {})
{
    int pin = 0;
    for (const auto& pinned : snapshot.pinned)
        bars.ghosts.push_back({of.empty() ? pinned->name : pinned->name + ": " + of, ends(*pinned), ++pin});
}

/// What takes long to work out of a plan, kept as long as the plan is open or pinned: a slider moves one of them only.
template <class Value>
class KeptPerPlan {
public:
    /// \param plan of the snapshot \param make gives the value of a Plan; called once for each plan
    template <class Make>
    const Value& of(const Snapshot& snapshot, const PlanResults& plan, Make make)
    {
        m_all.remove_if([&](const Kept& kept) {
            return kept.of != snapshot.now.plan &&
                   std::ranges::none_of(snapshot.pinned, [&](const auto& pinned) { return pinned->plan == kept.of; });
        });
        const auto found = std::ranges::find(m_all, plan.plan, &Kept::of);
        return found != m_all.end() ? found->value : m_all.emplace_back(Kept{plan.plan, make(*plan.plan)}).value;
    }

private:
    struct Kept {
        std::shared_ptr<const Plan> of;
        Value value;
    };
    std::list<Kept> m_all; ///< a list: what was given out stays where it is
};

} // namespace headroom::ui
