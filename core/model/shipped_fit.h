// The fit that ships, as data: `headroom-cli validate --publish` writes shipped_fit.cpp. efficiency.h is what to use.
#pragma once

#include "core/model/efficiency.h"

#include <span>
#include <string_view>

namespace headroom {

/// Where an architecture departs from the shared value of a coefficient.
struct ShippedFactor {
    GpuArchitecture architecture;
    std::string_view coefficient; ///< its name
    double value;
};

/// Nominal 80 % band of measured / predicted of rows that a fit had not seen (core/calibration/bands.h).
struct ShippedBand {
    MeasuredRegime regime;
    int bits;         ///< of the stored weights; 0 = any
    int architecture; ///< GpuArchitecture; -1 = any
    double lo, hi;
    int rows;
};

std::span<const double, kCoefficients> shippedShared();
std::span<const ShippedFactor> shippedFactors();
/// From the widest kind to the narrowest.
std::span<const ShippedBand> shippedBands();

/// The last of the bands that cover a kind; {1, 1} if none does.
ErrorBand narrowestBand(std::span<const ShippedBand>, MeasuredRegime, int bits, GpuArchitecture);

} // namespace headroom
