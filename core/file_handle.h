// A file descriptor that closes itself.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <unistd.h>

namespace headroom {

class FileHandle {
public:
    FileHandle() = default;
    explicit FileHandle(int descriptor) : m_descriptor(descriptor) {}
    FileHandle(FileHandle&& other) noexcept : m_descriptor(std::exchange(other.m_descriptor, -1)) {}
    FileHandle& operator=(FileHandle&&) = delete;
    ~FileHandle()
    {
        if (m_descriptor >= 0)
            ::close(m_descriptor);
    }
    int get() const { return m_descriptor; }
    bool good() const { return m_descriptor >= 0; }
    /// Gives it to the caller, who closes it.
    int release() { return std::exchange(m_descriptor, -1); }

private:
    int m_descriptor = -1;
};

/// Why the last system call failed, in the system's words.
inline std::string systemReason() { return std::strerror(errno); }

} // namespace headroom
