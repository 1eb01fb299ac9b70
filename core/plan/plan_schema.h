// The published JSON schema of plan files, made from the field table.
#pragma once

#include <string>

namespace headroom {

/// Text of resources/plan.schema.json (JSON Schema, draft 2020-12): every key with its meaning, range, unit and
/// default. Unknown keys are allowed, as the reader keeps them. A test holds the file equal to this.
std::string planSchemaText();

} // namespace headroom
