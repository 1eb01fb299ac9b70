#include "core/plan/json_tree.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>

#include <nlohmann/json.hpp>

namespace headroom {

namespace {

// A plan has some hundred values. The limits keep a hostile file from taking the machine's memory or its evening.
constexpr std::size_t kDeepest = 64;
constexpr std::size_t kMostMembers = 10'000; ///< of one object; each new key is compared with those before it
constexpr std::size_t kMostValues = 1'000'000;

/// Walks the text and counts the lines it has passed, for a parser that does not tell.
class CountingIterator {
public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    CountingIterator(const char* position, std::size_t* line) : m_position(position), m_line(line) {}
    reference operator*() const { return *m_position; }
    CountingIterator& operator++()
    {
        if (*m_position == '\n')
            ++*m_line;
        ++m_position;
        return *this;
    }
    CountingIterator operator++(int)
    {
        CountingIterator before = *this;
        ++*this;
        return before;
    }
    friend bool operator==(const CountingIterator& a, const CountingIterator& b)
    {
        return a.m_position == b.m_position;
    }

private:
    const char* m_position;
    std::size_t* m_line;
};

using Sax = nlohmann::json_sax<nlohmann::json>;

/// Builds the tree from the parser's events; the first refusal ends the reading.
class TreeBuilder final : public Sax {
public:
    explicit TreeBuilder(const std::size_t* line) : m_line(line) {}

    bool null() override { return value(JsonNode::Kind::null, "null"); }
    bool boolean(bool v) override { return value(JsonNode::Kind::boolean, v ? "true" : "false"); }
    bool number_integer(number_integer_t v) override { return value(JsonNode::Kind::number, std::to_string(v)); }
    bool number_unsigned(number_unsigned_t v) override { return value(JsonNode::Kind::number, std::to_string(v)); }
    bool number_float(number_float_t, const string_t& text) override { return value(JsonNode::Kind::number, text); }
    bool string(string_t& v) override { return value(JsonNode::Kind::string, std::move(v)); }
    bool binary(binary_t&) override { return refuse("binary values are not JSON"); }
    bool start_object(std::size_t) override { return open(JsonNode::Kind::object); }
    bool start_array(std::size_t) override { return open(JsonNode::Kind::array); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool key(string_t& name) override
    {
        if (m_open.back()->members.size() >= kMostMembers)
            return refuse("has an object with more than " + std::to_string(kMostMembers) + " keys");
        if (m_open.back()->find(name))
            return refuse("the key \"" + name.substr(0, 80) + "\" stands twice in one object");
        m_key = std::move(name);
        m_keyLine = *m_line;
        return true;
    }
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& e) override
    {
        std::string what = e.what(); // "[json.exception.parse_error.101] parse error at line 3, column 5: reason"
        if (const auto reason = what.find(": "); reason != std::string::npos)
            what.erase(0, reason + 2);
        else if (const auto bracket = what.find("] "); bracket != std::string::npos)
            what.erase(0, bracket + 2);
        constexpr std::size_t kShown = 300;
        return refuse("is not JSON: " + what.substr(0, kShown));
    }

    JsonNode root;
    std::string complaint;
    std::size_t complaintLine = 0;

private:
    bool refuse(std::string why)
    {
        complaint = std::move(why);
        complaintLine = *m_line;
        return false;
    }
    JsonNode& place(JsonNode::Kind kind, std::string text)
    {
        ++m_values;
        JsonNode node;
        node.kind = kind;
        node.text = std::move(text);
        node.line = *m_line;
        if (m_open.empty())
            return root = std::move(node);
        JsonNode& parent = *m_open.back();
        if (parent.kind == JsonNode::Kind::array)
            m_key.clear();
        else
            node.line = m_keyLine;
        return parent.members.emplace_back(std::move(m_key), std::move(node)).second;
    }
    bool value(JsonNode::Kind kind, std::string text)
    {
        place(kind, std::move(text));
        return m_values <= kMostValues || refuse("holds more than " + std::to_string(kMostValues) + " values");
    }
    bool open(JsonNode::Kind kind)
    {
        if (m_values >= kMostValues)
            return refuse("holds more than " + std::to_string(kMostValues) + " values");
        if (m_open.size() >= kDeepest)
            return refuse("is nested deeper than " + std::to_string(kDeepest) + " levels");
        m_open.push_back(&place(kind, ""));
        return true;
    }
    bool close()
    {
        m_open.pop_back();
        return true;
    }

