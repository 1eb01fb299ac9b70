#include "core/plan/catalog_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <utility>

namespace headroom {

namespace {

std::string folded(std::string_view name)
{
    std::string out;
    for (const char c : name) {
        const bool blank = c == ' ' || c == '_' || c == '\t' || c == '-';
        if (blank && (out.empty() || out.back() == '-'))
            continue;
        out += blank ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    while (!out.empty() && out.back() == '-')
        out.pop_back();
    return out;
}

void dropPrefix(std::string& text, std::string_view prefix)
{
    if (text.starts_with(prefix) && text.size() > prefix.size())
        text.erase(0, prefix.size());
}

constexpr std::array<std::pair<std::string_view, std::optional<NumberFormat>>, 32> kSuffixes{{
    // Number formats. AWQ and GPTQ are 4 bit unless another word says 8.
    {"fp8", NumberFormat::fp8},
    {"fp4", NumberFormat::fp4},
    {"nvfp4", NumberFormat::fp4},
    {"mxfp4", NumberFormat::mxfp4},
    {"int8", NumberFormat::int8},
    {"8bit", NumberFormat::int8},
    {"w8a8", NumberFormat::int8},
    {"w8a16", NumberFormat::int8},
    {"int4", NumberFormat::int4},
    {"4bit", NumberFormat::int4},
    {"w4a16", NumberFormat::int4},
    {"awq", NumberFormat::int4},
    {"gptq", NumberFormat::int4},
    {"bf16", NumberFormat::bf16},
    {"fp16", NumberFormat::fp16},
    // Recipes of a number format, and tunings that leave the shape as it is.
    {"dynamic", std::nullopt},
    {"static", std::nullopt},
    {"pertensor", std::nullopt},
    {"block", std::nullopt},
    {"quantized", std::nullopt},
    {"instruct", std::nullopt},
    {"chat", std::nullopt},
    {"chatbot", std::nullopt},
    {"it", std::nullopt},
    {"base", std::nullopt},
    {"hf", std::nullopt},
    {"thinking", std::nullopt},
    {"v0.1", std::nullopt},
    {"v0.2", std::nullopt},
    {"v0.3", std::nullopt},
    {"preview", std::nullopt},
    {"latest", std::nullopt},
}};

/// MMDD, YYMM, YYMMDD or YYYYMMDD.
bool isDate(std::string_view word)
{
    const bool digits = std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
    return digits && (word.size() == 4 || word.size() == 6 || word.size() == 8);
}

const std::pair<std::string_view, std::optional<NumberFormat>>* knownSuffix(std::string_view word)
{
    const auto* known = std::ranges::find(kSuffixes, word, [](const auto& row) { return row.first; });
    return known == kSuffixes.end() ? nullptr : known;
}

/// Takes the last word off if it is one that may go. False if none is. Words end at '-', in some names at '.'
/// ("quantized.w4a16", where "v0.3" is one word).
bool dropSuffix(NameCandidate& candidate)
{
    const std::string_view name = candidate.name;
    for (const char separator : {'-', '.'}) {
        const std::size_t at = name.rfind(separator);
        if (at == std::string_view::npos || at == 0)
            continue;
        const std::string_view word = name.substr(at + 1);
        const auto* known = knownSuffix(word);
        if (!known && (separator == '.' || !isDate(word)))
            continue;
        if (known && known->second && !candidate.format)
            candidate.format = known->second;
        candidate.name.resize(at);
        return true;
    }
    return false;
}

} // namespace

std::string foldedGpuName(std::string_view name)
{
    std::string out = folded(name);
    for (const std::string_view vendor : {"nvidia-", "amd-", "intel-", "google-"})
        dropPrefix(out, vendor);
    return out;
}

std::string foldedModelName(std::string_view name)
{
    if (const std::size_t slash = name.find_last_of('/'); slash != std::string_view::npos && slash + 1 < name.size())
        name.remove_prefix(slash + 1);
    std::string out = folded(name);
    dropPrefix(out, "nvidia-");
    dropPrefix(out, "meta-");
    return out;
}

std::vector<NameCandidate> modelNameCandidates(std::string_view name)
{
    std::vector<NameCandidate> candidates{{foldedModelName(name), std::nullopt}};
    for (NameCandidate next = candidates.front(); dropSuffix(next);)
        candidates.push_back(next);
    return candidates;
}

int editDistance(std::string_view a, std::string_view b)
{
    // Three rows of the table of optimal string alignment.
    std::vector<int> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        last[j] = static_cast<int>(j);
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = static_cast<int>(i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const int replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({replaced, last[j] + 1, row[j - 1] + 1});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before.swap(last);
        last.swap(row);
    }
    return last[b.size()];
}

} // namespace headroom
