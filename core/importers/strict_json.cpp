#include "core/importers/strict_json.h"

#include <algorithm>

namespace headroom {

namespace {

constexpr int kDeepestNesting = 64; // the deepest seen has 9

} // namespace

std::size_t lineOf(std::string_view text, std::size_t at)
{
    return 1 + static_cast<std::size_t>(std::ranges::count(text.substr(0, at), '\n'));
}

Result<std::string> strictJson(std::string_view json, const std::string& name)
{
    std::string out;
    out.reserve(json.size());
    int depth = 0;
    bool inString = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (inString) {
            out += c;
            if (c == '\\' && i + 1 < json.size())
                out += json[++i];
            else if (c == '"')
                inString = false;
            continue;
        }
        inString = c == '"';
        depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
        if (depth > kDeepestNesting)
            return fail(name + ":" + std::to_string(lineOf(json, i)),
                "nested deeper than " + std::to_string(kDeepestNesting) + " levels; no file of this kind is");
        const std::string_view rest = json.substr(i);
        std::size_t word = 0;
        for (const std::string_view bare : {"-Infinity", "Infinity", "NaN"})
            if (rest.starts_with(bare))
                word = bare.size();
        if (word > 0) {
            out += "null";
            i += word - 1;
        } else {
            out += c;
        }
    }
    return out;
}

} // namespace headroom
