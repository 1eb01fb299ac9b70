#include "core/plan/fields.h"

#include "core/plan/catalog_names.h"
#include "core/plan/field_rows.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace headroom {

namespace {

std::vector<Field> allFields()
{
    std::vector<Field> all;
    for (const auto group : {rows::workload(), rows::model(), rows::modelShape(), rows::hardware(), rows::serving(),
             rows::scheduling(), rows::offloading(), rows::targets(), rows::operations()})
        all.insert(all.end(), group.begin(), group.end());
    return all;
}

Result<void> setNumber(Plan& plan, const NumberField& field, std::string_view text)
{
    const auto value = rows::readNumber(rows::ruleOf(field), text);
    if (!value)
        return tl::unexpected(value.error());
    field.set(plan, *value);
    return {};
}

Result<void> setChoice(Plan& plan, const ChoiceField& field, std::string_view text)
{
    Plan changed = plan; // a setter may fail half-way
    const auto done = field.set(changed, text);
    if (done)
        plan = std::move(changed);
    return done;
}

/// The texts of a plan, which are no knobs. nullptr if `key` is none of them.
std::string* textOf(Plan& plan, std::string_view key)
{
    if (key == "name")
        return &plan.name;
    if (key == "notes")
        return &plan.notes;
    return key == "workload.trace_file" ? &plan.workload.traceFile : nullptr;
}

Result<void> setAnything(Plan& plan, std::string_view key, std::string_view text)
{
    if (const Field* field = findField(key)) {
        const auto* number = std::get_if<NumberField>(field);
        return number ? setNumber(plan, *number, text) : setChoice(plan, std::get<ChoiceField>(*field), text);
    }
    constexpr std::string_view kClasses = "workload.classes";
    if (key.starts_with(kClasses))
        return rows::setClassField(plan, key.substr(kClasses.size()), text);
    if (std::string* member = textOf(plan, key)) {
        auto read = rows::readText(text);
        if (!read)
            return tl::unexpected(read.error());
        *member = std::move(*read);
        return {};
    }
    const std::string hint = nearestKeyHint(key);
    return fail("", "there is no such key" + (hint.empty() ? "; `headroom-cli fields` lists them" : hint));
}

} // namespace

std::span<const FieldGroup> fieldGroups()
{
    static constexpr std::array kGroups{FieldGroup{"workload", "Workload"}, FieldGroup{"model", "Model"},
        FieldGroup{"hardware", "Hardware"}, FieldGroup{"serving", "Serving"}, FieldGroup{"offloading", "Offloading"},
        FieldGroup{"targets", "Targets"}, FieldGroup{"operations", "Operations"}};
    return kGroups;
}

std::span<const Field> fields()
{
    static const std::vector<Field> all = allFields();
    return all;
}

const FieldInfo& info(const Field& field)
{
    return std::visit([](const auto& f) -> const FieldInfo& { return f.info; }, field);
}

const Field* findField(std::string_view key)
{
    const auto all = fields();
    const auto found = std::ranges::find_if(all, [&](const Field& f) { return info(f).key == key; });
    return found == all.end() ? nullptr : &*found;
}

std::string nearestKeyHint(std::string_view mistyped)
{
    constexpr std::size_t kLongest = 80; // no key is longer; bounds the work for a key that is a whole file
    if (mistyped.empty() || mistyped.size() > kLongest)
        return {};
    const auto hint = [](std::string_view key) { return "; did you mean " + std::string(key) + "?"; };
    const auto all = fields();
    const std::string ending = "." + std::string(mistyped);
    const auto endsSo = [&](const Field& f) { return info(f).key.ends_with(ending); };
    if (std::ranges::count_if(all, endsSo) == 1)
        return hint(info(*std::ranges::find_if(all, endsSo)).key);
    const auto distance = [&](const Field& f) { return editDistance(mistyped, info(f).key); };
    const auto nearest = std::ranges::min_element(all, {}, distance);
    return 4 * distance(*nearest) <= static_cast<int>(mistyped.size()) ? hint(info(*nearest).key) : std::string();
}

std::string fieldText(const Field& field, const Plan& plan)
{
    if (const auto* choice = std::get_if<ChoiceField>(&field))
        return choice->get(plan);
    const auto value = std::get<NumberField>(field).get(plan);
    return value ? rows::numberText(*value) : "";
}

Result<void> setField(Plan& plan, std::string_view key, std::string_view text)
{
    auto done = setAnything(plan, key, text);
    if (!done)
        done.error().where = std::string(key);
    return done;
}

namespace rows {

namespace {

/// What was typed, short enough to stand in a message.
std::string quoted(std::string_view text)
{
    constexpr std::size_t kShown = 60;
    return '"' + std::string(text.substr(0, kShown)) + (text.size() > kShown ? "...\"" : "\"");
}

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view kBlank = " \t\r\n";
    const auto first = text.find_first_not_of(kBlank);
    return first == std::string_view::npos ? "" : text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// Length of the UTF-8 sequence at the start of `text`, 0 if it is none (RFC 3629: no surrogates, no overlong forms).
std::size_t sequenceLength(std::string_view text)
{
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
    const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
    const unsigned lead = byte(0);
    if (lead < 0x80)
        return 1;
    if (lead >= 0xC2 && lead <= 0xDF)
        return continues(1) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        const bool overlong = lead == 0xE0 && byte(1) < 0xA0, surrogate = lead == 0xED && byte(1) >= 0xA0;
        return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        const bool overlong = lead == 0xF0 && byte(1) < 0x90, beyond = lead == 0xF4 && byte(1) >= 0x90;
        return continues(1) && continues(2) && continues(3) && !overlong && !beyond ? 4 : 0;
    }
    return 0;
}

} // namespace

