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
    {"A100-SXM-80GB", "TensorRT-LLM", "GPT-J-6B", 16, L::offlineMax, M::outputTokenRate, 4, 0.077, -0.077},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-2-70B", 16, L::offlineMax, M::outputTokenRate, 8, 0.053, 0.023},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-2-7B", 16, L::offlineMax, M::outputTokenRate, 4, 0.046, -0.046},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-3-70B", 16, L::offlineMax, M::outputTokenRate, 4, 0.155, 0.138},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-3-8B", 16, L::offlineMax, M::outputTokenRate, 4, 0.034, -0.025},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-70B", 16, L::offlineMax, M::outputTokenRate, 24, 0.099, -0.020},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-8B", 16, L::offlineMax, M::outputTokenRate, 9, 0.037, -0.035},
    {"A100-SXM-80GB", "TensorRT-LLM", "Mistral-7B", 16, L::offlineMax, M::outputTokenRate, 13, 0.045, -0.045},
    {"A100-SXM-80GB", "TensorRT-LLM", "Mixtral-8x7B", 16, L::offlineMax, M::outputTokenRate, 28, 0.049, -0.024},
    {"A100-SXM-80GB", "TensorRT-LLM", "Qwen3-14B", 16, L::offlineMax, M::outputTokenRate, 7, 0.069, -0.037},
    {"A100-SXM-80GB", "vLLM", "BLOOM-176B", 16, L::staticBatch, M::ttft, 12, 0.044, -0.041},
    {"A100-SXM-80GB", "vLLM", "BLOOM-176B", 16, L::staticBatch, M::tpot, 12, 0.088, 0.088},
    {"A100-SXM-80GB", "vLLM", "Llama-2-70B", 16, L::staticBatch, M::ttft, 12, 0.052, 0.032},
    {"A100-SXM-80GB", "vLLM", "Llama-2-70B", 16, L::staticBatch, M::tpot, 12, 0.116, 0.112},
    {"A100-SXM-80GB", "vLLM", "Qwen3-14B", 16, L::offlineMax, M::outputTokenRate, 5, 0.181, -0.181},
    {"A100-SXM-80GB", "vLLM", "Qwen3-235B-A22B-Instruct-2507", 16, L::offlineMax, M::outputTokenRate, 5, 0.062, 0.062},
    {"A100-SXM-80GB", "vLLM", "Qwen3-235B-A22B-Instruct-2507-FP8", 8, L::offlineMax, M::outputTokenRate, 7, 0.025,
        0.025},
    {"A100-SXM-80GB", "vLLM", "gpt-oss-120b", 4, L::offlineMax, M::outputTokenRate, 13, 0.163, -0.000},
    {"A100-SXM-80GB", "vLLM", "gpt-oss-20b", 4, L::offlineMax, M::outputTokenRate, 12, 0.107, -0.086},
    {"B200-180GB", "SGLang", "DeepSeek-R1", 8, L::fixedConcurrency, M::tpot, 11, 0.330, 0.215},
    {"B200-180GB", "SGLang", "DeepSeek-V3", 4, L::fixedConcurrency, M::tpot, 5, 0.014, -0.013},
    {"B200-180GB", "TensorRT-LLM", "DeepSeek-V3", 8, L::fixedConcurrency, M::tpot, 3, 0.134, 0.134},
    {"B200-180GB", "TensorRT-LLM", "Llama-3.1-70B", 4, L::fixedConcurrency, M::tpot, 7, 0.059, 0.034},
    {"B200-180GB", "TensorRT-LLM", "Llama-3.1-70B", 8, L::fixedConcurrency, M::tpot, 5, 0.182, 0.182},
    {"B200-180GB", "TensorRT-LLM", "Llama-3.3-70B", 4, L::offlineMax, M::outputTokenRate, 15, 0.041, -0.002},
    {"B200-180GB", "TensorRT-LLM", "Llama-4-Maverick", 4, L::offlineMax, M::outputTokenRate, 8, 0.039, 0.039},
    {"B200-180GB", "TensorRT-LLM", "Llama-4-Scout", 4, L::offlineMax, M::outputTokenRate, 10, 0.113, 0.113},
    {"B200-180GB", "TensorRT-LLM", "Qwen3-235B-A22B", 4, L::offlineMax, M::outputTokenRate, 10, 0.164, 0.164},
    {"B200-180GB", "TensorRT-LLM", "gpt-oss-120b", 4, L::fixedConcurrency, M::tpot, 5, 0.554, 0.554},
    {"B200-180GB", "TensorRT-LLM", "gpt-oss-20b", 4, L::offlineMax, M::outputTokenRate, 6, 0.074, 0.052},
    {"B200-180GB", "vLLM", "Llama-3.1-70B", 4, L::fixedConcurrency, M::tpot, 7, 0.120, -0.120},
    {"B200-180GB", "vLLM", "Llama-3.1-70B", 8, L::fixedConcurrency, M::tpot, 5, 0.035, 0.023},
    {"B200-180GB", "vLLM", "MiniMax-M2.5", 4, L::fixedConcurrency, M::tpot, 7, 0.091, 0.091},
    {"B200-180GB", "vLLM", "MiniMax-M2.5", 8, L::fixedConcurrency, M::tpot, 6, 0.079, 0.020},
    {"B200-180GB", "vLLM", "gpt-oss-120b", 4, L::fixedConcurrency, M::tpot, 8, 0.162, 0.162},
    {"B300-288GB", "SGLang", "DeepSeek-V3", 8, L::fixedConcurrency, M::tpot, 10, 0.276, -0.276},
    {"B300-288GB", "vLLM", "MiniMax-M2.5", 4, L::fixedConcurrency, M::tpot, 8, 0.154, 0.154},
    {"B300-288GB", "vLLM", "MiniMax-M2.5", 8, L::fixedConcurrency, M::tpot, 5, 0.123, 0.021},
    {"GB200-192GB", "TensorRT-LLM", "Llama-3.3-70B", 4, L::offlineMax, M::outputTokenRate, 15, 0.078, -0.078},
    {"GB200-192GB", "TensorRT-LLM", "Llama-4-Scout", 4, L::offlineMax, M::outputTokenRate, 10, 0.206, 0.206},
    {"GB200-192GB", "TensorRT-LLM", "gpt-oss-120b", 4, L::offlineMax, M::outputTokenRate, 6, 0.303, 0.303},
    {"GB200-192GB", "TensorRT-LLM", "gpt-oss-20b", 4, L::offlineMax, M::outputTokenRate, 6, 0.088, 0.088},
    {"H100-SXM-80GB", "SGLang", "Qwen3-14B-FP8", 8, L::offlineMax, M::outputTokenRate, 8, 0.345, 0.345},
    {"H100-SXM-80GB", "TensorRT-LLM", "GPT-J-6B", 8, L::offlineMax, M::outputTokenRate, 4, 0.088, -0.088},
    {"H100-SXM-80GB", "TensorRT-LLM", "GPT-J-6B", 16, L::offlineMax, M::outputTokenRate, 4, 0.101, -0.101},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-2-70B", 8, L::offlineMax, M::outputTokenRate, 12, 0.164, -0.065},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-2-70B", 16, L::offlineMax, M::outputTokenRate, 8, 0.114, -0.013},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-2-7B", 8, L::offlineMax, M::outputTokenRate, 4, 0.114, -0.114},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-2-7B", 16, L::offlineMax, M::outputTokenRate, 4, 0.102, -0.102},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3-70B", 8, L::offlineMax, M::outputTokenRate, 4, 0.321, 0.184},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3-8B", 8, L::offlineMax, M::outputTokenRate, 4, 0.136, -0.136},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3-8B", 16, L::offlineMax, M::outputTokenRate, 4, 0.063, -0.050},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-70B", 8, L::offlineMax, M::outputTokenRate, 15, 0.048, -0.019},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-70B", 16, L::offlineMax, M::outputTokenRate, 9, 0.114, -0.085},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-8B", 8, L::offlineMax, M::outputTokenRate, 19, 0.174, -0.174},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-8B", 16, L::offlineMax, M::outputTokenRate, 9, 0.065, -0.065},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3.3-70B", 8, L::offlineMax, M::outputTokenRate, 12, 0.149, -0.149},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-4-Maverick", 8, L::offlineMax, M::outputTokenRate, 7, 0.108, 0.108},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-4-Scout", 8, L::offlineMax, M::outputTokenRate, 8, 0.071, -0.071},
    {"H100-SXM-80GB", "TensorRT-LLM", "Mistral-7B", 8, L::offlineMax, M::outputTokenRate, 13, 0.156, -0.156},
    {"H100-SXM-80GB", "TensorRT-LLM", "Mistral-7B", 16, L::offlineMax, M::outputTokenRate, 13, 0.085, -0.085},
    {"H100-SXM-80GB", "TensorRT-LLM", "Mixtral-8x7B", 8, L::offlineMax, M::outputTokenRate, 15, 0.113, -0.113},
    {"H100-SXM-80GB", "TensorRT-LLM", "Mixtral-8x7B", 16, L::offlineMax, M::outputTokenRate, 17, 0.085, 0.011},
    {"H100-SXM-80GB", "TensorRT-LLM", "Qwen3-235B-A22B", 8, L::offlineMax, M::outputTokenRate, 7, 0.127, 0.127},
    {"H100-SXM-80GB", "TensorRT-LLM", "Qwen3-235B-A22B-FP8", 8, L::fixedConcurrency, M::tpot, 13, 0.153, 0.153},
    {"H100-SXM-80GB", "TensorRT-LLM", "gpt-oss-120b", 4, L::fixedConcurrency, M::tpot, 5, 0.197, -0.197},
    {"H100-SXM-80GB", "TensorRT-LLM", "gpt-oss-20b", 4, L::offlineMax, M::outputTokenRate, 6, 0.156, 0.091},
    {"H100-SXM-80GB", "vLLM", "BLOOM-176B", 16, L::staticBatch, M::ttft, 12, 0.030, 0.020},
    {"H100-SXM-80GB", "vLLM", "BLOOM-176B", 16, L::staticBatch, M::tpot, 12, 0.023, -0.023},
    {"H100-SXM-80GB", "vLLM", "Llama-2-70B", 16, L::staticBatch, M::ttft, 12, 0.098, 0.019},
    {"H100-SXM-80GB", "vLLM", "Llama-2-70B", 16, L::staticBatch, M::tpot, 12, 0.174, 0.174},
    {"H100-SXM-80GB", "vLLM", "Llama-3.1-70B", 8, L::fixedConcurrency, M::tpot, 24, 0.058, -0.056},
    {"H100-SXM-80GB", "vLLM", "MiniMax-M2.5", 8, L::fixedConcurrency, M::tpot, 13, 0.088, -0.014},
    {"H100-SXM-80GB", "vLLM", "Qwen3-14B", 16, L::offlineMax, M::outputTokenRate, 5, 0.410, 0.410},
    {"H100-SXM-80GB", "vLLM", "Qwen3-235B-A22B-Instruct-2507", 16, L::offlineMax, M::outputTokenRate, 5, 0.168, -0.119},
    {"H100-SXM-80GB", "vLLM", "Qwen3-235B-A22B-Instruct-2507-FP8", 8, L::offlineMax, M::outputTokenRate, 6, 0.144,
        0.005},
    {"H100-SXM-80GB", "vLLM", "Qwen3-8B", 16, L::fixedConcurrency, M::ttft, 4, 0.786, -0.786},
    {"H100-SXM-80GB", "vLLM", "Qwen3-8B", 16, L::fixedConcurrency, M::tpot, 4, 0.024, -0.024},
    {"H100-SXM-80GB", "vLLM", "gpt-oss-120b", 4, L::offlineMax, M::outputTokenRate, 15, 0.115, -0.052},
    {"H100-SXM-80GB", "vLLM", "gpt-oss-120b", 4, L::fixedConcurrency, M::tpot, 15, 0.106, 0.087},
    {"H100-SXM-80GB", "vLLM", "gpt-oss-20b", 4, L::offlineMax, M::outputTokenRate, 10, 0.139, -0.139},
    {"RTX-PRO-6000-96GB", "TensorRT-LLM", "Llama-3.3-70B", 4, L::offlineMax, M::outputTokenRate, 31, 0.132, -0.109},
    {"RTX-PRO-6000-96GB", "TensorRT-LLM", "Llama-4-Maverick", 4, L::offlineMax, M::outputTokenRate, 9, 0.214, -0.214},
    {"RTX-PRO-6000-96GB", "TensorRT-LLM", "Llama-4-Scout", 4, L::offlineMax, M::outputTokenRate, 13, 0.185, 0.185},
    {"RTX-PRO-6000-96GB", "TensorRT-LLM", "Qwen3-235B-A22B", 4, L::offlineMax, M::outputTokenRate, 9, 0.118, 0.005},
}};

