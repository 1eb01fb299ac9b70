#include "core/papers/step_laws.h"

#include "core/model/layer_shapes.h"
#include "core/model/memory.h"

#include <algorithm>
#include <cmath>

namespace headroom::papers {

sim::Physics physicsOf(const FittedLaw& fitted)
{
    sim::Physics physics;
    physics.law = [f = fitted](double decodes, double prefillTokens, double prompts) {
        StepLaw law;
        if (decodes > 0) {
            const auto& d = decodes >= f.largeFrom ? f.decodeLarge : f.decode;
            law.base += 1e-3 * (d[0] + d[2] * decodes);
            law.perContext[0] = 1e-3 * d[1];
        }
        if (prompts > 0) {
            const double stages = f.pipelineStages;
            law.base += 1e-3 * ((f.prefill[0] + f.prefill[1] * prefillTokens) / stages + (stages > 1 ? stages : 0));
            law.perPair[0] = 1e-3 * 2 * f.prefill[2] / stages; // a whole prompt of l tokens has l^2/2 pairs
        }
        return law;
    };
    return physics;
}

sim::Physics physicsOf(const RooflineSystem& system)
{
    const ModelSpec& m = *system.model;
    const GpuSpec& gpu = *system.gpu;
    const RooflineConstants c = system.constants;
    const double stages = system.layout.pp, gpus = system.layout.gpus();
    const ParameterCount count = countParameters(m);
    const double bandwidth = gpu.bandwidth.si() * c.bandwidth, peak = gpu.fp16.si() * c.compute;
    const double weightSeconds = weightBytes(m, NumberFormat::fp16, system.layout).total().si() / bandwidth;
    const double secondsPerToken = 2 * count.active / gpus / peak;
    // Over all stages a sequence's whole cache is read, by the GPUs of one stage at a time.
    const double perContext = stages * kvBytesOnGpu(m, NumberFormat::fp16, system.layout, Tokens(1)).si() / bandwidth;
    double headWidths = 0;
    for (const LayerGroup& g : m.groups)
        headWidths += static_cast<double>(g.layers) * g.attention.heads * g.attention.headDim;
    const double perPair = 4 * headWidths / system.layout.tp / peak;

    sim::Physics physics;
    physics.law = [=](double decodes, double prefillTokens, double prompts) {
        StepLaw law;
        const double tokens = decodes + prefillTokens;
        if (tokens <= 0)
            return law;
        // A prompt stays whole in one of the batches in flight; the stages keep pace with the largest batch.
        const double perPrompt = prompts > 0 ? std::ceil(prompts / stages) / prompts : 0;
        const double perStage = std::max(decodes / stages + prefillTokens * perPrompt, std::min(tokens, 1.0));
        law.base = stages * (std::max(weightSeconds, secondsPerToken * perStage) + c.perStep) + c.perSequence * decodes;
        // Micro-batches are decoded by all stages at once: each holds 1/stages of the contexts.
        const double share = decodes >= stages ? 1 / stages : 1 / std::max(1.0, decodes);
        law.perContext[0] = perContext * share * c.attentionSlower;
        law.perPair[0] = perPair * perPrompt;
        return law;
    };
    return physics;
}

} // namespace headroom::papers
