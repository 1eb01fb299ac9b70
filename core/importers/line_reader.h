// Lines of a text file of any size, in bounded memory: what CSV and JSONL importers read from.
#pragma once

#include "core/error.h"

#include <cstddef>
#include <istream>
#include <string>
#include <string_view>

namespace headroom {

/// Reads lines without their end (LF or CRLF); skips a byte-order mark; the last line needs no end.
class LineReader {
public:
    /// A line longer than this is refused: no format read here has one.
    static constexpr std::size_t kLongestLine = 4u << 20;

    explicit LineReader(std::istream& in) : m_in(in), m_buffer(kChunk, '\0') {}

    /// The next line, valid until the next call; false at the end, or when failed().
    bool next(std::string_view& line);
    std::size_t lineNumber() const { return m_lineNumber; } ///< of the line last returned, from 1
    /// Why reading stopped before the end; empty = it did not.
    std::string_view failure() const { return m_failure; }

private:
    static constexpr std::size_t kChunk = 1u << 18;
    bool refill();

    std::istream& m_in;
    std::string m_buffer;
    std::size_t m_begin = 0, m_end = 0, m_lineNumber = 0;
    std::string_view m_failure;
    bool m_atStart = true, m_exhausted = false;
};

} // namespace headroom
