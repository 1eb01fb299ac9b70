// A result file that grows for a long time: it appears under its name only when complete, and an interrupted run
// continues where it stopped. What is no regular file (a pipe, standard output) gets the text as it comes.
#pragma once

#include "app/commands/command.h"
#include "core/output_file.h"

#include <cstddef>
#include <cstdio>
#include <string>

namespace headroom::cli {

/// While it grows the text is in FILE.part, and FILE.progress says how much of it counts. Torn writes are cut off.
class ResumableFile {
public:
    /// \param identity names everything the content depends on; another identity starts afresh
    static Outcome<ResumableFile> open(const std::string& file, const std::string& identity);
    ResumableFile(ResumableFile&&) noexcept;
    ResumableFile& operator=(ResumableFile&&) = delete;
    ~ResumableFile();

    /// Pieces of work that earlier runs finished.
    std::size_t done() const { return m_done; }
    /// An interrupted run can be continued.
    bool isResumable() const { return !m_target.isWrittenThrough; }
    /// Nothing was written yet, not even a header.
    bool isEmpty() const { return m_bytes == 0; }
    /// Adds the text of pieces of work; after this, `done` of them are safe.
    Outcome<void> append(std::string_view text, std::size_t done);
    /// The file is complete: gives it its name.
    Outcome<void> finish();

private:
    ResumableFile(std::string file, std::string identity);
    Outcome<void> start();
    tl::unexpected<Failure> failed() const;

    std::string m_file, m_identity;
    OutputTarget m_target;
    std::FILE* m_out = nullptr;
    std::size_t m_done = 0, m_bytes = 0;
};

} // namespace headroom::cli
