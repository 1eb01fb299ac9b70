#include "ui/plots/foreign_facts.h"

#include "core/calibration/calibrate.h"
#include "core/model/memory.h"
#include "core/plan/fields.h"
#include "ui/plots/numbers.h"

#include <algorithm>

namespace headroom::ui {

namespace {

using Facts = std::vector<std::pair<std::string, std::string>>;

Facts modelFacts(const HfImport& read)
{
    const ModelSpec& spec = read.spec;
    const ParameterCount count = countParameters(spec);
    const NumberFormat cache = read.kvFormat.value_or(NumberFormat::bf16);
    Facts facts{{"model", spec.name},
        {"parameters", number(count.total() / 1e9) + " × 10⁹, of which a token uses " + number(count.active / 1e9)},
        {"layers", std::to_string(spec.layers())},
        {"weights", std::string(info(spec.servedFormat).name) + ", " +
                        bytes(weightBytes(spec, spec.servedFormat, Layout{}).total())},
        {"KV per token", whole(kvBytesPerToken(spec, cache).si()) + " B"}};
    const auto mixed = std::ranges::find_if(spec.groups, [](const LayerGroup& g) { return g.feedForward.experts > 0; });
    if (mixed != spec.groups.end())
        facts.emplace_back("experts", std::to_string(mixed->feedForward.experts) + " in a layer, a token uses " +
                                          std::to_string(mixed->feedForward.expertsPerToken));
    return facts;
}

Facts traceFacts(const TraceSummary& summary)
{
    const auto lengths = [](const LengthDistribution& d) {
        return number(meanOf(d)) + " on average, p95 " + whole(quantile(d, 0.95));
    };
    Facts facts{{"requests", whole(static_cast<double>(summary.requests)) + " in " + duration(summary.duration)},
        {"arrival rate", rate(summary.rate) + ", CV of the gaps " + number(summary.gapCv)},
        {"prompt tokens", lengths(summary.prompt)}, {"output tokens", lengths(summary.output)},
        {"correlation", number(summary.promptOutputCorrelation, 2) + " between prompt and output length"}};
    if (summary.prefixHitRate > 0)
        facts.emplace_back("prefix cache", percent(summary.prefixHitRate) + " of prompt tokens, if it kept everything");
    return facts;
}

Facts gpuFacts(const GpuImport& read)
{
    const std::string words = calibrationWords(read.calibration);
    return {{"GPU", read.gpu.name}, {"memory", bytes(read.gpu.memory)},
        {"bandwidth", number(read.gpu.bandwidth.in(gigabyte / second)) + " GB/s"},
        {"16-bit peak", number(read.gpu.fp16.in(teraflop / second)) + " TFLOP/s"},
        {"calibration", words.empty() ? "none" : words}};
}

/// One line a run: load, lengths, and what was measured.
Facts benchFacts(const BenchResults& read)
{
    Facts facts;
    for (const BenchRun& run : read.runs) {
        std::string line = run.loadKind == LoadKind::offlineMax    ? "all at once"
                           : run.loadKind == LoadKind::requestRate ? rate(RequestRate(run.load))
                                                                   : whole(run.load) + " clients";
        line += ", " + whole(run.inputTokens) + " and " + whole(run.outputTokens) + " tokens";
        for (const MeasuredFigure& f : run.figures)
            line += ", " + std::string(name(f.metric)) + " " + number(isLatency(f.metric) ? f.value * 1e3 : f.value);
        facts.emplace_back("run " + std::to_string(facts.size() + 1), line);
    }
    return facts;
}

} // namespace

std::vector<std::pair<std::string, std::string>> foreignFacts(const ForeignFile& file)
{
    if (const auto* trace = std::get_if<TraceFacts>(&file.content))
        return traceFacts(trace->summary);
    if (const auto* gpu = std::get_if<GpuImport>(&file.content))
        return gpuFacts(*gpu);
    if (const auto* results = std::get_if<BenchResults>(&file.content))
        return benchFacts(*results);
    return modelFacts(std::get<HfImport>(file.content));
}

std::vector<FieldChange> changedFields(const Plan& before, const Plan& after)
{
    std::vector<FieldChange> changes;
    for (const Field& field : fields()) {
        std::string from = fieldText(field, before), to = fieldText(field, after);
        if (from != to)
            changes.push_back(
                {std::string(info(field).key), std::string(info(field).label), std::move(from), std::move(to)});
    }
    return changes;
}

} // namespace headroom::ui
