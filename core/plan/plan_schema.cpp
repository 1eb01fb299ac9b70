#include "core/plan/plan_schema.h"

#include "core/plan/field_rows.h"
#include "core/plan/json_tree.h"

namespace headroom {

namespace {

JsonNode typed(std::string_view type)
{
    JsonNode node = JsonNode::object();
    node.at("type") = JsonNode::ofString(type);
    return node;
}

JsonNode described(std::string_view type, std::string_view what)
{
    JsonNode node = typed(type);
    node.at("description") = JsonNode::ofString(what);
    return node;
}

void describe(JsonNode& node, const FieldInfo& i)
{
    std::string text(i.help);
    if (!i.unit.empty())
        text += " Unit: " + std::string(i.unit) + ".";
    text += " Topic " + std::string(i.topic) + ".";
    node.at("title") = JsonNode::ofString(i.label);
    node.at("description") = JsonNode::ofString(text);
}

JsonNode number(const rows::NumberRule& rule, const FieldInfo& i)
{
    JsonNode node = JsonNode::object();
    const std::string_view type = rule.integer ? "integer" : "number";
    JsonNode types = JsonNode::array(); // null is the same as absent
    types.append(JsonNode::ofString(type));
    types.append(JsonNode::ofString("null"));
    node.at("type") = std::move(types);
    describe(node, i);
    node.at("minimum") = JsonNode::ofNumber(rule.min);
    node.at("maximum") = JsonNode::ofNumber(rule.max);
    return node;
}

/// What stands in the catalog is no closed list: a plan may name a model or GPU that was imported.
bool isOpen(const ChoiceField& f) { return f.info.key == "model.name" || f.info.key == "hardware.gpu"; }

JsonNode choice(const ChoiceField& f)
{
    JsonNode node = typed("string");
    describe(node, f.info);
    if (!isOpen(f)) {
        JsonNode ids = JsonNode::array();
        for (const auto& c : f.choices())
            ids.append(JsonNode::ofString(c.id));
        node.at("enum") = std::move(ids);
    }
    node.at("default") = JsonNode::ofString(f.fallback);
    return node;
}

JsonNode quantiles(std::string_view which)
{
    JsonNode node = described("array", "Measured lengths of " + std::string(which) +
                                           " in tokens at equal steps of probability from 0 to 1, ascending. With "
                                           "the empirical distribution.");
    node.at("items") = typed("number");
    node.at("minItems") = JsonNode::ofNumber(2);
    return node;
}

JsonNode shapes()
{
    JsonNode node = described("string", "Shape of the distribution of lengths.");
    JsonNode ids = JsonNode::array();
    for (const auto& s : rows::kShapes)
        ids.append(JsonNode::ofString(s.id));
    node.at("enum") = std::move(ids);
    return node;
}

JsonNode classes()
{
    JsonNode item = typed("object");
    JsonNode& properties = item.at("properties") = JsonNode::object();
    properties.at("name") = described("string", "Name of the class.");
    properties.at("prompt_distribution") = shapes();
    properties.at("output_distribution") = shapes();
    for (const ClassField& f : classFields())
        properties.at(f.info.key) = number(rows::ruleOf(f), f.info);
    properties.at("prompt_quantiles_tokens") = quantiles("prompts");
    properties.at("output_quantiles_tokens") = quantiles("outputs");
    JsonNode node = described("array", "Kinds of requests. Without any, the workload's own lengths are the only kind.");
    node.at("items") = std::move(item);
    node.at("maxItems") = JsonNode::ofNumber(static_cast<double>(kMaxClasses));
    return node;
}

/// The schema of a section, made where missing.
JsonNode& section(JsonNode& properties, std::string_view name)
{
    if (!properties.find(name))
        properties.at(name) = typed("object");
    JsonNode& node = properties.at(name);
    if (!node.find("properties"))
        node.at("properties") = JsonNode::object();
    return node.at("properties");
}

} // namespace

std::string planSchemaText()
{
    JsonNode root = JsonNode::object();
    root.at("$schema") = JsonNode::ofString("https://json-schema.org/draft/2020-12/schema");
    root.at("title") = JsonNode::ofString("Headroom plan");
    root.at("description") =
        JsonNode::ofString("Capacity plan of an LLM service. The arrival rate (or concurrency), the model and the GPU "
                           "must be stated; other "
                           "absent keys are defaults; unknown keys are kept. Made from the field table.");
    root.at("type") = JsonNode::ofString("object");
    JsonNode& properties = root.at("properties") = JsonNode::object();
    JsonNode version = described("integer", "Layout of this file.");
    version.at("const") = JsonNode::ofNumber(kPlanSchema);
    properties.at("schema") = std::move(version);
    properties.at("name") = described("string", "Name of the plan.");
    properties.at("notes") = described("string", "Remarks of its author.");
    for (const Field& field : fields()) {
        const std::string_view key = info(field).key;
        const auto dot = key.find('.');
        JsonNode node;
        if (const auto* f = std::get_if<NumberField>(&field)) {
            node = number(rows::ruleOf(*f), f->info);
            if (!f->optional && !f->info.derived)
                node.at("default") = JsonNode::ofNumber(f->fallback);
        } else {
            node = choice(std::get<ChoiceField>(field));
        }
        section(properties, key.substr(0, dot)).at(key.substr(dot + 1)) = std::move(node);
    }
    JsonNode& workload = section(properties, "workload");
    workload.at("prompt_quantiles_tokens") = quantiles("prompts");
    workload.at("output_quantiles_tokens") = quantiles("outputs");
    workload.at("trace_file") =
        described("string", "File of requests for the trace process, relative to the plan file.");
    workload.at("classes") = classes();
    section(properties, "model").at("spec") =
        described("object", "Figures of the model, copied when it was chosen. Without them the catalog is asked.");
    JsonNode& hardware = section(properties, "hardware");
    hardware.at("spec") = described(
        "object", "Figures of the GPU in SI units, copied when it was chosen. Without them the catalog is asked.");
    hardware.at("price_edited") = described("boolean", "The price was set by hand: choosing another GPU keeps it.");
    return writeJson(root);
}

} // namespace headroom
