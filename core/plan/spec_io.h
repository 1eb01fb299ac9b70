// The copied figures of a model and a GPU as JSON, so that a plan can be evaluated without the catalog it came from.
#pragma once

#include "core/model/hardware.h"
#include "core/model/transformer.h"
#include "core/plan/json_tree.h"

#include <optional>
#include <string>
#include <string_view>

namespace headroom {

/// What one reading of a file has found wrong: the first complaint counts.
class ReadLog {
public:
    /// \param file stands in messages
    explicit ReadLog(std::string_view file) : m_file(file) {}
    /// Error.where becomes FILE:LINE: KEY, or FILE: KEY where the line is not known.
    void refuse(std::size_t line, std::string_view key, std::string message);
    const std::optional<Error>& error() const { return m_error; }

private:
    std::string m_file;
    std::optional<Error> m_error;
};

/// Takes a member out of an object: what is left at the end is what this version does not know.
std::optional<JsonNode> takeMember(JsonNode& object, std::string_view name);

/// Figures of a model, without its name. Keys are those of resources/catalog/models.json where both have them.
JsonNode writeModelSpec(const ModelSpec&);
/// Takes the figures out of `node`. \param key path of the node, for messages
ModelSpec readModelSpec(JsonNode& node, std::string_view key, ReadLog&);

/// Figures of a GPU in SI units, without its name.
JsonNode writeGpuSpec(const GpuSpec&);
GpuSpec readGpuSpec(JsonNode& node, std::string_view key, ReadLog&);

} // namespace headroom
