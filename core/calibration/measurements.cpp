#include "core/calibration/measurements.h"

#include "core/importers/line_reader.h"

#include <array>
#include <charconv>
#include <cmath>
#include <istream>
#include <map>

namespace headroom {
namespace {

constexpr std::array<std::string_view, 4> kLoadKinds{
    "offline_max", "fixed_concurrency", "request_rate", "static_batch"};

struct MetricName {
    std::string_view name;
    double unit; ///< factor to SI
};
constexpr std::array<MetricName, 6> kMetrics{
    {{"output_tok_s", 1}, {"total_tok_s", 1}, {"req_s", 1}, {"ttft_ms", 1e-3}, {"tpot_ms", 1e-3}, {"e2e_ms", 1e-3}}};

constexpr std::array<std::string_view, 7> kStatistics{"", "total", "mean", "p50", "p90", "p95", "p99"};

std::optional<double> number(std::string_view text)
{
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

std::string_view trimmed(std::string_view text)
{
    const std::size_t begin = text.find_first_not_of(" \t");
    return begin == std::string_view::npos ? std::string_view{}
                                           : text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

/// The cells of one line by column name. What is wrong with a cell is remembered, the first complaint counts.
class Line {
public:
    Line(const std::map<std::string, std::size_t, std::less<>>& columns, const std::vector<std::string>& cells,
        std::string where)
        : m_columns(columns), m_cells(cells), m_where(std::move(where))
    {}
    std::string text(std::string_view column) const
    {
        const auto at = m_columns.find(column);
        return at == m_columns.end() ? std::string() : std::string(trimmed(m_cells[at->second]));
    }
    /// Absent where the cell is empty.
    std::optional<double> positive(std::string_view column)
    {
        const std::string cell = text(column);
        const std::optional<double> value = number(cell);
        if (!cell.empty() && (!value || *value <= 0))
            refuse(column, "expected a number above 0, found \"" + cell + "\"");
        return value;
    }
    std::optional<int> whole(std::string_view column)
    {
        constexpr double kMost = 1e6;
        const std::string cell = text(column);
        const std::optional<double> value = number(cell);
        const bool good = value && *value >= 1 && *value <= kMost && *value == std::floor(*value);
        if (!cell.empty() && !good)
            refuse(column, "expected a whole number from 1 to a million, found \"" + cell + "\"");
        return good ? std::optional<int>(static_cast<int>(*value)) : std::nullopt;
    }
    /// The index of the cell among names; 0 where it is none of them.
    template <class Names, class NameOf>
    std::size_t oneOf(std::string_view column, const Names& names, NameOf nameOf)
    {
        const std::string cell = text(column);
        std::string all;
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (nameOf(names[i]) == cell)
                return i;
            all += (all.empty() ? "" : ", ") + std::string(nameOf(names[i]));
        }
        refuse(column, "\"" + cell + "\" is not one of " + all);
        return 0;
    }
    void refuse(std::string_view column, std::string message)
    {
        if (!m_error)
            m_error = Error{m_where + ": " + std::string(column), std::move(message)};
    }
    const std::optional<Error>& error() const { return m_error; }

private:
    const std::map<std::string, std::size_t, std::less<>>& m_columns;
    const std::vector<std::string>& m_cells;
    std::string m_where;
    std::optional<Error> m_error;
};

Result<Measurement> measurementOf(Line line)
{
    Measurement m;
    m.caseId = line.text("case_id");
    m.source = line.text("source");
    m.detail = line.text("source_detail");
    m.engine = line.text("engine");
    m.engineVersion = line.text("engine_version");
    m.model = line.text("model");
    m.gpu = line.text("gpu");
    m.family = line.text("family").empty() ? m.model : line.text("family");
    m.tp = line.whole("tp");
    m.pp = line.whole("pp");
    m.ep = line.whole("ep");
    m.gpus = line.whole("num_gpus").value_or(m.tp.value_or(1) * m.pp.value_or(1));
    m.weightFormat = line.text("weight_dtype");
    m.kvFormat = line.text("kv_dtype");
    m.inputTokens = line.positive("isl");
    m.outputTokens = line.positive("osl");
    if (line.text("concurrency_or_batch_or_rate") != "inf") // everything at once
        m.load = line.positive("concurrency_or_batch_or_rate");
    m.statistic = kStatistics[line.oneOf("statistic", kStatistics, [](std::string_view known) { return known; })];
    m.loadKind = static_cast<LoadKind>(line.oneOf("load_kind", kLoadKinds, [](std::string_view kind) { return kind; }));
    const std::size_t metric = line.oneOf("metric", kMetrics, [](const MetricName& known) { return known.name; });
    m.metric = static_cast<Metric>(metric);
    const std::optional<double> value = line.positive("value");
    if (!value)
        line.refuse("value", "is empty, expected a number above 0");
    if (line.error())
        return tl::unexpected(*line.error());
    m.value = *value * kMetrics[metric].unit;
    return m;
}

} // namespace

std::string_view name(LoadKind k) { return kLoadKinds[static_cast<std::size_t>(k)]; }
std::string_view name(Metric m) { return kMetrics[static_cast<std::size_t>(m)].name; }

std::vector<std::string> splitCsvLine(std::string_view line)
{
    std::vector<std::string> cells(1);
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
            cells.back() += '"';
            ++i;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (c == ',' && !quoted) {
            cells.emplace_back();
        } else if (c != '\r') {
            cells.back() += c;
        }
    }
    return cells;
}

std::string joinCsvLine(const std::vector<std::string>& cells)
{
    std::string line;
    for (const std::string& cell : cells) {
        line += &cell == &cells.front() ? "" : ",";
        if (cell.find_first_of(",\"") == std::string::npos) {
            line += cell;
            continue;
        }
        line += '"';
        for (const char c : cell)
            line += c == '"' ? std::string("\"\"") : std::string(1, c);
        line += '"';
    }
    return line;
}

Result<MeasurementTable> readMeasurements(std::istream& in, std::string_view name)
{
    MeasurementTable table;
    LineReader lines(in);
    std::string_view text;
    if (!lines.next(text))
        return fail(std::string(name),
            lines.failure().empty() ? "the file is empty, expected a header line" : std::string(lines.failure()));
    table.header = splitCsvLine(text);
    std::map<std::string, std::size_t, std::less<>> columns;
    for (std::size_t i = 0; i < table.header.size(); ++i)
        columns[table.header[i]] = i;
    for (const std::string_view needed : {"model", "gpu", "load_kind", "metric", "value"})
        if (!columns.contains(needed))
            return fail(std::string(name) + ":1", "no column \"" + std::string(needed) + "\"");
    while (lines.next(text)) {
        if (text.empty() || text == "\r")
            continue;
        const std::string where = std::string(name) + ":" + std::to_string(lines.lineNumber());
        std::vector<std::string> cells = splitCsvLine(text);
        if (cells.size() != table.header.size())
            return fail(where,
                "expected " + std::to_string(table.header.size()) + " cells, found " + std::to_string(cells.size()));
        Result<Measurement> row = measurementOf(Line(columns, cells, where));
        if (!row)
            return tl::unexpected(row.error());
        row->place = where;
        row->cells = std::move(cells);
        if (row->caseId.empty())
            row->caseId = std::to_string(lines.lineNumber());
        table.rows.push_back(std::move(*row));
    }
    if (!lines.failure().empty())
        return fail(std::string(name) + ":" + std::to_string(lines.lineNumber()), std::string(lines.failure()));
    return table;
}

} // namespace headroom
