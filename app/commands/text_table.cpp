#include "app/commands/text_table.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include <unistd.h>

namespace headroom::cli {
namespace {

/// Columns a text takes: code points, because names carry letters such as "µ" and "∞" of two and three bytes.
std::size_t width(std::string_view text)
{
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string padded(const std::string& cell, std::size_t to, TextColumn::Align align)
{
    const std::string fill(to - std::min(to, width(cell)), ' ');
    return align == TextColumn::Align::right ? fill + cell : cell + fill;
}

std::string withoutTrailingSpace(std::string line)
{
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

} // namespace

std::string heading(std::string_view text)
{
    static const bool bold = ::isatty(STDOUT_FILENO) == 1 && !std::getenv("NO_COLOR");
    return bold ? "\033[1m" + std::string(text) + "\033[0m" : std::string(text);
}

std::string textTable(const std::vector<TextColumn>& columns, const std::vector<std::vector<std::string>>& rows)
{
    std::vector<std::size_t> widths;
    for (std::size_t c = 0; c < columns.size(); ++c) {
        widths.push_back(width(columns[c].header));
        for (const auto& row : rows)
            if (c < row.size())
                widths[c] = std::max(widths[c], width(row[c]));
    }
    const auto line = [&](const auto& cellAt) {
        std::string text;
        for (std::size_t c = 0; c < columns.size(); ++c)
            text += (c ? "  " : "") + padded(cellAt(c), widths[c], columns[c].align);
        return withoutTrailingSpace(text);
    };
    std::string text = heading(line([&](std::size_t c) { return columns[c].header; })) + "\n";
    for (const auto& row : rows)
        text += line([&](std::size_t c) { return c < row.size() ? row[c] : std::string(); }) + "\n";
    return text;
}

std::string block(std::string_view title, const std::vector<std::pair<std::string, std::string>>& lines)
{
    std::size_t names = 0;
    for (const auto& [name, value] : lines)
        names = std::max(names, width(name));
    std::string text = heading(title) + "\n";
    for (const auto& [name, value] : lines)
        text += withoutTrailingSpace("  " + padded(name, names + 2, TextColumn::Align::left) + value) + "\n";
    return text;
}

std::string wrapped(std::string_view text, int indent, int widthLimit)
{
    std::istringstream words{std::string(text)};
    std::string result, word;
    auto column = static_cast<std::size_t>(indent);
    while (words >> word) {
        if (!result.empty() && column + 1 + width(word) > static_cast<std::size_t>(widthLimit)) {
            result += "\n" + std::string(static_cast<std::size_t>(indent), ' ');
            column = static_cast<std::size_t>(indent);
        } else if (!result.empty()) {
            result += ' ';
            ++column;
        }
        result += word;
        column += width(word);
    }
    return result;
}

} // namespace headroom::cli
