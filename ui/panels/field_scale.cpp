#include "ui/panels/field_scale.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace headroom::ui {

namespace {

constexpr int kTicks = 1000;
/// Decades that a log slider shows of a range that starts at 0.
constexpr double kDecadesAboveZero = 5;

double roundedTo(double value, int digits)
{
    if (value == 0 || !std::isfinite(value))
        return value;
    const double magnitude = std::floor(std::log10(std::abs(value)));
    const double unit = std::pow(10.0, magnitude - digits + 1);
    // Division by a power of ten below one is less exact than multiplication by its inverse: 0.07 must stay 0.07.
    return unit < 1 ? std::round(value * std::round(1 / unit)) / std::round(1 / unit) : std::round(value / unit) * unit;
}

/// 1, 2 or 5 times a power of ten, not above `value`.
double roundStep(double value)
{
    const double power = std::pow(10.0, std::floor(std::log10(value)));
    const double lead = value / power;
    return (lead >= 5 ? 5 : lead >= 2 ? 2 : 1) * power;
}

bool isSeparator(char c) { return c == ',' || c == ' '; }

/// What was typed without its unit and the blanks around it.
std::string_view bareNumber(std::string_view typed, std::string_view unit)
{
    if (!unit.empty() && typed.ends_with(unit))
        typed.remove_suffix(unit.size());
    while (typed.starts_with(' '))
        typed.remove_prefix(1);
    while (typed.ends_with(' '))
        typed.remove_suffix(1);
    return typed;
}

/// Whether every separator stands between groups of three digits before the point: "1,366.5", but neither "12,5" nor
/// "0,125", which mean a decimal comma.
bool separatesThousands(std::string_view number)
{
    const std::size_t first = number.find_first_of(", ");
    if (first == std::string_view::npos)
        return true;
    const std::size_t start = number.starts_with('-') ? 1 : 0;
    const std::size_t end = std::min(number.find_first_of(".eE"), number.size());
    if (number[start] == '0' || (end - start) % 4 == 0) // "0,125", "1234,567": no thousands begin like these
        return false;
    for (std::size_t i = start; i < number.size(); ++i) {
        const bool isDue = i > start && i < end && (end - i) % 4 == 0;
        if (isSeparator(number[i]) != isDue || (isDue && number[i] != number[first]))
            return false;
    }
    return true;
}

/// A finite number without separators.
std::optional<double> plainNumber(std::string_view digits)
{
    double value = 0;
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, value);
    if (digits.empty() || error != std::errc() || stop != end || !std::isfinite(value))
        return std::nullopt;
    return value;
}

std::string withoutSeparators(std::string_view number)
{
    std::string digits(number);
    std::erase_if(digits, isSeparator);
    return digits;
}

} // namespace

FieldScale::FieldScale(const NumberField& field) : m_field(field)
{
    m_low = field.min > 0 ? field.min : field.max * std::pow(10.0, -kDecadesAboveZero);
    if (field.integer && field.scale == Scale::linear)
        m_ticks = static_cast<int>(std::min<double>(kTicks, field.max - field.min));
    else
        m_ticks = kTicks;
}

double FieldScale::valueAt(int tick) const
{
    if (tick <= 0)
        return m_field.min;
    if (tick >= m_ticks)
        return m_field.max;
    const double share = static_cast<double>(tick) / m_ticks;
    double value = m_field.scale == Scale::linear ? m_field.min + share * (m_field.max - m_field.min)
                                                  : m_low * std::pow(m_field.max / m_low, share);
    value = m_field.integer ? std::round(value >= 1000 ? roundedTo(value, 3) : value) : roundedTo(value, 3);
    return std::clamp(value, m_field.min, m_field.max);
}

int FieldScale::tickOf(double value) const
{
    value = std::clamp(value, m_field.min, m_field.max);
    if (m_field.max <= m_field.min)
        return 0;
    if (m_field.scale == Scale::linear)
        return static_cast<int>(std::lround((value - m_field.min) / (m_field.max - m_field.min) * m_ticks));
    if (value <= m_low)
        return 0;
    return static_cast<int>(std::lround(std::log(value / m_low) / std::log(m_field.max / m_low) * m_ticks));
}

