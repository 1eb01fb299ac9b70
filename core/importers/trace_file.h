// Reads request traces of foreign formats, recognised by content (FORMATS.md 8).
#pragma once

#include "core/error.h"
#include "core/workload/trace.h"

#include <filesystem>
#include <istream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace headroom {

/// What to do with a row that cannot be read.
enum class BadRows { refuse, skip };

struct TraceImport {
    Trace trace;
    std::vector<std::string> used, ignored; ///< in words, for people
    std::size_t skippedRows = 0;
    std::string firstSkipped; ///< why the first skipped row was skipped, with its line
};

/// The formats that are recognised, for messages and help.
std::span<const std::string_view> traceFormats();

/// Whether the beginning of a file (its first line or more) looks like a trace that readTrace() takes.
bool isTrace(std::string_view beginning);

/// Reads a trace from a stream, in memory proportional to its requests.
/// \param name stands in messages as NAME:LINE
/// Errors: an unknown format, a broken row (unless skipped), no requests, tokens outside 0 to 100 million.
Result<TraceImport> readTrace(std::istream&, std::string_view name, BadRows = BadRows::refuse);
/// The same from a file.
Result<TraceImport> readTraceFile(const std::filesystem::path&, BadRows = BadRows::refuse);

} // namespace headroom
