// How long one engine step takes for a given batch (MODEL.md 11, topics 3 and 4). The closed forms and the
// simulator both call this and nothing else.
#pragma once

#include "core/model/hardware.h"
#include "core/model/parallelism.h"
#include "core/model/transformer.h"
#include "core/units.h"

#include <array>
#include <vector>

namespace headroom {

enum class Engine { generic, vllm, sglang, tensorrtLlm };

struct EngineSpec {
    Engine engine = Engine::vllm;
    int year = 2025;
    bool cudaGraphs = true;
    friend bool operator==(const EngineSpec&, const EngineSpec&) = default;
};

/// User calibration: factors on the shipped efficiencies and overheads (issue "calibrate"); 1 = as shipped.
struct Calibration {
    double compute = 1, bandwidth = 1, network = 1, overhead = 1;
    friend bool operator==(const Calibration&, const Calibration&) = default;
};

/// A model has at most this many different attention reaches: [0] the whole context, [1] and [2] two windows.
inline constexpr int kReaches = 3;

/// What one step of one replica runs. Sums are over the sequences of the batch.
struct StepBatch {
    double decodes = 0;                     ///< B: sequences that produce one token each
    std::array<double, kReaches> context{}; ///< tokens attended by the decodes: sum of min(context, reach)
    double prefillTokens = 0;               ///< x: prompt tokens in this step
    double prompts = 0;                     ///< chunks these come from
    std::array<double, kReaches> pairs{};   ///< query-key pairs of the chunks: sum of min(position, reach)
    std::array<double, kReaches> prefix{};  ///< cached tokens the chunks read: sum of min(P, reach)
};

/// For fixed decodes, prefillTokens and prompts a step is affine in the context, pair and prefix sums:
/// seconds = base + sum(perContext[i]*context[i] + perPair[i]*pairs[i] + perPrefix[i]*prefix[i]).
struct StepLaw {
    double base = 0;
    std::array<double, kReaches> perContext{}, perPair{}, perPrefix{};
};

/// Where the time of a step goes; adds up to the step. What binds is the largest of the first four.
struct StepParts {
    Seconds compute, bandwidth, network, overhead;                                            ///< by limiting resource
    Seconds attention, projections, feedForward, experts, head, other, communication, engine; ///< by operator group
    Seconds total() const { return compute + bandwidth + network + overhead; }
};

struct StepInput {
    const ModelSpec* model = nullptr;
    const GpuSpec* gpu = nullptr;
    Layout layout;
    NumberFormat weightFormat = NumberFormat::bf16;
    NumberFormat kvFormat = NumberFormat::bf16;
    EngineSpec engine;
    Calibration calibration;
};

/// Step time of one replica with everything that does not change between steps precomputed.
/// A default-constructed model is empty; make it with the constructor below. Cheap to copy (plain numbers).
class StepModel {
public:
    StepModel() = default;
    explicit StepModel(const StepInput&);

    /// Duration of a step; 0 for an empty batch. Finite and >= 0 for finite input. Monotone in each argument.
    Seconds time(const StepBatch&) const;
    /// The affine law at fixed decodes, prefillTokens and prompts; law applied to the sums equals time().
    StepLaw law(double decodes, double prefillTokens, double prompts) const;
    /// The same step, split. parts(b).total() == time(b) up to rounding.
    StepParts parts(const StepBatch&) const;

    /// Reach i in tokens: infinity for [0], 0 where a model has fewer reaches.
    double reach(int i) const { return m_reach[static_cast<std::size_t>(i)]; }
    /// Adds a decoding sequence whose cache holds `context` tokens.
    void addDecode(StepBatch&, double context) const;
    /// Adds a chunk of x prompt tokens behind `cached` tokens already in the cache.
    void addPrompt(StepBatch&, double x, double cached) const;
    /// B equal sequences with mean context c, no prompt: the d(B, B c, 0) of MODEL.md.
    StepBatch decodeBatch(double decodes, double meanContext) const;

private:
    std::array<double, kReaches> m_reach{};
    // Coefficients: see step_time.cpp.
};

} // namespace headroom
