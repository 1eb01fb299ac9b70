// Quantities that know their dimension, and the only place where a conversion factor is written.
#pragma once

#include <compare>
#include <limits>

namespace headroom {

/// Exponents of the six base dimensions. Requests and tokens are dimensions, so tok/s never mixes with req/s.
struct Dim {
    int s = 0, byte = 0, tok = 0, req = 0, flop = 0, usd = 0;
    friend constexpr bool operator==(Dim, Dim) = default;
};
constexpr Dim operator+(Dim a, Dim b)
{
    return {a.s + b.s, a.byte + b.byte, a.tok + b.tok, a.req + b.req, a.flop + b.flop, a.usd + b.usd};
}
constexpr Dim operator-(Dim a, Dim b)
{
    return {a.s - b.s, a.byte - b.byte, a.tok - b.tok, a.req - b.req, a.flop - b.flop, a.usd - b.usd};
}

/// A double with a dimension. Construction from double is explicit; only a ratio of equal dimensions becomes a double.
template <Dim D>
class Quantity {
public:
    constexpr Quantity() = default;
    /// \param si value in SI base units of the dimension (s, byte, tok, req, FLOP, USD)
    constexpr explicit Quantity(double si) : m_si(si) {}

    /// The value in SI base units. Prefer in(unit) where a unit constant exists.
    constexpr double si() const { return m_si; }
    /// The value as a multiple of `unit`: x.in(millisecond).
    constexpr double in(Quantity unit) const { return m_si / unit.m_si; }
    static constexpr Quantity infinite() { return Quantity(std::numeric_limits<double>::infinity()); }

    constexpr Quantity operator-() const { return Quantity(-m_si); }
    constexpr Quantity& operator+=(Quantity o)
    {
        m_si += o.m_si;
        return *this;
    }
    constexpr Quantity& operator-=(Quantity o)
    {
        m_si -= o.m_si;
        return *this;
    }
    constexpr Quantity& operator*=(double f)
    {
        m_si *= f;
        return *this;
    }
    constexpr Quantity& operator/=(double f)
    {
        m_si /= f;
        return *this;
    }
    friend constexpr Quantity operator+(Quantity a, Quantity b) { return Quantity(a.m_si + b.m_si); }
    friend constexpr Quantity operator-(Quantity a, Quantity b) { return Quantity(a.m_si - b.m_si); }
    friend constexpr Quantity operator*(double f, Quantity a) { return Quantity(f * a.m_si); }
    friend constexpr Quantity operator*(Quantity a, double f) { return Quantity(f * a.m_si); }
    friend constexpr Quantity operator/(Quantity a, double f) { return Quantity(a.m_si / f); }
    friend constexpr auto operator<=>(Quantity, Quantity) = default;

private:
    double m_si = 0;
};

namespace detail {
template <Dim D>
constexpr auto wrap(double si)
{
    if constexpr (D == Dim{})
        return si;
    else
        return Quantity<D>(si);
}
} // namespace detail

template <Dim A, Dim B>
constexpr auto operator*(Quantity<A> a, Quantity<B> b)
{
    return detail::wrap<A + B>(a.si() * b.si());
}
template <Dim A, Dim B>
constexpr auto operator/(Quantity<A> a, Quantity<B> b)
{
    return detail::wrap<A - B>(a.si() / b.si());
}
template <Dim A>
constexpr auto operator/(double f, Quantity<A> a)
{
    return Quantity<Dim{} - A>(f / a.si());
}

using Seconds = Quantity<Dim{.s = 1}>;
using Bytes = Quantity<Dim{.byte = 1}>;
using Tokens = Quantity<Dim{.tok = 1}>;
using Requests = Quantity<Dim{.req = 1}>;
using Flops = Quantity<Dim{.flop = 1}>;
using Usd = Quantity<Dim{.usd = 1}>;
using RequestRate = Quantity<Dim{.s = -1, .req = 1}>;
using TokenRate = Quantity<Dim{.s = -1, .tok = 1}>;
using Bandwidth = Quantity<Dim{.s = -1, .byte = 1}>;
using FlopRate = Quantity<Dim{.s = -1, .flop = 1}>;
using BytesPerToken = Quantity<Dim{.byte = 1, .tok = -1}>;
using UsdRate = Quantity<Dim{.s = -1, .usd = 1}>;
using UsdPerToken = Quantity<Dim{.tok = -1, .usd = 1}>;
using TokensPerUsd = Quantity<Dim{.tok = 1, .usd = -1}>;

inline constexpr Seconds second{1}, millisecond{1e-3}, microsecond{1e-6}, minute{60}, hour{3600}, day{86400};
inline constexpr Bytes byte{1}, kibibyte{1024}, mebibyte{1048576}, gibibyte{1073741824};
inline constexpr Bytes megabyte{1e6}, gigabyte{1e9}, terabyte{1e12};
inline constexpr Tokens token{1}, millionTokens{1e6};
inline constexpr Requests request{1};
inline constexpr Flops flop{1}, teraflop{1e12};
inline constexpr Usd dollar{1};

} // namespace headroom
