#include "app/commands/resumable_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include <unistd.h>

namespace headroom::cli {
namespace {

std::string partOf(const OutputTarget& target) { return target.path.string() + ".part"; }
std::string progressOf(const OutputTarget& target) { return target.path.string() + ".progress"; }

} // namespace

ResumableFile::ResumableFile(std::string file, std::string identity)
    : m_file(std::move(file)), m_identity(std::move(identity)), m_target(outputTarget(m_file))
{}

ResumableFile::ResumableFile(ResumableFile&& other) noexcept
    : m_file(std::move(other.m_file)),
      m_identity(std::move(other.m_identity)),
      m_target(std::move(other.m_target)),
      m_out(std::exchange(other.m_out, nullptr)),
      m_done(other.m_done),
      m_bytes(other.m_bytes)
{}

ResumableFile::~ResumableFile()
{
    if (m_out)
        std::fclose(m_out);
}

tl::unexpected<Failure> ResumableFile::failed() const
{
    return tl::unexpected(
        Failure{Exit::noAccess, {{m_file, "could not be written: " + std::string(std::strerror(errno))}}});
}

Outcome<ResumableFile> ResumableFile::open(const std::string& file, const std::string& identity)
{
    if (auto writable = checkWritable(file); !writable)
        return tl::unexpected(writable.error());
    ResumableFile opened(file, identity);
    if (auto started = opened.start(); !started)
        return tl::unexpected(started.error());
    return opened;
}

Outcome<void> ResumableFile::start()
{
    if (m_target.isWrittenThrough) {
        FileHandle handle = openThrough(m_target);
        m_out = handle.good() ? ::fdopen(handle.get(), "wb") : nullptr;
        if (!m_out)
            return failed();
        handle.release();
        return {};
    }
    std::ifstream progress(progressOf(m_target));
    std::string identity;
    std::size_t done = 0, bytes = 0;
    std::error_code problem;
    const bool continues = std::getline(progress, identity) && progress >> done >> bytes && identity == m_identity &&
                           std::filesystem::file_size(partOf(m_target), problem) >= bytes && !problem;
    if (continues)
        std::filesystem::resize_file(partOf(m_target), bytes, problem);
    m_out = std::fopen(partOf(m_target).c_str(), continues && !problem ? "ab" : "wb");
    if (!m_out)
        return failed();
    if (continues && !problem) {
        m_done = done;
        m_bytes = bytes;
    }
    return {};
}

Outcome<void> ResumableFile::append(std::string_view text, std::size_t done)
{
    if (std::fwrite(text.data(), 1, text.size(), m_out) != text.size() || std::fflush(m_out) != 0)
        return failed();
    m_bytes += text.size();
    m_done = done;
    if (!isResumable())
        return {};
    return writeFile(
        progressOf(m_target), m_identity + "\n" + std::to_string(m_done) + " " + std::to_string(m_bytes) + "\n");
}

Outcome<void> ResumableFile::finish()
{
    const bool safe = std::fflush(m_out) == 0 && (!isResumable() || ::fsync(::fileno(m_out)) == 0);
    const bool closed = std::fclose(std::exchange(m_out, nullptr)) == 0;
    if (!safe || !closed)
        return failed();
    if (!isResumable())
        return {};
    if (std::rename(partOf(m_target).c_str(), m_target.path.c_str()) != 0)
        return failed();
    ::unlink(progressOf(m_target).c_str());
    return {};
}

} // namespace headroom::cli
