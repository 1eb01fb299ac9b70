// Plan files on disk: read with a limit, written so that a failure leaves the old file as it was.
#include "core/output_file.h"
#include "core/plan/plan_io.h"

#include <cerrno>
#include <cstdint>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace headroom {

namespace {

constexpr std::size_t kLargestFile = 64u << 20u; // a plan has some kilobytes

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
            return fail(path.string(), "could not be read: " + systemReason());
        if (got == 0)
            return text;
        text.append(buffer, static_cast<std::size_t>(got));
        if (text.size() > kLargestFile)
            return tooLarge(path);
    }
}

} // namespace

Result<Plan> loadPlan(const std::filesystem::path& path)
{
    const FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status = {};
    if (!file.good() || ::fstat(file.get(), &status) != 0)
        return fail(path.string(), "could not be read: " + systemReason());
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
    if (outputTarget(path).isWrittenThrough) // a plan is read again
        return fail(path.string(), "is not a regular file; expected the name of a plan file");
    return writeOutput(path, planText(plan));
}

} // namespace headroom
