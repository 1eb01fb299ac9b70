#include "tests/core/commands/cli_process.h"

#include "core/plan/catalog.h"
#include "core/plan/plan_io.h"

#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace headroom::cli {
namespace {

pid_t start(const std::vector<std::string>& arguments, const std::string& out, const std::string& err,
    const std::string& folder)
{
    const pid_t child = ::fork();
    if (child != 0)
        return child;
    std::vector<char*> argv{const_cast<char*>(HEADROOM_CLI)};
    for (const std::string& argument : arguments)
        argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
    ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
    if (::chdir(folder.c_str()) == 0)
        ::execv(HEADROOM_CLI, argv.data());
    ::_exit(127);
}

int exitOf(pid_t child)
{
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace

std::string contentOf(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

CliProcess::CliProcess()
{
    std::string pattern = (std::filesystem::temp_directory_path() / "headroom-cli-XXXXXX").string();
    m_folder = ::mkdtemp(pattern.data());
}

CliProcess::~CliProcess()
{
    std::error_code ignored;
    std::filesystem::remove_all(m_folder, ignored);
}

Finished CliProcess::run(const std::vector<std::string>& arguments) const
{
    const std::string out = path(".out"), err = path(".err");
    Finished finished;
    finished.exit = exitOf(start(arguments, out, err, m_folder.string()));
    finished.out = contentOf(out);
    finished.err = contentOf(err);
    return finished;
}

Finished CliProcess::runAndKill(const std::vector<std::string>& arguments, int milliseconds, int signal) const
{
    const pid_t child = start(arguments, path(".out"), path(".err"), m_folder.string());
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    ::kill(child, signal);
    Finished finished;
    finished.exit = exitOf(child);
    finished.err = contentOf(path(".err"));
    return finished;
}

std::string CliProcess::write(const std::string& name, const std::string& text) const
{
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
}

std::string CliProcess::plan() const
{
    Plan plan = defaultPlan();
    plan.name = "Chat, first quarter";
    plan.workload.arrivalRate = RequestRate(2);
    plan.targets.ttftP95 = Seconds(2);
    plan.targets.tpotP95 = Seconds(0.1);
    return write("chat.plan.json", planText(plan));
}

} // namespace headroom::cli
