// Written by `headroom-cli validate BENCH.csv --fit-on MEASURED.csv --publish FOLDER`: not by hand.
#include "core/model/shipped_fit.h"

#include <array>

namespace headroom {
namespace {

using A = GpuArchitecture;
using R = MeasuredRegime;

constexpr std::array<double, kCoefficients> kShared{{
    0.6517,    // compute16
    0.6136,    // compute8
    0.484,     // compute4
    0.6636,    // compute_weight_only
    0.662,     // compute_serving
    0.2713,    // compute_power
    24.64,     // ramp16
    33.33,     // ramp8
    40.18,     // ramp4
    0.92,      // bandwidth16
    0.7992,    // bandwidth8
    0.85,      // bandwidth4
    0.7705,    // expert_compute
    26.14,     // expert_ramp
    0.9572,    // expert_bandwidth
    105.6,     // expert_width
    2.234,     // expert_imbalance
    0.412,     // attention_prefill
    0.4618,    // attention_2023
    63.5,      // attention_tile
    0.8008,    // attention_decode_bandwidth
    0.4636,    // attention_wide_groups
    0.4327,    // attention_decode_compute
    2.347e-08, // attention_sequence
    0.707,     // element_bandwidth
    1.41e-05,  // layer_latency
    1.289e-05, // quantize_latency
    2.316e-05, // expert_latency
    0.4818,    // link_bandwidth
    1.124e-05, // link_latency
    1.362e-06, // link_latency_per_rank
    0.4073,    // host_link_bandwidth
    2.275e-05, // host_link_latency
    2.026e-06, // host_link_latency_per_rank
    0.7,       // network_bandwidth
    2.5e-05,   // network_latency
    0.001802,  // step_vllm
    0.001483,  // step_sglang
    0.001034,  // step_tensorrt_llm
    0.591,     // step_async
    0.01169,   // step_2023
    4.658e-06, // sequence_vllm
    4.5e-06,   // sequence_sglang
    2.327e-06, // sequence_tensorrt_llm
    0.001047,  // prompt_vllm
    0.001279,  // prompt_sglang
    0.0002549, // prompt_tensorrt_llm
    6.97e-05,  // layer_eager
}};

constexpr std::array<ShippedFactor, 38> kFactors{{
    {A::ampere, "compute16", 1.03},
    {A::hopper, "compute16", 1.01},
    {A::blackwell, "compute16", 0.977},
    {A::blackwellWorkstation, "compute16", 0.995},
    {A::hopper, "compute8", 1.13},
    {A::blackwell, "compute8", 0.971},
    {A::blackwell, "compute4", 1.03},
    {A::blackwellWorkstation, "compute4", 1.09},
    {A::ampere, "bandwidth8", 0.953},
    {A::blackwell, "bandwidth8", 1.06},
    {A::ampere, "bandwidth4", 1.05},
    {A::hopper, "bandwidth4", 1.01},
    {A::blackwell, "bandwidth4", 0.965},
    {A::blackwellWorkstation, "bandwidth4", 1.01},
    {A::ampere, "expert_compute", 0.99},
    {A::hopper, "expert_compute", 0.987},
    {A::blackwell, "expert_compute", 0.883},
    {A::ampere, "expert_bandwidth", 0.976},
    {A::hopper, "expert_bandwidth", 1.04},
    {A::blackwell, "expert_bandwidth", 1.01},
    {A::blackwellWorkstation, "expert_bandwidth", 0.984},
    {A::ampere, "attention_prefill", 0.965},
    {A::hopper, "attention_prefill", 1.03},
    {A::blackwell, "attention_prefill", 1.04},
    {A::blackwellWorkstation, "attention_prefill", 1.08},
    {A::ampere, "attention_decode_bandwidth", 0.993},
    {A::hopper, "attention_decode_bandwidth", 1.06},
    {A::blackwell, "attention_decode_bandwidth", 0.908},
    {A::blackwellWorkstation, "attention_decode_bandwidth", 0.987},
    {A::ampere, "layer_latency", 1.01},
    {A::hopper, "layer_latency", 1.05},
    {A::blackwell, "layer_latency", 0.979},
    {A::ampere, "link_bandwidth", 0.986},
    {A::hopper, "link_bandwidth", 0.965},
    {A::blackwell, "link_bandwidth", 0.974},
    {A::ampere, "link_latency", 1.01},
    {A::hopper, "link_latency", 1.04},
    {A::blackwell, "link_latency", 0.962},
}};

// 0 and -1: any. The last figure is rows, each GPU and each family left out once.
constexpr std::array<ShippedBand, 29> kBands{{
    {R::offlineThroughput, 0, -1, 0.77, 1.21, 1114},
    {R::offlineThroughput, 16, -1, 0.79, 1.15, 396},
    {R::offlineThroughput, 16, 2, 0.842, 1.15, 234}, // ampere
    {R::offlineThroughput, 16, 4, 0.736, 1.14, 162}, // hopper
    {R::offlineThroughput, 8, -1, 0.803, 1.21, 298},
    {R::offlineThroughput, 8, 2, 0.797, 1.17, 20},  // ampere
    {R::offlineThroughput, 8, 4, 0.804, 1.22, 278}, // hopper
    {R::offlineThroughput, 4, -1, 0.737, 1.23, 420},
    {R::offlineThroughput, 4, 2, 0.574, 1.32, 56},  // ampere
    {R::offlineThroughput, 4, 4, 0.573, 1.27, 68},  // hopper
    {R::offlineThroughput, 4, 5, 0.775, 1.15, 172}, // blackwell
    {R::offlineThroughput, 4, 6, 0.723, 1.3, 124},  // blackwellWorkstation
    {R::closedLoopTpot, 0, -1, 0.773, 1.25, 354},
    {R::closedLoopTpot, 16, -1, 0.828, 1.2, 14},
    {R::closedLoopTpot, 8, -1, 0.782, 1.29, 198},
    {R::closedLoopTpot, 8, 4, 0.782, 1.19, 104}, // hopper
    {R::closedLoopTpot, 8, 5, 0.794, 1.56, 94},  // blackwell
    {R::closedLoopTpot, 4, -1, 0.769, 1.25, 142},
    {R::closedLoopTpot, 4, 4, 0.791, 1.58, 40}, // hopper
    {R::closedLoopTpot, 4, 5, 0.752, 1.2, 98},  // blackwell
    {R::closedLoopTtft, 0, -1, 0.911, 4.97, 26},
    {R::closedLoopTtft, 16, -1, 1.17, 4.83, 14},
    {R::closedLoopTtft, 8, -1, 0.96, 5.52, 4},
    {R::closedLoopTtft, 4, -1, 0.837, 4.68, 8},
    {R::batch, 0, -1, 0.861, 1.16, 208},
    {R::batch, 16, -1, 0.866, 1.13, 192},
    {R::batch, 16, 2, 0.895, 1.18, 96}, // ampere
    {R::batch, 16, 4, 0.838, 1.11, 96}, // hopper
    {R::batch, 8, -1, 0.853, 1.17, 16},
}};

} // namespace

std::span<const double, kCoefficients> shippedShared() { return kShared; }
std::span<const ShippedFactor> shippedFactors() { return kFactors; }
std::span<const ShippedBand> shippedBands() { return kBands; }

} // namespace headroom
