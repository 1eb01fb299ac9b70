// Written by `headroom-cli validate BENCH.csv --fit-on MEASURED.csv --publish FOLDER`: not by hand. Statistics of
// residuals, no measurement. The runs are public: TensorRT-LLM performance overviews 0.9 to 1.2, InferenceX,
// GPUStack performance lab, aiconfigurator, splitwise-sim.
#include "core/calibration/nearness.h"

#include <array>

namespace headroom {
namespace {

using L = LoadKind;
using M = Metric;

constexpr std::array<ResidualGroup, 85> kGroups{{
    {"A100-SXM-80GB", "TensorRT-LLM", "GPT-J-6B", 16, L::offlineMax, M::outputTokenRate, 4, 0.080, -0.080},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-2-70B", 16, L::offlineMax, M::outputTokenRate, 8, 0.058, 0.019},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-2-7B", 16, L::offlineMax, M::outputTokenRate, 4, 0.050, -0.050},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-3-70B", 16, L::offlineMax, M::outputTokenRate, 4, 0.155, 0.134},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-3-8B", 16, L::offlineMax, M::outputTokenRate, 4, 0.032, -0.029},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-70B", 16, L::offlineMax, M::outputTokenRate, 24, 0.105, -0.024},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-8B", 16, L::offlineMax, M::outputTokenRate, 9, 0.038, -0.038},
    {"A100-SXM-80GB", "TensorRT-LLM", "Mistral-7B", 16, L::offlineMax, M::outputTokenRate, 13, 0.047, -0.047},
    {"A100-SXM-80GB", "TensorRT-LLM", "Mixtral-8x7B", 16, L::offlineMax, M::outputTokenRate, 28, 0.060, -0.047},
    {"A100-SXM-80GB", "TensorRT-LLM", "Qwen3-14B", 16, L::offlineMax, M::outputTokenRate, 7, 0.070, -0.037},
    {"A100-SXM-80GB", "vLLM", "BLOOM-176B", 16, L::staticBatch, M::ttft, 12, 0.045, -0.044},
    {"A100-SXM-80GB", "vLLM", "BLOOM-176B", 16, L::staticBatch, M::tpot, 12, 0.074, 0.074},
    {"A100-SXM-80GB", "vLLM", "Llama-2-70B", 16, L::staticBatch, M::ttft, 12, 0.045, 0.030},
    {"A100-SXM-80GB", "vLLM", "Llama-2-70B", 16, L::staticBatch, M::tpot, 12, 0.117, 0.094},
    {"A100-SXM-80GB", "vLLM", "Qwen3-14B", 16, L::offlineMax, M::outputTokenRate, 5, 0.181, -0.181},
    {"A100-SXM-80GB", "vLLM", "Qwen3-235B-A22B-Instruct-2507", 16, L::offlineMax, M::outputTokenRate, 5, 0.064, 0.064},
    {"A100-SXM-80GB", "vLLM", "Qwen3-235B-A22B-Instruct-2507-FP8", 8, L::offlineMax, M::outputTokenRate, 7, 0.027,
        -0.001},
    {"A100-SXM-80GB", "vLLM", "gpt-oss-120b", 4, L::offlineMax, M::outputTokenRate, 13, 0.146, -0.018},
    {"A100-SXM-80GB", "vLLM", "gpt-oss-20b", 4, L::offlineMax, M::outputTokenRate, 12, 0.088, -0.081},
    {"B200-180GB", "SGLang", "DeepSeek-R1", 8, L::fixedConcurrency, M::tpot, 11, 0.307, 0.226},
    {"B200-180GB", "SGLang", "DeepSeek-V3", 4, L::fixedConcurrency, M::tpot, 5, 0.051, -0.018},
    {"B200-180GB", "TensorRT-LLM", "DeepSeek-V3", 8, L::fixedConcurrency, M::tpot, 3, 0.117, 0.067},
    {"B200-180GB", "TensorRT-LLM", "Llama-3.1-70B", 4, L::fixedConcurrency, M::tpot, 7, 0.028, -0.028},
    {"B200-180GB", "TensorRT-LLM", "Llama-3.1-70B", 8, L::fixedConcurrency, M::tpot, 5, 0.069, 0.069},
    {"B200-180GB", "TensorRT-LLM", "Llama-3.3-70B", 4, L::offlineMax, M::outputTokenRate, 15, 0.052, 0.012},
    {"B200-180GB", "TensorRT-LLM", "Llama-4-Maverick", 4, L::offlineMax, M::outputTokenRate, 8, 0.043, 0.043},
    {"B200-180GB", "TensorRT-LLM", "Llama-4-Scout", 4, L::offlineMax, M::outputTokenRate, 10, 0.081, 0.081},
    {"B200-180GB", "TensorRT-LLM", "Qwen3-235B-A22B", 4, L::offlineMax, M::outputTokenRate, 10, 0.170, 0.170},
    {"B200-180GB", "TensorRT-LLM", "gpt-oss-120b", 4, L::fixedConcurrency, M::tpot, 5, 0.300, 0.300},
    {"B200-180GB", "TensorRT-LLM", "gpt-oss-20b", 4, L::offlineMax, M::outputTokenRate, 6, 0.066, 0.062},
    {"B200-180GB", "vLLM", "Llama-3.1-70B", 4, L::fixedConcurrency, M::tpot, 7, 0.093, -0.093},
    {"B200-180GB", "vLLM", "Llama-3.1-70B", 8, L::fixedConcurrency, M::tpot, 5, 0.055, 0.016},
    {"B200-180GB", "vLLM", "MiniMax-M2.5", 4, L::fixedConcurrency, M::tpot, 7, 0.112, 0.112},
    {"B200-180GB", "vLLM", "MiniMax-M2.5", 8, L::fixedConcurrency, M::tpot, 6, 0.031, -0.021},
    {"B200-180GB", "vLLM", "gpt-oss-120b", 4, L::fixedConcurrency, M::tpot, 8, 0.166, 0.166},
    {"B300-288GB", "SGLang", "DeepSeek-V3", 8, L::fixedConcurrency, M::tpot, 10, 0.268, -0.268},
    {"B300-288GB", "vLLM", "MiniMax-M2.5", 4, L::fixedConcurrency, M::tpot, 8, 0.149, 0.149},
    {"B300-288GB", "vLLM", "MiniMax-M2.5", 8, L::fixedConcurrency, M::tpot, 5, 0.112, -0.011},
    {"GB200-192GB", "TensorRT-LLM", "Llama-3.3-70B", 4, L::offlineMax, M::outputTokenRate, 15, 0.074, -0.074},
    {"GB200-192GB", "TensorRT-LLM", "Llama-4-Scout", 4, L::offlineMax, M::outputTokenRate, 10, 0.185, 0.185},
    {"GB200-192GB", "TensorRT-LLM", "gpt-oss-120b", 4, L::offlineMax, M::outputTokenRate, 6, 0.266, 0.266},
    {"GB200-192GB", "TensorRT-LLM", "gpt-oss-20b", 4, L::offlineMax, M::outputTokenRate, 6, 0.090, 0.090},
    {"H100-SXM-80GB", "SGLang", "Qwen3-14B-FP8", 8, L::offlineMax, M::outputTokenRate, 8, 0.346, 0.346},
    {"H100-SXM-80GB", "TensorRT-LLM", "GPT-J-6B", 8, L::offlineMax, M::outputTokenRate, 4, 0.098, -0.098},
    {"H100-SXM-80GB", "TensorRT-LLM", "GPT-J-6B", 16, L::offlineMax, M::outputTokenRate, 4, 0.105, -0.105},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-2-70B", 8, L::offlineMax, M::outputTokenRate, 12, 0.164, -0.071},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-2-70B", 16, L::offlineMax, M::outputTokenRate, 8, 0.116, -0.011},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-2-7B", 8, L::offlineMax, M::outputTokenRate, 4, 0.123, -0.123},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-2-7B", 16, L::offlineMax, M::outputTokenRate, 4, 0.104, -0.104},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3-70B", 8, L::offlineMax, M::outputTokenRate, 4, 0.321, 0.178},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3-8B", 8, L::offlineMax, M::outputTokenRate, 4, 0.142, -0.142},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3-8B", 16, L::offlineMax, M::outputTokenRate, 4, 0.061, -0.053},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-70B", 8, L::offlineMax, M::outputTokenRate, 15, 0.051, -0.035},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-70B", 16, L::offlineMax, M::outputTokenRate, 9, 0.121, -0.079},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-8B", 8, L::offlineMax, M::outputTokenRate, 19, 0.177, -0.177},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-8B", 16, L::offlineMax, M::outputTokenRate, 9, 0.068, -0.068},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3.3-70B", 8, L::offlineMax, M::outputTokenRate, 12, 0.152, -0.152},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-4-Maverick", 8, L::offlineMax, M::outputTokenRate, 7, 0.212, 0.212},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-4-Scout", 8, L::offlineMax, M::outputTokenRate, 8, 0.098, -0.098},
    {"H100-SXM-80GB", "TensorRT-LLM", "Mistral-7B", 8, L::offlineMax, M::outputTokenRate, 13, 0.161, -0.161},
    {"H100-SXM-80GB", "TensorRT-LLM", "Mistral-7B", 16, L::offlineMax, M::outputTokenRate, 13, 0.088, -0.088},
    {"H100-SXM-80GB", "TensorRT-LLM", "Mixtral-8x7B", 8, L::offlineMax, M::outputTokenRate, 15, 0.120, -0.120},
    {"H100-SXM-80GB", "TensorRT-LLM", "Mixtral-8x7B", 16, L::offlineMax, M::outputTokenRate, 17, 0.078, -0.008},
    {"H100-SXM-80GB", "TensorRT-LLM", "Qwen3-235B-A22B", 8, L::offlineMax, M::outputTokenRate, 7, 0.102, 0.102},
    {"H100-SXM-80GB", "TensorRT-LLM", "Qwen3-235B-A22B-FP8", 8, L::fixedConcurrency, M::tpot, 13, 0.135, 0.047},
    {"H100-SXM-80GB", "TensorRT-LLM", "gpt-oss-120b", 4, L::fixedConcurrency, M::tpot, 5, 0.197, -0.197},
    {"H100-SXM-80GB", "TensorRT-LLM", "gpt-oss-20b", 4, L::offlineMax, M::outputTokenRate, 6, 0.158, 0.089},
    {"H100-SXM-80GB", "vLLM", "BLOOM-176B", 16, L::staticBatch, M::ttft, 12, 0.037, 0.027},
    {"H100-SXM-80GB", "vLLM", "BLOOM-176B", 16, L::staticBatch, M::tpot, 12, 0.012, -0.012},
    {"H100-SXM-80GB", "vLLM", "Llama-2-70B", 16, L::staticBatch, M::ttft, 12, 0.097, 0.023},
    {"H100-SXM-80GB", "vLLM", "Llama-2-70B", 16, L::staticBatch, M::tpot, 12, 0.186, 0.186},
    {"H100-SXM-80GB", "vLLM", "Llama-3.1-70B", 8, L::fixedConcurrency, M::tpot, 24, 0.073, -0.030},
    {"H100-SXM-80GB", "vLLM", "MiniMax-M2.5", 8, L::fixedConcurrency, M::tpot, 13, 0.062, -0.045},
    {"H100-SXM-80GB", "vLLM", "Qwen3-14B", 16, L::offlineMax, M::outputTokenRate, 5, 0.413, 0.413},
    {"H100-SXM-80GB", "vLLM", "Qwen3-235B-A22B-Instruct-2507", 16, L::offlineMax, M::outputTokenRate, 5, 0.150, -0.101},
    {"H100-SXM-80GB", "vLLM", "Qwen3-235B-A22B-Instruct-2507-FP8", 8, L::offlineMax, M::outputTokenRate, 6, 0.139,
        0.002},
    {"H100-SXM-80GB", "vLLM", "Qwen3-8B", 16, L::fixedConcurrency, M::ttft, 4, 0.787, -0.787},
    {"H100-SXM-80GB", "vLLM", "Qwen3-8B", 16, L::fixedConcurrency, M::tpot, 4, 0.030, -0.030},
    {"H100-SXM-80GB", "vLLM", "gpt-oss-120b", 4, L::offlineMax, M::outputTokenRate, 15, 0.122, -0.061},
    {"H100-SXM-80GB", "vLLM", "gpt-oss-120b", 4, L::fixedConcurrency, M::tpot, 15, 0.072, 0.041},
    {"H100-SXM-80GB", "vLLM", "gpt-oss-20b", 4, L::offlineMax, M::outputTokenRate, 10, 0.144, -0.144},
    {"RTX-PRO-6000-96GB", "TensorRT-LLM", "Llama-3.3-70B", 4, L::offlineMax, M::outputTokenRate, 31, 0.140, -0.113},
    {"RTX-PRO-6000-96GB", "TensorRT-LLM", "Llama-4-Maverick", 4, L::offlineMax, M::outputTokenRate, 9, 0.185, -0.185},
    {"RTX-PRO-6000-96GB", "TensorRT-LLM", "Llama-4-Scout", 4, L::offlineMax, M::outputTokenRate, 13, 0.158, 0.158},
    {"RTX-PRO-6000-96GB", "TensorRT-LLM", "Qwen3-235B-A22B", 4, L::offlineMax, M::outputTokenRate, 9, 0.092, 0.004},
}};

