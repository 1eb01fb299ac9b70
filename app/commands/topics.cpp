#include "ui/topics/topics.h"

#include "app/commands/declare.h"
#include "app/commands/text_table.h"
#include "ui/plots/numbers.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <memory>
#include <optional>

namespace headroom::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
    PlanArgument plan;
    bool json = false;
};

/// Null for absent and for infinite: the text says which.
Json finite(const std::optional<double>& value)
{
    return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
}

/// " (0.31 to 0.42)"; nothing where the band is the value.
std::string within(const std::optional<Band>& band)
{
    return band && band->hi > band->lo ? " (" + ui::number(band->lo, 4) + " to " + ui::number(band->hi, 4) + ")" : "";
}

std::string json(const std::vector<ui::TopicAnswer>& answers)
{
    Json array = Json::array();
    for (std::size_t i = 0; i < ui::topics().size(); ++i) {
        const ui::Topic& topic = ui::topics()[i];
        Json row{{"id", topic.id}, {"title", topic.title}, {"formula", topic.formula}};
        row["substituted"] = answers.empty() ? Json(nullptr) : Json(answers[i].substituted);
        row["value"] = answers.empty() ? Json(nullptr) : finite(answers[i].value);
        const auto& band = answers.empty() ? std::optional<Band>() : answers[i].band;
        row["band"] = band ? Json{{"lo", finite(band->lo)}, {"hi", finite(band->hi)}} : Json(nullptr);
        row["unit"] = topic.unit;
        row["source"] = topic.source;
        row["chart"] = topic.chart.empty() ? Json(nullptr) : Json(topic.chart);
        row["simulated"] = topic.simulated;
        array.push_back(std::move(row));
    }
    return array.dump(2) + "\n";
}

std::string text(const std::vector<ui::TopicAnswer>& answers)
{
    std::string all;
    for (std::size_t i = 0; i < ui::topics().size(); ++i) {
        const ui::Topic& topic = ui::topics()[i];
        all += std::string(topic.id) + "  " + std::string(topic.title) + "\n      " + std::string(topic.formula) + "\n";
        if (!answers.empty())
            all += "      " + answers[i].substituted + "\n";
        if (!answers.empty() && answers[i].value)
            all += "      = " + ui::number(*answers[i].value, 4) +
                   (topic.unit == "1" ? "" : " " + std::string(topic.unit)) + within(answers[i].band) + "\n";
        all += "      source: " + std::string(topic.source) + "\n";
    }
    return all;
}

Exit run(const Options& options)
{
    std::vector<ui::TopicAnswer> answers;
    if (options.plan.file.empty() && !options.plan.settings.empty())
        return report({"topics", "--set needs a PLAN"});
    if (!options.plan.file.empty()) {
        const auto plan = readPlan(options.plan);
        if (!plan)
            return report(plan.error());
        const Evaluator evaluator(*plan);
        const Evaluation now = evaluate(evaluator);
        for (const ui::Topic& topic : ui::topics())
            answers.push_back(topic.answer({*plan, evaluator, now}));
    }
    return print(options.json ? json(answers) : text(answers));
}

} // namespace

Run declareTopics(Arguments app)
{
    auto options = std::make_shared<Options>();
    app.option("PLAN", options->plan.file, "Plan file (*.plan.json): puts its numbers into the formulas");
    addSettings(app, options->plan);
    app.flag("--json", options->json, "One JSON array");
    return [options] { return run(*options); };
}

} // namespace headroom::cli
