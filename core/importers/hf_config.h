// Reads a Hugging Face config.json into a model (FORMATS.md 7), and says what of it the model does not show.
#pragma once

#include "core/error.h"
#include "core/model/transformer.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headroom {

struct HfImport {
    ModelSpec spec;                       ///< servedFormat and quantizedPart are those of the file's weights
    std::optional<NumberFormat> kvFormat; ///< where the file states one
    std::vector<std::string> used;        ///< "hidden_size = 4096"
    std::vector<std::string> ignored;     ///< what is not modelled, in words; empty = nothing of weight
};

/// Whether a text looks like a model's config.json: one object with model_type or architectures, and layers.
bool isHfConfig(std::string_view json);

/// The name that a config.json gives its model, without the folders before it; absent where it gives none.
std::optional<std::string> nameInConfig(std::string_view json);

/// Reads a config.json.
/// \param name stands in error messages, and names the model where the file does not (file or folder name)
/// Errors: not JSON (NAME:LINE), a missing key, a value of the wrong type or range (NAME: KEY), an encoder-decoder.
Result<HfImport> readHfConfig(std::string_view json, std::string_view name);

} // namespace headroom
