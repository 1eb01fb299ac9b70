#include "app/commands/command.h"

#include "app/commands/example_plan.h"
#include "core/output_file.h"
#include "core/plan/fields.h"
#include "core/plan/plan_io.h"
#include "core/plan/validate.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

namespace headroom::cli {

Exit report(const Failure& failure)
{
    for (const Error& error : failure.errors)
        std::fprintf(stderr, "headroom-cli: %s%s%s\n", error.where.c_str(), error.where.empty() ? "" : ": ",
            error.message.c_str());
    return failure.exit;
}

Exit report(const Error& error, Exit exit) { return report(Failure{exit, {error}}); }

void addPlan(Arguments app, PlanArgument& plan)
{
    app.option("PLAN", plan.file, "Plan file (*.plan.json)").required();
    addSettings(app, plan);
}

void addSettings(Arguments app, PlanArgument& plan)
{
    app.option("--set", plan.settings, "Change a field of the plan first; repeatable, applied in order")
        .typeName("KEY=VALUE")
        .repeatable();
}

Outcome<Plan> applySettings(Plan plan, const std::vector<std::string>& settings)
{
    for (const std::string& setting : settings) {
        const auto equals = setting.find('=');
        if (equals == std::string::npos || equals == 0)
            return tl::unexpected(Failure{Exit::badInput, {{"--set " + setting, "expected KEY=VALUE"}}});
        const std::string key = setting.substr(0, equals);
        if (auto set = setField(plan, key, std::string_view(setting).substr(equals + 1)); !set)
            return tl::unexpected(Failure{Exit::badInput, {set.error()}});
    }
    if (auto errors = validate(plan); !errors.empty())
        return tl::unexpected(Failure{Exit::badInput, std::move(errors)});
    return plan;
}

Outcome<Plan> readPlan(const PlanArgument& argument)
{
    if (auto readable = checkReadable(argument.file); !readable)
        return tl::unexpected(readable.error());
    auto plan = loadPlan(argument.file);
    if (!plan)
        return tl::unexpected(Failure{Exit::badInput, {plan.error()}});
    for (const std::string& key : unknownKeyNames(*plan)) // on standard error: what is printed stays what it is
        std::fprintf(stderr, "headroom-cli: %s: %s: is not a key of this version; it has no effect%s\n",
            argument.file.c_str(), key.c_str(), nearestKeyHint(key).c_str());
    auto set = applySettings(*plan, argument.settings);
    if (!set)
        return tl::unexpected(withPlace(std::move(set.error()), *plan, argument.file));
    return set;
}

Failure withPlace(Failure failure, const Plan& plan, const std::string& file, std::string_view hint)
{
    const std::vector<Error> own = validate(plan);
    for (Error& error : failure.errors)
        if (std::ranges::find(own, error) != own.end()) {
            error.where = file + ": " + error.where;
            error.message += hint;
        }
    return failure;
}

Outcome<Plan> readPlanOrExample(const PlanArgument& argument)
{
    if (!argument.file.empty())
        return readPlan(argument);
    auto plan = parsePlan(embedded::examplePlanJson(), "the first example");
    if (!plan)
        return tl::unexpected(Failure{Exit::badInput, {plan.error()}});
    return applySettings(std::move(*plan), argument.settings);
}

Outcome<void> checkReadable(const std::string& file)
{
    const auto refuse = [&](const std::string& reason) {
        return tl::unexpected(Failure{Exit::noAccess, {{file, "could not be read: " + reason}}});
    };
    std::error_code ignored;
    if (std::filesystem::is_directory(file, ignored))
        return refuse("it is a folder, expected a file");
    const int handle = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (handle < 0)
        return refuse(systemReason());
    ::close(handle);
    return {};
}

Exit print(std::string_view text)
{
    errno = 0;
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
    if (!written)
        return report({"standard output", "could not be written: " + systemReason()}, Exit::noAccess);
    return Exit::done;
}

Outcome<void> checkWritable(const std::string& file)
{
    if (file.empty())
        return {};
    if (const auto writable = checkOutput(file); !writable)
        return tl::unexpected(Failure{Exit::noAccess, {writable.error()}});
    return {};
}

Outcome<void> writeFile(const std::string& file, std::string_view text)
{
    if (const auto written = writeOutput(file, text); !written)
        return tl::unexpected(Failure{Exit::noAccess, {written.error()}});
    return {};
}

} // namespace headroom::cli
