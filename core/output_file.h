// Results on disk. A regular file is replaced as a whole, so that a failure leaves the old one as it was; what is none
// (a pipe, a device, standard output) is written through and stays what it is.
#pragma once

#include "core/error.h"
#include "core/file_handle.h"

#include <filesystem>
#include <string_view>

namespace headroom {

/// Where bytes for a path go.
struct OutputTarget {
    std::filesystem::path path;    ///< behind symbolic links, which stay
    bool isWrittenThrough = false; ///< it exists and is no regular file, or names an open file of this process
};
OutputTarget outputTarget(const std::filesystem::path&);

/// Opens a target that is written through, for one writer from the start; a pipe waits for its reader.
FileHandle openThrough(const OutputTarget&);

/// All of `bytes` to `path`, flushed to the disk. A regular file keeps its mode; a write-protected one is refused.
Result<void> writeOutput(const std::filesystem::path& path, std::string_view bytes);
/// Whether writeOutput() could write there; leaves no trace of having asked.
Result<void> checkOutput(const std::filesystem::path& path);

} // namespace headroom
