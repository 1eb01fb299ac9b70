#include "core/plan/fields.h"

#include "app/commands/declare.h"
#include "app/commands/text_table.h"
#include "ui/plots/numbers.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace headroom::cli {
namespace {

using Json = nlohmann::ordered_json;

Json object(const Field& field)
{
    const FieldInfo& about = info(field);
    Json json{{"key", about.key}, {"group", about.group}, {"label", about.label}, {"help", about.help},
        {"unit", about.unit}, {"topic", about.topic}, {"derived", about.derived}};
    if (const auto* number = std::get_if<NumberField>(&field)) {
        json["type"] = number->integer ? "integer" : "number";
        json["min"] = number->min;
        json["max"] = number->max;
        json["default"] = number->fallback;
        json["scale"] = number->scale == Scale::logarithmic ? "log" : "linear";
        json["optional"] = number->optional;
        return json;
    }
    const auto& choice = std::get<ChoiceField>(field);
    json["type"] = "choice";
    json["min"] = nullptr;
    json["max"] = nullptr;
    json["default"] = choice.fallback;
    json["scale"] = choice.ordered ? "ordered" : "none";
    json["choices"] = Json::array();
    for (const Choice& option : choice.choices())
        json["choices"].push_back(option.id);
    return json;
}

std::string range(const Field& field)
{
    if (const auto* number = std::get_if<NumberField>(&field))
        return ui::number(number->min) + " to " + ui::number(number->max);
    std::string text;
    const auto choices = std::get<ChoiceField>(field).choices();
    constexpr std::size_t kShown = 6;
    for (std::size_t i = 0; i < std::min(choices.size(), kShown); ++i)
        text += (i ? ", " : "") + choices[i].id;
    return choices.size() > kShown ? text + ", ... (" + std::to_string(choices.size()) + ")" : text;
}

std::string fallback(const Field& field)
{
    if (const auto* number = std::get_if<NumberField>(&field))
        return number->optional && number->fallback == 0 ? "none" : ui::number(number->fallback, 4);
    return std::string(std::get<ChoiceField>(field).fallback);
}

std::string text()
{
    std::string all;
    std::string_view group;
    std::vector<std::vector<std::string>> rows;
    const auto flush = [&] {
        if (!rows.empty())
            all += (all.empty() ? "" : "\n") + textTable({{std::string(group)}, {"default", TextColumn::Align::right},
                                                             {"unit"}, {"topic"}, {"meaning"}, {"range"}},
                                                   rows);
        rows.clear();
    };
    for (const Field& field : fields()) {
        const FieldInfo& about = info(field);
        if (about.group != group)
            flush();
        group = about.group;
        rows.push_back({std::string(about.key), fallback(field), std::string(about.unit), std::string(about.topic),
            std::string(about.label), range(field)});
    }
    flush();
    return all;
}

std::string json()
{
    Json array = Json::array();
    for (const Field& field : fields())
        array.push_back(object(field));
    return array.dump(2) + "\n";
}

} // namespace

Run declareFields(Arguments app)
{
    auto asJson = std::make_shared<bool>(false);
    app.flag("--json", *asJson, "One JSON array");
    return [asJson] { return print(*asJson ? json() : text()); };
}

} // namespace headroom::cli
