#include "core/importers/trace_rows.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

namespace headroom {

namespace {

constexpr std::array<CsvTraceFormat, 6> kCsvFormats{{
    {"Azure LLM inference trace", "TIMESTAMP", "ContextTokens", "GeneratedTokens", ArrivalUnit::dateTime},
    {"plain CSV", "arrival_s", "prompt_tokens", "output_tokens"},
    {"measured requests", "arrival_s", "input_tokens", "output_tokens"},
    {"Vidur trace", "arrived_at", "num_prefill_tokens", "num_decode_tokens"},
    {"Splitwise trace", "arrival_timestamp", "prompt_size", "token_size"},
    {"BurstGPT trace", "Timestamp", "Request tokens", "Response tokens", ArrivalUnit::seconds, true},
}};
constexpr double kMostTokens = 1e8;

std::string_view trimmed(std::string_view s)
{
    while (!s.empty() && (s.front() == ' ' || s.front() == '\t' || s.front() == '"'))
        s.remove_prefix(1);
    while (!s.empty() && (s.back() == ' ' || s.back() == '\t' || s.back() == '"'))
        s.remove_suffix(1);
    return s;
}

std::vector<std::string_view> cells(std::string_view line)
{
    std::vector<std::string_view> out;
    for (;;) {
        const std::size_t comma = line.find(',');
        out.push_back(trimmed(line.substr(0, comma)));
        if (comma == std::string_view::npos)
            return out;
        line.remove_prefix(comma + 1);
    }
}

std::optional<double> number(std::string_view s)
{
    double value = 0;
    const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
    if (error != std::errc{} || end != s.data() + s.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

/// Digits at a fixed place of a time stamp; absent if one is missing.
std::optional<int> digits(std::string_view s, std::size_t at, std::size_t count)
{
    if (s.size() < at + count)
        return std::nullopt;
    int value = 0;
    const auto [end, error] = std::from_chars(s.data() + at, s.data() + at + count, value);
    if (error != std::errc{} || end != s.data() + at + count)
        return std::nullopt;
    return value;
}

/// Seconds since 1970 of "2023-11-16 18:15:46.6805900", also with T, without a fraction, or with Z or +00:00.
std::optional<double> dateTime(std::string_view s)
{
    const auto year = digits(s, 0, 4), month = digits(s, 5, 2), dayOfMonth = digits(s, 8, 2);
    const auto hours = digits(s, 11, 2), minutes = digits(s, 14, 2), seconds = digits(s, 17, 2);
    if (!year || !month || !dayOfMonth || !hours || !minutes || !seconds || s[4] != '-' || s[7] != '-' ||
        (s[10] != ' ' && s[10] != 'T') || s[13] != ':' || s[16] != ':')
        return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
        std::chrono::day(static_cast<unsigned>(*dayOfMonth))};
    if (!date.ok() || *hours > 23 || *minutes > 59 || *seconds > 60)
        return std::nullopt;
    std::string_view rest = s.substr(19);
    double fraction = 0;
    if (!rest.empty() && rest.front() == '.') {
        const std::size_t end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
        const auto read = number(rest.substr(0, end));
        if (end < 2 || !read)
            return std::nullopt;
        fraction = *read;
        rest.remove_prefix(end);
    }
    if (!rest.empty() && rest != "Z" && rest != "+00:00" && rest != " UTC")
        return std::nullopt;
    const auto days = std::chrono::sys_days(date).time_since_epoch().count();
    return static_cast<double>(days) * 86400.0 + *hours * 3600.0 + *minutes * 60.0 + *seconds + fraction;
}

std::optional<double> arrival(std::string_view s, ArrivalUnit unit)
{
    if (unit == ArrivalUnit::dateTime)
        return dateTime(s);
    const auto value = number(s);
    if (value && unit == ArrivalUnit::milliseconds)
        return *value / 1000; // FORMATS.md 8: Mooncake counts milliseconds
    return value;
}

/// A whole number of tokens, or what is wrong with it.
bool tokens(std::optional<double> value, std::int32_t& into)
{
    if (!value || *value < 0 || *value > kMostTokens || *value != std::floor(*value))
        return false;
    into = static_cast<std::int32_t>(*value);
    return true;
}

std::string notTokens(std::string_view column, std::string_view cell)
{
    return std::string(column) + " is \"" + std::string(cell.substr(0, 40)) +
           "\", expected a whole number of tokens from 0 to 100,000,000";
}

} // namespace

std::vector<std::string_view> csvTraceLabels()
{
    std::vector<std::string_view> labels;
    for (const CsvTraceFormat& format : kCsvFormats)
        labels.push_back(format.label);
    return labels;
}

std::optional<CsvColumns> csvTraceColumns(std::string_view header)
{
    const auto names = cells(header);
    const auto position = [&](std::string_view name) {
        return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
    };
    for (const CsvTraceFormat& format : kCsvFormats) {
        CsvColumns columns{&format, position(format.arrival), position(format.prompt), position(format.output), {}};
        if (std::max({columns.arrival, columns.prompt, columns.output}) >= names.size())
            continue;
        for (std::size_t i = 0; i < names.size(); ++i)
            if (i != columns.arrival && i != columns.prompt && i != columns.output)
                columns.others.emplace_back(names[i]);
        return columns;
    }
    return std::nullopt;
}

TraceRow readCsvRow(const CsvColumns& columns, std::string_view line)
{
    TraceRow row;
    const std::size_t needed = std::max({columns.arrival, columns.prompt, columns.output});
    std::string_view wanted[3];
    std::size_t index = 0;
    for (std::string_view rest = line; index <= needed; ++index) {
        const std::size_t comma = rest.find(',');
        const std::string_view cell = trimmed(rest.substr(0, comma));
        if (index == columns.arrival)
            wanted[0] = cell;
        if (index == columns.prompt)
            wanted[1] = cell;
        if (index == columns.output)
            wanted[2] = cell;
        if (comma == std::string_view::npos) {
            ++index;
            break;
        }
        rest.remove_prefix(comma + 1);
    }
    if (index <= needed) {
        row.problem = "has " + std::to_string(index) + " columns, expected at least " + std::to_string(needed + 1);
        return row;
    }
    const CsvTraceFormat& format = *columns.format;
    if (const auto time = arrival(wanted[0], format.unit))
        row.request.arrival = *time;
    else
        row.problem = std::string(format.arrival) + " is \"" + std::string(wanted[0].substr(0, 40)) + "\", expected " +
                      (format.unit == ArrivalUnit::dateTime ? "a time like 2023-11-16 18:15:46.6805900" : "a number");
    if (!tokens(number(wanted[1]), row.request.promptTokens))
        row.problem = notTokens(format.prompt, wanted[1]);
    else if (!tokens(number(wanted[2]), row.request.outputTokens))
        row.problem = notTokens(format.output, wanted[2]);
    row.leaveOut = row.problem.empty() && format.emptyOutputFails && row.request.outputTokens == 0;
    return row;
}

bool isMooncakeLine(std::string_view line)
{
    return !line.empty() && line.front() == '{' && line.find("\"timestamp\"") != std::string_view::npos &&
           line.find("\"input_length\"") != std::string_view::npos;
}

TraceRow readMooncakeRow(std::string_view line, std::vector<std::uint64_t>& hashes)
{
    TraceRow row;
    const nlohmann::json record = nlohmann::json::parse(line, nullptr, false);
    if (!record.is_object()) {
        row.problem = "is not a JSON object";
        return row;
    }
    const auto value = [&](const char* key) -> std::optional<double> {
        const auto it = record.find(key);
        if (it == record.end() || !it->is_number())
            return std::nullopt;
        return it->get<double>();
    };
    const auto time = value("timestamp");
    if (!time || !std::isfinite(*time))
        row.problem = "timestamp is missing or not a number, expected milliseconds";
    else if (!tokens(value("input_length"), row.request.promptTokens))
        row.problem = "input_length is not a whole number of tokens from 0 to 100,000,000";
    else if (!tokens(value("output_length"), row.request.outputTokens))
        row.problem = "output_length is not a whole number of tokens from 0 to 100,000,000";
    if (!row.problem.empty())
        return row;
    row.request.arrival = *time / 1000;
    row.request.firstHash = static_cast<std::uint32_t>(hashes.size());
    const auto ids = record.find("hash_ids");
    if (ids == record.end())
        return row;
    const bool whole = ids->is_array() &&
                       std::all_of(ids->begin(), ids->end(), [](const auto& id) { return id.is_number_unsigned(); });
    if (!whole) {
        row.problem = "hash_ids is not a list of whole numbers";
        return row;
    }
    for (const auto& id : *ids)
        hashes.push_back(id.template get<std::uint64_t>());
    row.request.hashCount = static_cast<std::uint32_t>(ids->size());
    return row;
}

} // namespace headroom
