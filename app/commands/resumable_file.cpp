#include "app/commands/resumable_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include <unistd.h>

namespace headroom::cli {
namespace {

std::string partOf(const std::string& file) { return file + ".part"; }
std::string progressOf(const std::string& file) { return file + ".progress"; }

} // namespace

ResumableFile::ResumableFile(std::string file, std::string identity)
    : m_file(std::move(file)), m_identity(std::move(identity))
{}

ResumableFile::ResumableFile(ResumableFile&& other) noexcept
    : m_file(std::move(other.m_file)),
      m_identity(std::move(other.m_identity)),
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
    ResumableFile opened(file, identity);
    if (auto started = opened.start(); !started)
        return tl::unexpected(started.error());
    return opened;
}

Outcome<void> ResumableFile::start()
{
    std::ifstream progress(progressOf(m_file));
    std::string identity;
    std::size_t done = 0, bytes = 0;
    std::error_code problem;
    const bool continues = std::getline(progress, identity) && progress >> done >> bytes && identity == m_identity &&
                           std::filesystem::file_size(partOf(m_file), problem) >= bytes && !problem;
    if (continues)
        std::filesystem::resize_file(partOf(m_file), bytes, problem);
    m_out = std::fopen(partOf(m_file).c_str(), continues && !problem ? "ab" : "wb");
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
    return writeFile(
        progressOf(m_file), m_identity + "\n" + std::to_string(m_done) + " " + std::to_string(m_bytes) + "\n");
}

Outcome<void> ResumableFile::finish()
{
    const bool safe = std::fflush(m_out) == 0 && ::fsync(::fileno(m_out)) == 0;
    const bool closed = std::fclose(std::exchange(m_out, nullptr)) == 0;
    if (!safe || !closed || std::rename(partOf(m_file).c_str(), m_file.c_str()) != 0)
        return failed();
    ::unlink(progressOf(m_file).c_str());
    return {};
}

} // namespace headroom::cli
