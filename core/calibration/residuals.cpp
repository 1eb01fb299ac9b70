// Statistics of residuals, no measurement: `headroom-cli validate BENCH.csv --cross-validate gpu|family|source --fit-on
// MEASURED.csv --rows OUT.csv`, its rows grouped. The runs are public: TensorRT-LLM performance overviews 0.9 to 1.2,
// InferenceX, GPUStack performance lab, aiconfigurator, splitwise-sim.
#include "core/calibration/nearness.h"

#include <array>

namespace headroom {
namespace {

using L = LoadKind;
using M = Metric;

constexpr std::array<ResidualGroup, 84> kGroups{{
    {"A100-SXM-80GB", "TensorRT-LLM", "GPT-J-6B", 16, L::offlineMax, M::outputTokenRate, 4, 0.182, -0.182},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-2-70B", 16, L::offlineMax, M::outputTokenRate, 8, 0.133, 0.133},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-2-7B", 16, L::offlineMax, M::outputTokenRate, 4, 0.147, -0.147},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-3-70B", 16, L::offlineMax, M::outputTokenRate, 4, 0.321, 0.308},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-3-8B", 16, L::offlineMax, M::outputTokenRate, 4, 0.080, -0.080},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-70B", 16, L::offlineMax, M::outputTokenRate, 24, 0.138, 0.033},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-8B", 16, L::offlineMax, M::outputTokenRate, 9, 0.102, -0.102},
    {"A100-SXM-80GB", "TensorRT-LLM", "Mistral-7B", 16, L::offlineMax, M::outputTokenRate, 13, 0.102, -0.102},
    {"A100-SXM-80GB", "TensorRT-LLM", "Mixtral-8x7B", 16, L::offlineMax, M::outputTokenRate, 28, 0.081, -0.067},
    {"A100-SXM-80GB", "TensorRT-LLM", "Qwen3-14B", 16, L::offlineMax, M::outputTokenRate, 7, 0.069, -0.057},
    {"A100-SXM-80GB", "vLLM", "BLOOM-176B", 16, L::staticBatch, M::tpot, 12, 0.069, -0.069},
    {"A100-SXM-80GB", "vLLM", "BLOOM-176B", 16, L::staticBatch, M::ttft, 12, 0.077, -0.077},
    {"A100-SXM-80GB", "vLLM", "Llama-2-70B", 16, L::staticBatch, M::tpot, 12, 0.067, -0.055},
    {"A100-SXM-80GB", "vLLM", "Llama-2-70B", 16, L::staticBatch, M::ttft, 12, 0.048, 0.001},
    {"A100-SXM-80GB", "vLLM", "Qwen3-14B", 16, L::offlineMax, M::outputTokenRate, 5, 0.196, 0.196},
    {"A100-SXM-80GB", "vLLM", "Qwen3-235B-A22B-Instruct-2507", 16, L::offlineMax, M::outputTokenRate, 5, 0.411, 0.411},
    {"A100-SXM-80GB", "vLLM", "Qwen3-235B-A22B-Instruct-2507-FP8", 8, L::offlineMax, M::outputTokenRate, 7, 0.078,
        0.078},
    {"A100-SXM-80GB", "vLLM", "gpt-oss-120b", 4, L::offlineMax, M::outputTokenRate, 13, 0.122, -0.031},
    {"A100-SXM-80GB", "vLLM", "gpt-oss-20b", 4, L::offlineMax, M::outputTokenRate, 12, 0.069, -0.064},
    {"B200-180GB", "SGLang", "DeepSeek-R1", 8, L::fixedConcurrency, M::tpot, 11, 0.307, 0.216},
    {"B200-180GB", "SGLang", "DeepSeek-V3", 4, L::fixedConcurrency, M::tpot, 5, 0.107, -0.107},
    {"B200-180GB", "TensorRT-LLM", "DeepSeek-V3", 8, L::fixedConcurrency, M::tpot, 3, 0.138, 0.106},
    {"B200-180GB", "TensorRT-LLM", "Llama-3.1-70B", 4, L::fixedConcurrency, M::tpot, 7, 0.032, 0.008},
    {"B200-180GB", "TensorRT-LLM", "Llama-3.1-70B", 8, L::fixedConcurrency, M::tpot, 5, 0.199, 0.199},
    {"B200-180GB", "TensorRT-LLM", "Llama-3.3-70B", 4, L::offlineMax, M::outputTokenRate, 15, 0.048, -0.036},
    {"B200-180GB", "TensorRT-LLM", "Llama-4-Maverick", 4, L::offlineMax, M::outputTokenRate, 8, 0.380, -0.380},
    {"B200-180GB", "TensorRT-LLM", "Llama-4-Scout", 4, L::offlineMax, M::outputTokenRate, 10, 0.164, 0.164},
    {"B200-180GB", "TensorRT-LLM", "Qwen3-235B-A22B", 4, L::offlineMax, M::outputTokenRate, 10, 0.265, -0.265},
    {"B200-180GB", "TensorRT-LLM", "gpt-oss-120b", 4, L::fixedConcurrency, M::tpot, 5, 0.505, 0.505},
    {"B200-180GB", "TensorRT-LLM", "gpt-oss-20b", 4, L::offlineMax, M::outputTokenRate, 6, 0.121, -0.023},
    {"B200-180GB", "vLLM", "Llama-3.1-70B", 4, L::fixedConcurrency, M::tpot, 7, 0.101, -0.101},
    {"B200-180GB", "vLLM", "Llama-3.1-70B", 8, L::fixedConcurrency, M::tpot, 5, 0.114, 0.088},
    {"B200-180GB", "vLLM", "MiniMax-M2.5", 4, L::fixedConcurrency, M::tpot, 7, 0.083, 0.083},
    {"B200-180GB", "vLLM", "MiniMax-M2.5", 8, L::fixedConcurrency, M::tpot, 6, 0.049, 0.009},
    {"B200-180GB", "vLLM", "gpt-oss-120b", 4, L::fixedConcurrency, M::tpot, 8, 0.273, 0.273},
    {"B300-288GB", "SGLang", "DeepSeek-V3", 8, L::fixedConcurrency, M::tpot, 10, 0.256, -0.256},
    {"B300-288GB", "vLLM", "MiniMax-M2.5", 4, L::fixedConcurrency, M::tpot, 8, 0.104, 0.104},
    {"B300-288GB", "vLLM", "MiniMax-M2.5", 8, L::fixedConcurrency, M::tpot, 5, 0.088, 0.046},
    {"GB200-192GB", "TensorRT-LLM", "Llama-3.3-70B", 4, L::offlineMax, M::outputTokenRate, 15, 0.075, -0.063},
    {"GB200-192GB", "TensorRT-LLM", "Llama-4-Scout", 4, L::offlineMax, M::outputTokenRate, 10, 0.287, 0.287},
    {"GB200-192GB", "TensorRT-LLM", "gpt-oss-120b", 4, L::offlineMax, M::outputTokenRate, 6, 0.260, 0.260},
    {"GB200-192GB", "TensorRT-LLM", "gpt-oss-20b", 4, L::offlineMax, M::outputTokenRate, 6, 0.026, 0.009},
    {"H100-SXM-80GB", "SGLang", "Qwen3-14B-FP8", 8, L::offlineMax, M::outputTokenRate, 8, 0.605, 0.605},
    {"H100-SXM-80GB", "TensorRT-LLM", "GPT-J-6B", 8, L::offlineMax, M::outputTokenRate, 4, 0.144, 0.068},
    {"H100-SXM-80GB", "TensorRT-LLM", "GPT-J-6B", 16, L::offlineMax, M::outputTokenRate, 4, 0.195, -0.195},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-2-70B", 8, L::offlineMax, M::outputTokenRate, 12, 0.165, -0.077},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-2-70B", 16, L::offlineMax, M::outputTokenRate, 8, 0.253, 0.253},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-2-7B", 8, L::offlineMax, M::outputTokenRate, 4, 0.214, -0.214},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-2-7B", 16, L::offlineMax, M::outputTokenRate, 4, 0.216, -0.216},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3-70B", 8, L::offlineMax, M::outputTokenRate, 4, 0.363, 0.270},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3-8B", 8, L::offlineMax, M::outputTokenRate, 4, 0.119, -0.119},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3-8B", 16, L::offlineMax, M::outputTokenRate, 4, 0.048, -0.048},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-70B", 8, L::offlineMax, M::outputTokenRate, 15, 0.096, -0.042},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-70B", 16, L::offlineMax, M::outputTokenRate, 9, 0.324, 0.089},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-8B", 8, L::offlineMax, M::outputTokenRate, 19, 0.168, -0.168},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-8B", 16, L::offlineMax, M::outputTokenRate, 9, 0.119, -0.119},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3.3-70B", 8, L::offlineMax, M::outputTokenRate, 12, 0.199, -0.199},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-4-Maverick", 8, L::offlineMax, M::outputTokenRate, 7, 0.838, 0.838},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-4-Scout", 8, L::offlineMax, M::outputTokenRate, 8, 0.387, 0.387},
    {"H100-SXM-80GB", "TensorRT-LLM", "Mistral-7B", 8, L::offlineMax, M::outputTokenRate, 13, 0.112, -0.100},
    {"H100-SXM-80GB", "TensorRT-LLM", "Mistral-7B", 16, L::offlineMax, M::outputTokenRate, 13, 0.148, -0.125},
    {"H100-SXM-80GB", "TensorRT-LLM", "Mixtral-8x7B", 8, L::offlineMax, M::outputTokenRate, 15, 0.098, -0.091},
    {"H100-SXM-80GB", "TensorRT-LLM", "Mixtral-8x7B", 16, L::offlineMax, M::outputTokenRate, 17, 0.097, 0.089},
    {"H100-SXM-80GB", "TensorRT-LLM", "Qwen3-235B-A22B", 8, L::offlineMax, M::outputTokenRate, 7, 0.083, -0.083},
    {"H100-SXM-80GB", "TensorRT-LLM", "Qwen3-235B-A22B-FP8", 8, L::fixedConcurrency, M::tpot, 13, 0.132, 0.072},
    {"H100-SXM-80GB", "TensorRT-LLM", "gpt-oss-120b", 4, L::fixedConcurrency, M::tpot, 5, 0.325, -0.325},
    {"H100-SXM-80GB", "TensorRT-LLM", "gpt-oss-20b", 4, L::offlineMax, M::outputTokenRate, 6, 0.164, 0.104},
    {"H100-SXM-80GB", "vLLM", "BLOOM-176B", 16, L::staticBatch, M::tpot, 12, 0.039, 0.039},
    {"H100-SXM-80GB", "vLLM", "BLOOM-176B", 16, L::staticBatch, M::ttft, 12, 0.032, 0.010},
    {"H100-SXM-80GB", "vLLM", "Llama-2-70B", 16, L::staticBatch, M::tpot, 12, 0.265, 0.265},
    {"H100-SXM-80GB", "vLLM", "Llama-2-70B", 16, L::staticBatch, M::ttft, 12, 0.096, 0.013},
    {"H100-SXM-80GB", "vLLM", "Llama-3.1-70B", 8, L::fixedConcurrency, M::tpot, 24, 0.049, -0.022},
    {"H100-SXM-80GB", "vLLM", "MiniMax-M2.5", 8, L::fixedConcurrency, M::tpot, 13, 0.088, -0.085},
    {"H100-SXM-80GB", "vLLM", "Qwen3-14B", 16, L::offlineMax, M::outputTokenRate, 5, 0.689, 0.689},
    {"H100-SXM-80GB", "vLLM", "Qwen3-235B-A22B-Instruct-2507", 16, L::offlineMax, M::outputTokenRate, 5, 0.261, 0.261},
    {"H100-SXM-80GB", "vLLM", "Qwen3-235B-A22B-Instruct-2507-FP8", 8, L::offlineMax, M::outputTokenRate, 6, 0.141,
        0.141},
    {"H100-SXM-80GB", "vLLM", "Qwen3-8B", 16, L::fixedConcurrency, M::tpot, 4, 0.067, -0.067},
    {"H100-SXM-80GB", "vLLM", "gpt-oss-120b", 4, L::fixedConcurrency, M::tpot, 15, 0.122, 0.102},
    {"H100-SXM-80GB", "vLLM", "gpt-oss-120b", 4, L::offlineMax, M::outputTokenRate, 15, 0.120, -0.010},
    {"H100-SXM-80GB", "vLLM", "gpt-oss-20b", 4, L::offlineMax, M::outputTokenRate, 10, 0.148, -0.148},
    {"RTX-PRO-6000-96GB", "TensorRT-LLM", "Llama-3.3-70B", 4, L::offlineMax, M::outputTokenRate, 31, 0.196, -0.185},
    {"RTX-PRO-6000-96GB", "TensorRT-LLM", "Llama-4-Maverick", 4, L::offlineMax, M::outputTokenRate, 9, 0.421, -0.421},
    {"RTX-PRO-6000-96GB", "TensorRT-LLM", "Llama-4-Scout", 4, L::offlineMax, M::outputTokenRate, 13, 0.286, -0.286},
    {"RTX-PRO-6000-96GB", "TensorRT-LLM", "Qwen3-235B-A22B", 4, L::offlineMax, M::outputTokenRate, 9, 0.084, -0.084},
}};

