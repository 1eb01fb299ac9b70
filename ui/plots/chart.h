// A chart as a value: what to draw, not how. Builders make one from a Snapshot; draw_*.cpp show it. No Qt here.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace headroom::ui {

/// Colours by meaning: the same thing has the same colour everywhere. The theme maps roles to colours; `series` are for
/// what has no meaning of its own.
enum class Role {
    primary,
    secondary,
    ghost,
    simulated,
    target,
    saturation,
    good,
    warning,
    bad,
    queue,
    retrieval,
    prefill,
    decode,
    post,
    network,
    weights,
    kv,
    workspace,
    waste,
    free,
    reserved,
    spare,
    attention,
    projections,
    feedForward,
    experts,
    head,
    otherOperators,
    bandwidth,
    compute,
    overhead,
    host,
    lessInput,
    moreInput,
    series1,
    series2,
    series3,
    series4,
    series5,
    series6,
    series7,
    series8,
};

struct Axis {
    std::string label; ///< "arrival rate"
    std::string unit;  ///< "req/s"
    bool logarithmic = false;
    std::optional<double> min, max; ///< absent = from the data
    std::vector<double> values{};   ///< the only ones there are ("GPUs": 1, 2, 4, 8): ticks stand there; empty = all
};

struct Curve {
    std::string name; ///< direct label, legend and CSV column
    Role role = Role::primary;
    std::vector<double> x, y;
    std::vector<double> lo, hi; ///< band, same length as x or empty
    bool dashed = false;
    bool markers = false;                 ///< points instead of a line
    std::vector<double> errorLo, errorHi; ///< error bars (simulated intervals), same length or empty
    bool isLabelled = true;               ///< false: the label of another curve speaks for this one too
    int pin = 0;                          ///< of a ghost: which of the pinned plans, from 1
};

struct Limit { ///< a straight line: target (horizontal) or saturation (vertical)
    std::string name;
    Role role = Role::target;
    double value = 0;
    bool vertical = false;
};

struct Marker { ///< the operating point and others worth a label
    std::string name;
    Role role = Role::primary;
    double x = 0, y = 0;
    int pin = 0; ///< of a ghost: which of the pinned plans, from 1; hollow, and its curve says the name
};

struct Region { ///< shaded x range: overload
    std::string name;
    Role role = Role::bad;
    double from = 0, to = 0;
};

struct LineChart {
    Axis x, y;
    std::vector<Curve> curves;
    std::vector<Limit> limits;
    std::vector<Marker> markers;
    std::vector<Region> regions;
    bool keyed = false; ///< curves fill the plot: their names and those of limits stand in a key below it
};

struct BarSegment {
    std::string name;
    Role role = Role::primary;
    std::vector<double> values;     ///< one per category; negative values go to the left (tornado)
    std::vector<double> starts;     ///< waterfall: where each bar starts; empty = stacked on the previous segment
    std::vector<double> lo{}, hi{}; ///< band of each value, for the mouse and the file; empty = none is known
};
struct BarGhost { ///< a pinned plan beside the bars
    std::string name;
    std::vector<double> ends; ///< where its bars would end, one per category; NaN = none
    int pin = 0;              ///< which of the pinned plans, from 1
};
struct StackedBars {
    Axis value;
    std::vector<std::string> categories; ///< first one at the top
    std::vector<BarSegment> segments;
    std::vector<std::string> totals; ///< text at the end of each bar, or empty
    std::vector<Limit> limits;       ///< vertical lines on the value axis
    std::vector<BarGhost> ghosts{};
    bool faded = false; ///< values of an older plan: paler until the new ones are there
    /// Text at the left end of each bar that reaches below zero, or empty. Bars with it are changes of one value, each
    /// from zero, not parts of a whole.
    std::vector<std::string> leftTotals{};
};

/// What stands below the title of a chart whose values are those of an older plan.
inline constexpr const char* kOfOlderPlan = "of the plan before; being updated";

struct ScatterChart {
    Axis x, y;
    std::vector<Curve> groups;                   ///< markers only
    std::vector<Curve> lines;                    ///< the diagonal, a Pareto front
    std::vector<std::vector<std::string>> hover; ///< per group, per point
};

struct Span {
    int row = 0;
    double from = 0, to = 0;
    Role role = Role::decode;
    std::string hover;
};
struct SpanChart { ///< Gantt
    Axis x;
    std::vector<std::string> rows;
    std::vector<Span> spans;
};

struct HeatMap {
    Axis x, y, value;
    std::vector<double> xs, ys;
    std::vector<double> values; ///< row by row, y slowest
};

struct Table {
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows;
    std::vector<std::vector<std::string>> exact{}; ///< the rows for a file: all digits, no separators; empty = as shown
    std::vector<std::string> exactColumns{};       ///< what a file has beyond `columns`, at the end of its rows
    std::vector<std::vector<std::string>> tips{};  ///< more about a cell, under the mouse; empty = the cell itself
    std::vector<bool> numeric;                     ///< per column: right-aligned
    std::optional<int> highlighted;                ///< row of the present plan
    /// Per row: the words under which paper gathers it below the table ("No price known"); empty = it prints the row.
    /// Shorter = the rest is printed. A screen scrolls and shows all rows.
    std::vector<std::string> folded{};
    bool faded = false; ///< values of an older plan: greyed until the new ones are there
};

/// What every chart has, and its body.
struct ChartSpec {
    std::string title; ///< short, sentence case
    std::string unit;  ///< shown right of the title: "ms, log"
    std::string says;  ///< one sentence in words that change with the numbers
    std::string empty; ///< why there is nothing to draw; empty = there is
    std::variant<LineChart, StackedBars, ScatterChart, SpanChart, HeatMap, Table> body;
    /// What was changed in a plan that does not fit to have something to draw: "tensor parallel 2". Empty = nothing.
    std::string supposes{};
};

} // namespace headroom::ui
