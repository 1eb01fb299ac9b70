#include "app/command_line.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <type_traits>

namespace headroom::cli {

Argument& Argument::required()
{
    m_option->required();
    return *this;
}

Argument& Argument::typeName(const std::string& shown)
{
    m_option->type_name(shown);
    return *this;
}

Argument& Argument::showDefault()
{
    m_option->capture_default_str();
    return *this;
}

Argument& Argument::repeatable()
{
    m_option->take_all()->allow_extra_args(false);
    return *this;
}

Argument& Argument::values(int count)
{
    m_option->expected(count);
    return *this;
}

Argument& Argument::hidden()
{
    m_option->group("");
    return *this;
}

Argument& Argument::oneOf(const std::vector<std::string>& allowed)
{
    m_option->check(CLI::IsMember(allowed));
    return *this;
}

Argument& Argument::between(int least, int most)
{
    m_option->check(CLI::Range(least, most));
    return *this;
}

Argument& Argument::excludes(const Argument& other)
{
    m_option->excludes(other.m_option);
    return *this;
}

namespace {

/// What the conversion would wrap or clamp without a word.
CLI::Validator fitsUnsigned()
{
    return CLI::Validator(
        [](std::string& text) -> std::string {
            if (text.starts_with('-'))
                return "\"" + text + "\" is below 0, expected a whole number from 0 on";
            std::uint64_t value = 0;
            if (std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc::result_out_of_range)
                return text + " is too large, expected at most " +
                       std::to_string(std::numeric_limits<std::uint64_t>::max());
            return {};
        },
        "");
}

} // namespace

template <class T>
Argument Arguments::option(const std::string& name, T& value, const std::string& help)
{
    CLI::Option* option = m_app->add_option(name, value, help);
    if constexpr (std::is_same_v<T, std::uint64_t> || std::is_same_v<T, std::optional<std::uint64_t>>)
        option->check(fitsUnsigned());
    return Argument(*option);
}
template Argument Arguments::option(const std::string&, std::string&, const std::string&);
template Argument Arguments::option(const std::string&, std::vector<std::string>&, const std::string&);
template Argument Arguments::option(const std::string&, int&, const std::string&);
template Argument Arguments::option(const std::string&, double&, const std::string&);
template Argument Arguments::option(const std::string&, std::uint64_t&, const std::string&);
template Argument Arguments::option(const std::string&, std::optional<int>&, const std::string&);
template Argument Arguments::option(const std::string&, std::optional<double>&, const std::string&);
template Argument Arguments::option(const std::string&, std::optional<std::uint64_t>&, const std::string&);

Argument Arguments::flag(const std::string& name, bool& value, const std::string& help)
{
    return Argument(*m_app->add_flag(name, value, help));
}

Argument Arguments::flag(const std::string& name, std::string& value, const std::string& help)
{
    return Argument(*m_app->add_flag(name, value, help));
}

CommandLine::CommandLine(const std::string& program, const std::string& description, const std::string& version)
    : m_app(std::make_unique<CLI::App>(description, program))
{
    m_app->set_version_flag("--version", program + " " + version);
}

CommandLine::~CommandLine() = default;

Arguments CommandLine::arguments() { return Arguments(*m_app); }

Arguments CommandLine::command(const std::string& name, const std::string& help)
{
    m_app->require_subcommand(1);
    return Arguments(*m_app->add_subcommand(name, help));
}

void CommandLine::footer(const std::string& text) { m_app->footer(text); }

std::optional<Exit> CommandLine::parse(int argc, char** argv)
{
    try {
        m_app->parse(argc, argv);
    } catch (const CLI::Success& asked) { // --help, --version
        return static_cast<Exit>(m_app->exit(asked));
    } catch (const CLI::ParseError& wrong) {
        const std::string program = m_app->get_name(), command = chosen();
        std::fprintf(stderr, "%s: %s\n%s: `%s %s--help` shows what is expected\n", program.c_str(), wrong.what(),
            program.c_str(), program.c_str(), command.empty() ? "" : (command + " ").c_str());
        return Exit::badInput;
    }
    return std::nullopt;
}

std::string CommandLine::chosen() const
{
    const auto given = m_app->get_subcommands();
    return given.empty() ? std::string() : given.front()->get_name();
}

} // namespace headroom::cli
