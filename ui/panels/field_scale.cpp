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

std::string boxText(double value)
{
    // From a thousand on the fraction is noise to a reader: a mean of 1,365.82 tokens shows as 1,366.
    const double rounded = std::abs(value) < 1e3 ? roundedTo(value, 6) : std::round(value);
    if (rounded != 0 && (std::abs(rounded) < 1e-5 || std::abs(rounded) >= 1e15))
        return exactText(roundedTo(value, 6));
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

std::string boxText(const NumberField& field, double value)
{
    return isYear(field) ? exactText(value) : boxText(value);
}

std::optional<double> parseBoxText(std::string_view text, std::string_view unit)
{
    std::string digits(text);
    if (!unit.empty() && digits.ends_with(unit))
        digits.resize(digits.size() - unit.size());
    std::erase_if(digits, [](char c) { return c == ',' || c == ' '; });
    double value = 0;
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, value);
    if (digits.empty() || error != std::errc() || stop != end || !std::isfinite(value))
        return std::nullopt;
    return value;
}

} // namespace headroom::ui
