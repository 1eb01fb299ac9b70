// Recognises a foreign file by its content and puts what it says into a plan.
#pragma once

#include "app/commands/command.h"
#include "core/importers/trace_file.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace headroom::cli {

struct Imported {
    Plan plan;
    std::string recognised;                                ///< "a Hugging Face config.json"
    std::vector<std::pair<std::string, std::string>> says; ///< what the file holds, for people
    std::vector<std::string> used, ignored;
    std::size_t skippedRows = 0;
};

/// \param before the plan that the file's figures go into
Outcome<Imported> importFile(const std::string& file, const Plan& before, BadRows);

} // namespace headroom::cli
