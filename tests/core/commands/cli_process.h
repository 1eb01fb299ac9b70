// Runs headroom-cli as its users do: a process with arguments, two streams and an exit code.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace headroom::cli {

struct Finished {
    int exit = 0;
    std::string out, err;
};

/// A folder of its own for each test, removed with it; files named without a folder lie there.
class CliProcess {
public:
    CliProcess();
    ~CliProcess();
    CliProcess(const CliProcess&) = delete;
    CliProcess& operator=(const CliProcess&) = delete;

    Finished run(const std::vector<std::string>& arguments) const;
    /// Starts, waits, and kills it with the signal.
    Finished runAndKill(const std::vector<std::string>& arguments, int milliseconds, int signal) const;
    std::string write(const std::string& name, const std::string& text) const;
    std::string path(const std::string& name) const { return (m_folder / name).string(); }
    /// A plan that every test may use: Llama-3.1-8B on one H100 at 2 req/s with targets.
    std::string plan() const;

private:
    std::filesystem::path m_folder;
};

std::string contentOf(const std::filesystem::path&);

} // namespace headroom::cli
