// JSON as a tree that remembers the line of each value and writes numbers back as they were read. For plan files.
#pragma once

#include "core/error.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headroom {

/// One JSON value. Members keep their order; a number is kept as text, so that writing it back changes nothing.
struct JsonNode {
    enum class Kind { null, boolean, number, string, array, object };
    Kind kind = Kind::null;
    std::size_t line = 0; ///< of the value's key or of the value, from 1; 0 = made here
    std::string text;     ///< number and boolean as written in JSON; string unescaped
    std::vector<std::pair<std::string, JsonNode>> members; ///< object; array elements have empty names

    static JsonNode object();
    static JsonNode array();
    static JsonNode ofString(std::string_view);
    /// \param trueOrFalse "true" or "false"
    static JsonNode ofFlag(std::string_view trueOrFalse);
    /// The shortest text that reads back as the same number; null where it is not finite, which JSON cannot say.
    static JsonNode ofNumber(double value);

    /// nullptr if there is no such member.
    const JsonNode* find(std::string_view name) const;
    JsonNode* find(std::string_view name);
    /// The member at a dotted path, made with the objects on the way where missing.
    JsonNode& at(std::string_view path);
    void append(JsonNode element) { members.emplace_back(std::string(), std::move(element)); }
    /// "a number", "an object": for messages.
    std::string_view kindName() const;
    /// The same with the value of text and numbers, cut if it is long: `text, "fast"`.
    std::string kindAndValue() const;
};

/// Reads strict JSON (a byte order mark is passed over). Refuses text that ends early, values deeper than 64, a key
/// twice in one object, numbers beyond double. Error.where is NAME:LINE.
Result<JsonNode> readJson(std::string_view text, std::string_view name);

/// Two spaces a level; arrays of numbers run on and break before column 120. Ends with a newline.
std::string writeJson(const JsonNode&);
/// The same on one line, without the newline.
std::string writeCompactJson(const JsonNode&);

} // namespace headroom
