#include "core/importers/hf_values.h"

#include "core/importers/strict_json.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

namespace headroom::hf {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kLargestText = 16 * 1024 * 1024; // the largest config seen has 60 kB
constexpr std::size_t kLongestList = 100000;

std::string shortText(const Json& value)
{
    constexpr std::size_t kShown = 40;
    if (value.is_array() && value.size() > 4)
        return "[" + std::to_string(value.size()) + " entries]";
    std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
    if (text.size() > kShown)
        text = text.substr(0, kShown) + "...";
    return text;
}

} // namespace

struct Values::Document {
    Json root;
    std::string name;
    std::optional<Error> error;
    std::vector<std::string> used;
};

struct Values::Section {
    std::shared_ptr<Document> document;
    const Json* node = nullptr;
    std::string path;                               ///< "text_config." or empty
    bool listed = true;                             ///< whether what is read is told one by one
    std::set<std::string, std::less<>> read, known; ///< known ones decide nothing unless they are read too

    /// The value of a key, noted as read; nullptr if absent or null.
    const Json* find(std::string_view key)
    {
        const auto at = node->find(key);
        if (at == node->end() || at->is_null())
            return nullptr;
        if (read.emplace(key).second && listed && !at->is_object())
            document->used.push_back(path + std::string(key) + " = " + shortText(*at));
        return &*at;
    }
    std::pair<std::string_view, const Json*> first(Keys keys)
    {
        std::pair<std::string_view, const Json*> found{{}, nullptr};
        for (const std::string_view key : keys) {
            if (found.second)
                known.emplace(key);
            else if (const Json* value = find(key))
                found = {key, value};
        }
        return found;
    }
};

Result<Values> Values::parse(std::string_view json, std::string_view name)
{
    const std::string file(name);
    if (json.size() > kLargestText)
        return fail(file, "has " + std::to_string(json.size()) + " bytes; a model's config has less than 16 MiB");
    const Result<std::string> strict = strictJson(json, file);
    if (!strict)
        return tl::unexpected(strict.error());
    auto document = std::make_shared<Document>();
    document->name = file;
    try {
        document->root = Json::parse(*strict);
    } catch (const Json::parse_error& e) {
        return fail(file + ":" + std::to_string(lineOf(*strict, std::min(e.byte, strict->size()))),
            "is not JSON: the text is cut off or broken here");
    } catch (const Json::exception&) {
        return fail(file, "is not JSON that can be read: a number in it is out of every range");
    }
    if (!document->root.is_object())
        return fail(file, "expected one JSON object, as in a model's config.json");
    auto section = std::make_shared<Section>();
    section->node = &document->root;
    section->document = std::move(document);
    return Values(std::move(section));
}

bool Values::has(std::string_view key) const
{
    const auto at = m_section->node->find(key);
    return at != m_section->node->end() && !at->is_null();
}

std::optional<int> Values::integer(Keys keys, int min, int max) const
{
    const auto [key, value] = m_section->first(keys);
    if (!value)
        return std::nullopt;
    const double number = value->is_number() ? value->get<double>() : std::nan("");
    if (!(number >= min && number <= max) || number != std::floor(number)) {
        refuse(key, "is " + shortText(*value) + "; expected a whole number from " + std::to_string(min) + " to " +
                        std::to_string(max));
        return std::nullopt;
    }
    return static_cast<int>(number);
}

bool Values::flag(std::string_view key, bool fallback) const
{
    const Json* value = m_section->find(key);
    if (!value)
        return fallback;
    if (!value->is_boolean()) {
        refuse(key, "is " + shortText(*value) + "; expected true or false");
        return fallback;
    }
    return value->get<bool>();
}

std::string Values::text(Keys keys) const
{
    const auto [key, value] = m_section->first(keys);
    if (!value)
        return {};
    if (!value->is_string()) {
        refuse(key, "is " + shortText(*value) + "; expected text");
        return {};
    }
    return value->get<std::string>();
}

std::vector<int> Values::integers(std::string_view key) const
{
    std::vector<int> out;
    const Json* value = m_section->find(key);
    if (!value)
        return out;
    if (!value->is_array() || value->size() > kLongestList) {
        refuse(key, "expected a list of whole numbers");
        return out;
    }
    for (const Json& entry : *value) {
        const double number = entry.is_number() ? entry.get<double>() : std::nan("");
        if (!(std::abs(number) <= 1e9) || number != std::floor(number)) {
            refuse(key, "holds " + shortText(entry) + "; expected whole numbers");
            return {};
        }
        out.push_back(static_cast<int>(number));
    }
    return out;
}

std::vector<std::string> Values::words(std::string_view key) const
{
    std::vector<std::string> out;
    const Json* value = m_section->find(key);
    if (!value)
        return out;
    if (!value->is_array() || value->size() > kLongestList) {
        refuse(key, "expected a list of words");
        return out;
    }
    for (const Json& entry : *value) {
        if (!entry.is_string()) {
            refuse(key, "holds " + shortText(entry) + "; expected words");
            return {};
        }
        out.push_back(entry.get<std::string>());
    }
    return out;
}

std::optional<Values> Values::section(std::string_view key) const
{
    const Json* value = m_section->find(key);
    if (!value)
        return std::nullopt;
    if (!value->is_object()) {
        refuse(key, "is " + shortText(*value) + "; expected an object");
        return std::nullopt;
    }
    auto inner = std::make_shared<Section>();
    inner->document = m_section->document;
    inner->node = value;
    inner->path = m_section->path + std::string(key) + ".";
    return Values(std::move(inner));
}

std::vector<Values> Values::sections() const
{
    std::vector<Values> out;
    for (const auto& [key, value] : m_section->node->items())
        if (value.is_object()) {
            out.push_back(*section(key));
            out.back().m_section->listed = false;
        }
    return out;
}

void Values::know(Keys keys) const { m_section->known.insert(keys.begin(), keys.end()); }

bool Values::isList(std::string_view key) const
{
    const auto at = m_section->node->find(key);
    return at != m_section->node->end() && at->is_array();
}

bool Values::isObject(std::string_view key) const
{
    const auto at = m_section->node->find(key);
    return at != m_section->node->end() && at->is_object();
}

void Values::refuse(std::string_view key, const std::string& message) const
{
    Document& document = *m_section->document;
    if (!document.error)
        document.error = Error{document.name + ": " + m_section->path + std::string(key), message};
}

const std::optional<Error>& Values::error() const { return m_section->document->error; }
const std::vector<std::string>& Values::used() const { return m_section->document->used; }

std::vector<std::string> Values::notRead(bool known) const
{
    std::vector<std::string> out;
    for (const auto& [key, value] : m_section->node->items()) {
        const bool holdsNothing =
            value.is_null() || value == false || ((value.is_array() || value.is_object()) && value.empty());
        if (!holdsNothing && !m_section->read.contains(key) && m_section->known.contains(key) == known)
            out.push_back(m_section->path + key);
    }
    return out;
}

} // namespace headroom::hf
