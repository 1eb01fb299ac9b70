#include "ui/plots/time_parts.h"

#include "ui/plots/numbers.h"

#include <algorithm>

namespace headroom::ui {

StackedBars stackedParts(const std::vector<PartsBar>& bars)
{
    StackedBars body;
    body.value = {"time", "s", false, 0.0, {}};
    for (const PartsBar& bar : bars) {
        body.categories.push_back(bar.name);
        body.totals.push_back(duration(bar.parts.total()));
    }
    for (const TimePart& part : kTimeParts) {
        BarSegment segment{std::string(part.name), part.role, {}, {}};
        double sum = 0;
        for (const PartsBar& bar : bars) {
            segment.values.push_back((bar.parts.*part.value).in(second));
            sum += segment.values.back();
        }
        if (std::ranges::any_of(
                bars, [&](const PartsBar& b) { return b.band.of(part.value).hi > b.band.of(part.value).lo; }))
            for (const PartsBar& bar : bars) {
                segment.lo.push_back(bar.band.of(part.value).lo);
                segment.hi.push_back(bar.band.of(part.value).hi);
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
    PointEvaluation point = results.evaluator->at(rate);
    if (!point.stable)
        return std::nullopt;
    return ShownLoad{std::move(point), rate,
        ", at " + ui::rate(rate) + (holds ? ", where targets hold" : ", 90 % of capacity")};
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
