// Tab Simulator: what the charts of a simulation share with the panel that plays it.
#pragma once

#include "core/snapshot.h"
#include "ui/plots/chart.h"

#include <cstdint>
#include <optional>
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

/// A simulated number with its 95 % interval, where replications tell one.
struct SimulatedValue {
    double value = 0; ///< SI
    std::optional<double> lo, hi;
    std::string words; ///< "412 ms (400–420)"
};
SimulatedValue simulatedP95(const sim::Distribution&);
SimulatedValue simulatedE2eP99(const sim::SimResult&);
/// Requests within their targets per second.
SimulatedValue simulatedGoodput(const sim::SimResult&);
/// "simulated 412 ms (400–420)": adds a number of the plan's own result to a chart over the load, as a point with its
/// interval; of an older plan it says so. Nothing where nothing was simulated.
/// \param unit one unit of the axis in SI units
void addSimulated(LineChart&, const Snapshot&, SimulatedValue (*read)(const sim::SimResult&), double unit);

/// A title that says so when the results are of an older plan, or of the short runs that come first.
std::string simulatedTitle(const Snapshot&, std::string title);
/// What the closed form says, where it is of the same plan and has a value.
std::optional<double> closedForm(const Snapshot&, double value);
/// "412 ms (400–420)": the p95 with its 95 % interval.
std::string withInterval(const sim::Distribution&);

/// Why there is nothing simulated to show; empty = there is.
std::string whyNotSimulated(const Snapshot&);
/// Percent by which the closed form is above (+) or below (-) the simulation: "2 % above".
std::string comparedWith(double closedForm, double simulated);

} // namespace headroom::ui
