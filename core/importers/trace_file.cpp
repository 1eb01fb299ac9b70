#include "core/importers/trace_file.h"

#include "core/importers/line_reader.h"
#include "core/importers/trace_rows.h"

#include <algorithm>
#include <fstream>
#include <numeric>

namespace headroom {

namespace {

std::string at(std::string_view name, std::size_t line) { return std::string(name) + ":" + std::to_string(line); }

/// Collects rows, whatever the format, and counts what people should hear about.
struct Collector {
    TraceImport import;
    BadRows badRows;
    std::size_t leftOut = 0, emptyPrompts = 0, emptyOutputs = 0;

    /// Absent = go on; else why the file is refused.
    std::optional<Error> take(TraceRow row, std::string_view name, std::size_t line)
    {
        if (!row.problem.empty()) {
            if (badRows == BadRows::refuse)
                return Error{at(name, line), std::move(row.problem)};
            if (import.skippedRows++ == 0)
                import.firstSkipped = at(name, line) + ": " + row.problem;
            return std::nullopt;
        }
        if (row.leaveOut) {
            ++leftOut;
            return std::nullopt;
        }
        emptyPrompts += row.request.promptTokens == 0;
        emptyOutputs += row.request.outputTokens == 0;
        import.trace.requests.push_back(row.request);
        return std::nullopt;
    }
};

void sayCounts(Collector& collector, bool sorted)
{
    TraceImport& import = collector.import;
    import.used.push_back(
        std::to_string(import.trace.requests.size()) + " requests: arrival, prompt and output tokens");
    if (!sorted)
        import.used.push_back("rows were not in order of arrival and have been sorted");
    const auto say = [&](std::size_t count, std::string_view what) {
        if (count > 0)
            import.ignored.push_back(std::to_string(count) + std::string(what));
    };
    say(collector.leftOut, " failed requests (0 output tokens) left out");
    say(import.skippedRows, " broken rows skipped");
    say(collector.emptyPrompts, " requests with 0 prompt tokens: kept, the simulator takes them as 1 and counts them");
    say(collector.emptyOutputs, " requests with 0 output tokens: kept, the simulator takes them as 1 and counts them");
}

/// Sorts by arrival (rows at the same time keep their order) and counts time from the first.
Result<TraceImport> finished(Collector collector, std::string_view name)
{
    auto& requests = collector.import.trace.requests;
    if (requests.empty())
        return fail(std::string(name), "holds no requests, expected at least one row below the header");
    const auto earlier = [](const TraceRequest& a, const TraceRequest& b) { return a.arrival < b.arrival; };
    const bool sorted = std::is_sorted(requests.begin(), requests.end(), earlier);
    if (!sorted)
        std::stable_sort(requests.begin(), requests.end(), earlier);
    const double first = requests.front().arrival;
    for (TraceRequest& r : requests)
        r.arrival -= first;
    sayCounts(collector, sorted);
    return std::move(collector.import);
}

Result<TraceImport> readCsv(LineReader& lines, const CsvColumns& columns, std::string_view name, Collector collector)
{
    collector.import.trace.source = columns.format->label;
    for (const std::string& other : columns.others)
        collector.import.ignored.push_back("column " + other);
    std::string_view line;
    while (lines.next(line))
        if (!line.empty())
            if (auto refused = collector.take(readCsvRow(columns, line), name, lines.lineNumber()))
                return tl::unexpected(std::move(*refused));
    if (!lines.failure().empty())
        return fail(at(name, lines.lineNumber()), std::string(lines.failure()));
    return finished(std::move(collector), name);
}

Result<TraceImport> readMooncake(LineReader& lines, std::string_view line, std::string_view name, Collector collector)
{
    Trace& trace = collector.import.trace;
    trace.source = "Mooncake trace";
    bool more = true;
    while (more) {
        if (!line.empty())
            if (auto refused = collector.take(readMooncakeRow(line, trace.hashes), name, lines.lineNumber()))
                return tl::unexpected(std::move(*refused));
        more = lines.next(line);
    }
    if (!lines.failure().empty())
        return fail(at(name, lines.lineNumber()), std::string(lines.failure()));
    if (!trace.hashes.empty()) {
        trace.hashBlockTokens = kMooncakeBlockTokens;
        collector.import.used.push_back(std::to_string(trace.hashes.size()) + " prefix block ids of 512 tokens");
    }
    return finished(std::move(collector), name);
}

} // namespace

std::span<const std::string_view> traceFormats()
{
    static const std::vector<std::string_view> formats = [] {
        auto labels = csvTraceLabels();
        labels.push_back("Mooncake trace");
        return labels;
    }();
    return formats;
}

bool isTrace(std::string_view beginning)
{
    const std::string_view line = beginning.substr(0, beginning.find_first_of("\r\n"));
    return isMooncakeLine(line) || csvTraceColumns(line.substr(line.substr(0, 3) == "\xEF\xBB\xBF" ? 3 : 0));
}

Result<TraceImport> readTrace(std::istream& in, std::string_view name, BadRows badRows)
{
    LineReader lines(in);
    Collector collector{{}, badRows};
    std::string_view line;
    while (lines.next(line) && line.empty()) {
    }
    if (!lines.failure().empty())
        return fail(at(name, lines.lineNumber()), std::string(lines.failure()));
    if (line.empty())
        return fail(std::string(name), "is empty, expected a trace of requests");
    if (isMooncakeLine(line))
        return readMooncake(lines, line, name, std::move(collector));
    const auto columns = csvTraceColumns(line);
    if (columns)
        return readCsv(lines, *columns, name, std::move(collector));
    std::string known;
    for (const std::string_view format : traceFormats())
        known += (known.empty() ? "" : ", ") + std::string(format);
    return fail(at(name, lines.lineNumber()), "is no trace this version reads, expected one of: " + known +
                                                  ", or a header with arrival_s,prompt_tokens,output_tokens");
}

Result<TraceImport> readTraceFile(const std::filesystem::path& path, BadRows badRows)
{
    std::error_code error;
    if (std::filesystem::is_directory(path, error))
        return fail(path.string(), "is a folder, expected a trace file");
    std::ifstream in(path, std::ios::binary);
    if (!in)
        return fail(path.string(), "could not be opened for reading");
    return readTrace(in, path.string(), badRows);
}

} // namespace headroom
