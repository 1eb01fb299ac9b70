#include "core/output_file.h"

#include <charconv>
#include <optional>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace headroom {

namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> refused(const fs::path& path, const std::string& why)
{
    return fail(path.string(), "could not be written: " + why);
}

bool writeAll(int descriptor, std::string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t put = ::write(descriptor, bytes.data(), bytes.size());
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
}

/// The folder without links in it; as it is where there is none.
fs::path realFolder(const fs::path& path)
{
    std::error_code error;
    const fs::path folder = fs::canonical(path.has_parent_path() ? path.parent_path() : ".", error);
    return error ? path.parent_path() : folder;
}

fs::path ownDescriptors() { return fs::path("/proc") / std::to_string(::getpid()) / "fd"; }

/// A new file beside `target`, for the bytes that will take its place.
fs::path temporaryFor(const fs::path& target)
{
    return target.parent_path() / ("." + target.filename().string() + "." + std::to_string(::getpid()) + ".tmp");
}

/// \param temporary left by a crash of an earlier process with this number: replaced
FileHandle createNew(const fs::path& temporary)
{
    ::unlink(temporary.c_str());
    return FileHandle(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
}

/// The mode of a file that may be replaced, absent where there is none yet.
Result<std::optional<mode_t>> replaceableMode(const fs::path& target)
{
    struct stat status = {};
    if (::stat(target.c_str(), &status) != 0)
        return std::nullopt;
    if (::faccessat(AT_FDCWD, target.c_str(), W_OK, AT_EACCESS) != 0)
        return refused(target, "the file is write-protected");
    return status.st_mode & 07777u;
}

Result<void> replaceFile(const fs::path& target, std::string_view bytes)
{
    const auto mode = replaceableMode(target);
    if (!mode)
        return tl::unexpected(mode.error());
    const fs::path temporary = temporaryFor(target);
    const auto refuse = [&](const std::string& why) {
        ::unlink(temporary.c_str());
        return refused(target, why);
    };
    {
        const FileHandle file = createNew(temporary);
        if (!file.good())
            return refused(target, systemReason() + " (a new file in its folder is needed)");
        if (*mode && ::fchmod(file.get(), **mode) != 0)
            return refuse(systemReason());
        if (!writeAll(file.get(), bytes) || ::fsync(file.get()) != 0)
            return refuse(systemReason());
    }
    if (::rename(temporary.c_str(), target.c_str()) != 0)
        return refuse(systemReason());
    const auto folder = target.parent_path();
    const FileHandle directory(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.good())
        ::fsync(directory.get()); // makes the rename last; the file itself is complete either way
    return {};
}

} // namespace

OutputTarget outputTarget(const fs::path& path)
{
    constexpr int kMostLinks = 40; // as the system has it
    std::error_code error;
    fs::path at = path;
    for (int links = 0; links < kMostLinks; ++links) {
        const fs::path folder = realFolder(at);
        if (folder == ownDescriptors()) // /dev/stdout: a link to what is open, though that may be a regular file
            return {folder / at.filename(), true};
        if (!fs::is_symlink(fs::symlink_status(at, error)))
            break;
        const fs::path next = fs::read_symlink(at, error);
        at = next.is_absolute() ? next : folder / next;
    }
    const fs::file_status status = fs::status(at, error);
    return {at, fs::exists(status) && !fs::is_regular_file(status)};
}

FileHandle openThrough(const OutputTarget& target)
{
    const std::string name = target.path.filename().string();
    int number = -1;
    if (target.path.parent_path() == ownDescriptors() &&
        std::from_chars(name.data(), name.data() + name.size(), number).ec == std::errc{})
        return FileHandle(::fcntl(number, F_DUPFD_CLOEXEC, 0)); // goes on where others write; opening would start anew
    return FileHandle(::open(target.path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
}

Result<void> writeOutput(const fs::path& path, std::string_view bytes)
{
    const OutputTarget target = outputTarget(path);
    if (!target.isWrittenThrough)
        return replaceFile(target.path, bytes);
    const FileHandle file = openThrough(target);
    if (!file.good() || !writeAll(file.get(), bytes))
        return refused(path, systemReason());
    if (::fsync(file.get()) != 0 && errno != EINVAL && errno != EROFS && errno != ENOTSUP) // a pipe has no disk
        return refused(path, systemReason());
    return {};
}

Result<void> checkOutput(const fs::path& path)
{
    const OutputTarget target = outputTarget(path);
    std::error_code error;
    if (fs::is_directory(target.path, error))
        return refused(path, "it is a folder");
    if (target.isWrittenThrough) { // opening a pipe would wait for its reader, or end it
        if (::faccessat(AT_FDCWD, target.path.c_str(), W_OK, AT_EACCESS) != 0)
            return refused(path, systemReason());
        return {};
    }
    if (const auto mode = replaceableMode(target.path); !mode)
        return tl::unexpected(mode.error());
    const fs::path temporary = temporaryFor(target.path);
    if (const FileHandle file = createNew(temporary); !file.good())
        return refused(path, systemReason());
    ::unlink(temporary.c_str());
    return {};
}

} // namespace headroom
