#include "ui/plots/numbers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <span>

namespace headroom::ui {
namespace {

// std::to_chars knows no locale; printf would write a decimal comma once Qt has called setlocale.
std::string fixed(double value, int decimals)
{
    std::array<char, 400> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, decimals);
    return {text.data(), end.ptr};
}

std::string scientific(double value, int digits)
{
    std::array<char, 64> text{};
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific, digits - 1);
    return {text.data(), end.ptr};
}

std::string withSeparators(std::string text)
{
    const std::size_t first = text.starts_with('-') ? 1 : 0;
    const std::size_t point = std::min(text.find('.'), text.size());
    for (std::size_t i = point; i > first + 3; i -= 3)
        text.insert(i - 3, 1, ',');
    return text;
}

std::string withoutTrailingZeros(std::string text)
{
    if (text.find('.') == std::string::npos)
        return text;
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.'))
        text.pop_back();
    return text;
}

/// With the minus sign of print, as in "−8 %"; nothing is less than "0" that rounds to it.
std::string withMinus(const std::string& text)
{
    if (!text.starts_with('-'))
        return text;
    return text == "-0" ? "0" : "−" + text.substr(1);
}

std::string notFinite(double value)
{
    if (std::isnan(value))
        return "n/a";
    return value > 0 ? "∞" : "−∞";
}

/// Decimals that show `digits` significant digits of a value, at most 12.
int decimalsFor(double value, int digits)
{
    const double magnitude = std::floor(std::log10(std::abs(value)));
    return std::clamp(digits - 1 - static_cast<int>(magnitude), 0, 12);
}

struct Step {
    double size;
    std::string_view unit;
};
/// The largest step that leaves at least one before the point; the smallest otherwise.
std::string inSteps(double value, std::span<const Step> ascending)
{
    const Step* chosen = &ascending.front();
    for (const Step& step : ascending)
        if (std::abs(value) >= step.size * 0.9995) // 999.6 ms is 1 s, not "1,000 ms"
            chosen = &step;
    return number(value / chosen->size) + " " + std::string(chosen->unit);
}

} // namespace

std::string number(double value, int digits)
{
    if (!std::isfinite(value))
        return notFinite(value);
    if (value == 0)
        return "0";
    const double size = std::abs(value);
    if (size >= 1e15 || size < 1e-6)
        return scientific(value, digits);
    return withMinus(withSeparators(withoutTrailingZeros(fixed(value, decimalsFor(value, digits)))));
}

std::string whole(double value)
{
    if (!std::isfinite(value))
        return notFinite(value);
    if (std::abs(value) >= 1e15)
        return scientific(value, 3);
    return withMinus(withSeparators(fixed(value, 0)));
}

std::string duration(Seconds time)
{
    if (!std::isfinite(time.si()))
        return notFinite(time.si());
    if (time.si() == 0)
        return "0 ms";
    static constexpr std::array<Step, 6> kSteps{{{microsecond.si(), "µs"}, {millisecond.si(), "ms"}, {second.si(), "s"},
        {(10 * minute).si(), "min"}, {(2 * hour).si(), "h"}, {(2 * day).si(), "days"}}};
    const double size = std::abs(time.si());
    if (size >= kSteps[5].size)
        return number(time.in(day)) + " days";
    if (size >= kSteps[4].size)
        return number(time.in(hour)) + " h";
    if (size >= kSteps[3].size)
        return number(time.in(minute)) + " min";
    return inSteps(time.si(), std::span(kSteps).first(3));
}

std::string durationRange(Seconds lo, Seconds hi)
{
    std::string from = duration(lo);
    const std::string to = duration(hi);
    const auto unit = from.rfind(' ');
    if (unit != std::string::npos && to.size() > from.size() - unit &&
        to.ends_with(std::string_view(from).substr(unit)))
        from.resize(unit);
    return from + "–" + to;
}

std::string bytes(Bytes amount)
{
    if (!std::isfinite(amount.si()))
        return notFinite(amount.si());
    static constexpr std::array<Step, 5> kSteps{{{1, "B"}, {kibibyte.si(), "KiB"}, {mebibyte.si(), "MiB"},
        {gibibyte.si(), "GiB"}, {1024 * gibibyte.si(), "TiB"}}};
    return inSteps(amount.si(), kSteps);
}

std::string usd(double dollars)
{
    if (!std::isfinite(dollars))
        return notFinite(dollars);
    const double size = std::abs(dollars);
    std::string digits;
    if (size == 0)
        digits = "0";
    else if (size < 0.0995)
        digits = number(size, 2);
    else if (size < 99.995)
        digits = fixed(size, 2);
    else
        digits = whole(size);
    return (dollars < 0 ? "−$" : "$") + digits;
}

std::string percent(double share)
{
    if (!std::isfinite(share))
        return notFinite(share);
    const double value = 100 * share;
    const double size = std::abs(value);
    if (size > 0 && size < 0.005)
        return "< 0.01 %";
    if (size < 0.05)
        return (size == 0 ? std::string("0") : number(value, 1)) + " %";
    constexpr int kMostDecimals = 2;
    for (int decimals = 0; size > 99 && size < 100 && decimals <= kMostDecimals; ++decimals) // 99.97 % is not 100 %
        if (const std::string text = fixed(value, decimals); text.find("100") == std::string::npos)
            return text + " %";
    if (size > 99 && size < 100)
        return (value < 0 ? "< −" : "> ") + std::string("99.99 %");
    return withSeparators(withoutTrailingZeros(fixed(value, size < 9.95 ? 1 : 0))) + " %";
}

std::string signedPercent(double share)
{
    if (std::isnan(share))
        return "n/a";
    if (share < 0)
        return "−" + percent(-share);
    return "+" + percent(share);
}

std::string rate(RequestRate value) { return number(value.si()) + " req/s"; }

std::string rate(TokenRate value) { return number(value.si()) + " tok/s"; }

std::string counted(double n, std::string_view singular, std::string_view plural)
{
    return number(n) + " " + std::string(n == 1 ? singular : plural);
}

std::string exact(double value)
{
    if (std::isnan(value))
        return "nan";
    std::array<char, 40> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
    return {text.data(), end.ptr};
}

std::string bold(std::string_view text) { return "**" + std::string(text) + "**"; }

} // namespace headroom::ui
