// headroom-cli: reads the command line, hands over to app/commands/.
#include "app/commands/command.h"
#include "core/version_info.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>

namespace headroom::cli {
namespace {

int run(int argc, char** argv)
{
    CLI::App app(
        "Capacity planning for LLM serving: GPUs needed, latency, cost, and what limits them.", "headroom-cli");
    app.require_subcommand(1);
    app.set_version_flag("--version", "headroom-cli " + std::string(version()));
    app.footer(
        "Exit codes: 0 done, 1 the answer is no (--check), 2 bad input, 3 could not read or write, 130 interrupted.");
    Run chosen;
    for (const Command& command : commands()) {
        CLI::App* sub = app.add_subcommand(std::string(command.name), std::string(command.help));
        sub->callback([&chosen, declared = command.declare(*sub)] { chosen = declared; });
    }
    const auto isNamed = [&](const Command& command) { return command.name == argv[1]; };
    if (argc > 1 && argv[1][0] != '-' && std::none_of(commands().begin(), commands().end(), isNamed))
        return static_cast<int>(report({argv[1], "no such command, `headroom-cli --help` lists them"}));
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& asked) { // --help, --version
        return app.exit(asked);
    } catch (const CLI::ParseError& wrong) {
        std::fprintf(stderr, "headroom-cli: %s\nheadroom-cli: `headroom-cli %s--help` shows what is expected\n",
            wrong.what(),
            app.get_subcommands().empty() ? "" : (app.get_subcommands().front()->get_name() + " ").c_str());
        return static_cast<int>(Exit::badInput);
    }
    return static_cast<int>(chosen());
}

} // namespace
} // namespace headroom::cli

int main(int argc, char** argv)
{
    try {
        return headroom::cli::run(argc, argv);
    } catch (const std::exception& problem) { // out of memory and the like: the commands handle what they expect
        std::fprintf(stderr, "headroom-cli: %s\n", problem.what());
        return static_cast<int>(headroom::cli::Exit::noAccess);
    }
}
