#include "core/importers/bench_results.h"

#include "core/importers/bench_formats.h"
#include "core/importers/strict_json.h"
#include "core/plan/catalog.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace headroom {

namespace bench {

namespace {

const JsonNode* nodeAt(const JsonNode& root, std::initializer_list<std::string_view> path)
{
    const JsonNode* node = &root;
    for (const std::string_view key : path)
        node = node && node->kind == JsonNode::Kind::object ? node->find(key) : nullptr;
    return node;
}

} // namespace

std::optional<double> numberAt(const JsonNode& root, std::initializer_list<std::string_view> path)
{
    const JsonNode* node = nodeAt(root, path);
    if (!node || (node->kind != JsonNode::Kind::number && node->kind != JsonNode::Kind::string))
        return std::nullopt;
    if (node->text == "inf")
        return std::numeric_limits<double>::infinity();
    double value = 0;
    const auto [end, error] = std::from_chars(node->text.data(), node->text.data() + node->text.size(), value);
    if (error != std::errc{} || end != node->text.data() + node->text.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

std::string textAt(const JsonNode& root, std::initializer_list<std::string_view> path)
{
    const JsonNode* node = nodeAt(root, path);
    return node && node->kind == JsonNode::Kind::string ? node->text : std::string();
}

} // namespace bench

namespace {

constexpr std::size_t kLargestText = 64u << 20u;

struct BenchFormat {
    std::string_view label;
    bool (*isOurs)(const JsonNode&);
    Result<void> (*read)(const JsonNode&, const std::string& place, BenchResults&);
};
constexpr std::array<BenchFormat, 4> kFormats{{
    {"a vLLM (or SGLang) bench result", &bench::isServingBench, &bench::readServingBench},
    {"a result of vllm bench throughput", &bench::isOfflineBench, &bench::readOfflineBench},
    {"a result of vllm bench latency", &bench::isLatencyBench, &bench::readLatencyBench},
    {"a GuideLLM report", &bench::isGuideLlm, &bench::readGuideLlm},
}};

const BenchFormat* formatOf(const JsonNode& root)
{
    const auto* const found = std::ranges::find_if(kFormats, [&](const BenchFormat& f) { return f.isOurs(root); });
    return found == kFormats.end() ? nullptr : found;
}

std::string_view withoutMark(std::string_view text)
{
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (text.starts_with(kByteOrderMark))
        text.remove_prefix(kByteOrderMark.size());
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    return begin == std::string_view::npos ? std::string_view{} : text.substr(begin);
}

struct Piece {
    std::string_view text;
    std::size_t line = 0; ///< of a file with an object a line; 0 = the text is one object
};

/// One object, or one in each line, as --append-result leaves them.
std::vector<Piece> piecesOf(std::string_view text)
{
    const std::string_view first = text.substr(0, text.find('\n'));
    const std::size_t closing = first.find_last_not_of(" \t\r");
    const bool byLine = closing != std::string_view::npos && closing > 0 && first[closing] == '}' &&
                        text.find('{', first.size()) != std::string_view::npos;
    if (!byLine)
        return {{text, 0}};
    std::vector<Piece> pieces;
    for (std::size_t begin = 0, line = 1; begin < text.size(); ++line) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string_view piece = text.substr(begin, end - begin);
        if (piece.find_first_not_of(" \t\r") != std::string_view::npos)
            pieces.push_back({piece, line});
        begin = end + 1;
    }
    return pieces;
}

Result<JsonNode> objectOf(const Piece& piece, const std::string& place)
{
    const Result<std::string> strict = strictJson(piece.text, place);
    return strict ? readJson(*strict, place) : tl::unexpected(strict.error());
}

/// As a version of the engine tells its year where rows are run (measured_case.cpp).
std::string versionOf(const EngineSpec& engine)
{
    constexpr int kSchedulesAhead = 2026, kFirstTensorrtOne = 2025;
    if (engine.engine == Engine::vllm)
        return engine.year >= kSchedulesAhead ? "0.19" : "0.10";
    return engine.engine == Engine::tensorrtLlm ? engine.year >= kFirstTensorrtOne ? "1.0" : "0.9" : "";
}

std::string wholeText(double x) { return std::to_string(static_cast<long long>(std::llround(x))); }

Error unstated(const BenchRun& run, std::string_view what, std::string_view option)
{
    return {run.place, "does not say " + std::string(what) + ": state it with " + std::string(option) +
                           ", or name a plan with --plan"};
}

struct Lengths {
    double input = 0, output = 0;
};

/// Those of the file; else those stated, of which one follows from the other where the file knows the sum.
Result<Lengths> lengthsOf(const BenchRun& run, const ServerSetup& stated)
{
    if (run.inputTokens > 0 && run.outputTokens > 0)
        return Lengths{run.inputTokens, run.outputTokens};
    auto input = stated.inputTokens, output = stated.outputTokens;
    if (run.tokens > 0 && input && !output)
        output = run.tokens - *input;
    if (run.tokens > 0 && output && !input)
        input = run.tokens - *output;
    if (!input || !output)
        return tl::unexpected(
            Error{run.place, "does not say how long prompts and answers were: state it with --isl N and "
                             "--osl N"});
    constexpr double kSame = 0.05; // some prompts are a few tokens off
    const double sum = *input + *output;
    if (!(*input > 0) || !(*output > 0) || (run.tokens > 0 && std::abs(sum - run.tokens) > kSame * run.tokens))
        return tl::unexpected(Error{run.place, "--isl and --osl do not fit: prompt and answer of a request have " +
                                                   wholeText(run.tokens) + " tokens together"});
    return Lengths{*input, *output};
}

} // namespace

ServerSetup ServerSetup::filledFrom(const ServerSetup& other) const
{
    ServerSetup s = *this;
    for (const auto member : {&ServerSetup::gpu, &ServerSetup::model, &ServerSetup::engine, &ServerSetup::engineVersion,
             &ServerSetup::weightFormat, &ServerSetup::kvFormat, &ServerSetup::engineOptions})
        if ((s.*member).empty())
            s.*member = other.*member;
    for (const auto member : {&ServerSetup::tp, &ServerSetup::pp, &ServerSetup::ep})
        if (!(s.*member))
            s.*member = other.*member;
    for (const auto member : {&ServerSetup::inputTokens, &ServerSetup::outputTokens, &ServerSetup::batch})
        if (!(s.*member))
            s.*member = other.*member;
    return s;
}

ServerSetup setupOf(const Plan& plan)
{
    constexpr std::array<std::string_view, 4> kEngines{"generic", "vLLM", "SGLang", "TensorRT-LLM"};
    static_assert(static_cast<int>(Engine::generic) == 0 && static_cast<int>(Engine::tensorrtLlm) == 3);
    ServerSetup s;
    s.gpu = plan.hardware.gpu.name;
    s.model = plan.model.spec.name;
    s.engine = kEngines[static_cast<std::size_t>(plan.deployment.engine.engine)];
    s.engineVersion = versionOf(plan.deployment.engine);
    s.weightFormat = info(plan.model.weightFormat).name;
    s.kvFormat = info(plan.model.kvFormat).name;
    s.tp = plan.deployment.tp;
    s.pp = plan.deployment.pp;
    s.ep = plan.deployment.ep;
    s.engineOptions = "--max-num-seqs " + std::to_string(plan.batching.maxSequences) + " --max-num-batched-tokens " +
                      wholeText(plan.batching.tokenBudget.si()) + " --gpu-memory-utilization " +
                      std::to_string(plan.deployment.memoryUtilization);
    return s;
}

std::vector<std::string_view> benchFormats()
{
    std::vector<std::string_view> labels;
    for (const BenchFormat& format : kFormats)
        labels.push_back(format.label);
    return labels;
}

bool isBenchResults(std::string_view text)
{
    text = withoutMark(text);
    if (!text.starts_with('{') || text.size() > kLargestText)
        return false;
    // Whether a word stands anywhere is cheap; only what may be a result is parsed.
    constexpr std::array<std::string_view, 4> kWords{
        "\"output_throughput\"", "\"benchmarks\"", "\"total_num_tokens\"", "\"avg_latency\""};
    if (std::ranges::none_of(kWords, [&](std::string_view word) { return text.find(word) != std::string_view::npos; }))
        return false;
    const Result<JsonNode> root = objectOf(piecesOf(text).front(), "");
    return root && formatOf(*root);
}

Result<BenchResults> readBenchResults(std::string_view text, std::string_view name)
{
    const std::string file(name);
    if (text.size() > kLargestText)
        return fail(file, "has more than 64 MiB: save results without the details of each request");
    BenchResults results;
    for (const Piece& piece : piecesOf(withoutMark(text))) {
        const std::string place = piece.line > 0 ? file + ":" + std::to_string(piece.line) : file;
        const Result<JsonNode> root = objectOf(piece, place);
        if (!root)
            return tl::unexpected(root.error());
        const BenchFormat* format = formatOf(*root);
        if (!format) {
            std::string known;
            for (const std::string_view label : benchFormats())
                known += (known.empty() ? "" : ", ") + std::string(label);
            return fail(place, "is no result of a benchmark this version reads, expected one of: " + known);
        }
        results.program = format->label;
        if (Result<void> read = format->read(*root, place, results); !read)
            return tl::unexpected(read.error());
    }
    results.used.push_back(std::to_string(results.runs.size()) + (results.runs.size() == 1 ? " run" : " runs") +
                           ": load, mean lengths, output tokens per second, TTFT, TPOT, E2E");
    results.ignored.emplace_back("percentiles, and rates that follow from output tokens per second and the lengths");
    return results;
}

Result<MeasurementTable> measurementsOf(
    const BenchResults& results, const ServerSetup& stated, const ServerSetup& fallback)
{
    MeasurementTable table;
    for (const BenchRun& run : results.runs) {
        ServerSetup fromFile = run.setup;
        if (!findModel(fromFile.model) && !fallback.model.empty())
            fromFile.model.clear(); // a path on the server's disk names no model
        const ServerSetup s = stated.filledFrom(fromFile).filledFrom(fallback);
        if (!run.noMeasurement.empty())
            return tl::unexpected(Error{run.place, run.noMeasurement});
        const Result<Lengths> lengths = lengthsOf(run, s);
        if (s.gpu.empty())
            return tl::unexpected(unstated(run, "on which GPU it ran", "--gpu NAME"));
        if (s.model.empty())
            return tl::unexpected(unstated(run, "which model it ran", "--model NAME"));
        if (!s.tp)
            return tl::unexpected(unstated(run, "how many GPUs share the weights", "--tp N"));
        if (!lengths)
            return tl::unexpected(lengths.error());
        Measurement m;
        m.caseId = m.place = run.place;
        m.source = results.program;
        m.detail = (run.requests >= 1 ? wholeText(run.requests) + " prompts " : "") + s.engineOptions;
        m.engine = s.engine;
        m.engineVersion = s.engineVersion;
        m.model = m.family = s.model;
        m.gpu = s.gpu;
        m.tp = s.tp;
        m.pp = s.pp;
        m.ep = s.ep;
        m.gpus = *s.tp * s.pp.value_or(1);
        m.weightFormat = s.weightFormat;
        m.kvFormat = s.kvFormat;
        m.inputTokens = lengths->input;
        m.outputTokens = lengths->output;
        m.loadKind = run.loadKind;
        if (run.loadKind != LoadKind::offlineMax)
            m.load = run.load > 0 ? std::optional(run.load) : s.batch;
        if (run.loadKind == LoadKind::staticBatch && !(m.load && *m.load >= 1))
            return tl::unexpected(Error{run.place, "does not say how many requests were in the batch: state it with "
                                                   "--batch N"});
        for (const MeasuredFigure& figure : run.figures) {
            m.metric = figure.metric;
            m.statistic = figure.statistic;
            m.value = figure.value;
            if (run.loadKind == LoadKind::staticBatch && figure.metric == Metric::e2e) {
                // The whole batch takes as long: said as a rate, which fits know what to do with.
                m.metric = Metric::outputTokenRate;
                m.statistic = "total";
                m.value = *m.load * lengths->output / figure.value;
            }
            table.rows.push_back(m);
        }
    }
    return table;
}

Workload workloadOf(const BenchResults& results, Workload w)
{
    double requests = 0, input = 0, output = 0;
    for (const BenchRun& run : results.runs) {
        if (!(run.inputTokens > 0) || !(run.outputTokens > 0))
            continue;
        const double weight = std::max(1.0, run.requests);
        requests += weight;
        input += weight * run.inputTokens;
        output += weight * run.outputTokens;
    }
    if (!(requests > 0))
        return w;
    w.classes.clear();
    w.shape.prompt = withMean(std::move(w.shape.prompt), input / requests);
    w.shape.output = withMean(std::move(w.shape.output), output / requests);
    if (results.runs.size() != 1)
        return w;
    const BenchRun& run = results.runs.front();
    if (run.loadKind == LoadKind::requestRate) {
        w.process = ArrivalProcess::poisson;
        w.arrivalRate = RequestRate(run.load);
    } else if (run.loadKind == LoadKind::fixedConcurrency) {
        w.process = ArrivalProcess::closedLoop;
        w.concurrency = static_cast<int>(std::min(run.load, 1e6));
    }
    return w;
}

} // namespace headroom
