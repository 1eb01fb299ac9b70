// Plan files of earlier versions, brought up to the present layout one step at a time.
#pragma once

#include "core/error.h"
#include "core/plan/json_tree.h"

#include <cstddef>
#include <string_view>

namespace headroom {

/// Brings the tree of a plan file to kPlanSchema, so that the reader knows the newest layout only. A file without
/// `schema` is of schema 0. Refuses files of later versions. Error.where is FILE:LINE: KEY.
Result<void> migratePlan(JsonNode& root, std::string_view file);

/// The schema that the steps lead to; a test holds it equal to kPlanSchema.
std::size_t newestSchema();

} // namespace headroom