    const std::size_t* m_line;
    std::vector<JsonNode*> m_open; ///< stays valid: only the innermost node grows
    std::string m_key;
    std::size_t m_keyLine = 0, m_values = 0;
};

std::string escaped(const std::string& text)
{
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool isScalar(const JsonNode& node)
{
    return node.kind != JsonNode::Kind::array && node.kind != JsonNode::Kind::object;
}

/// Writes one value. `indent` counts levels; compact text has no lines to indent.
class Writer {
public:
    enum class Layout { lines, compact };
    explicit Writer(Layout layout) : m_layout(layout) {}

    void write(const JsonNode& node, std::size_t indent)
    {
        switch (node.kind) {
        case JsonNode::Kind::null:
            m_out += "null";
            break;
        case JsonNode::Kind::string:
            m_out += escaped(node.text);
            break;
        case JsonNode::Kind::number:
        case JsonNode::Kind::boolean:
            m_out += node.text;
            break;
        case JsonNode::Kind::object:
            writeObject(node, indent);
            break;
        case JsonNode::Kind::array:
            writeArray(node, indent);
            break;
        }
    }
    std::string take() { return std::move(m_out); }

private:
    void newLine(std::size_t indent)
    {
        if (m_layout == Layout::compact)
            return;
        m_out += '\n';
        m_lineStart = m_out.size();
        m_out.append(2 * indent, ' ');
    }
    void writeObject(const JsonNode& node, std::size_t indent)
    {
        m_out += '{';
        for (std::size_t i = 0; i < node.members.size(); ++i) {
            newLine(indent + 1);
            m_out += escaped(node.members[i].first) + (m_layout == Layout::compact ? ":" : ": ");
            write(node.members[i].second, indent + 1);
            if (i + 1 < node.members.size())
                m_out += ',';
        }
        if (!node.members.empty())
            newLine(indent);
        m_out += '}';
    }
    void writeArray(const JsonNode& node, std::size_t indent)
    {
        constexpr std::size_t kColumns = 110;
        const bool runs = std::ranges::all_of(node.members, [](const auto& m) { return isScalar(m.second); });
        m_out += '[';
        for (std::size_t i = 0; i < node.members.size(); ++i) {
            if (!runs || m_out.size() - m_lineStart > kColumns)
                newLine(indent + 1);
            else if (i > 0 && m_layout == Layout::lines)
                m_out += ' ';
            write(node.members[i].second, indent + 1);
            if (i + 1 < node.members.size())
                m_out += ',';
        }
        if (!runs && !node.members.empty())
            newLine(indent);
        m_out += ']';
    }

    Layout m_layout;
    std::string m_out;
    std::size_t m_lineStart = 0;
};

} // namespace

JsonNode JsonNode::object()
{
    JsonNode node;
    node.kind = Kind::object;
    return node;
}

JsonNode JsonNode::array()
{
    JsonNode node;
    node.kind = Kind::array;
    return node;
}

JsonNode JsonNode::ofString(std::string_view text)
{
    JsonNode node;
    node.kind = Kind::string;
    node.text = text;
    return node;
}

JsonNode JsonNode::ofFlag(std::string_view trueOrFalse)
{
    JsonNode node;
    node.kind = Kind::boolean;
    node.text = trueOrFalse;
    return node;
}

JsonNode JsonNode::ofNumber(double value)
{
    JsonNode node;
    if (!std::isfinite(value))
        return node;
    node.kind = Kind::number;
    char buffer[40];
    const bool plain = value == 0 || (std::fabs(value) >= 1e-4 && std::fabs(value) < 1e15);
    const auto end = std::to_chars(
        buffer, buffer + sizeof buffer, value, plain ? std::chars_format::fixed : std::chars_format::scientific);
    node.text.assign(buffer, end.ptr);
    return node;
}

const JsonNode* JsonNode::find(std::string_view name) const
{
    const auto found = std::ranges::find(members, name, &std::pair<std::string, JsonNode>::first);
    return found == members.end() ? nullptr : &found->second;
}

JsonNode* JsonNode::find(std::string_view name) { return const_cast<JsonNode*>(std::as_const(*this).find(name)); }

JsonNode& JsonNode::at(std::string_view path)
{
    const auto dot = path.find('.');
    const std::string_view head = path.substr(0, dot);
    JsonNode* member = find(head);
    if (!member)
        member = &members.emplace_back(std::string(head), dot == std::string_view::npos ? JsonNode() : object()).second;
    return dot == std::string_view::npos ? *member : member->at(path.substr(dot + 1));
}

std::string_view JsonNode::kindName() const
{
    switch (kind) {
    case Kind::null:
        return "null";
    case Kind::boolean:
        return "true or false";
    case Kind::number:
        return "a number";
    case Kind::string:
        return "text";
    case Kind::array:
        return "an array";
    case Kind::object:
        break;
    }
    return "an object";
}

std::string JsonNode::kindAndValue() const
{
    if (kind != Kind::string && kind != Kind::number)
        return std::string(kindName());
    constexpr std::size_t kMost = 30; // characters of a value in a message
    std::string value = text.substr(0, kMost) + (text.size() > kMost ? "…" : "");
    if (kind == Kind::string)
        value = '"' + value + '"';
    return std::string(kindName()) + ", " + value;
}

Result<JsonNode> readJson(std::string_view text, std::string_view name)
{
    std::size_t line = 1;
    TreeBuilder builder(&line);
    const CountingIterator begin(text.data(), &line), end(text.data() + text.size(), &line);
    const bool good = nlohmann::json::sax_parse(begin, end, &builder);
    if (!good)
        return fail(std::string(name) + ":" + std::to_string(builder.complaintLine), builder.complaint);
    return std::move(builder.root);
}

std::string writeJson(const JsonNode& node)
{
    Writer writer(Writer::Layout::lines);
    writer.write(node, 0);
    return writer.take() + "\n";
}

std::string writeCompactJson(const JsonNode& node)
{
    Writer writer(Writer::Layout::compact);
    writer.write(node, 0);
    return writer.take();
}

} // namespace headroom
