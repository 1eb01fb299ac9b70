#include "core/sweep.h"

#include "core/plan/validate.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

namespace headroom {
namespace {

constexpr std::size_t kMaxSteps = 10'000; ///< points along one axis

std::vector<std::string_view> split(std::string_view text, char separator)
{
    std::vector<std::string_view> parts;
    while (true) {
        const auto at = text.find(separator);
        parts.push_back(text.substr(0, at));
        if (at == std::string_view::npos)
            return parts;
        text.remove_prefix(at + 1);
    }
}

Result<double> readNumber(std::string_view key, std::string_view text)
{
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size() || !std::isfinite(value))
        return fail(std::string(key), "\"" + std::string(text) + "\" is not a number");
    return value;
}

Result<void> checkRange(const NumberField& field, double value)
{
    if (value >= field.min && value <= field.max)
        return {};
    const auto text = [](double v) {
        char buffer[40];
        const auto end = std::to_chars(buffer, buffer + sizeof buffer, v);
        return std::string(buffer, end.ptr);
    };
    return fail(std::string(field.info.key),
        text(value) + " is out of range, expected " + text(field.min) + " to " + text(field.max));
}

/// FROM:TO:STEPS[:log] as values; whole numbers where the field wants them, each value once.
Result<std::vector<double>> numbersOnAxis(const NumberField& field, std::string_view range)
{
    const std::string key(field.info.key);
    const auto parts = split(range, ':');
    const bool logarithmic = parts.size() == 4 && parts[3] == "log";
    if (parts.size() != 3 && !logarithmic)
        return fail(key, "\"" + std::string(range) + "\" is no range, expected FROM:TO:STEPS or FROM:TO:STEPS:log");
    const auto from = readNumber(key, parts[0]), to = readNumber(key, parts[1]), steps = readNumber(key, parts[2]);
    for (const auto* number : {&from, &to, &steps})
        if (!*number)
            return tl::unexpected(number->error());
    if (*steps < 1 || *steps > static_cast<double>(kMaxSteps) || *steps != std::floor(*steps))
        return fail(key, "STEPS is " + std::string(parts[2]) + ", expected a whole number from 1 to 10000");
    if (logarithmic && (*from <= 0 || *to <= 0))
        return fail(key, "a logarithmic range needs FROM and TO above 0");
    std::vector<double> values;
    const auto count = static_cast<std::size_t>(*steps);
    for (std::size_t i = 0; i < count; ++i) {
        const double t = count == 1 ? 0 : static_cast<double>(i) / static_cast<double>(count - 1);
        double value = logarithmic ? *from * std::pow(*to / *from, t) : *from + t * (*to - *from);
        if (i + 1 == count && count > 1)
            value = *to; // exactly, not within rounding
        if (field.integer)
            value = std::round(value);
        if (auto inRange = checkRange(field, value); !inRange)
            return tl::unexpected(inRange.error());
        if (values.empty() || values.back() != value)
            values.push_back(value);
    }
    return values;
}

/// A,B,C as values.
Result<std::vector<double>> numbersInList(const NumberField& field, std::string_view list)
{
    std::vector<double> values;
    for (const std::string_view item : split(list, ',')) {
        const auto value = readNumber(field.info.key, item);
        if (!value)
            return tl::unexpected(value.error());
        if (auto inRange = checkRange(field, *value); !inRange)
            return tl::unexpected(inRange.error());
        values.push_back(*value);
    }
    if (values.size() > kMaxSteps)
        return fail(std::string(field.info.key), "more than 10000 values");
    return values;
}

/// A,B,C as indices of choices. The field itself resolves aliases, on a copy of the plan.
Result<std::vector<double>> choicesInList(const ChoiceField& field, std::string_view list, Plan plan)
{
    const auto choices = field.choices();
    std::vector<double> values;
    for (const std::string_view item : split(list, ',')) {
        if (auto set = field.set(plan, item); !set)
            return fail(std::string(field.info.key), set.error().message);
        const std::string id = field.get(plan);
        const auto found = std::find_if(choices.begin(), choices.end(), [&](const Choice& c) { return c.id == id; });
        if (found == choices.end())
            return fail(std::string(field.info.key), "\"" + std::string(item) + "\" is not one of the choices");
        values.push_back(static_cast<double>(found - choices.begin()));
    }
    return values;
}

/// The value of one axis put into a plan; false where the field refuses it.
bool place(Plan& plan, const SweepAxis& axis, double value)
{
    if (const auto* number = std::get_if<NumberField>(axis.field)) {
        if (!(value >= number->min && value <= number->max))
            return false;
        number->set(plan, value);
        return true;
    }
    const auto& choice = std::get<ChoiceField>(*axis.field);
    const auto choices = choice.choices();
    const auto index = static_cast<std::size_t>(value);
    return value >= 0 && index < choices.size() && choice.set(plan, choices[index].id).has_value();
}

} // namespace

