// Text for terminals: aligned tables, headings, and blocks of names with values.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headroom::cli {

struct TextColumn {
    std::string header;
    enum class Align { left, right } align = Align::left;
};
/// Columns two spaces apart, as wide as their widest cell; short rows are filled up. The header is bold in a terminal.
std::string textTable(const std::vector<TextColumn>&, const std::vector<std::vector<std::string>>& rows);
/// A bold line in a terminal, a plain one elsewhere.
std::string heading(std::string_view);
/// A heading with lines "  name   value" under it, names aligned.
std::string block(std::string_view title, const std::vector<std::pair<std::string, std::string>>& lines);
/// Text in lines of at most `width` columns, each after the first behind `indent` spaces.
std::string wrapped(std::string_view, int indent, int width = 100);

} // namespace headroom::cli
