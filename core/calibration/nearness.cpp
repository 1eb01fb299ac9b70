#include "core/calibration/nearness.h"

#include "core/calibration/measured_case.h"
#include "core/plan/catalog.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <functional>
#include <numeric>

namespace headroom {
namespace {

int bitsOf(NumberFormat format)
{
    const double bytes = info(format).bytesPerWeight;
    return bytes > 1.5 ? 16 : bytes > 0.9 ? 8 : 4;
}

void describe(MeasuredSetting& s, const GpuSpec& gpu, const ModelSpec& model)
{
    s.gpu = gpu.name;
    s.model = model.name;
    s.architecture = gpu.architecture;
    s.experts = std::ranges::any_of(model.groups, [](const LayerGroup& g) { return g.feedForward.experts > 0; });
    s.activeParameters = countParameters(model).active;
}

double apart(double a, double b, double weight, double most)
{
    return a > 0 && b > 0 ? std::min(most, weight * std::abs(std::log(a / b))) : 0;
}

double modelApart(const MeasuredSetting& a, const MeasuredSetting& b)
{
    if (a.model == b.model)
        return 0;
    return 0.3 + apart(a.activeParameters, b.activeParameters, 0.7, 1.7) + (a.experts == b.experts ? 0 : 1);
}

std::string_view engineName(Engine e)
{
    switch (e) {
    case Engine::vllm:
        return "vLLM";
    case Engine::sglang:
        return "SGLang";
    case Engine::tensorrtLlm:
        return "TensorRT-LLM";
    case Engine::generic:
        break;
    }
    return "another engine";
}

Engine engineOf(std::string_view name)
{
    return name.starts_with("TensorRT") ? Engine::tensorrtLlm
           : name == "SGLang"           ? Engine::sglang
           : name == "vLLM"             ? Engine::vllm
                                        : Engine::generic;
}

std::string percent(double share)
{
    std::array<char, 24> text{};
    std::snprintf(text.data(), text.size(), "%.0f %%", 100 * share);
    return text.data();
}

} // namespace

MeasuredSetting settingOf(const Plan& plan)
{
    MeasuredSetting s;
    describe(s, plan.hardware.gpu, plan.model.spec);
    s.engine = plan.deployment.engine.engine;
    s.weightBits = bitsOf(plan.model.weightFormat);
    s.tp = plan.deployment.tp;
    s.inputTokens = plan.workload.shape.prompt.mean;
    s.outputTokens = plan.workload.shape.output.mean;
    return s;
}

Result<MeasuredSetting> settingOf(const Measurement& m)
{
    const Result<MeasuredCase> c = caseOf(m);
    if (!c)
        return tl::unexpected(c.error());
    MeasuredSetting s;
    describe(s, c->gpu, c->model);
    s.engine = c->engine.engine;
    s.weightBits = bitsOf(c->weightFormat);
    s.tp = m.tp.value_or(0);
    s.inputTokens = m.inputTokens.value_or(0);
    s.outputTokens = m.outputTokens.value_or(0);
    return s;
}

MeasuredSetting settingOf(const ResidualGroup& group)
{
    MeasuredSetting s;
    const CatalogGpu* gpu = findGpu(group.gpu);
    const std::optional<ModelMatch> match = findModel(group.model);
    if (gpu && match)
        describe(s, gpu->spec, match->model->spec);
    s.engine = engineOf(group.engine);
    s.weightBits = group.weightBits;
    return s;
}

double distance(const MeasuredSetting& a, const MeasuredSetting& b)
{
    const double gpu = a.gpu == b.gpu ? 0 : a.architecture == b.architecture ? 1 : 2;
    return gpu + modelApart(a, b) + (a.weightBits == b.weightBits ? 0 : 1) + (a.engine == b.engine ? 0 : 0.5) +
           apart(a.tp, b.tp, 0.3, 1) + apart(a.inputTokens, b.inputTokens, 0.15, 0.6) +
           apart(a.outputTokens, b.outputTokens, 0.15, 0.6);
}

std::string differences(const MeasuredSetting& plan, const MeasuredSetting& measured)
{
    std::vector<std::string> words;
    if (plan.gpu != measured.gpu)
        words.emplace_back(
            plan.architecture == measured.architecture ? "another GPU of its architecture" : "another architecture");
    if (plan.model != measured.model)
        words.emplace_back(plan.experts == measured.experts ? "another model"
                           : measured.experts               ? "a model with experts"
                                                            : "a model without experts");
    if (plan.weightBits != measured.weightBits)
        words.push_back(std::to_string(measured.weightBits) + "-bit weights");
    if (plan.engine != measured.engine)
        words.emplace_back(engineName(measured.engine));
    if (measured.tp > 0 && plan.tp != measured.tp)
        words.push_back("tensor parallel " + std::to_string(measured.tp));
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : ", ") + word;
    return text;
}

std::string listed(const std::vector<std::string>& items)
{
    std::string text;
    for (std::size_t i = 0; i < items.size(); ++i)
        text += (i == 0 ? "" : i + 1 < items.size() ? ", " : " and ") + items[i];
    return text;
}

std::string_view accuracySource()
{
    static const std::string text =
        "Each run predicted by coefficients fitted without its GPU, model family or source; " +
        std::to_string(shippedRuns()) + " public runs of TensorRT-LLM, vLLM and SGLang.";
    return text;
}