Result<SweepAxis> parseAxis(std::string_view text, const Plan& plan)
{
    const auto equals = text.find('=');
    if (equals == std::string_view::npos)
        return fail(std::string(text), "expected KEY=FROM:TO:STEPS[:log] or KEY=A,B,C");
    const std::string_view key = text.substr(0, equals), range = text.substr(equals + 1);
    const Field* field = findField(key);
    if (!field)
        return fail(std::string(key), "no such field, `headroom-cli fields` lists them" + nearestKeyHint(key));
    Result<std::vector<double>> values = std::vector<double>{};
    if (const auto* number = std::get_if<NumberField>(field))
        values =
            range.find(':') != std::string_view::npos ? numbersOnAxis(*number, range) : numbersInList(*number, range);
    else
        values = choicesInList(std::get<ChoiceField>(*field), range, plan);
    if (!values)
        return tl::unexpected(values.error());
    return SweepAxis{field, std::move(*values)};
}

std::string axisText(const SweepAxis& axis, double value)
{
    if (const auto* choice = std::get_if<ChoiceField>(axis.field))
        return choice->choices()[static_cast<std::size_t>(value)].id;
    char buffer[40];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value);
    return {buffer, end.ptr};
}

std::size_t gridSize(const std::vector<SweepAxis>& axes)
{
    std::size_t size = 1;
    for (const SweepAxis& axis : axes) {
        if (axis.values.empty())
            return 0;
        if (size > kMaxGridPoints / axis.values.size())
            return kMaxGridPoints + 1;
        size *= axis.values.size();
    }
    return size;
}

GridPoint gridPoint(const Plan& plan, const std::vector<SweepAxis>& axes, std::size_t index)
{
    GridPoint point;
    point.coordinates.resize(axes.size());
    for (std::size_t i = axes.size(); i-- > 0;) {
        const auto& values = axes[i].values;
        point.coordinates[i] = values[index % values.size()];
        index /= values.size();
    }
    Plan changed = plan;
    for (std::size_t i = 0; i < axes.size(); ++i)
        if (!place(changed, axes[i], point.coordinates[i])) {
            point.refused = {
                std::string(info(*axes[i].field).key), "does not take " + axisText(axes[i], point.coordinates[i])};
            return point;
        }
    if (const auto errors = validate(changed); !errors.empty()) {
        point.refused = errors.front();
        return point;
    }
    point.plan = std::move(changed);
    return point;
}

std::vector<SweepRow> sweep(const Plan& plan, const std::vector<SweepAxis>& axes)
{
    std::vector<SweepRow> rows;
    const std::size_t size = gridSize(axes);
    HR_ASSERT(size <= kMaxGridPoints);
    for (std::size_t i = 0; i < size; ++i) {
        GridPoint point = gridPoint(plan, axes, i);
        if (point.plan)
            rows.push_back({std::move(point.coordinates), evaluatePoint(*point.plan)});
    }
    return rows;
}

