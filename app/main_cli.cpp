// headroom-cli: reads the command line, hands over to app/commands/.
#include "app/command_line.h"
#include "app/commands/command.h"
#include "core/version_info.h"

#include <cstdio>
#include <exception>
#include <map>
#include <string>

namespace headroom::cli {
namespace {

int run(int argc, char** argv)
{
    CommandLine line("headroom-cli",
        "Capacity planning for LLM serving: GPUs needed, latency, cost, and what limits them.", std::string(version()));
    line.footer(
        "Exit codes: 0 done, 1 the answer is no (--check), 2 bad input, 3 could not read or write, 130 interrupted.");
    std::map<std::string, Run> declared;
    for (const Command& command : commands()) {
        const std::string name(command.name);
        declared[name] = command.declare(line.command(name, std::string(command.help)));
    }
    if (argc > 1 && argv[1][0] != '-' && !declared.contains(argv[1]))
        return static_cast<int>(report({argv[1], "no such command, `headroom-cli --help` lists them"}));
    if (const auto stop = line.parse(argc, argv))
        return static_cast<int>(*stop);
    return static_cast<int>(declared.at(line.chosen())());
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