constexpr std::array<ShippedAccuracy, 12> kAccuracy{{
    {"GPU", M::outputTokenRate, L::offlineMax, 557, 0.143, 0.552, -0.050, 0.78},
    {"GPU", M::tpot, L::fixedConcurrency, 180, 0.109, 0.322, 0.028, 0.85},
    {"GPU", M::ttft, L::staticBatch, 56, 0.073, 0.184, -0.019, 0.86},
    {"GPU", M::tpot, L::staticBatch, 48, 0.064, 0.282, 0.012, 0.73},
    {"model family", M::outputTokenRate, L::offlineMax, 557, 0.144, 0.530, -0.055, 0.82},
    {"model family", M::tpot, L::fixedConcurrency, 180, 0.126, 0.491, 0.020, 0.77},
    {"model family", M::ttft, L::staticBatch, 56, 0.057, 0.174, -0.005, 0.86},
    {"model family", M::tpot, L::staticBatch, 48, 0.025, 0.259, 0.003, 0.79},
    {"source", M::outputTokenRate, L::offlineMax, 557, 0.120, 0.538, -0.041, 0.82},
    {"source", M::tpot, L::fixedConcurrency, 180, 0.126, 0.433, 0.030, 0.81},
    {"source", M::ttft, L::staticBatch, 56, 0.069, 0.180, -0.034, 0.80},
    {"source", M::tpot, L::staticBatch, 48, 0.137, 0.223, -0.137, 0.31},
}};

} // namespace

std::span<const ResidualGroup> shippedResiduals() { return kGroups; }
std::span<const ShippedAccuracy> shippedAccuracy() { return kAccuracy; }

std::string_view accuracySource()
{
    return "Each run predicted by coefficients fitted without its GPU, model family or source; 883 public runs of "
           "TensorRT-LLM, vLLM and SGLang (validate --cross-validate).";
}

} // namespace headroom
