#include "core/importers/line_reader.h"

#include <cstring>

namespace headroom {

bool LineReader::refill()
{
    if (m_exhausted)
        return false;
    std::memmove(m_buffer.data(), m_buffer.data() + m_begin, m_end - m_begin);
    m_end -= m_begin;
    m_begin = 0;
    if (m_buffer.size() - m_end < kChunk)
        m_buffer.resize(m_end + kChunk);
    m_in.read(m_buffer.data() + m_end, static_cast<std::streamsize>(kChunk));
    const auto got = static_cast<std::size_t>(m_in.gcount());
    m_end += got;
    if (m_in.bad())
        m_failure = "the file could not be read to its end";
    m_exhausted = got < kChunk;
    return got > 0;
}

bool LineReader::next(std::string_view& line)
{
    std::size_t searched = m_begin;
    for (;;) {
        const char* start = m_buffer.data();
        const void* found = m_end > searched ? std::memchr(start + searched, '\n', m_end - searched) : nullptr;
        if (found || (m_exhausted && m_end > m_begin)) {
            const std::size_t stop = found ? static_cast<std::size_t>(static_cast<const char*>(found) - start) : m_end;
            line = std::string_view(start + m_begin, stop - m_begin);
            m_begin = found ? stop + 1 : stop;
            if (m_atStart && line.substr(0, 3) == "\xEF\xBB\xBF")
                line.remove_prefix(3);
            m_atStart = false;
            if (!line.empty() && line.back() == '\r')
                line.remove_suffix(1);
            ++m_lineNumber;
            return true;
        }
        if (m_end - m_begin > kLongestLine) {
            ++m_lineNumber;
            m_failure = "a line of more than 4 MiB";
            return false;
        }
        const std::size_t pending = m_end - m_begin;
        if (m_exhausted || (!refill() && m_end == m_begin))
            return false;
        searched = m_begin + pending;
    }
}

} // namespace headroom
