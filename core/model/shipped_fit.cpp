// Written by `headroom-cli validate BENCH.csv --fit-on MEASURED.csv --publish FOLDER`: not by hand.
#include "core/model/shipped_fit.h"

#include <array>

namespace headroom {
namespace {

using A = GpuArchitecture;
using R = MeasuredRegime;

constexpr std::array<double, kCoefficients> kShared{{
    0.6466,    // compute16
    0.6169,    // compute8
    0.4859,    // compute4
    0.64,      // compute_weight_only
    0.8828,    // compute_serving
    0.2709,    // compute_power
    28.6,      // ramp16
    33.07,     // ramp8
    39.96,     // ramp4
    0.92,      // bandwidth16
    0.802,     // bandwidth8
    0.8536,    // bandwidth4
    0.782,     // expert_compute
    25.68,     // expert_ramp
    0.953,     // expert_bandwidth
    105.1,     // expert_width
    2.235,     // expert_imbalance
    0.4116,    // attention_prefill
    0.4837,    // attention_2023
    62.99,     // attention_tile
    0.8032,    // attention_decode_bandwidth
    0.431,     // attention_decode_compute
    2.439e-08, // attention_sequence
    0.6444,    // element_bandwidth
    1.418e-05, // layer_latency
    1.324e-05, // quantize_latency
    2.288e-05, // expert_latency
    0.4728,    // link_bandwidth
    1.151e-05, // link_latency
    1.626e-06, // link_latency_per_rank
    0.4072,    // host_link_bandwidth
    2.279e-05, // host_link_latency
    2.027e-06, // host_link_latency_per_rank
    0.7,       // network_bandwidth
    2.5e-05,   // network_latency
    0.001811,  // step_vllm
    0.001504,  // step_sglang
    0.0009853, // step_tensorrt_llm
    0.5631,    // step_async
    0.01116,   // step_2023
    4.69e-06,  // sequence_vllm
    4.572e-06, // sequence_sglang
    2.329e-06, // sequence_tensorrt_llm
    0.001058,  // prompt_vllm
    0.001344,  // prompt_sglang
    0.0002476, // prompt_tensorrt_llm
    6.876e-05, // layer_eager
}};

constexpr std::array<ShippedFactor, 38> kFactors{{
    {A::hopper, "compute16", 1.01},
    {A::blackwell, "compute16", 0.978},
    {A::blackwellWorkstation, "compute16", 0.995},
    {A::hopper, "compute8", 1.15},
    {A::blackwell, "compute8", 0.973},
    {A::blackwell, "compute4", 1.04},
    {A::blackwellWorkstation, "compute4", 1.09},
    {A::ampere, "bandwidth8", 0.944},
    {A::hopper, "bandwidth8", 1.01},
    {A::blackwell, "bandwidth8", 1.06},
    {A::ampere, "bandwidth4", 1.05},
    {A::hopper, "bandwidth4", 1.01},
    {A::blackwell, "bandwidth4", 0.968},
    {A::blackwellWorkstation, "bandwidth4", 1.01},
    {A::ampere, "expert_compute", 1.03},
    {A::hopper, "expert_compute", 1.01},
    {A::blackwell, "expert_compute", 0.883},
    {A::ampere, "expert_bandwidth", 0.981},
    {A::hopper, "expert_bandwidth", 1.04},
    {A::blackwell, "expert_bandwidth", 1.01},
    {A::blackwellWorkstation, "expert_bandwidth", 0.983},
    {A::ampere, "attention_prefill", 0.963},
    {A::hopper, "attention_prefill", 1.03},
    {A::blackwell, "attention_prefill", 1.04},
    {A::blackwellWorkstation, "attention_prefill", 1.08},
    {A::ampere, "attention_decode_bandwidth", 0.994},
    {A::hopper, "attention_decode_bandwidth", 1.06},
    {A::blackwell, "attention_decode_bandwidth", 0.91},
    {A::blackwellWorkstation, "attention_decode_bandwidth", 0.988},
    {A::ampere, "layer_latency", 1.01},
    {A::hopper, "layer_latency", 1.05},
    {A::blackwell, "layer_latency", 0.975},
    {A::ampere, "link_bandwidth", 0.973},
    {A::hopper, "link_bandwidth", 0.959},
    {A::blackwell, "link_bandwidth", 0.975},
    {A::ampere, "link_latency", 1.02},
    {A::hopper, "link_latency", 1.04},
    {A::blackwell, "link_latency", 0.951},
}};

// 0 and -1: any. The last figure is rows, each GPU and each family left out once.
constexpr std::array<ShippedBand, 29> kBands{{
    {R::offlineThroughput, 0, -1, 0.749, 1.2, 1114},
    {R::offlineThroughput, 16, -1, 0.736, 1.14, 396},
    {R::offlineThroughput, 16, 2, 0.769, 1.14, 234}, // ampere
    {R::offlineThroughput, 16, 4, 0.691, 1.14, 162}, // hopper
    {R::offlineThroughput, 8, -1, 0.787, 1.23, 298},
    {R::offlineThroughput, 8, 2, 0.753, 1.18, 20},  // ampere
    {R::offlineThroughput, 8, 4, 0.803, 1.23, 278}, // hopper
    {R::offlineThroughput, 4, -1, 0.74, 1.23, 420},
    {R::offlineThroughput, 4, 2, 0.577, 1.31, 56},  // ampere
    {R::offlineThroughput, 4, 4, 0.577, 1.27, 68},  // hopper
    {R::offlineThroughput, 4, 5, 0.777, 1.15, 172}, // blackwell
    {R::offlineThroughput, 4, 6, 0.723, 1.3, 124},  // blackwellWorkstation
    {R::closedLoopTpot, 0, -1, 0.78, 1.24, 354},
    {R::closedLoopTpot, 16, -1, 0.831, 1.2, 14},
    {R::closedLoopTpot, 8, -1, 0.781, 1.27, 198},
    {R::closedLoopTpot, 8, 4, 0.78, 1.17, 104}, // hopper
    {R::closedLoopTpot, 8, 5, 0.788, 1.58, 94}, // blackwell
    {R::closedLoopTpot, 4, -1, 0.775, 1.22, 142},
    {R::closedLoopTpot, 4, 4, 0.801, 1.55, 40}, // hopper
    {R::closedLoopTpot, 4, 5, 0.764, 1.19, 98}, // blackwell
    {R::closedLoopTtft, 0, -1, 0.92, 5.18, 26},
    {R::closedLoopTtft, 16, -1, 1.19, 5.07, 14},
    {R::closedLoopTtft, 8, -1, 0.962, 5.93, 4},
    {R::closedLoopTtft, 4, -1, 0.852, 4.94, 8},
    {R::batch, 0, -1, 0.863, 1.16, 208},
    {R::batch, 16, -1, 0.874, 1.14, 192},
    {R::batch, 16, 2, 0.899, 1.19, 96}, // ampere
    {R::batch, 16, 4, 0.847, 1.12, 96}, // hopper
    {R::batch, 8, -1, 0.855, 1.18, 16},
}};

} // namespace

std::span<const double, kCoefficients> shippedShared() { return kShared; }
std::span<const ShippedFactor> shippedFactors() { return kFactors; }
std::span<const ShippedBand> shippedBands() { return kBands; }

} // namespace headroom