const std::vector<MeasuredSetting>& shippedSettings()
{
    static const std::vector<MeasuredSetting> settings = [] {
        std::vector<MeasuredSetting> all;
        for (const ResidualGroup& group : shippedResiduals())
            all.push_back(settingOf(group));
        return all;
    }();
    return settings;
}

namespace {

std::string_view inWords(Metric metric)
{
    switch (metric) {
    case Metric::outputTokenRate:
        return "throughput";
    case Metric::ttft:
        return "TTFT";
    case Metric::tpot:
        return "TPOT";
    default:
        return name(metric);
    }
}

std::string_view inWords(LoadKind kind)
{
    switch (kind) {
    case LoadKind::offlineMax:
        return "of all at once";
    case LoadKind::fixedConcurrency:
        return "in closed loops";
    case LoadKind::requestRate:
        return "at a rate";
    case LoadKind::staticBatch:
        return "of static batches";
    }
    return {};
}

/// The setting nearest to a plan, and the runs of it whatever was measured of them.
struct NearestRuns {
    MeasuredSetting there;
    std::vector<const ResidualGroup*> groups; ///< one by kind of run and metric
    double distance = 1e9;
    int onSameGpu = 0; ///< runs of the plan's model on its GPU, however they were made

    int rows() const
    {
        return std::accumulate(groups.begin(), groups.end(), 0, [](int sum, const auto* g) { return sum + g->rows; });
    }
    /// "2.4 % (TPOT, 24 runs) and 80 % (TTFT, 4 runs)", what was measured most often first.
    std::string errors()
    {
        std::ranges::stable_sort(groups, std::ranges::greater{}, [](const auto* g) { return g->rows; });
        std::vector<std::string> each;
        for (const ResidualGroup* group : groups) {
            const std::string runs = groups.size() > 1 ? ", " + counted(group->rows) : std::string();
            each.push_back(percent(group->median) + " (" + std::string(inWords(group->metric)) + " " +
                           std::string(inWords(group->loadKind)) + runs + ")");
        }
        return listed(each);
    }
    static std::string counted(int runs) { return runs == 1 ? "1 run" : std::to_string(runs) + " runs"; }
};

NearestRuns nearestRuns(const MeasuredSetting& mine)
{
    NearestRuns nearest;
    for (std::size_t i = 0; i < shippedSettings().size(); ++i) {
        const ResidualGroup& group = shippedResiduals()[i];
        const MeasuredSetting& s = shippedSettings()[i];
        if (s.model.empty())
            continue;
        const double d = distance(mine, s);
        nearest.onSameGpu += mine.gpu == s.gpu && mine.model == s.model ? group.rows : 0;
        if (d < nearest.distance) {
            nearest.distance = d;
            nearest.groups.clear();
            nearest.there = s;
        }
        if (d == nearest.distance && s == nearest.there)
            nearest.groups.push_back(&group);
    }
    return nearest;
}

constexpr double kFar = 3; // another architecture and another number format, say

} // namespace

std::string_view bandsCaution(const Plan& plan)
{
    return plan.deployment.offload.enabled
               ? "offloaded: no measurement of links, host memory or disks is in the bands; read them as too narrow"
               : std::string_view{};
}

std::string nearnessSentence(const Plan& plan)
{
    const MeasuredSetting mine = settingOf(plan);
    NearestRuns nearest = nearestRuns(mine);
    if (nearest.groups.empty())
        return "Nothing like this plan was measured.";
    const MeasuredSetting& there = nearest.there;
    const std::string runs = NearestRuns::counted(nearest.rows());
    std::string text;
    if (const std::string differs = differences(mine, there); differs.empty())
        text = "This model was measured on this GPU in this number format with this engine (" + runs + ").";
    else if (nearest.onSameGpu > 0)
        text = "Nearest to this plan are " + runs + " of " + there.model + " on " + there.gpu + " (" + differs + ")" +
               (there.model == mine.model && there.gpu == mine.gpu
                       ? "."
                       : "; this model was measured on this GPU too, in settings less like it.");
    else
        text = "This model was not measured on this GPU: the nearest are " + runs + " of " + there.model + " on " +
               there.gpu + " (" + differs + ").";
    text +=
        " Predicted without ever seeing that GPU, half of the nearest are off by less than " + nearest.errors() + ".";
    if (plan.deployment.offload.enabled)
        text += " None of them was offloaded: read the bands of this plan as too narrow.";
    else if (nearest.distance > kFar)
        text += " That is far: read the bands of this plan as too narrow.";
    return text;
}

std::string nearnessInShort(const Plan& plan)
{
    const MeasuredSetting mine = settingOf(plan);
    const NearestRuns nearest = nearestRuns(mine);
    if (nearest.groups.empty())
        return "nothing like it was measured";
    if (differences(mine, nearest.there).empty())
        return "measured as planned: " + NearestRuns::counted(nearest.rows());
    if (nearest.onSameGpu > 0)
        return "this model and GPU were measured, but not served like this";
    return (nearest.distance > kFar ? "far from anything measured: " : "nearest measured: ") + nearest.there.model +
           " on " + nearest.there.gpu;
}

} // namespace headroom
