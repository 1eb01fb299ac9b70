// Plan files: *.plan.json, schema number, migrations, atomic save (FORMATS and CLI.md).
#pragma once

#include "core/error.h"
#include "core/plan/plan.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace headroom {

/// Reads a plan. Every value is range-checked; Error.where is FILE:LINE: KEY as far as known. Files above 64 MiB are
/// refused before they are read. Arrival rate (or concurrency), model and GPU must be stated; what else is absent
/// takes its default.
Result<Plan> loadPlan(const std::filesystem::path&);
/// The same from text; `name` stands in messages.
Result<Plan> parsePlan(std::string_view json, std::string_view name);
/// Keys of the file that this version does not know, with their places: "workload.arival_rate". They have no effect.
std::vector<std::string> unknownKeyNames(const Plan&);
/// JSON text of a plan, keys sorted as in fields(), unknown keys kept.
std::string planText(const Plan&);
/// Writes a temporary file beside the target, fsync, rename: a failed save leaves the old file as it was.
Result<void> savePlan(const Plan&, const std::filesystem::path&);
/// 16 hex digits that name the plan's content (report, title).
std::string planHash(const Plan&);

} // namespace headroom
