// Looks values up in a model's config.json: typed, range-checked, and remembering which keys were read.
#pragma once

#include "core/error.h"

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headroom::hf {

using Keys = std::initializer_list<std::string_view>;

/// One object of the file. Copies share what was read and the first error, so a section reports to its parent.
/// A look-up that finds a wrong type or range records an error and gives the fallback; callers ask for error() once
/// at the end. `null` counts as absent.
class Values {
public:
    /// Python writes bare Infinity and NaN into these files: they are read as null. Refuses text above 16 MiB, nesting
    /// above 64 and anything that is not one object; Error.where is NAME:LINE or NAME.
    static Result<Values> parse(std::string_view json, std::string_view name);

    bool has(std::string_view key) const;
    /// The first of the spellings that is present, which makes the others known; whole numbers in [min, max] only.
    std::optional<int> integer(Keys, int min, int max) const;
    bool flag(std::string_view key, bool fallback) const;
    /// Text, or empty if absent.
    std::string text(Keys) const;
    /// Lists; empty if absent. At most 100,000 entries.
    std::vector<int> integers(std::string_view key) const;
    std::vector<std::string> words(std::string_view key) const;
    /// A nested object; absent if there is none.
    std::optional<Values> section(std::string_view key) const;
    /// Nested objects of an object, in the order of their keys; what is read from them is not in used().
    std::vector<Values> sections() const;
    /// Keys that are understood, but decide nothing in this file.
    void know(Keys) const;
    bool isList(std::string_view key) const;
    bool isObject(std::string_view key) const;

    /// Records what is wrong with a key, unless an earlier error stands.
    void refuse(std::string_view key, const std::string& message) const;
    const std::optional<Error>& error() const;
    /// "hidden_size = 4096" for each key read so far, sections too, in the order of reading.
    const std::vector<std::string>& used() const;
    /// Keys of this object that hold something and mean nothing here.
    std::vector<std::string> unread() const { return notRead(false); }
    /// Those that are understood, but gave way to others or decide nothing in this file.
    std::vector<std::string> passedOver() const { return notRead(true); }

private:
    std::vector<std::string> notRead(bool known) const;
    struct Document;
    struct Section;
    explicit Values(std::shared_ptr<Section> section) : m_section(std::move(section)) {}
    std::shared_ptr<Section> m_section;
};

} // namespace headroom::hf
