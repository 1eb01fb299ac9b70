// How long one engine step takes for a given batch (MODEL.md 11, topics 3 and 4). The closed forms and the
// simulator both call this and nothing else.
#pragma once

#include "core/model/efficiency.h"
#include "core/model/expert_choice.h"
#include "core/model/hardware.h"
#include "core/model/offload_step.h"
#include "core/model/parallelism.h"
#include "core/model/step_law.h"
#include "core/model/transformer.h"
#include "core/units.h"

#include <array>
#include <vector>

namespace headroom {

enum class Engine { generic, vllm, sglang, tensorrtLlm };

struct EngineSpec {
    Engine engine = Engine::vllm;
    int year = 2026;
    bool cudaGraphs = true;
    friend bool operator==(const EngineSpec&, const EngineSpec&) = default;
};

/// User calibration: factors on the shipped efficiencies and overheads (issue "calibrate"); 1 = as shipped.
struct Calibration {
    double compute = 1, bandwidth = 1, network = 1, overhead = 1;
    friend bool operator==(const Calibration&, const Calibration&) = default;
};

/// What one step of one replica runs. Sums are over the sequences of the batch.
struct StepBatch {
    double decodes = 0;                     ///< B: sequences that produce one token each
    std::array<double, kReaches> context{}; ///< tokens attended by the decodes: sum of min(context, reach)
    double prefillTokens = 0;               ///< x: prompt tokens in this step
    double prompts = 0;                     ///< chunks these come from
    std::array<double, kReaches> pairs{};   ///< query-key pairs of the chunks: sum of min(position, reach)
    std::array<double, kReaches> prefix{};  ///< cached tokens the chunks read: sum of min(P, reach)
};

/// Where the time of a step goes; adds up to the step. What binds is the largest of the first five.
struct StepParts {
    Seconds compute, bandwidth, network, overhead; ///< by limiting resource
    Seconds host; ///< by resource and by group: what host and disk add to what the GPU does (offloading)
    Seconds attention, projections, feedForward, experts, head, other, communication, engine; ///< by operator group
    Seconds total() const { return compute + bandwidth + network + overhead + host; }
};

struct StepInput {
    const ModelSpec* model = nullptr;
    const GpuSpec* gpu = nullptr;
    Layout layout{};
    NumberFormat weightFormat = NumberFormat::bf16;
    NumberFormat kvFormat = NumberFormat::bf16;
    EngineSpec engine{};
    Calibration calibration{};
    const EfficiencyTable* efficiency = nullptr; ///< absent = shippedEfficiency()
    Offloading offload{};
    HostSpec host{};
    double meanContext = 0; ///< tokens, of a decoding sequence: where offloading decides what it waits for
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
    /// Adds a chunk of x prompt tokens behind `cached` tokens already in the cache, or as many of them alike.
    void addPrompt(StepBatch&, double x, double cached, double alike = 1) const;
    /// B equal sequences with mean context c, no prompt: the d(B, B c, 0) of MODEL.md.
    StepBatch decodeBatch(double decodes, double meanContext) const;

    /// Which rows of a step pass through an operator.
    enum class Rows { tokens, attentionTokens, sampled };
    enum class Resource { compute, bandwidth, network, overhead };
    enum class Group { attention, projections, feedForward, experts, head, other, communication, engine };

private:
    /// Matrix products of one kind over all layers: max(memory, fixed + perRow * rows) seconds.
    struct Product {
        double memory = 0, fixed = 0, perRow = 0;
        Rows rows = Rows::tokens;
        Group group = Group::projections;
    };
    /// Routed experts of one shape over all layers, on one GPU.
    struct Experts {
        ExpertChoice choice;
        double memoryPerExpert = 0; ///< seconds to read one, where each of the E is spread over the ranks
        double fixedPerExpert = 0;  ///< seconds of compute for one that is reached at all
        double perRow = 0;
    };
    struct Collective {
        CollectiveCost cost;
        double times = 0; ///< per step
        double bytesPerRow = 0;
        Rows rows = Rows::tokens;
    };
    static constexpr std::size_t kProducts = 6, kExpertShapes = 2, kCollectives = 4;

    struct Builder;
    template <class Sink>
    void walk(double decodes, double prefillTokens, double prompts, Sink&& sink) const;

    std::array<double, kReaches> m_reach{};
    std::size_t m_reaches = 1; ///< of them used; what belongs to the rest is 0
    std::array<double, kReaches> m_perContext{}, m_perPair{}, m_perPrefix{}; ///< seconds per token or pair
    std::array<Resource, kReaches> m_contextBy{}, m_prefixBy{};
    std::array<Product, kProducts> m_products{};
    std::array<Experts, kExpertShapes> m_experts{};
    std::array<Collective, kCollectives> m_collectives{};
    int m_productCount = 0, m_expertCount = 0, m_collectiveCount = 0;
    double m_stages = 1, m_attentionRanks = 1;
    double m_perRow = 0;          ///< element-wise operators of feed-forward blocks
    double m_perAttentionRow = 0; ///< those of attention, and norms
    double m_perSampled = 0;      ///< reading logits
    double m_perPromptToken = 0;  ///< tiles of prefill attention cut by the diagonal
    double m_perSequence = 0;     ///< decode attention, start of each sequence
    double m_perState = 0;        ///< recurrent state of linear layers, read and written once per sequence
    double m_sendFixed = 0, m_sendPerRow = 0;
    double m_engineStep = 0, m_engineSequence = 0, m_enginePrompt = 0;
    OffloadStep m_offload;
};

} // namespace headroom