constexpr std::array<ShippedAccuracy, 12> kAccuracy{{
    {"GPU", M::outputTokenRate, L::offlineMax, 557, 0.108, 0.286, -0.035, 0.82},
    {"GPU", M::tpot, L::fixedConcurrency, 177, 0.110, 0.358, 0.029, 0.82},
    {"GPU", M::ttft, L::staticBatch, 56, 0.053, 0.181, 0.019, 0.86},
    {"GPU", M::tpot, L::staticBatch, 48, 0.092, 0.207, 0.087, 0.73},
    {"model family", M::outputTokenRate, L::offlineMax, 557, 0.110, 0.354, -0.019, 0.79},
    {"model family", M::tpot, L::fixedConcurrency, 177, 0.112, 0.367, 0.030, 0.81},
    {"model family", M::ttft, L::staticBatch, 56, 0.055, 0.183, -0.005, 0.82},
    {"model family", M::tpot, L::staticBatch, 48, 0.087, 0.214, 0.067, 0.79},
    {"source", M::outputTokenRate, L::offlineMax, 557, 0.093, 0.330, -0.006, 0.83},
    {"source", M::tpot, L::fixedConcurrency, 177, 0.137, 0.389, 0.014, 0.74},
    {"source", M::ttft, L::staticBatch, 56, 0.076, 0.215, -0.064, 0.75},
    {"source", M::tpot, L::staticBatch, 48, 0.106, 0.214, -0.037, 0.60},
}};

} // namespace

std::span<const ResidualGroup> shippedResiduals() { return kGroups; }
std::span<const ShippedAccuracy> shippedAccuracy() { return kAccuracy; }
int shippedRuns() { return 851; }

} // namespace headroom
