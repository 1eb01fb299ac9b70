#include "core/calibration/measurements.h"

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

std::optional<double> number(std::string_view text)
{
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

/// The cells of one line by column name, with messages that say where.
class Line {
public:
    Line(const std::map<std::string, std::size_t, std::less<>>& columns, const std::vector<std::string>& cells,
        std::string where)
        : m_columns(columns), m_cells(cells), m_where(std::move(where))
    {}
    const std::string& text(std::string_view column) const
    {
        static const std::string empty;
        const auto at = m_columns.find(column);
        return at == m_columns.end() ? empty : m_cells[at->second];
    }
    std::optional<double> real(std::string_view column) const { return number(text(column)); }
    std::optional<int> whole(std::string_view column) const
    {
        const std::optional<double> value = real(column);
        return value && *value >= 1 && *value < 1e6 ? std::optional<int>(static_cast<int>(*value)) : std::nullopt;
    }
    tl::unexpected<Error> error(std::string_view column, std::string message) const
    {
        return fail(m_where + ": " + std::string(column), std::move(message));
    }

private:
    const std::map<std::string, std::size_t, std::less<>>& m_columns;
    const std::vector<std::string>& m_cells;
    std::string m_where;
};

Result<Measurement> measurementOf(const Line& line)
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
    m.inputTokens = line.real("isl");
    m.outputTokens = line.real("osl");
    m.load = line.real("concurrency_or_batch_or_rate");
    m.statistic = line.text("statistic");

    std::size_t kind = 0, metric = 0;
    while (kind < kLoadKinds.size() && kLoadKinds[kind] != line.text("load_kind"))
        ++kind;
    if (kind == kLoadKinds.size())
        return line.error(
            "load_kind", "\"" + line.text("load_kind") +
                             "\" is not one of offline_max, fixed_concurrency, request_rate, static_batch");
    while (metric < kMetrics.size() && kMetrics[metric].name != line.text("metric"))
        ++metric;
    if (metric == kMetrics.size())
        return line.error("metric",
            "\"" + line.text("metric") + "\" is not one of output_tok_s, total_tok_s, req_s, ttft_ms, tpot_ms, e2e_ms");
    const std::optional<double> value = line.real("value");
    if (!value || *value <= 0)
        return line.error("value", "expected a number above 0, found \"" + line.text("value") + "\"");
    m.loadKind = static_cast<LoadKind>(kind);
    m.metric = static_cast<Metric>(metric);
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
    std::string text;
    if (!std::getline(in, text))
        return fail(std::string(name), "the file is empty, expected a header line");
    table.header = splitCsvLine(text);
    std::map<std::string, std::size_t, std::less<>> columns;
    for (std::size_t i = 0; i < table.header.size(); ++i)
        columns[table.header[i]] = i;
    for (const std::string_view needed : {"model", "gpu", "load_kind", "metric", "value"})
        if (!columns.contains(needed))
            return fail(std::string(name) + ":1", "no column \"" + std::string(needed) + "\"");
    for (int number = 2; std::getline(in, text); ++number) {
        if (text.empty() || text == "\r")
            continue;
        const std::string where = std::string(name) + ":" + std::to_string(number);
        std::vector<std::string> cells = splitCsvLine(text);
        if (cells.size() != table.header.size())
            return fail(where,
                "expected " + std::to_string(table.header.size()) + " cells, found " + std::to_string(cells.size()));
        Result<Measurement> row = measurementOf(Line(columns, cells, where));
        if (!row)
            return tl::unexpected(row.error());
        row->line = number;
        row->cells = std::move(cells);
        if (row->caseId.empty())
            row->caseId = std::to_string(number);
        table.rows.push_back(std::move(*row));
    }
    return table;
}

} // namespace headroom
