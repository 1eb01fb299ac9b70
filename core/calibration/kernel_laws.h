// How long a kernel takes, by its kind: the forms of the laws, and the coefficients they have.
#pragma once

#include "core/calibration/kernels.h"

#include <array>
#include <span>
#include <vector>

namespace headroom {

/// A coefficient of a law.
struct KernelInfo {
    std::string_view name, unit;
    double start, least, most;
    bool byGroup;        ///< one value per number format or library
    bool byArchitecture; ///< with factors, also of a group on an architecture if it is by group
};

/// Prior standard deviations of the logarithms: of a coefficient about its start, of a group about that, of an
/// architecture about both, and of a group on an architecture. The laws of one kind share them.
struct KernelSpreads {
    double overall, group, architecture, groupOnArchitecture;
};

/// Where the coefficients of a kind stand in a fit: overall values, then what groups, architectures and groups on
/// architectures add to them, all as logarithms.
class KernelSlots {
public:
    explicit KernelSlots(KernelKind);

    std::span<const KernelInfo> infos() const { return m_infos; }
    std::size_t size() const { return kLevels * m_infos.size(); }
    /// Logarithms at the start of a fit.
    std::vector<double> start() const;
    /// Prior standard deviation of one of them.
    double spread(std::size_t slot) const;

    static constexpr std::size_t kGroups = 2 * kKernelFormats; ///< a format and a library
    static constexpr std::size_t kMost = 4;                    ///< slots that one coefficient of one run depends on
    /// Slots whose sum is ln(coefficient i) for this run; their number.
    std::size_t slotsOf(std::size_t i, const KernelRun&, std::array<std::size_t, kMost>&) const;
    /// Coefficient i, within its bounds.
    double value(std::span<const double> logs, std::size_t i, const KernelRun&) const;
    /// The same without factors of architectures.
    double value(std::span<const double> logs, std::size_t i, std::size_t group) const;

private:
    static constexpr std::size_t kArchitectures = static_cast<std::size_t>(GpuArchitecture::tpu) + 1;
    static constexpr std::size_t kLevels = 1 + kGroups + kArchitectures * (1 + kGroups);
    std::size_t slot(std::size_t level, std::size_t i) const { return level * m_infos.size() + i; }

    std::span<const KernelInfo> m_infos;
    KernelSpreads m_spreads;
};

/// Seconds of a kernel by the coefficients of a fit; finite and above 0.
double kernelSeconds(KernelKind, const KernelSlots&, std::span<const double> logs, const KernelRun&);

} // namespace headroom
