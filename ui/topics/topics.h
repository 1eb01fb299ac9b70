// The fifty topics (MODEL.md 1.1 to 10.5): formula, the same with a plan's numbers put in, result, unit, source. No Qt.
#pragma once

#include "core/evaluate.h"
#include "core/plan/plan.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace headroom::ui {

/// A plan with what was computed from it.
struct TopicInput {
    const Plan& plan;
    const Evaluator& evaluator;
    const Evaluation& now;
};

struct TopicAnswer {
    std::string substituted; ///< the formula with this plan's numbers; or why there is none
    std::optional<double>
        value; ///< in the topic's unit; absent where only the simulator can tell or no price is known; may be infinite
    std::optional<Band> band{}; ///< of the value, nominal 80 %; absent where no step time is in it
};

struct Topic {
    std::string_view id;      ///< "5.4"
    std::string_view title;   ///< "Concurrency"
    std::string_view formula; ///< in the symbols of the field
    std::string_view unit;    ///< of the value: "req/s"; "1" for shares
    std::string_view source;  ///< paper or textbook
    std::string_view chart;   ///< id of the chart that shows it; empty = none
    bool simulated = false;   ///< the simulator measures it too
    TopicAnswer (*answer)(const TopicInput&) = nullptr;
};

/// All fifty, in order.
std::span<const Topic> topics();
/// Null if there is none.
const Topic* findTopic(std::string_view id);

} // namespace headroom::ui
