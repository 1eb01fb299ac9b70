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
    {"A100-SXM-80GB", "TensorRT-LLM", "GPT-J-6B", 16, L::offlineMax, M::outputTokenRate, 4, 0.206, -0.206},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-2-70B", 16, L::offlineMax, M::outputTokenRate, 8, 0.113, 0.113},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-2-7B", 16, L::offlineMax, M::outputTokenRate, 4, 0.172, -0.172},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-3-70B", 16, L::offlineMax, M::outputTokenRate, 4, 0.298, 0.279},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-3-8B", 16, L::offlineMax, M::outputTokenRate, 4, 0.090, -0.090},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-70B", 16, L::offlineMax, M::outputTokenRate, 24, 0.132, 0.020},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-8B", 16, L::offlineMax, M::outputTokenRate, 9, 0.116, -0.116},
    {"A100-SXM-80GB", "TensorRT-LLM", "Mistral-7B", 16, L::offlineMax, M::outputTokenRate, 13, 0.122, -0.117},
    {"A100-SXM-80GB", "TensorRT-LLM", "Mixtral-8x7B", 16, L::offlineMax, M::outputTokenRate, 28, 0.088, -0.074},
    {"A100-SXM-80GB", "TensorRT-LLM", "Qwen3-14B", 16, L::offlineMax, M::outputTokenRate, 7, 0.072, -0.060},
    {"A100-SXM-80GB", "vLLM", "BLOOM-176B", 16, L::staticBatch, M::tpot, 12, 0.031, -0.031},
    {"A100-SXM-80GB", "vLLM", "BLOOM-176B", 16, L::staticBatch, M::ttft, 12, 0.063, -0.063},
    {"A100-SXM-80GB", "vLLM", "Llama-2-70B", 16, L::staticBatch, M::tpot, 12, 0.042, -0.012},
    {"A100-SXM-80GB", "vLLM", "Llama-2-70B", 16, L::staticBatch, M::ttft, 12, 0.031, 0.014},
    {"A100-SXM-80GB", "vLLM", "Qwen3-14B", 16, L::offlineMax, M::outputTokenRate, 5, 0.189, 0.189},
    {"A100-SXM-80GB", "vLLM", "Qwen3-235B-A22B-Instruct-2507", 16, L::offlineMax, M::outputTokenRate, 5, 0.378, 0.378},
    {"A100-SXM-80GB", "vLLM", "Qwen3-235B-A22B-Instruct-2507-FP8", 8, L::offlineMax, M::outputTokenRate, 7, 0.057,
        0.057},
    {"A100-SXM-80GB", "vLLM", "gpt-oss-120b", 4, L::offlineMax, M::outputTokenRate, 13, 0.126, -0.028},
    {"A100-SXM-80GB", "vLLM", "gpt-oss-20b", 4, L::offlineMax, M::outputTokenRate, 12, 0.071, -0.065},
    {"B200-180GB", "SGLang", "DeepSeek-R1", 8, L::fixedConcurrency, M::tpot, 11, 0.313, 0.235},
    {"B200-180GB", "SGLang", "DeepSeek-V3", 4, L::fixedConcurrency, M::tpot, 5, 0.082, -0.082},
    {"B200-180GB", "TensorRT-LLM", "DeepSeek-V3", 8, L::fixedConcurrency, M::tpot, 3, 0.125, 0.125},
    {"B200-180GB", "TensorRT-LLM", "Llama-3.1-70B", 4, L::fixedConcurrency, M::tpot, 7, 0.053, 0.031},
    {"B200-180GB", "TensorRT-LLM", "Llama-3.1-70B", 8, L::fixedConcurrency, M::tpot, 5, 0.240, 0.240},
    {"B200-180GB", "TensorRT-LLM", "Llama-3.3-70B", 4, L::offlineMax, M::outputTokenRate, 15, 0.047, -0.039},
    {"B200-180GB", "TensorRT-LLM", "Llama-4-Maverick", 4, L::offlineMax, M::outputTokenRate, 8, 0.380, -0.380},
    {"B200-180GB", "TensorRT-LLM", "Llama-4-Scout", 4, L::offlineMax, M::outputTokenRate, 10, 0.148, 0.148},
    {"B200-180GB", "TensorRT-LLM", "Qwen3-235B-A22B", 4, L::offlineMax, M::outputTokenRate, 10, 0.269, -0.269},
    {"B200-180GB", "TensorRT-LLM", "gpt-oss-120b", 4, L::fixedConcurrency, M::tpot, 5, 0.524, 0.524},
    {"B200-180GB", "TensorRT-LLM", "gpt-oss-20b", 4, L::offlineMax, M::outputTokenRate, 6, 0.124, -0.035},
    {"B200-180GB", "vLLM", "Llama-3.1-70B", 4, L::fixedConcurrency, M::tpot, 7, 0.079, -0.079},
    {"B200-180GB", "vLLM", "Llama-3.1-70B", 8, L::fixedConcurrency, M::tpot, 5, 0.140, 0.116},
    {"B200-180GB", "vLLM", "MiniMax-M2.5", 4, L::fixedConcurrency, M::tpot, 7, 0.108, 0.108},
    {"B200-180GB", "vLLM", "MiniMax-M2.5", 8, L::fixedConcurrency, M::tpot, 6, 0.038, 0.019},
    {"B200-180GB", "vLLM", "gpt-oss-120b", 4, L::fixedConcurrency, M::tpot, 8, 0.281, 0.281},
    {"B300-288GB", "SGLang", "DeepSeek-V3", 8, L::fixedConcurrency, M::tpot, 10, 0.259, -0.259},
    {"B300-288GB", "vLLM", "MiniMax-M2.5", 4, L::fixedConcurrency, M::tpot, 8, 0.108, 0.108},
    {"B300-288GB", "vLLM", "MiniMax-M2.5", 8, L::fixedConcurrency, M::tpot, 5, 0.081, 0.040},
    {"GB200-192GB", "TensorRT-LLM", "Llama-3.3-70B", 4, L::offlineMax, M::outputTokenRate, 15, 0.067, -0.066},
    {"GB200-192GB", "TensorRT-LLM", "Llama-4-Scout", 4, L::offlineMax, M::outputTokenRate, 10, 0.280, 0.280},
    {"GB200-192GB", "TensorRT-LLM", "gpt-oss-120b", 4, L::offlineMax, M::outputTokenRate, 6, 0.264, 0.264},
    {"GB200-192GB", "TensorRT-LLM", "gpt-oss-20b", 4, L::offlineMax, M::outputTokenRate, 6, 0.024, 0.008},
    {"H100-SXM-80GB", "SGLang", "Qwen3-14B-FP8", 8, L::offlineMax, M::outputTokenRate, 8, 0.435, 0.435},
    {"H100-SXM-80GB", "TensorRT-LLM", "GPT-J-6B", 8, L::offlineMax, M::outputTokenRate, 4, 0.120, 0.033},
    {"H100-SXM-80GB", "TensorRT-LLM", "GPT-J-6B", 16, L::offlineMax, M::outputTokenRate, 4, 0.218, -0.218},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-2-70B", 8, L::offlineMax, M::outputTokenRate, 12, 0.165, -0.082},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-2-70B", 16, L::offlineMax, M::outputTokenRate, 8, 0.238, 0.238},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-2-7B", 8, L::offlineMax, M::outputTokenRate, 4, 0.240, -0.240},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-2-7B", 16, L::offlineMax, M::outputTokenRate, 4, 0.241, -0.241},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3-70B", 8, L::offlineMax, M::outputTokenRate, 4, 0.352, 0.260},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3-8B", 8, L::offlineMax, M::outputTokenRate, 4, 0.139, -0.139},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3-8B", 16, L::offlineMax, M::outputTokenRate, 4, 0.060, -0.060},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-70B", 8, L::offlineMax, M::outputTokenRate, 15, 0.080, -0.034},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-70B", 16, L::offlineMax, M::outputTokenRate, 9, 0.318, 0.068},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-8B", 8, L::offlineMax, M::outputTokenRate, 19, 0.179, -0.179},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-8B", 16, L::offlineMax, M::outputTokenRate, 9, 0.145, -0.145},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3.3-70B", 8, L::offlineMax, M::outputTokenRate, 12, 0.203, -0.203},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-4-Maverick", 8, L::offlineMax, M::outputTokenRate, 7, 0.829, 0.829},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-4-Scout", 8, L::offlineMax, M::outputTokenRate, 8, 0.364, 0.364},
    {"H100-SXM-80GB", "TensorRT-LLM", "Mistral-7B", 8, L::offlineMax, M::outputTokenRate, 13, 0.136, -0.126},
    {"H100-SXM-80GB", "TensorRT-LLM", "Mistral-7B", 16, L::offlineMax, M::outputTokenRate, 13, 0.176, -0.152},
    {"H100-SXM-80GB", "TensorRT-LLM", "Mixtral-8x7B", 8, L::offlineMax, M::outputTokenRate, 15, 0.108, -0.108},
    {"H100-SXM-80GB", "TensorRT-LLM", "Mixtral-8x7B", 16, L::offlineMax, M::outputTokenRate, 17, 0.083, 0.063},
    {"H100-SXM-80GB", "TensorRT-LLM", "Qwen3-235B-A22B", 8, L::offlineMax, M::outputTokenRate, 7, 0.094, -0.094},
    {"H100-SXM-80GB", "TensorRT-LLM", "Qwen3-235B-A22B-FP8", 8, L::fixedConcurrency, M::tpot, 13, 0.130, 0.085},
    {"H100-SXM-80GB", "TensorRT-LLM", "gpt-oss-120b", 4, L::fixedConcurrency, M::tpot, 5, 0.321, -0.321},
    {"H100-SXM-80GB", "TensorRT-LLM", "gpt-oss-20b", 4, L::offlineMax, M::outputTokenRate, 6, 0.171, 0.097},
    {"H100-SXM-80GB", "vLLM", "BLOOM-176B", 16, L::staticBatch, M::tpot, 12, 0.027, 0.027},
    {"H100-SXM-80GB", "vLLM", "BLOOM-176B", 16, L::staticBatch, M::ttft, 12, 0.031, 0.004},
    {"H100-SXM-80GB", "vLLM", "Llama-2-70B", 16, L::staticBatch, M::tpot, 12, 0.250, 0.250},
    {"H100-SXM-80GB", "vLLM", "Llama-2-70B", 16, L::staticBatch, M::ttft, 12, 0.097, 0.007},
    {"H100-SXM-80GB", "vLLM", "Llama-3.1-70B", 8, L::fixedConcurrency, M::tpot, 24, 0.046, -0.019},
    {"H100-SXM-80GB", "vLLM", "MiniMax-M2.5", 8, L::fixedConcurrency, M::tpot, 13, 0.081, -0.078},
    {"H100-SXM-80GB", "vLLM", "Qwen3-14B", 16, L::offlineMax, M::outputTokenRate, 5, 0.678, 0.678},
    {"H100-SXM-80GB", "vLLM", "Qwen3-235B-A22B-Instruct-2507", 16, L::offlineMax, M::outputTokenRate, 5, 0.254, 0.254},
    {"H100-SXM-80GB", "vLLM", "Qwen3-235B-A22B-Instruct-2507-FP8", 8, L::offlineMax, M::outputTokenRate, 6, 0.145,
        0.145},
    {"H100-SXM-80GB", "vLLM", "Qwen3-8B", 16, L::fixedConcurrency, M::tpot, 4, 0.074, -0.074},
    {"H100-SXM-80GB", "vLLM", "gpt-oss-120b", 4, L::fixedConcurrency, M::tpot, 15, 0.126, 0.107},
    {"H100-SXM-80GB", "vLLM", "gpt-oss-120b", 4, L::offlineMax, M::outputTokenRate, 15, 0.118, -0.007},
    {"H100-SXM-80GB", "vLLM", "gpt-oss-20b", 4, L::offlineMax, M::outputTokenRate, 10, 0.149, -0.149},
    {"RTX-PRO-6000-96GB", "TensorRT-LLM", "Llama-3.3-70B", 4, L::offlineMax, M::outputTokenRate, 31, 0.215, -0.196},
    {"RTX-PRO-6000-96GB", "TensorRT-LLM", "Llama-4-Maverick", 4, L::offlineMax, M::outputTokenRate, 9, 0.428, -0.428},
    {"RTX-PRO-6000-96GB", "TensorRT-LLM", "Llama-4-Scout", 4, L::offlineMax, M::outputTokenRate, 13, 0.293, -0.293},
    {"RTX-PRO-6000-96GB", "TensorRT-LLM", "Qwen3-235B-A22B", 4, L::offlineMax, M::outputTokenRate, 9, 0.092, -0.092},
}};

constexpr std::array<ShippedAccuracy, 8> kAccuracy{{
    {"GPU", M::outputTokenRate, L::offlineMax, 557, 0.147, 0.512, -0.062, 0.00},
    {"GPU", M::tpot, L::fixedConcurrency, 180, 0.108, 0.319, 0.031, 0.00},
    {"GPU", M::ttft, L::staticBatch, 56, 0.064, 0.174, -0.014, 0.00},
    {"GPU", M::tpot, L::staticBatch, 48, 0.041, 0.269, 0.008, 0.00},
    {"model family", M::outputTokenRate, L::offlineMax, 557, 0.143, 0.505, -0.069, 0.00},
    {"model family", M::tpot, L::fixedConcurrency, 180, 0.118, 0.511, 0.037, 0.00},
    {"model family", M::ttft, L::staticBatch, 56, 0.057, 0.167, 0.018, 0.00},
    {"model family", M::tpot, L::staticBatch, 48, 0.043, 0.270, 0.029, 0.00},
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
