// What a command line accepts, declared without the parser's own headers: only command_line.cpp reads those, which cost every
// file that includes them ten seconds of compile time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
} // namespace CLI

namespace headroom::cli {

/// Exit codes of every command (scripts rely on them).
enum class Exit : int {
    done = 0,
    no = 1,       ///< the question was answered, and the answer is no (--check)
    badInput = 2, ///< a file, a value or the usage is wrong
    noAccess = 3, ///< something could not be read or written
    interrupted = 130,
};

/// One declared argument; every call says one more thing about it.
class Argument {
public:
    explicit Argument(CLI::Option& option) : m_option(&option) {}
    Argument& required();
    Argument& typeName(const std::string& shown); ///< what --help shows as its value
    Argument& showDefault();                      ///< --help shows the value it has now
    Argument& repeatable();                       ///< may be given many times, one value each
    Argument& values(int count);                  ///< takes exactly `count` values at once
    Argument& hidden();                           ///< not in --help
    Argument& oneOf(const std::vector<std::string>& allowed);
    Argument& between(int least, int most);
    Argument& excludes(const Argument& other); ///< giving both is an error

private:
    CLI::Option* m_option;
};

/// The arguments of a program or of one of its commands. Values are written into the variables given here, which must outlive
/// the parsing. A name without dashes is positional.
class Arguments {
public:
    explicit Arguments(CLI::App& app) : m_app(&app) {}
    /// T: std::string, std::vector<std::string>, int, double, std::uint64_t, std::optional of the last three.
    template <class T>
    Argument option(const std::string& name, T& value, const std::string& help);
    Argument flag(const std::string& name, bool& value, const std::string& help);
    /// "--name{DEFAULT}": alone it gives DEFAULT, --name=TEXT gives TEXT.
    Argument flag(const std::string& name, std::string& value, const std::string& help);

private:
    CLI::App* m_app;
};

/// The command line of a whole program.
class CommandLine {
public:
    CommandLine(const std::string& program, const std::string& description, const std::string& version);
    ~CommandLine();
    CommandLine(const CommandLine&) = delete;
    CommandLine& operator=(const CommandLine&) = delete;

    Arguments arguments();
    /// Adds a command and makes one of them obligatory.
    Arguments command(const std::string& name, const std::string& help);
    void footer(const std::string& text);
    /// Reads the arguments. Nothing returned: go on. Else the program ends: done after --help and --version, badInput after a
    /// usage error, which was printed on standard error.
    std::optional<Exit> parse(int argc, char** argv);
    /// The command that was given; empty before parse() and for a program without commands.
    std::string chosen() const;

private:
    std::unique_ptr<CLI::App> m_app;
};

} // namespace headroom::cli
