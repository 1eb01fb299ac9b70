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
    {"A100-SXM-80GB", "TensorRT-LLM", "GPT-J-6B", 16, L::offlineMax, M::outputTokenRate, 4, 0.079, -0.079},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-2-70B", 16, L::offlineMax, M::outputTokenRate, 8, 0.089, 0.087},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-2-7B", 16, L::offlineMax, M::outputTokenRate, 4, 0.048, -0.048},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-3-70B", 16, L::offlineMax, M::outputTokenRate, 4, 0.278, 0.271},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-3-8B", 16, L::offlineMax, M::outputTokenRate, 4, 0.033, -0.029},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-70B", 16, L::offlineMax, M::outputTokenRate, 24, 0.153, 0.055},
    {"A100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-8B", 16, L::offlineMax, M::outputTokenRate, 9, 0.040, -0.036},
    {"A100-SXM-80GB", "TensorRT-LLM", "Mistral-7B", 16, L::offlineMax, M::outputTokenRate, 13, 0.046, -0.046},
    {"A100-SXM-80GB", "TensorRT-LLM", "Mixtral-8x7B", 16, L::offlineMax, M::outputTokenRate, 28, 0.051, -0.025},
    {"A100-SXM-80GB", "TensorRT-LLM", "Qwen3-14B", 16, L::offlineMax, M::outputTokenRate, 7, 0.076, -0.043},
    {"A100-SXM-80GB", "vLLM", "BLOOM-176B", 16, L::staticBatch, M::ttft, 12, 0.039, -0.037},
    {"A100-SXM-80GB", "vLLM", "BLOOM-176B", 16, L::staticBatch, M::tpot, 12, 0.082, 0.082},
    {"A100-SXM-80GB", "vLLM", "Llama-2-70B", 16, L::staticBatch, M::ttft, 12, 0.055, 0.038},
    {"A100-SXM-80GB", "vLLM", "Llama-2-70B", 16, L::staticBatch, M::tpot, 12, 0.112, 0.106},
    {"A100-SXM-80GB", "vLLM", "Qwen3-14B", 16, L::offlineMax, M::outputTokenRate, 5, 0.126, 0.126},
    {"A100-SXM-80GB", "vLLM", "Qwen3-235B-A22B-Instruct-2507", 16, L::offlineMax, M::outputTokenRate, 5, 0.099, 0.099},
    {"A100-SXM-80GB", "vLLM", "Qwen3-235B-A22B-Instruct-2507-FP8", 8, L::offlineMax, M::outputTokenRate, 7, 0.063,
        0.063},
    {"A100-SXM-80GB", "vLLM", "gpt-oss-120b", 4, L::offlineMax, M::outputTokenRate, 13, 0.156, 0.009},
    {"A100-SXM-80GB", "vLLM", "gpt-oss-20b", 4, L::offlineMax, M::outputTokenRate, 12, 0.115, -0.060},
    {"B200-180GB", "SGLang", "DeepSeek-R1", 8, L::fixedConcurrency, M::tpot, 11, 0.340, 0.212},
    {"B200-180GB", "SGLang", "DeepSeek-V3", 4, L::fixedConcurrency, M::tpot, 5, 0.020, 0.002},
    {"B200-180GB", "TensorRT-LLM", "DeepSeek-V3", 8, L::fixedConcurrency, M::tpot, 3, 0.132, 0.132},
    {"B200-180GB", "TensorRT-LLM", "Llama-3.1-70B", 4, L::fixedConcurrency, M::tpot, 7, 0.074, 0.047},
    {"B200-180GB", "TensorRT-LLM", "Llama-3.1-70B", 8, L::fixedConcurrency, M::tpot, 5, 0.202, 0.202},
    {"B200-180GB", "TensorRT-LLM", "Llama-3.3-70B", 4, L::offlineMax, M::outputTokenRate, 15, 0.039, -0.003},
    {"B200-180GB", "TensorRT-LLM", "Llama-4-Maverick", 4, L::offlineMax, M::outputTokenRate, 8, 0.033, 0.033},
    {"B200-180GB", "TensorRT-LLM", "Llama-4-Scout", 4, L::offlineMax, M::outputTokenRate, 10, 0.112, 0.112},
    {"B200-180GB", "TensorRT-LLM", "Qwen3-235B-A22B", 4, L::offlineMax, M::outputTokenRate, 10, 0.160, 0.160},
    {"B200-180GB", "TensorRT-LLM", "gpt-oss-120b", 4, L::fixedConcurrency, M::tpot, 5, 0.549, 0.549},
    {"B200-180GB", "TensorRT-LLM", "gpt-oss-20b", 4, L::offlineMax, M::outputTokenRate, 6, 0.073, 0.055},
    {"B200-180GB", "vLLM", "Llama-3.1-70B", 4, L::fixedConcurrency, M::tpot, 7, 0.095, -0.095},
    {"B200-180GB", "vLLM", "Llama-3.1-70B", 8, L::fixedConcurrency, M::tpot, 5, 0.056, 0.037},
    {"B200-180GB", "vLLM", "MiniMax-M2.5", 4, L::fixedConcurrency, M::tpot, 7, 0.101, 0.101},
    {"B200-180GB", "vLLM", "MiniMax-M2.5", 8, L::fixedConcurrency, M::tpot, 6, 0.075, 0.022},
    {"B200-180GB", "vLLM", "gpt-oss-120b", 4, L::fixedConcurrency, M::tpot, 8, 0.165, 0.165},
    {"B300-288GB", "SGLang", "DeepSeek-V3", 8, L::fixedConcurrency, M::tpot, 10, 0.274, -0.274},
    {"B300-288GB", "vLLM", "MiniMax-M2.5", 4, L::fixedConcurrency, M::tpot, 8, 0.155, 0.155},
    {"B300-288GB", "vLLM", "MiniMax-M2.5", 8, L::fixedConcurrency, M::tpot, 5, 0.121, 0.022},
    {"GB200-192GB", "TensorRT-LLM", "Llama-3.3-70B", 4, L::offlineMax, M::outputTokenRate, 15, 0.078, -0.078},
    {"GB200-192GB", "TensorRT-LLM", "Llama-4-Scout", 4, L::offlineMax, M::outputTokenRate, 10, 0.206, 0.206},
    {"GB200-192GB", "TensorRT-LLM", "gpt-oss-120b", 4, L::offlineMax, M::outputTokenRate, 6, 0.301, 0.301},
    {"GB200-192GB", "TensorRT-LLM", "gpt-oss-20b", 4, L::offlineMax, M::outputTokenRate, 6, 0.088, 0.088},
    {"H100-SXM-80GB", "SGLang", "Qwen3-14B-FP8", 8, L::offlineMax, M::outputTokenRate, 8, 0.395, 0.395},
    {"H100-SXM-80GB", "TensorRT-LLM", "GPT-J-6B", 8, L::offlineMax, M::outputTokenRate, 4, 0.091, -0.091},
    {"H100-SXM-80GB", "TensorRT-LLM", "GPT-J-6B", 16, L::offlineMax, M::outputTokenRate, 4, 0.102, -0.102},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-2-70B", 8, L::offlineMax, M::outputTokenRate, 12, 0.168, -0.077},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-2-70B", 16, L::offlineMax, M::outputTokenRate, 8, 0.208, 0.133},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-2-7B", 8, L::offlineMax, M::outputTokenRate, 4, 0.112, -0.112},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-2-7B", 16, L::offlineMax, M::outputTokenRate, 4, 0.103, -0.103},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3-70B", 8, L::offlineMax, M::outputTokenRate, 4, 0.318, 0.167},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3-8B", 8, L::offlineMax, M::outputTokenRate, 4, 0.140, -0.140},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3-8B", 16, L::offlineMax, M::outputTokenRate, 4, 0.066, -0.055},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-70B", 8, L::offlineMax, M::outputTokenRate, 15, 0.050, -0.026},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-70B", 16, L::offlineMax, M::outputTokenRate, 9, 0.156, 0.150},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-8B", 8, L::offlineMax, M::outputTokenRate, 19, 0.182, -0.182},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3.1-8B", 16, L::offlineMax, M::outputTokenRate, 9, 0.069, -0.069},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-3.3-70B", 8, L::offlineMax, M::outputTokenRate, 12, 0.156, -0.156},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-4-Maverick", 8, L::offlineMax, M::outputTokenRate, 7, 0.109, 0.109},
    {"H100-SXM-80GB", "TensorRT-LLM", "Llama-4-Scout", 8, L::offlineMax, M::outputTokenRate, 8, 0.072, -0.072},
    {"H100-SXM-80GB", "TensorRT-LLM", "Mistral-7B", 8, L::offlineMax, M::outputTokenRate, 13, 0.161, -0.161},
    {"H100-SXM-80GB", "TensorRT-LLM", "Mistral-7B", 16, L::offlineMax, M::outputTokenRate, 13, 0.094, -0.094},
    {"H100-SXM-80GB", "TensorRT-LLM", "Mixtral-8x7B", 8, L::offlineMax, M::outputTokenRate, 15, 0.117, -0.117},
    {"H100-SXM-80GB", "TensorRT-LLM", "Mixtral-8x7B", 16, L::offlineMax, M::outputTokenRate, 17, 0.094, 0.006},
    {"H100-SXM-80GB", "TensorRT-LLM", "Qwen3-235B-A22B", 8, L::offlineMax, M::outputTokenRate, 7, 0.122, 0.122},
    {"H100-SXM-80GB", "TensorRT-LLM", "Qwen3-235B-A22B-FP8", 8, L::fixedConcurrency, M::tpot, 13, 0.155, 0.155},
    {"H100-SXM-80GB", "TensorRT-LLM", "gpt-oss-120b", 4, L::fixedConcurrency, M::tpot, 5, 0.182, -0.182},
    {"H100-SXM-80GB", "TensorRT-LLM", "gpt-oss-20b", 4, L::offlineMax, M::outputTokenRate, 6, 0.174, 0.065},
    {"H100-SXM-80GB", "vLLM", "BLOOM-176B", 16, L::staticBatch, M::ttft, 12, 0.032, 0.022},
    {"H100-SXM-80GB", "vLLM", "BLOOM-176B", 16, L::staticBatch, M::tpot, 12, 0.042, -0.042},
    {"H100-SXM-80GB", "vLLM", "Llama-2-70B", 16, L::staticBatch, M::ttft, 12, 0.099, 0.025},
    {"H100-SXM-80GB", "vLLM", "Llama-2-70B", 16, L::staticBatch, M::tpot, 12, 0.152, 0.149},
    {"H100-SXM-80GB", "vLLM", "Llama-3.1-70B", 8, L::fixedConcurrency, M::tpot, 24, 0.056, -0.049},
    {"H100-SXM-80GB", "vLLM", "MiniMax-M2.5", 8, L::fixedConcurrency, M::tpot, 13, 0.085, -0.015},
    {"H100-SXM-80GB", "vLLM", "Qwen3-14B", 16, L::offlineMax, M::outputTokenRate, 5, 0.508, 0.508},
    {"H100-SXM-80GB", "vLLM", "Qwen3-235B-A22B-Instruct-2507", 16, L::offlineMax, M::outputTokenRate, 5, 0.167, -0.118},
    {"H100-SXM-80GB", "vLLM", "Qwen3-235B-A22B-Instruct-2507-FP8", 8, L::offlineMax, M::outputTokenRate, 6, 0.144,
        0.006},
    {"H100-SXM-80GB", "vLLM", "Qwen3-8B", 16, L::fixedConcurrency, M::ttft, 4, 0.795, -0.795},
    {"H100-SXM-80GB", "vLLM", "Qwen3-8B", 16, L::fixedConcurrency, M::tpot, 4, 0.024, -0.024},
    {"H100-SXM-80GB", "vLLM", "gpt-oss-120b", 4, L::offlineMax, M::outputTokenRate, 15, 0.128, -0.066},
    {"H100-SXM-80GB", "vLLM", "gpt-oss-120b", 4, L::fixedConcurrency, M::tpot, 15, 0.105, 0.088},
    {"H100-SXM-80GB", "vLLM", "gpt-oss-20b", 4, L::offlineMax, M::outputTokenRate, 10, 0.159, -0.159},
    {"RTX-PRO-6000-96GB", "TensorRT-LLM", "Llama-3.3-70B", 4, L::offlineMax, M::outputTokenRate, 31, 0.135, -0.113},
    {"RTX-PRO-6000-96GB", "TensorRT-LLM", "Llama-4-Maverick", 4, L::offlineMax, M::outputTokenRate, 9, 0.215, -0.215},
    {"RTX-PRO-6000-96GB", "TensorRT-LLM", "Llama-4-Scout", 4, L::offlineMax, M::outputTokenRate, 13, 0.183, 0.183},
    {"RTX-PRO-6000-96GB", "TensorRT-LLM", "Qwen3-235B-A22B", 4, L::offlineMax, M::outputTokenRate, 9, 0.118, 0.006},
}};

