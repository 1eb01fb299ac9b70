#include "core/plan/migrations.h"

#include "core/plan/plan.h"
#include "core/plan/spec_io.h"

#include <array>
#include <charconv>
#include <string>

namespace headroom {

namespace {

using Step = Result<void> (*)(JsonNode& root, std::string_view file);

std::string place(std::string_view file, const JsonNode& node, std::string_view key)
{
    return std::string(file) + ":" + std::to_string(node.line) + ": " + std::string(key);
}

/// Schema 0, before the first release: every key stood flat in the file ("workload.process": "poisson"). Schema 1
/// nests them by section. Keys that are nested already stay where they are.
Result<void> nestFlatKeys(JsonNode& root, std::string_view file)
{
    std::vector<std::pair<std::string, JsonNode>> before;
    before.swap(root.members);
    for (auto& member : before)
        if (member.first.find('.') == std::string::npos)
            root.members.push_back(std::move(member));
    for (auto& [key, node] : before) {
        const auto dot = key.find('.');
        if (dot == std::string::npos)
            continue;
        const std::string section = key.substr(0, dot), rest = key.substr(dot + 1);
        JsonNode* object = root.find(section);
        if (!object) {
            object = &root.members.emplace_back(section, JsonNode::object()).second;
            object->line = node.line;
        }
        if (object->kind != JsonNode::Kind::object)
            return fail(
                place(file, *object, section), "is " + std::string(object->kindName()) + "; expected an object");
        if (rest.empty() || object->find(rest))
            return fail(place(file, node, key), "stands twice in the plan, or names nothing");
        object->members.emplace_back(rest, std::move(node));
    }
    return {};
}

/// kSteps[i] brings schema i to schema i + 1. A new layout adds one function and one row.
constexpr std::array<Step, 1> kSteps{&nestFlatKeys};

} // namespace

std::size_t newestSchema() { return kSteps.size(); }

Result<void> migratePlan(JsonNode& root, std::string_view file)
{
    std::size_t schema = 0;
    if (const auto node = takeMember(root, "schema")) {
        const char* const end = node->text.data() + node->text.size();
        const auto [last, error] = std::from_chars(node->text.data(), end, schema);
        if (node->kind != JsonNode::Kind::number || error != std::errc{} || last != end)
            return fail(place(file, *node, "schema"), "is not a whole number; expected " + std::to_string(kPlanSchema));
        if (schema > kSteps.size())
            return fail(place(file, *node, "schema"),
                node->text.substr(0, 20) + " was written by a later version of Headroom; this one reads up to " +
                    std::to_string(kPlanSchema));
    }
    for (std::size_t i = schema; i < kSteps.size(); ++i)
        if (auto done = kSteps[i](root, file); !done)
            return done;
    return {};
}

} // namespace headroom
