// How a GPU or model name typed by a person, or found in a file, is matched to a catalog name.
#pragma once

#include "core/model/number_format.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headroom {

/// Lower case, blanks and underscores as '-', without the vendor's name or organisation.
std::string foldedGpuName(std::string_view);
std::string foldedModelName(std::string_view);

/// What may be left of a model's name, longest first: the whole, then without one more trailing word that only says
/// how it was tuned, when, or in which number format ("-instruct", "-2507", "-fp8", "-awq-int4").
struct NameCandidate {
    std::string name;
    std::optional<NumberFormat> format; ///< stated by the words taken off
};
std::vector<NameCandidate> modelNameCandidates(std::string_view);

/// Edits (insert, delete, replace, swap neighbours) that turn one text into the other.
int editDistance(std::string_view, std::string_view);

} // namespace headroom
