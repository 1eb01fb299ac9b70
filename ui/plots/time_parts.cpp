#include "ui/plots/time_parts.h"

#include "ui/plots/numbers.h"

namespace headroom::ui {

StackedBars stackedParts(const std::vector<std::pair<std::string, LatencyParts>>& bars)
{
    StackedBars body;
    body.value = {"time", "s", false, 0.0, {}};
    for (const auto& [name, parts] : bars) {
        body.categories.push_back(name);
        body.totals.push_back(duration(parts.total()));
    }
    for (const TimePart& part : kTimeParts) {
        BarSegment segment{std::string(part.name), part.role, {}, {}};
        double sum = 0;
        for (const auto& [name, parts] : bars) {
            segment.values.push_back((parts.*part.value).in(second));
            sum += segment.values.back();
        }
        if (sum > 0)
            body.segments.push_back(std::move(segment));
    }
    return body;
}

std::optional<ShownLoad> shownLoad(const PlanResults& results)
{
    const Evaluation& e = results.evaluation;
    if (!e.fits)
        return std::nullopt;
    if (e.stable)
        return ShownLoad{e, results.plan->workload.arrivalRate, {}};
    constexpr double kBelow = 0.9; // of the capacity, where no target says which load to take
    const bool holds = e.targetRate.si() > 0 && e.targetRate < kBelow * e.capacity;
    const RequestRate rate = holds ? e.targetRate : kBelow * e.capacity;
    PointEvaluation point = results.evaluator->withoutBandsAt(rate);
    if (!point.stable)
        return std::nullopt;
    return ShownLoad{std::move(point), rate,
        ", at " + ui::rate(rate) + (holds ? ", where the targets still hold" : ", nine tenths of what can be served")};
}

std::pair<std::string_view, double> largestPart(const LatencyParts& parts)
{
    const TimePart* largest = &kTimeParts.front();
    for (const TimePart& part : kTimeParts)
        if (parts.*part.value > parts.*largest->value)
            largest = &part;
    const double share = parts.total() > Seconds(0) ? parts.*largest->value / parts.total() : 0;
    return {largest->name, share};
}

} // namespace headroom::ui