constexpr std::array<ShippedAccuracy, 12> kAccuracy{{
    {"GPU", M::outputTokenRate, L::offlineMax, 557, 0.113, 0.336, -0.028, 0.80},
    {"GPU", M::tpot, L::fixedConcurrency, 177, 0.108, 0.354, 0.038, 0.82},
    {"GPU", M::ttft, L::staticBatch, 56, 0.055, 0.173, 0.022, 0.84},
    {"GPU", M::tpot, L::staticBatch, 48, 0.093, 0.189, 0.081, 0.77},
    {"model family", M::outputTokenRate, L::offlineMax, 557, 0.111, 0.360, -0.026, 0.80},
    {"model family", M::tpot, L::fixedConcurrency, 177, 0.113, 0.362, 0.036, 0.81},
    {"model family", M::ttft, L::staticBatch, 56, 0.048, 0.167, 0.004, 0.84},
    {"model family", M::tpot, L::staticBatch, 48, 0.086, 0.214, 0.064, 0.75},
    {"source", M::outputTokenRate, L::offlineMax, 557, 0.098, 0.361, 0.003, 0.84},
    {"source", M::tpot, L::fixedConcurrency, 177, 0.139, 0.388, 0.034, 0.73},
    {"source", M::ttft, L::staticBatch, 56, 0.060, 0.179, -0.036, 0.77},
    {"source", M::tpot, L::staticBatch, 48, 0.108, 0.205, -0.024, 0.58},
}};

} // namespace

std::span<const ResidualGroup> shippedResiduals() { return kGroups; }
std::span<const ShippedAccuracy> shippedAccuracy() { return kAccuracy; }
int shippedRuns() { return 851; }

} // namespace headroom
