// Tab Simulator: what the charts of a simulation share with the panel that plays it.
#pragma once

#include "core/snapshot.h"
#include "ui/plots/chart.h"

#include <cstdint>
#include <string>

namespace headroom::ui {

/// A unit in which a length of time reads well on an axis.
struct TimeUnit {
    double seconds = 1;
    const char* name = "s";
};
/// Of the time axes of a simulation that lasted `seconds`.
TimeUnit timeUnit(double seconds);

/// Requests of a Gantt chart: consecutive numbers.
struct GanttWindow {
    static constexpr std::uint64_t kRequests = 24;
    std::uint64_t first = 0;
    std::size_t of = 0; ///< number of the case in the study: 0 = the plan itself
};
/// Past the warm-up, where the queue is as it stays.
GanttWindow defaultGantt(const Study&);
/// Seconds since the start of the run at which the chart of this window begins: its axis counts from there.
double ganttOrigin(const Study&, GanttWindow);
ChartSpec simulatedRequests(const Snapshot&, GanttWindow);
/// A case of a study that has a result: the one wanted, or else the plan itself; nullptr if that has none.
const StudyCase* simulatedCase(const Study&, std::size_t wanted);

/// "simulated 412 ms (400–420 ms)": the p95 of a metric with its 95 % interval as a point for a chart over the load, in the
/// unit of its axis; of an older plan it says so. Empty x where there is nothing simulated.
/// \param metric of the result \param unit seconds of one unit of the axis
Curve simulatedPoint(const Snapshot&, sim::Distribution sim::SimResult::*metric, double unit);

/// Why there is nothing simulated to show; empty = there is.
std::string whyNotSimulated(const Snapshot&);
/// Percent by which the closed form is above (+) or below (-) the simulation: "2 % above".
std::string comparedWith(double closedForm, double simulated);

} // namespace headroom::ui
