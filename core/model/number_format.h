// Number formats of weights and KV entries, and what one value of each occupies.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace headroom {

enum class NumberFormat { fp32, bf16, fp16, fp8, int8, int4, fp4, mxfp4 };

struct NumberFormatInfo {
    NumberFormat format;
    std::string_view name; ///< spelling in plans and on the command line
    double
        bytesPerWeight; ///< with quantization scales: int4 group 128 (16-bit scale and zero), nvfp4 16 + fp8, mxfp4 32 + e8m0
    double bytesPerKvEntry;
};

inline constexpr std::array<NumberFormatInfo, 8> kNumberFormats{{
    {NumberFormat::fp32, "fp32", 4.0, 4.0},
    {NumberFormat::bf16, "bf16", 2.0, 2.0},
    {NumberFormat::fp16, "fp16", 2.0, 2.0},
    {NumberFormat::fp8, "fp8", 1.0 + 4.0 / (128.0 * 128.0), 1.0},
    {NumberFormat::int8, "int8", 1.0 + 2.0 / 4096.0, 1.0},
    {NumberFormat::int4, "int4", 0.5 + 4.0 / 128.0, 0.5},
    {NumberFormat::fp4, "fp4", 0.5 + 1.0 / 16.0, 0.5},
    {NumberFormat::mxfp4, "mxfp4", 0.5 + 1.0 / 32.0, 0.5},
}};

constexpr const NumberFormatInfo& info(NumberFormat f) { return kNumberFormats[static_cast<std::size_t>(f)]; }
constexpr std::optional<NumberFormat> numberFormat(std::string_view name)
{
    for (const auto& row : kNumberFormats)
        if (row.name == name)
            return row.format;
    return std::nullopt;
}

} // namespace headroom