namespace {

/// How steep a stretch of the curve looks: its length where the x axis is the load and the y axis is ln(TTFT p95).
double visibleLength(const LoadPoint& a, const LoadPoint& b, double range)
{
    const double width = (b.rate.si() - a.rate.si()) / range;
    const double from = a.result.ttft.p95.si(), to = b.result.ttft.p95.si();
    if (!std::isfinite(from) || !std::isfinite(to) || from <= 0 || to <= 0)
        return width;
    constexpr double kDecadesShown = 3; // a latency plot spans about three decades from top to bottom
    return std::hypot(width, std::log10(to / from) / kDecadesShown);
}

/// Splits the longest visible stretches until the curve has `points` points.
void refine(const Evaluator& evaluator, std::vector<LoadPoint>& curve, std::size_t points, double range)
{
    std::vector<std::pair<double, std::size_t>> stretches; // length, index of the left end
    while (curve.size() < points) {
        stretches.clear();
        for (std::size_t i = 0; i + 1 < curve.size(); ++i)
            stretches.emplace_back(visibleLength(curve[i], curve[i + 1], range), i);
        const std::size_t take = std::min(points - curve.size(), std::max<std::size_t>(1, stretches.size() / 4));
        std::partial_sort(stretches.begin(), stretches.begin() + static_cast<std::ptrdiff_t>(take), stretches.end(),
            std::greater<>());
        for (std::size_t i = 0; i < take; ++i) {
            const RequestRate middle = 0.5 * (curve[stretches[i].second].rate + curve[stretches[i].second + 1].rate);
            curve.push_back({middle, evaluator.withoutBandsAt(middle)});
        }
        std::sort(curve.begin(), curve.end(), [](const auto& a, const auto& b) { return a.rate < b.rate; });
    }
}

void addBands(const Evaluator& evaluator, std::vector<LoadPoint>& curve)
{
    std::vector<RequestRate> rates;
    std::vector<PointEvaluation> results;
    for (LoadPoint& point : curve) {
        rates.push_back(point.rate);
        results.push_back(std::move(point.result));
    }
    evaluator.bandsAlong(rates, results);
    for (std::size_t i = 0; i < curve.size(); ++i)
        curve[i].result = std::move(results[i]);
}

} // namespace

std::vector<LoadPoint> sweepLoad(const Evaluator& evaluator, int points, std::optional<RequestRate> to)
{
    const double present = evaluator.workload().rate.si(), capacity = evaluator.capacity().si();
    const double present2 = present > 0 ? 2 * present : 1.0;
    constexpr double kMostOverload = 2;
    const double wanted = std::max(1.05 * capacity, std::min(2 * present, kMostOverload * capacity));
    const double last = to ? to->si() : capacity > 0 ? wanted : present2;
    if (points < 2 || !(last > 0) || !std::isfinite(last))
        return {};
    // Three quarters of the points stand at places that depend on the capacity only, so that a curve does not shimmer
    // while a slider is dragged: even in load up to 0.8, then at equal factors of the distance to saturation, because
    // waiting grows like 1 / (1 - rho). The rest goes where the curve is steep.
    std::vector<double> rates{last, std::min(last, present)};
    const int fixedPoints = std::max(2, 3 * points / 4);
    for (int i = 0; i < fixedPoints; ++i) {
        const double t = (i + 0.5) / fixedPoints;
        const double load = t < 0.7 ? 0.8 * t / 0.7 : 1 - 0.2 * std::pow(1e-3 / 0.2, (t - 0.7) / 0.3);
        const double rate = capacity > 0 ? load * std::min(capacity, last) : t * last;
        if (rate > 0 && rate < last)
            rates.push_back(rate);
    }
    // Just above saturation, and on to the end: what is served, and its cost, no longer changes there.
    if (capacity > 0 && capacity < last)
        rates.push_back(capacity * (1 + 1e-9));
    std::sort(rates.begin(), rates.end());
    rates.erase(std::unique(rates.begin(), rates.end()), rates.end());
    std::erase_if(rates, [](double rate) { return !(rate > 0); });

    std::vector<LoadPoint> curve;
    curve.reserve(static_cast<std::size_t>(points) + 4);
    for (const double rate : rates)
        curve.push_back({RequestRate(rate), evaluator.withoutBandsAt(RequestRate(rate))});
    refine(evaluator, curve, static_cast<std::size_t>(points), last);
    addBands(evaluator, curve);
    return curve;
}

} // namespace headroom
