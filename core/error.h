// Errors of the outside world are values; mistakes of the programmer stop the program, in release too.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

#include <tl/expected.hpp>

namespace headroom {

/// What was wrong with something that came from outside, and where.
struct Error {
    std::string where;   ///< field key ("batching.token_budget"), or FILE:LINE, or FILE:LINE: KEY
    std::string message; ///< what was wrong and what was expected
    friend bool operator==(const Error&, const Error&) = default;
};

template <class T>
using Result = tl::expected<T, Error>;

/// Shorthand to return an error from a function that gives a Result<T>.
inline tl::unexpected<Error> fail(std::string where, std::string message)
{
    return tl::unexpected<Error>(Error{std::move(where), std::move(message)});
}

} // namespace headroom

/// A broken invariant: says which and stops. Never used for input from outside.
#define HR_ASSERT(condition)                                                                                           \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            std::fprintf(stderr, "%s:%d: invariant broken: %s\n", __FILE__, __LINE__, #condition);                     \
            std::abort();                                                                                              \
        }                                                                                                              \
    } while (false)
