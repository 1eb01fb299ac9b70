// What a command of headroom-cli is: a name, one line of help, options, and something to run. One file per command.
#pragma once

#include "app/command_line.h"
#include "core/error.h"
#include "core/plan/plan.h"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace headroom::cli {

/// Runs a command after its options were read.
using Run = std::function<Exit()>;

struct Command {
    std::string_view name, help;
    Run (*declare)(Arguments); ///< adds the options; what it returns keeps them alive
};
/// All commands, in the order of --help. A new command is one file and one row.
std::span<const Command> commands();

/// Why a command stops early.
struct Failure {
    Exit exit = Exit::badInput;
    std::vector<Error> errors;
};
template <class T>
using Outcome = tl::expected<T, Failure>;
/// Prints "headroom-cli: WHERE: message" for each error on standard error; returns the exit code.
Exit report(const Failure&);
Exit report(const Error&, Exit = Exit::badInput);

/// PLAN and the settings that are applied to it in order.
struct PlanArgument {
    std::string file;
    std::vector<std::string> settings; ///< KEY=VALUE
};
/// Adds the positional PLAN and the repeatable --set.
void addPlan(Arguments, PlanArgument&);
/// Only --set, for commands where PLAN is optional.
void addSettings(Arguments, PlanArgument&);
/// The plan with its settings, checked as a whole. An unreadable file is noAccess, anything wrong in it badInput.
Outcome<Plan> readPlan(const PlanArgument&);
/// The same; without a file the first example, which ships inside the program.
Outcome<Plan> readPlanOrExample(const PlanArgument&);
/// Applies settings in order, then checks the plan as a whole.
Outcome<Plan> applySettings(Plan, const std::vector<std::string>& settings);

/// What was wrong with `plan` before any setting is the fault of the file it came from: it is named there.
/// \param hint added to these messages
Failure withPlace(Failure, const Plan& plan, const std::string& file, std::string_view hint = {});

/// noAccess if the file cannot be opened for reading, with the reason the system gives.
Outcome<void> checkReadable(const std::string& file);
/// Writes to standard output and flushes: noAccess if that fails (a full disk), done otherwise.
Exit print(std::string_view text);
/// Replaces a regular file as a whole, writes through what is none (core/output_file.h).
Outcome<void> writeFile(const std::string& file, std::string_view text);
/// Whether writeFile() could write there; leaves no trace of having asked. An empty name is none and passes.
Outcome<void> checkWritable(const std::string& file);

} // namespace headroom::cli
