// An accelerator and its links, as datasheets state them. Efficiencies are not here: they belong to the
// architecture and number format (model/efficiency.h), so that a new GPU needs its datasheet only.
#pragma once

#include "core/units.h"

#include <optional>
#include <string>

namespace headroom {

enum class GpuArchitecture {
    volta,
    turing,
    ampere,
    ada,
    hopper,
    blackwell,
    blackwellWorkstation,
    cdna3,
    cdna4,
    gaudi,
    tpu
};

/// How the GPUs of one node reach each other.
enum class LinkTopology {
    pcie,     ///< through the host
    pairs,    ///< a bridge between two, PCIe beyond
    allToAll, ///< direct links between all (MI300X, Gaudi) or a torus (TPU)
    switched, ///< NVLink switch
};

struct LinkSpec {
    LinkTopology topology = LinkTopology::pcie;
    Bandwidth perDirection;         ///< one way, per GPU, peak
    bool inSwitchReduction = false; ///< the switch can add (NVLink SHARP: Hopper and later)
    friend bool operator==(const LinkSpec&, const LinkSpec&) = default;
};

struct GpuSpec {
    std::string name;
    GpuArchitecture architecture = GpuArchitecture::hopper;
    Bytes memory;                           ///< as the driver reports it
    Bandwidth bandwidth;                    ///< HBM or GDDR, peak
    FlopRate fp16;                          ///< dense peak of 16-bit matrix products
    std::optional<FlopRate> fp8, int8, fp4; ///< dense peaks; absent = not native, weights are widened before use
    LinkSpec inNode;
    Bandwidth betweenNodes; ///< one way, per GPU
    Bandwidth host;         ///< PCIe or C2C to host memory, one way
    double powerWatts = 0;  ///< board limit
    friend bool operator==(const GpuSpec&, const GpuSpec&) = default;
};

} // namespace headroom
