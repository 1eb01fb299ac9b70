// Plan files on disk: read with a limit, written so that a failure leaves the old file as it was.
#include "core/plan/plan_io.h"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace headroom {

namespace {

constexpr std::size_t kLargestFile = 64u << 20u; // a plan has some kilobytes

/// A file handle that closes itself.
class Handle {
public:
    explicit Handle(int descriptor) : m_descriptor(descriptor) {}
    ~Handle()
    {
        if (m_descriptor >= 0)
            ::close(m_descriptor);
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    int get() const { return m_descriptor; }
    bool good() const { return m_descriptor >= 0; }

private:
    int m_descriptor;
};

std::string reason() { return std::strerror(errno); }

tl::unexpected<Error> tooLarge(const std::filesystem::path& path)
{
    return fail(path.string(), "is larger than 64 MiB; a plan has some kilobytes");
}

Result<std::string> readAll(int descriptor, const std::filesystem::path& path)
{
    std::string text;
    char buffer[65'536];
    for (;;) {
        const ssize_t got = ::read(descriptor, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(path.string(), "could not be read: " + reason());
        if (got == 0)
            return text;
        text.append(buffer, static_cast<std::size_t>(got));
        if (text.size() > kLargestFile)
            return tooLarge(path);
    }
}

bool writeAll(int descriptor, std::string_view text)
{
    while (!text.empty()) {
        const ssize_t put = ::write(descriptor, text.data(), text.size());
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        text.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
}

/// The file that a link leads to, so that saving keeps the link.
std::filesystem::path behindLinks(const std::filesystem::path& path)
{
    std::error_code error;
    const auto real = std::filesystem::canonical(path, error);
    return error ? path : real;
}

/// Writes `text` to a new file beside `target` and moves it into place.
Result<void> replaceFile(const std::filesystem::path& target, std::string_view text, std::optional<mode_t> mode)
{
    const std::filesystem::path temporary =
        target.parent_path() / ("." + target.filename().string() + "." + std::to_string(::getpid()) + ".tmp");
    const auto refuse = [&](const std::string& why) {
        ::unlink(temporary.c_str());
        return fail(target.string(), "could not be written: " + why);
    };
    ::unlink(temporary.c_str()); // left by a crash of an earlier process with this number
    {
        const Handle file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
        if (!file.good())
            return fail(target.string(), "could not be written: " + reason() + " (a new file in its folder is needed)");
        if (mode && ::fchmod(file.get(), *mode) != 0)
            return refuse(reason());
        if (!writeAll(file.get(), text) || ::fsync(file.get()) != 0)
            return refuse(reason());
    }
    if (::rename(temporary.c_str(), target.c_str()) != 0)
        return refuse(reason());
    const auto folder = target.parent_path();
    const Handle directory(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.good())
        ::fsync(directory.get()); // makes the rename last; the file itself is complete either way
    return {};
}

} // namespace

Result<Plan> loadPlan(const std::filesystem::path& path)
{
    const Handle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status = {};
    if (!file.good() || ::fstat(file.get(), &status) != 0)
        return fail(path.string(), "could not be read: " + reason());
    if (S_ISDIR(status.st_mode))
        return fail(path.string(), "is a folder; expected a plan file");
    if (S_ISREG(status.st_mode) && static_cast<std::uintmax_t>(status.st_size) > kLargestFile)
        return tooLarge(path);
    const auto text = readAll(file.get(), path);
    if (!text)
        return tl::unexpected(text.error());
    return parsePlan(*text, path.string());
}

Result<void> savePlan(const Plan& plan, const std::filesystem::path& path)
{
    const std::filesystem::path target = behindLinks(path);
    struct stat status = {};
    const bool exists = ::stat(target.c_str(), &status) == 0;
    if (exists && !S_ISREG(status.st_mode))
        return fail(path.string(), "is not a regular file; expected the name of a plan file");
    if (exists && ::faccessat(AT_FDCWD, target.c_str(), W_OK, AT_EACCESS) != 0)
        return fail(path.string(), "could not be written: the file is write-protected");
    return replaceFile(target, planText(plan), exists ? std::optional<mode_t>(status.st_mode & 07777u) : std::nullopt);
}

} // namespace headroom
