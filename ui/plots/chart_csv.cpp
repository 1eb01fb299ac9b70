// Chart data as CSV (RFC 4180): the numbers behind the picture, exact.
#include "ui/plots/catalog.h"
#include "ui/plots/numbers.h"

#include <algorithm>

namespace headroom::ui {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string written(const Rows& rows)
{
    std::string text;
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i)
            text += (i ? "," : "") + csvCell(row[i]);
        text += "\r\n";
    }
    return text;
}

std::string titled(const std::string& label, const std::string& unit)
{
    return unit.empty() ? label : label + " (" + unit + ")";
}

/// Columns side by side: one block for each curve, as long as it is.
void addCurves(std::vector<std::pair<std::string, std::vector<std::string>>>& columns, const std::vector<Curve>& curves,
    const Axis& x, const Axis& y)
{
    const auto add = [&](std::string title, const std::vector<double>& values) {
        if (values.empty())
            return;
        std::vector<std::string> cells;
        for (const double value : values)
            cells.push_back(exact(value));
        columns.emplace_back(std::move(title), std::move(cells));
    };
    for (const Curve& curve : curves) {
        // "simulated, here 351 ms (349-353)": a head does not change with the numbers.
        const std::string name = curve.markers ? curve.name.substr(0, curve.name.find(", here ")) : curve.name;
        add(name + ": " + titled(x.label, x.unit), curve.x);
        add(name + ": " + titled(y.label, y.unit), curve.y);
        add(name + ": low", curve.lo);
        add(name + ": high", curve.hi);
        add(name + ": error low", curve.errorLo);
        add(name + ": error high", curve.errorHi);
    }
}

/// Points and lines with their names in columns of their own: the names change with the numbers, heads do not.
void addSingles(std::vector<std::pair<std::string, std::vector<std::string>>>& columns, const LineChart& chart)
{
    std::vector<std::string> points, xs, ys, lines, values;
    for (const Marker& marker : chart.markers) {
        points.push_back(marker.name);
        xs.push_back(exact(marker.x));
        ys.push_back(exact(marker.y));
    }
    for (const Limit& limit : chart.limits) {
        lines.push_back(limit.name);
        values.push_back(exact(limit.value));
    }
    if (!points.empty()) {
        columns.emplace_back("point", std::move(points));
        columns.emplace_back("point: " + titled(chart.x.label, chart.x.unit), std::move(xs));
        columns.emplace_back("point: " + titled(chart.y.label, chart.y.unit), std::move(ys));
    }
    if (!lines.empty()) {
        columns.emplace_back("line", std::move(lines));
        columns.emplace_back("line: value", std::move(values));
    }
}

Rows sideBySide(const std::vector<std::pair<std::string, std::vector<std::string>>>& columns)
{
    std::size_t length = 0;
    for (const auto& [title, cells] : columns)
        length = std::max(length, cells.size());
    Rows rows(length + 1);
    for (const auto& [title, cells] : columns) {
        rows[0].push_back(title);
        for (std::size_t i = 0; i < length; ++i)
            rows[i + 1].push_back(i < cells.size() ? cells[i] : "");
    }
    return columns.empty() ? Rows() : rows;
}

Rows csv(const LineChart& chart)
{
    std::vector<std::pair<std::string, std::vector<std::string>>> columns;
    addCurves(columns, chart.curves, chart.x, chart.y);
    addSingles(columns, chart);
    return sideBySide(columns);
}

Rows csv(const ScatterChart& chart)
{
    std::vector<std::pair<std::string, std::vector<std::string>>> columns;
    addCurves(columns, chart.groups, chart.x, chart.y);
    addCurves(columns, chart.lines, chart.x, chart.y);
    return sideBySide(columns);
}

Rows csv(const StackedBars& chart)
{
    Rows rows{{""}};
    for (const BarSegment& segment : chart.segments) {
        if (!segment.starts.empty())
            rows[0].push_back(segment.name + ": start");
        rows[0].push_back(titled(segment.name, chart.value.unit));
        if (!segment.lo.empty())
            rows[0].insert(rows[0].end(), {segment.name + ": low", segment.name + ": high"});
    }
    for (const BarGhost& ghost : chart.ghosts)
        rows[0].push_back(titled(ghost.name, chart.value.unit));
    for (std::size_t c = 0; c < chart.categories.size(); ++c) {
        std::vector<std::string> row{chart.categories[c]};
        for (const BarSegment& segment : chart.segments) {
            if (!segment.starts.empty())
                row.push_back(c < segment.starts.size() ? exact(segment.starts[c]) : "");
            row.push_back(c < segment.values.size() ? exact(segment.values[c]) : "");
            if (!segment.lo.empty())
                row.insert(row.end(), {exact(segment.lo[c]), exact(segment.hi[c])});
        }
        for (const BarGhost& ghost : chart.ghosts)
            row.push_back(c < ghost.ends.size() ? exact(ghost.ends[c]) : "");
        rows.push_back(std::move(row));
    }
    return rows;
}

Rows csv(const SpanChart& chart)
{
    Rows rows{{"row", "from (" + chart.x.unit + ")", "to (" + chart.x.unit + ")", "what"}};
    for (const Span& span : chart.spans)
        rows.push_back({span.row >= 0 && static_cast<std::size_t>(span.row) < chart.rows.size()
                            ? chart.rows[static_cast<std::size_t>(span.row)]
                            : "",
            exact(span.from), exact(span.to), span.hover});
    return rows;
}

Rows csv(const HeatMap& chart)
{
    Rows rows{{titled(chart.x.label, chart.x.unit), titled(chart.y.label, chart.y.unit),
        titled(chart.value.label, chart.value.unit)}};
    for (std::size_t y = 0; y < chart.ys.size(); ++y)
        for (std::size_t x = 0; x < chart.xs.size(); ++x)
            rows.push_back({exact(chart.xs[x]), exact(chart.ys[y]), exact(chart.values[y * chart.xs.size() + x])});
    return rows;
}

Rows csv(const Table& table)
{
    Rows rows{table.columns};
    if (!table.exact.empty())
        rows.front().insert(rows.front().end(), table.exactColumns.begin(), table.exactColumns.end());
    const auto& body = table.exact.empty() ? table.rows : table.exact;
    rows.insert(rows.end(), body.begin(), body.end());
    return rows;
}

} // namespace

std::string csvCell(const std::string& text)
{
    if (text.find_first_of(",\"\r\n") == std::string::npos)
        return text;
    std::string quoted = "\"";
    for (const char c : text)
        quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + "\"";
}

std::string chartCsv(const ChartSpec& chart, const std::vector<std::pair<std::string, std::string>>& atTheEnd)
{
    if (!chart.empty.empty())
        return written({{"nothing to draw"}, {chart.empty}});
    Rows rows = std::visit([](const auto& body) { return csv(body); }, chart.body);
    if (!chart.supposes.empty()) // figures of another plan than the reader's never stand without saying so
        for (std::size_t i = 0; i < rows.size(); ++i)
            rows[i].insert(rows[i].begin(), i == 0 ? "supposed" : chart.supposes);
    for (const auto& [head, cell] : atTheEnd)
        for (std::size_t i = 0; i < rows.size(); ++i)
            rows[i].push_back(i == 0 ? head : i == 1 ? cell : "");
    return written(rows);
}

} // namespace headroom::ui
