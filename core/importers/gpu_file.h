// A GPU of one's own in a file: its datasheet figures and what measurements made of the efficiencies. `calibrate --out`
// writes one, a person may; importing it puts it into a plan.
#pragma once

#include "core/error.h"
#include "core/plan/plan.h"

#include <string>
#include <string_view>
#include <vector>

namespace headroom {

struct GpuImport {
    GpuSpec gpu;
    int gpusPerNode = 8;
    std::optional<UsdRate> price; ///< per GPU; absent = the plan's stays
    Calibration calibration;
    std::vector<std::string> used, ignored; ///< in words, for people
};

/// Whether a text looks like such a file: one JSON object with the member headroom_gpu.
bool isGpuFile(std::string_view json);

/// Reads one. Keys of "spec" are those of a plan's hardware.spec, in SI units (CONTRIBUTING.md lists them).
/// \param name stands in messages
/// Errors: not JSON (NAME:LINE), no name, no spec, a figure of the wrong type or range (NAME:LINE: KEY).
Result<GpuImport> readGpuFile(std::string_view json, std::string_view name);

/// The text of such a file. \param about one sentence on where the figures come from
std::string gpuFileText(const HardwareChoice&, std::string_view about);

} // namespace headroom