constexpr std::array<ShippedAccuracy, 15> kAccuracy{{
    {"GPU", M::outputTokenRate, L::offlineMax, 557, 0.103, 0.277, -0.040, 0.801},
    {"GPU", M::ttft, L::fixedConcurrency, 13, 0.729, 0.808, -0.729, 0.615},
    {"GPU", M::ttft, L::staticBatch, 56, 0.050, 0.177, 0.020, 0.821},
    {"GPU", M::tpot, L::fixedConcurrency, 177, 0.089, 0.300, 0.011, 0.859},
    {"GPU", M::tpot, L::staticBatch, 48, 0.082, 0.214, 0.072, 0.833},
    {"model family", M::outputTokenRate, L::offlineMax, 557, 0.107, 0.345, -0.027, 0.772},
    {"model family", M::ttft, L::fixedConcurrency, 13, 0.688, 0.798, -0.688, 0.462},
    {"model family", M::ttft, L::staticBatch, 56, 0.050, 0.187, -0.004, 0.875},
    {"model family", M::tpot, L::fixedConcurrency, 177, 0.110, 0.307, 0.032, 0.797},
    {"model family", M::tpot, L::staticBatch, 48, 0.086, 0.229, 0.064, 0.750},
    {"source", M::outputTokenRate, L::offlineMax, 557, 0.089, 0.337, -0.012, 0.864},
    {"source", M::ttft, L::fixedConcurrency, 13, 0.756, 0.825, -0.756, 0.462},
    {"source", M::ttft, L::staticBatch, 56, 0.060, 0.213, -0.050, 0.839},
    {"source", M::tpot, L::fixedConcurrency, 177, 0.134, 0.341, 0.048, 0.847},
    {"source", M::tpot, L::staticBatch, 48, 0.088, 0.203, -0.029, 0.854},
}};

} // namespace

std::span<const ResidualGroup> shippedResiduals() { return kGroups; }
std::span<const ShippedAccuracy> shippedAccuracy() { return kAccuracy; }
int shippedRuns() { return 851; }

} // namespace headroom
