// Written by `headroom-cli validate BENCH.csv --fit-on MEASURED.csv --publish FOLDER`: not by hand.
#include "core/model/shipped_fit.h"

#include <array>

namespace headroom {
namespace {

using A = GpuArchitecture;
using R = MeasuredRegime;

constexpr std::array<double, kCoefficients> kShared{{
    0.6515,    // compute16
    0.6131,    // compute8
    0.4839,    // compute4
    0.644,     // compute_weight_only
    0.664,     // compute_serving
    0.2715,    // compute_power
    24.94,     // ramp16
    32.01,     // ramp8
    40.71,     // ramp4
    0.92,      // bandwidth16
    0.7719,    // bandwidth8
    0.8016,    // bandwidth4
    0.7774,    // expert_compute
    27.59,     // expert_ramp
    0.8234,    // expert_bandwidth
    110.3,     // expert_width
    0.8001,    // expert_popularity
    2.184,     // expert_imbalance
    0.4118,    // attention_prefill
    0.4648,    // attention_2023
    63.52,     // attention_tile
    0.8151,    // attention_decode_bandwidth
    0.4687,    // attention_wide_groups
    0.4565,    // attention_decode_compute
    2.33e-08,  // attention_sequence
    0.6842,    // element_bandwidth
    1.76e-05,  // layer_latency
    9.859e-06, // quantize_latency
    2.01e-05,  // expert_latency
    0.4803,    // link_bandwidth
    1.524e-05, // link_latency
    1.408e-06, // link_latency_per_rank
    0.4078,    // host_link_bandwidth
    2.233e-05, // host_link_latency
    2.023e-06, // host_link_latency_per_rank
    0.7,       // network_bandwidth
    2.5e-05,   // network_latency
    0.001515,  // step_vllm
    0.00127,   // step_sglang
    0.001458,  // step_tensorrt_llm
    0.3715,    // step_async
    0.01126,   // step_2023
    4.784e-06, // sequence_vllm
    4.466e-06, // sequence_sglang
    2.259e-06, // sequence_tensorrt_llm
    0.001046,  // prompt_vllm
    0.001282,  // prompt_sglang
    0.0002481, // prompt_tensorrt_llm
    6.932e-05, // layer_eager
}};

constexpr std::array<ShippedFactor, 38> kFactors{{
    {A::ampere, "compute16", 1.03},
    {A::hopper, "compute16", 1.01},
    {A::blackwell, "compute16", 0.975},
    {A::blackwellWorkstation, "compute16", 0.995},
    {A::hopper, "compute8", 1.14},
    {A::blackwell, "compute8", 0.954},
    {A::blackwell, "compute4", 1.03},
    {A::blackwellWorkstation, "compute4", 1.09},
    {A::ampere, "bandwidth8", 0.957},
    {A::hopper, "bandwidth8", 1.01},
    {A::blackwell, "bandwidth8", 1.05},
    {A::ampere, "bandwidth4", 1.04},
    {A::hopper, "bandwidth4", 1.02},
    {A::blackwell, "bandwidth4", 0.953},
    {A::blackwellWorkstation, "bandwidth4", 1.01},
    {A::ampere, "expert_compute", 0.994},
    {A::hopper, "expert_compute", 1.01},
    {A::blackwell, "expert_compute", 0.881},
    {A::blackwellWorkstation, "expert_compute", 1.01},
    {A::ampere, "expert_bandwidth", 1.01},
    {A::hopper, "expert_bandwidth", 1.01},
    {A::blackwellWorkstation, "expert_bandwidth", 0.982},
    {A::ampere, "attention_prefill", 0.967},
    {A::hopper, "attention_prefill", 1.03},
    {A::blackwell, "attention_prefill", 1.04},
    {A::blackwellWorkstation, "attention_prefill", 1.08},
    {A::hopper, "attention_decode_bandwidth", 1.07},
    {A::blackwell, "attention_decode_bandwidth", 0.904},
    {A::blackwellWorkstation, "attention_decode_bandwidth", 0.99},
    {A::ampere, "layer_latency", 1.01},
    {A::hopper, "layer_latency", 1.08},
    {A::blackwell, "layer_latency", 0.977},
    {A::ampere, "link_bandwidth", 0.987},
    {A::hopper, "link_bandwidth", 0.963},
    {A::blackwell, "link_bandwidth", 0.972},
    {A::ampere, "link_latency", 1.02},
    {A::hopper, "link_latency", 1.07},
    {A::blackwell, "link_latency", 0.967},
}};

// 0 and -1: any. The last figure is rows, each GPU and each family left out once.
constexpr std::array<ShippedBand, 28> kBands{{
    {R::offlineThroughput, 0, -1, 0.772, 1.21, 1114},
    {R::offlineThroughput, 16, -1, 0.766, 1.15, 396},
    {R::offlineThroughput, 16, 2, 0.827, 1.16, 234}, // ampere
    {R::offlineThroughput, 16, 4, 0.717, 1.14, 162}, // hopper
    {R::offlineThroughput, 8, -1, 0.758, 1.25, 298},
    {R::offlineThroughput, 8, 4, 0.76, 1.24, 278}, // hopper
    {R::offlineThroughput, 4, -1, 0.729, 1.22, 420},
    {R::offlineThroughput, 4, 5, 0.75, 1.18, 172},  // blackwell
    {R::offlineThroughput, 4, 6, 0.629, 1.37, 124}, // blackwellWorkstation
    {R::offlineLatency, 0, -1, 0.735, 2.84, 1452},
    {R::closedLoopTpot, 0, -1, 0.797, 1.29, 354},
    {R::closedLoopTpot, 8, -1, 0.774, 1.39, 198},
    {R::closedLoopTpot, 8, 4, 0.766, 1.2, 104}, // hopper
    {R::closedLoopTpot, 4, -1, 0.785, 1.29, 142},
    {R::closedLoopTpot, 4, 5, 0.74, 1.32, 98}, // blackwell
    {R::closedLoopTtft, 0, -1, 0.386, 2.95, 1708},
    {R::closedLoopTtft, 8, -1, 0.39, 2.9, 756},
    {R::closedLoopTtft, 4, -1, 0.335, 3.73, 670},
    {R::closedLoopTtft, 4, 5, 0.331, 3.53, 588}, // blackwell
    {R::firstToken, 0, -1, 0.845, 5.33, 968},
    {R::firstToken, 16, -1, 0.844, 8.09, 210},
    {R::firstToken, 16, 4, 0.754, 6.83, 162}, // hopper
    {R::firstToken, 8, -1, 0.815, 5.13, 388},
    {R::firstToken, 8, 4, 0.794, 4.94, 136}, // hopper
    {R::firstToken, 4, -1, 0.749, 5.53, 370},
    {R::firstToken, 4, 5, 0.924, 5.77, 310}, // blackwell
    {R::batch, 0, -1, 0.808, 1.2, 208},
    {R::batch, 8, -1, 0.82, 1.16, 16},
}};

} // namespace

std::span<const double, kCoefficients> shippedShared() { return kShared; }
std::span<const ShippedFactor> shippedFactors() { return kFactors; }
std::span<const ShippedBand> shippedBands() { return kBands; }

} // namespace headroom
