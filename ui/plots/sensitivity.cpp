#include "ui/plots/sensitivity.h"

#include "core/evaluate.h"
#include "core/workload/workload.h"
#include "ui/plots/numbers.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace headroom::ui {

namespace {

constexpr double kProbe = 0.10;
/// A change beyond this is drawn no longer: one input at the edge of saturation would flatten all others.
constexpr double kWidestBar = 1.0;
/// Changes smaller than this are not worth a row.
constexpr double kSmallest = 0.0005;
constexpr std::size_t kMostRows = 9;

/// An input and the plan in which it is multiplied by a factor.
struct Input {
    const char* name;
    void (*scale)(Plan&, double factor);
};

/// The lengths of all requests, or of each class.
template <class Change>
void eachShape(Plan& plan, Change change)
{
    change(plan.workload.shape);
    for (RequestClass& c : plan.workload.classes)
        change(c.shape);
}

void scaleMean(LengthDistribution& lengths, double factor) { lengths = withMean(lengths, factor * meanOf(lengths)); }

constexpr std::array kInputs{
    Input{"arrival rate", [](Plan& p, double f) { p.workload.arrivalRate *= f; }},
    Input{"prompt tokens", [](Plan& p, double f) { eachShape(p, [f](auto& shape) { scaleMean(shape.prompt, f); }); }},
    Input{"output tokens", [](Plan& p, double f) { eachShape(p, [f](auto& shape) { scaleMean(shape.output, f); }); }},
    Input{"output spread", [](Plan& p, double f) { eachShape(p, [f](auto& shape) { shape.output.cv *= f; }); }},
    Input{"bandwidth", [](Plan& p, double f) { p.hardware.gpu.bandwidth *= f; }},
    Input{"compute", [](Plan& p, double f) { p.hardware.calibration.compute *= f; }},
    Input{"GPU memory", [](Plan& p, double f) { p.hardware.gpu.memory *= f; }},
    Input{"network", [](Plan& p, double f) { p.hardware.calibration.network *= f; }},
    Input{"overhead", [](Plan& p, double f) { p.hardware.calibration.overhead *= f; }},
    Input{"token budget", [](Plan& p, double f) { p.batching.tokenBudget *= f; }},
    Input{"GPU price", [](Plan& p, double f) { p.hardware.pricePerGpu *= f; }},
};

struct Output {
    const char* title;
    const char* unit;
    const char* noun;
    double (*value)(const Evaluation&);
};

constexpr std::array kOutputs{
    Output{"TTFT p95", "% for ±10 % of an input", "time to first token",
        [](const Evaluation& e) { return e.ttft.p95.si(); }},
    Output{"TPOT p95", "% for ±10 % of an input", "time per output token",
        [](const Evaluation& e) { return e.tpot.p95.si(); }},
    Output{"E2E p99", "% for ±10 % of an input", "time to the last token",
        [](const Evaluation& e) { return e.e2e.p99.si(); }},
    Output{"Cost of a token", "% for ±10 % of an input", "cost of an output token",
        [](const Evaluation& e) { return e.cost.perOutputToken.si(); }},
    Output{"Rate within targets", "% for ±10 % of an input", "rate that holds the targets",
        [](const Evaluation& e) { return e.targetRate.si(); }},
    Output{"Capacity", "% for ±10 % of an input", "rate at saturation",
        [](const Evaluation& e) { return e.capacity.si(); }},
};

struct Probe {
    const char* name;
    Evaluation less, more;
};

struct Row {
    const char* name;
    double less, more; ///< relative change; infinite when the plan becomes unstable
    double size() const { return std::max(std::min(std::abs(less), 1e6), std::min(std::abs(more), 1e6)); }
};

std::string changeText(double change)
{
    if (!std::isfinite(change))
        return "overloaded";
    const double percent = 100 * change;
    return (percent < 0 ? "−" : "+") + number(std::abs(percent), 2) + " %";
}

/// The same at the end of a bar, whose axis says the unit: plots in a dock have no room to repeat it, nor for a bar
/// beside "+0.0061". Nothing where nothing is seen of a change.
std::string endText(double change)
{
    if (!std::isfinite(change))
        return "∞";
    if (std::abs(change) < kSmallest)
        return "";
    const double percent = 100 * change;
    const double tenths = std::round(10 * std::abs(percent)) / 10;
    return (percent < 0 ? "−" : "+") + number(tenths, 2);
}

ChartSpec tornado(const Output& output, double base, const std::vector<Probe>& probes)
{
    std::vector<Row> rows;
    for (const Probe& p : probes) {
        const Row r{p.name, output.value(p.less) / base - 1, output.value(p.more) / base - 1};
        if (!std::isnan(r.less) && !std::isnan(r.more) && r.size() >= kSmallest)
            rows.push_back(r);
    }
    std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.size() > b.size(); });
    rows.resize(std::min(rows.size(), kMostRows));
    StackedBars body;
    body.value = {"change", "%", false, {}, {}};
    BarSegment less{"10 % less", Role::lessInput, {}, {}}, more{"10 % more", Role::moreInput, {}, {}};
    for (const Row& r : rows) {
        body.categories.push_back(r.name);
        less.values.push_back(100 * std::clamp(r.less, -kWidestBar, kWidestBar));
        more.values.push_back(100 * std::clamp(r.more, -kWidestBar, kWidestBar));
        const double low = std::min(r.less, r.more), high = std::max(r.less, r.more);
        body.totals.push_back(high > 0 ? endText(high) : "");
        body.leftTotals.push_back(low < 0 ? endText(low) : "");
    }
    body.segments = {less, more};
    ChartSpec chart{output.title, output.unit, "", rows.empty() ? "None of the inputs changes it." : "", {}};
    if (!rows.empty())
        chart.says = std::string("The ") + output.noun + " depends most on: " + rows.front().name +
                     " (10 % less: " + changeText(rows.front().less) + ", 10 % more: " + changeText(rows.front().more) +
                     ").";
    chart.body = std::move(body);
    return chart;
}

} // namespace

std::vector<ChartSpec> tornados(const Plan& plan, const std::stop_token& stop)
{
    const Evaluation at = evaluate(plan);
    std::vector<Probe> probes;
    for (const Input& input : kInputs) {
        if (stop.stop_requested())
            return {};
        Plan less = plan, more = plan;
        input.scale(less, 1 - kProbe);
        input.scale(more, 1 + kProbe);
        probes.push_back({input.name, evaluate(less), evaluate(more)});
    }
    std::vector<ChartSpec> charts;
    for (const Output& output : kOutputs) {
        const double base = output.value(at);
        if (std::isfinite(base) && base > 0)
            charts.push_back(tornado(output, base, probes));
    }
    return charts;
}

} // namespace headroom::ui
