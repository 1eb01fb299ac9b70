// A file of another program, recognised by its content, and what a plan takes from it.
#pragma once

#include "core/error.h"
#include "core/importers/bench_results.h"
#include "core/importers/gpu_file.h"
#include "core/importers/hf_config.h"
#include "core/importers/trace_file.h"
#include "core/plan/plan.h"
#include "core/workload/trace.h"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace headroom {

/// What is kept of a trace: a plan needs its figures, not its requests.
struct TraceFacts {
    TraceSummary summary;
    std::string source; ///< what the file was recognised as
};

struct ForeignFile {
    std::variant<HfImport, TraceFacts, GpuImport, BenchResults> content;
    std::string recognised;                 ///< "a Hugging Face config.json"
    std::vector<std::string> used, ignored; ///< in words, for people
    std::size_t skippedRows = 0;
};

/// Reads a text: a Hugging Face config.json, a GPU of one's own, the result of a benchmark, or a trace. \param name stands in messages as NAME:LINE or NAME: KEY
/// Errors: none of the known formats (the message lists them), or what its reader says.
Result<ForeignFile> readForeign(const std::string& text, const std::string& name, BadRows = BadRows::refuse);
/// The same from a file; traces are read line by line, in memory proportional to their requests.
Result<ForeignFile> readForeignFile(const std::filesystem::path&, BadRows = BadRows::refuse);

/// The plan with what the file says in it. A model: shape, formats, and a context limit no longer than its own.
/// A trace: rate, burstiness, lengths; request classes give way to it. A GPU: figures, factors of its calibration, and its
/// price unless one was set. A benchmark: its workload; what it measured is for `calibrate`.
Plan withForeign(const ForeignFile&, Plan before);

} // namespace headroom
