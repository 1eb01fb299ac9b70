// What an imported file says, and what it changes in a plan, as texts for the command line and the preview.
#pragma once

#include "core/importers/foreign_file.h"
#include "core/plan/plan.h"

#include <string>
#include <utility>
#include <vector>

namespace headroom::ui {

/// Name and value of what the file holds: "parameters", "30.5 × 10⁹, of which a token uses 3.04".
std::vector<std::pair<std::string, std::string>> foreignFacts(const ForeignFile&);

struct FieldChange {
    std::string key, label;
    std::string from, to; ///< as setField() reads them; empty = absent
};
/// The fields in which two plans differ, in the order of fields().
std::vector<FieldChange> changedFields(const Plan& before, const Plan& after);

} // namespace headroom::ui
