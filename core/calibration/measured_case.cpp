#include "core/calibration/measured_case.h"

#include "core/plan/catalog.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

namespace headroom {
namespace {

/// Value of a command line option in the description of a run ("--max-num-seqs 64"), if it is there.
std::optional<double> option(const std::string& detail, std::string_view key)
{
    std::size_t at = detail.find(key);
    if (at == std::string::npos)
        return std::nullopt;
    at += key.size();
    while (at < detail.size() && (detail[at] == ' ' || detail[at] == '='))
        ++at;
    double value = 0;
    const auto [end, error] = std::from_chars(detail.data() + at, detail.data() + detail.size(), value);
    return error == std::errc{} ? std::optional<double>(value) : std::nullopt;
}

/// The number before a word: "1000 prompts".
std::optional<double> numberBefore(const std::string& detail, std::string_view word)
{
    std::size_t end = detail.find(word);
    if (end == std::string::npos)
        return std::nullopt;
    std::size_t begin = end;
    while (begin > 0 && std::isdigit(static_cast<unsigned char>(detail[begin - 1])))
        --begin;
    double value = 0;
    const auto [last, error] = std::from_chars(detail.data() + begin, detail.data() + end, value);
    return error == std::errc{} && last == detail.data() + end ? std::optional<double>(value) : std::nullopt;
}

bool isNarrow(NumberFormat f) { return f != NumberFormat::fp32 && f != NumberFormat::bf16 && f != NumberFormat::fp16; }

/// vLLM schedules the next step while one runs: by default since 0.14, before that where asked to. InferenceX rows without
/// a version are nightly builds of 2026.
bool schedulesAhead(const Measurement& m)
{
    if (m.detail.find("--async-scheduling") != std::string::npos)
        return true;
    const std::size_t dot = m.engineVersion.find('.');
    int minor = 0;
    if (dot == std::string::npos ||
        std::from_chars(m.engineVersion.data() + dot + 1, m.engineVersion.data() + m.engineVersion.size(), minor).ec !=
            std::errc{})
        return m.source.starts_with("inferencex");
    return minor >= 14 || !m.engineVersion.starts_with("0.");
}

/// The engine by its name, in any case; a row that names none is taken for vLLM, the most common one.
Result<Engine> engineNamed(std::string_view name)
{
    constexpr std::array<std::pair<std::string_view, Engine>, 5> kNames{
        {{"vllm", Engine::vllm}, {"sglang", Engine::sglang}, {"tensorrt", Engine::tensorrtLlm},
            {"trt", Engine::tensorrtLlm}, {"generic", Engine::generic}}};
    std::string folded;
    for (const char c : name)
        folded += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    for (const auto& [beginning, engine] : kNames)
        if (folded.starts_with(beginning))
            return engine;
    if (folded.empty())
        return Engine::vllm;
    return fail(
        "engine", "unknown engine \"" + std::string(name) + "\", expected vLLM, SGLang, TensorRT-LLM or generic");
}

Result<EngineSpec> engineOf(const Measurement& m)
{
    const Result<Engine> engine = engineNamed(m.engine);
    if (!engine)
        return tl::unexpected(engine.error());
    EngineSpec e{.engine = *engine, .year = 2025};
    // splitwise-sim was measured with the vLLM of 2023, eager; its detail does not give a version.
    if (m.source.starts_with("splitwise")) {
        e.year = 2023;
        e.cudaGraphs = false;
    }
    if (e.engine == Engine::vllm && schedulesAhead(m))
        e.year = 2026;
    if (e.engine == Engine::tensorrtLlm && m.engineVersion.starts_with("0."))
        e.year = 2024;
    return e;
}

Result<NumberFormat> weightFormatOf(const Measurement& m, const ModelMatch& match)
{
    // gpt-oss is published with mxfp4 experts and 16-bit attention, whatever a row calls it.
    if (match.model->spec.servedFormat == NumberFormat::mxfp4)
        return NumberFormat::mxfp4;
    if (m.weightFormat.empty())
        return match.weightFormat.value_or(match.model->spec.servedFormat);
    if (const std::optional<NumberFormat> f = numberFormat(m.weightFormat))
        return *f;
    return fail("weight_dtype", "unknown number format \"" + m.weightFormat + "\"");
}

/// Tensor parallel degree where the source does not say: the fewest GPUs that leave two fifths of their memory for KV
/// beside the weights, as whoever tunes for throughput does; the other GPUs run replicas.
int unstatedTp(const MeasuredCase& c, int gpus)
{
    int tp = 1;
    const auto weights = [&] {
        Layout layout = c.layout;
        layout.tp = tp;
        return weightBytes(c.model, c.weightFormat, layout).total();
    };
    while (2 * tp * c.layout.pp <= gpus && weights() > 0.6 * c.gpu.memory)
        tp *= 2;
    return tp;
}

/// Expert parallel degree where the source does not say: whole experts are dealt out where cutting each over the tensor
/// ranks would leave strips hardly wider than a tile of the kernels (128 columns), else each is cut.
int unstatedEp(const MeasuredCase& c)
{
    constexpr double kNarrowest = 200;
    for (const LayerGroup& g : c.model.groups)
        if (g.feedForward.experts > 0 && g.feedForward.expertWidth < kNarrowest * c.layout.tp)
            return c.layout.tp;
    return 1;
}

/// Whether attention is split by sequences and whole experts are dealt out over the same GPUs. The throughput tables of
/// TensorRT-LLM since 1.0 say so for all mixtures of experts (validation's detail column repeats it, the bench's does not).
bool splitsAttentionBySequence(const Measurement& m, const MeasuredCase& c)
{
    if (m.detail.find("attention DP") != std::string::npos)
        return true;
    const bool table = c.engine.engine == Engine::tensorrtLlm && m.loadKind == LoadKind::offlineMax && !m.ep &&
                       !m.engineVersion.empty() && !m.engineVersion.starts_with("0.");
    return table && std::ranges::any_of(c.model.groups, [](const LayerGroup& g) { return g.feedForward.experts > 0; });
}

int tensorDegree(const Measurement& m, const MeasuredCase& c)
{
    if (m.tp)
        return *m.tp;
    return splitsAttentionBySequence(m, c) && m.ep ? *m.ep : unstatedTp(c, m.gpus);
}

/// TensorRT-LLM keeps an 8-bit cache beside fp8 and fp4 weights, as do the published InferenceX recipes, unless the
/// catalog knows that the published weights ask for another; the others keep 16 bit unless told.
Result<NumberFormat> kvFormatOf(const Measurement& m, const MeasuredCase& c, const CatalogModel& model)
{
    if (!m.kvFormat.empty() && m.kvFormat != "auto") {
        if (const std::optional<NumberFormat> f = numberFormat(m.kvFormat))
            return *f;
        return fail("kv_dtype", "unknown number format \"" + m.kvFormat + "\"");
    }
    if (m.detail.find("--kv-cache-dtype fp8") != std::string::npos)
        return NumberFormat::fp8;
    const bool recipe = c.engine.engine == Engine::tensorrtLlm || m.source.starts_with("inferencex");
    const bool native = c.gpu.fp8.has_value();
    return recipe && native && isNarrow(c.weightFormat)
               ? model.publishedKv(c.weightFormat).value_or(NumberFormat::fp8)
               : NumberFormat::bf16;
}

/// Mean lengths of the MLPerf data sets, which its logs do not state (MLPerf inference rules, data set tables).
struct MlperfLengths {
    std::string_view family;
    double input, output, cv;
};
constexpr std::array<MlperfLengths, 8> kMlperf{{
    {"llama-70b", 294, 294, 1.0},       // OpenOrca
    {"mixtral-8x7b", 295, 145, 1.0},    // OpenOrca, GSM8K, MBXP
    {"gpt-j-6b", 870, 69, 0.5},         // CNN/DailyMail
    {"llama-8b", 778, 73, 0.5},         // CNN/DailyMail
    {"llama-405b", 9400, 684, 0.8},     // LongBench, LongDataCollections, RULER
    {"deepseek-v3-r1", 800, 3880, 1.0}, // mathematics and code questions
    {"llama4-maverick", 300, 300, 1.0},
    {"", 300, 300, 1.0},
}};

void setLengths(const Measurement& m, MeasuredCase& c)
{
    double input = m.inputTokens.value_or(0), output = m.outputTokens.value_or(1), cv = 0;
    LengthShape shape = LengthShape::fixed;
    if (!m.inputTokens) {
        const auto row = std::find_if(
            kMlperf.begin(), kMlperf.end() - 1, [&](const MlperfLengths& l) { return m.family.starts_with(l.family); });
        input = row->input;
        output = m.outputTokens.value_or(row->output);
        cv = row->cv;
        shape = LengthShape::lognormal;
        c.assumed = true;
    } else if (m.source.starts_with("inferencex")) { // clients draw uniformly from 0.8 to 1 of the nominal lengths
        input *= 0.9;
        output *= 0.9;
        cv = 0.2 / 0.9 / std::sqrt(12.0);
        shape = LengthShape::uniform;
    } else if (m.detail.find("ShareGPT") != std::string::npos) { // conversations: about exponential
        cv = 1.0;
        shape = LengthShape::lognormal;
    }
    c.input = {shape, std::max(1.0, input), cv, {}};
    c.output = {shape, std::max(1.0, output), cv, {}};
}

/// Requests of the published TensorRT-LLM throughput runs (its performance overview lists them by lengths).
double trtllmRequests(double input, double output)
{
    const double total = input + output;
    if (input <= 200 && output <= 200)
        return 30000;
    if (total >= 10000)
        return 1000;
    return total <= 2600 && output <= 2048 ? 3000 : 1500;
}

/// Limits an engine runs with unless told otherwise.
void setLimits(const Measurement& m, MeasuredCase& c)
{
    const bool large = c.gpu.memory > 70 * gibibyte && c.gpu.architecture != GpuArchitecture::ampere;
    switch (c.engine.engine) {
    case Engine::tensorrtLlm: // trtllm-bench and the published builds
        c.maxSequences = 2048;
        c.tokenBudget = 8192;
        c.reservesAll = true;
        break;
    case Engine::sglang: // sequences by memory, chunked_prefill_size 8192
        c.maxSequences = 2048;
        c.tokenBudget = c.gpu.memory > 70 * gibibyte ? 8192 : 2048;
        c.mixing = PromptMixing::promptFirst;
        break;
    case Engine::generic:
    case Engine::vllm: // usage context API server, EngineArgs of 0.10: by GPU memory
        c.maxSequences = large ? 1024 : 256;
        c.tokenBudget = large ? 8192 : 2048;
        break;
    }
    if (c.loadKind == LoadKind::staticBatch) { // one batch, its prompts in one step
        c.maxSequences = c.tokenBudget = 1e6;
        c.reservesAll = true;
    }
    for (const std::string_view key : {"--max-num-seqs", "max_num_seqs", "--max-running-requests"})
        c.maxSequences = option(m.detail, key).value_or(c.maxSequences);
    for (const std::string_view key : {"--max-num-batched-tokens", "max_num_batched_tokens", "--chunked-prefill-size"})
        c.tokenBudget = option(m.detail, key).value_or(c.tokenBudget);
    if (c.tokenBudget <= 0)
        c.tokenBudget = 16384;              // --chunked-prefill-size -1: no chunks
    c.maxSequences *= c.layout.attentionDp; // limits are those of a scheduler, and each rank has its own
    c.tokenBudget *= c.layout.attentionDp;
}

/// MLPerf's offline scenario: at least so many samples and ten minutes (inference rules, recalled).
constexpr double kMlperfRequests = 24'576;

void setLoad(const Measurement& m, MeasuredCase& c)
{
    const double load = m.load.value_or(0);
    switch (m.loadKind) {
    case LoadKind::offlineMax:
        c.requests = numberBefore(m.detail, " prompts")
                         .value_or(c.assumed ? kMlperfRequests : trtllmRequests(c.input.mean, c.output.mean));
        c.requests /= c.replicas;
        c.inFlight = c.requests;
        break;
    case LoadKind::fixedConcurrency:
        c.inFlight = std::max(1.0, load / c.replicas);
        // InferenceX sends ten requests a client; the others state how many.
        c.requests = numberBefore(m.detail, " prompts").value_or(10 * load) / c.replicas;
        c.requests = std::max(c.requests, c.inFlight);
        break;
    case LoadKind::staticBatch:
        c.inFlight = c.requests = std::max(1.0, load / c.replicas);
        break;
    case LoadKind::requestRate:
        c.rate = load / c.replicas;
        break;
    }
}

void setMemory(const Measurement& m, MeasuredCase& c)
{
    Workload w;
    w.shape.prompt = c.input;
    w.shape.output = c.output;
    const WorkloadSummary summary = summarize(w);
    double utilization = 0.9;
    for (const std::string_view key : {"--gpu-memory-utilization", "--mem-fraction-static"})
        utilization = option(m.detail, key).value_or(utilization);
    const bool ofFree = c.engine.engine == Engine::tensorrtLlm; // takes 90 % of what weights and workspace leave
    const MemoryUse use = memoryUse({.model = &c.model,
        .gpu = &c.gpu,
        .layout = c.layout,
        .weightFormat = c.weightFormat,
        .kvFormat = c.kvFormat,
        .utilization = ofFree ? 1.0 : utilization,
        .maxSequences = static_cast<int>(std::min(4096.0, c.maxSequences)),
        .tokenBudget = Tokens(std::min(16384.0, c.tokenBudget)),
        .maxContext = Tokens(1e6),
        .workload = &summary});
    // TensorRT-LLM holds about 3.5 GB more (decoder and plug-in workspaces, whole embedding on each rank): without it
    // Llama-3.1-70B on one or two 80 GB GPUs would hold several times the sequences its published rates allow.
    const Bytes kept = ofFree ? 3.5 * gigabyte : Bytes(0);
    const double share = use.kvPool > Bytes(0) ? std::max(0.02, 1 - kept / use.kvPool) : 0;
    c.kvTokens = use.kvCapacity.in(token)*share * (ofFree ? 0.9 : 1.0);
    c.fits = use.fits;
}

/// TensorRT-LLM before 1.0 attends to the whole context unless max_attention_window is given at run time.
void setWindows(const Measurement& m, MeasuredCase& c)
{
    if (c.engine.engine != Engine::tensorrtLlm || !m.engineVersion.starts_with("0."))
        return;
    for (LayerGroup& g : c.model.groups)
        if (g.attention.kind == AttentionKind::sliding) {
            g.attention.kind = AttentionKind::full;
            g.attention.window = 0;
        }
}

} // namespace

Result<void> statesItsLengths(const Measurement& m)
{
    const bool promptOnly = m.loadKind == LoadKind::staticBatch && m.metric == Metric::ttft;
    if (m.inputTokens && !m.outputTokens && !promptOnly)
        return fail("osl", "is empty, and " + std::string(name(m.metric)) + " depends on it");
    return {};
}

Result<MeasuredCase> caseOf(const Measurement& m, const HardwareChoice* own)
{
    if (const Result<void> stated = statesItsLengths(m); !stated)
        return tl::unexpected(stated.error());
    const CatalogGpu* gpu = findGpu(m.gpu);
    const bool isOwn = own && own->gpu.name == (gpu ? gpu->spec.name : m.gpu);
    if (!gpu && !isOwn)
        return fail("gpu", "unknown GPU \"" + m.gpu + "\"");
    const std::optional<ModelMatch> match = findModel(m.model);
    if (!match)
        return fail("model", "unknown model \"" + m.model + "\"");
    if (m.loadKind != LoadKind::offlineMax && !m.load)
        return fail("concurrency_or_batch_or_rate", "empty, expected a number");

    MeasuredCase c;
    c.model = match->model->spec;
    c.gpu = isOwn ? own->gpu : gpu->spec;
    c.loadKind = m.loadKind;
    const Result<EngineSpec> engine = engineOf(m);
    if (!engine)
        return tl::unexpected(engine.error());
    c.engine = *engine;
    setWindows(m, c);
    c.layout.pp = m.pp.value_or(1);
    const Result<NumberFormat> weights = weightFormatOf(m, *match);
    if (!weights)
        return tl::unexpected(weights.error());
    c.weightFormat = *weights;
    c.layout.tp = tensorDegree(m, c);
    c.layout.ep = m.ep ? std::min(*m.ep, c.layout.tp) : unstatedEp(c);
    if (splitsAttentionBySequence(m, c))
        c.layout.attentionDp = c.layout.ep = c.layout.tp;
    c.layout.gpusPerNode = std::max(8, isOwn ? own->gpusPerNode : gpu->gpusPerNode);
    c.replicas = std::max(1.0, static_cast<double>(m.gpus) / c.layout.gpus());
    const Result<NumberFormat> kv = kvFormatOf(m, c, *match->model);
    if (!kv)
        return tl::unexpected(kv.error());
    c.kvFormat = *kv;
    setLengths(m, c);
    setLimits(m, c);
    setLoad(m, c);
    setMemory(m, c);
    return c;
}

} // namespace headroom
