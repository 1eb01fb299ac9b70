// One row of a trace in each format. trace_file.cpp loops over lines; nothing else knows of files.
#pragma once

#include "core/workload/trace.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headroom {

/// Where the arrival stands and how it is written.
enum class ArrivalUnit { seconds, milliseconds, dateTime };

/// A CSV trace is known by the names of three of its columns.
struct CsvTraceFormat {
    std::string_view label;
    std::string_view arrival, prompt, output; ///< column names
    ArrivalUnit unit = ArrivalUnit::seconds;
    bool emptyOutputFails = false; ///< rows with 0 output tokens are failed requests, left out (BurstGPT)
};

/// A format with the positions of its columns in one file.
struct CsvColumns {
    const CsvTraceFormat* format = nullptr;
    std::size_t arrival = 0, prompt = 0, output = 0;
    std::vector<std::string> others; ///< columns that are not used
};

/// The format whose three columns all stand in a header line; absent if none.
std::optional<CsvColumns> csvTraceColumns(std::string_view header);
/// Labels of the CSV formats, in the order they are tried.
std::vector<std::string_view> csvTraceLabels();

/// A row read, or what was wrong with it.
struct TraceRow {
    TraceRequest request; ///< arrival in seconds, not yet relative to the first
    std::string problem;  ///< empty = good
    bool leaveOut = false;
};
TraceRow readCsvRow(const CsvColumns&, std::string_view line);

/// Whether a line is a Mooncake JSONL record.
bool isMooncakeLine(std::string_view line);
/// Reads a Mooncake record; its hash ids are appended to `hashes`.
TraceRow readMooncakeRow(std::string_view line, std::vector<std::uint64_t>& hashes);
/// Tokens that one hash id of a Mooncake trace stands for.
inline constexpr int kMooncakeBlockTokens = 512;

} // namespace headroom