std::vector<Choice> choicesOf(std::span<const Spelling> names)
{
    std::vector<Choice> choices;
    for (const auto& n : names)
        choices.push_back({std::string(n.id), std::string(n.label)});
    return choices;
}

Result<std::size_t> positionOf(std::span<const Spelling> names, std::string_view id)
{
    const auto found = std::ranges::find(names, id, &Spelling::id);
    if (found != names.end())
        return static_cast<std::size_t>(found - names.begin());
    std::string list;
    for (const auto& n : names)
        list += (list.empty() ? "" : ", ") + std::string(n.id);
    return fail("", quoted(id) + " is not a choice; expected one of " + list);
}

NumberRule ruleOf(const NumberField& f) { return {f.min, f.max, f.info.unit, f.integer, f.optional}; }
NumberRule ruleOf(const ClassField& f) { return {f.min, f.max, f.info.unit, f.integer, f.optional}; }

std::string expectation(const NumberRule& rule)
{
    std::string text = (rule.integer ? "a whole number from " : "a number from ") + numberText(rule.min) + " to " +
                       numberText(rule.max);
    if (!rule.unit.empty())
        text += " " + std::string(rule.unit);
    return rule.optional ? text + ", or none" : text;
}

std::string complaint(const NumberRule& rule, Number value)
{
    if (!value)
        return rule.optional ? "" : "is missing; expected " + expectation(rule);
    if (!std::isfinite(*value))
        return "is not a finite number; expected " + expectation(rule);
    if (*value < rule.min || *value > rule.max)
        return numberText(*value) + " is out of range; expected " + expectation(rule);
    if (rule.integer && *value != std::floor(*value))
        return numberText(*value) + " is not whole; expected " + expectation(rule);
    return "";
}

Result<Number> readNumber(const NumberRule& rule, std::string_view text)
{
    const std::string_view digits = trimmed(text);
    if (rule.optional && (digits.empty() || digits == "none"))
        return Number{};
    double value = 0;
    const char* const end = digits.data() + digits.size();
    const auto [last, error] = std::from_chars(digits.data(), end, value);
    if (error == std::errc::result_out_of_range)
        return fail("", quoted(digits) + " is too large or too small for a number; expected " + expectation(rule));
    if (error != std::errc{} || last != end)
        return fail("", quoted(digits) + " is not a number; expected " + expectation(rule));
    if (std::string wrong = complaint(rule, value); !wrong.empty())
        return fail("", std::move(wrong));
    return Number{value};
}

std::string numberText(double value)
{
    char buffer[40];
    const bool plain = value == 0 || (std::fabs(value) >= 1e-6 && std::fabs(value) < 1e15);
    const auto format = plain ? std::chars_format::fixed : std::chars_format::general;
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value, format);
    return error == std::errc{} ? std::string(buffer, end) : std::to_string(value);
}

Result<std::string> readText(std::string_view text)
{
    constexpr std::size_t kLongest = 65'536;
    if (text.size() > kLongest)
        return fail("", "is longer than 64 KiB");
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = sequenceLength(text.substr(i));
        if (length == 0)
            return fail("", "is not valid UTF-8 text");
        const auto c = static_cast<unsigned char>(text[i]);
        if (c < 0x20 && c != '\n' && c != '\t')
            return fail("", "holds a control character");
        i += length;
    }
    return std::string(text);
}

void changeShape(LengthDistribution& d, LengthShape shape)
{
    if (shape == d.shape)
        return;
    const double mean = meanOf(d);
    if (d.shape == LengthShape::empirical) {
        const double variance = std::max(0.0, secondMoment(d) - mean * mean);
        d.cv = mean > 0 ? std::min(10.0, std::sqrt(variance) / mean) : 0;
    }
    if (shape == LengthShape::empirical && d.quantiles.size() < 2) {
        constexpr int kSteps = 200;
        constexpr double kEdge = 0.25 / kSteps; // the ends of an unbounded shape lie at infinity
        d.quantiles.clear();
        for (int i = 0; i <= kSteps; ++i)
            d.quantiles.push_back(quantile(d, std::clamp(static_cast<double>(i) / kSteps, kEdge, 1 - kEdge)));
    }
    d.shape = shape;
    changeMean(d, mean);
}

void changeMean(LengthDistribution& d, double mean)
{
    constexpr double kRounding = 1e-9;
    if (d.shape == LengthShape::empirical && std::fabs(meanOf(d) - mean) <= kRounding * mean)
        d.mean = mean;
    else
        d = withMean(std::move(d), mean);
}

} // namespace rows

} // namespace headroom