double FieldScale::stepped(double value, int steps) const
{
    for (int i = 0; i < std::abs(steps); ++i) {
        const bool up = steps > 0;
        double step = roundStep((m_field.max - m_field.min) / 200);
        if (m_field.scale == Scale::logarithmic) {
            const double at = std::max(std::abs(value), m_low);
            step = std::pow(10.0, std::floor(std::log10(at) + 1e-9) - 1);
            if (!up && at / step < 10.5) // 10 -> 9.9, not 9: below a power of ten the steps are ten times smaller
                step /= 10;
        }
        if (m_field.integer)
            step = std::max(1.0, std::round(step));
        const double place = value / step;
        value = (up ? std::floor(place + 1e-9) + 1 : std::ceil(place - 1e-9) - 1) * step;
        value = std::clamp(roundedTo(value, 12), m_field.min, m_field.max);
    }
    return value;
}

std::string exactText(double value)
{
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
    return {buffer, end};
}

std::string boxText(double value, int digits)
{
    // From a thousand on the fraction is noise to a reader: a mean of 1,365.82 tokens shows as 1,366.
    const double rounded = std::abs(value) < 1e3 ? roundedTo(value, digits) : std::round(value);
    if (rounded != 0 && (std::abs(rounded) < 1e-5 || std::abs(rounded) >= 1e15))
        return exactText(roundedTo(value, digits));
    char buffer[64];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, rounded, std::chars_format::fixed).ptr;
    const std::string_view plain(buffer, static_cast<std::size_t>(end - buffer));
    const std::size_t point = std::min(plain.find('.'), plain.size());
    std::string grouped;
    for (std::size_t i = 0; i < plain.size(); ++i) {
        const bool afterDigit = i > 0 && plain[i - 1] != '-';
        if (i < point && afterDigit && (point - i) % 3 == 0)
            grouped += ',';
        grouped += plain[i];
    }
    return grouped;
}

bool isYear(const NumberField& field) { return field.integer && field.min >= 1000 && field.max < 10'000; }

std::optional<double> knownValue(const NumberField& field, const Plan& plan)
{
    const bool isUnknownPrice = field.info.key == "hardware.price_usd_per_gpu_hour" && !plan.hardware.hasPrice();
    return isUnknownPrice ? std::nullopt : field.get(plan);
}

std::string boxText(const NumberField& field, double value, int digits)
{
    return isYear(field) ? exactText(value) : boxText(value, digits);
}

std::string valueInWords(const Field& field, const Plan& plan)
{
    if (const auto* numeric = std::get_if<NumberField>(&field)) {
        const std::optional<double> value = numeric->get(plan);
        if (!value)
            return "none";
        const std::string unit(numeric->info.unit);
        return boxText(*numeric, *value) + (unit.empty() ? "" : " ") + unit;
    }
    const auto& choice = std::get<ChoiceField>(field);
    const std::string id = choice.get(plan);
    const auto choices = choice.choices();
    const auto it = std::ranges::find(choices, id, &Choice::id);
    return it != choices.end() ? std::string(it->label) : id;
}

std::optional<double> parseBoxText(std::string_view text, std::string_view unit)
{
    const std::string_view number = bareNumber(text, unit);
    return separatesThousands(number) ? plainNumber(withoutSeparators(number)) : std::nullopt;
}

std::string separatorComplaint(std::string_view text, std::string_view unit)
{
    const std::string_view number = bareNumber(text, unit);
    if (separatesThousands(number) || !plainNumber(withoutSeparators(number)))
        return {};
    const std::size_t first = number.find_first_of(", ");
    const bool isComma = number[first] == ',';
    std::string meant = withoutSeparators(number);
    // A lone comma without a point is a decimal comma.
    if (isComma && number.find_first_of(", ", first + 1) == std::string_view::npos &&
        (number.find('.') == std::string_view::npos)) {
        meant = number;
        meant[first] = '.';
    }
    return std::string(number) + (isComma ? ": a comma" : ": a space") + " only separates thousands; write " + meant;
}

} // namespace headroom::ui
