#include "app/commands/import_file.h"

#include "core/importers/hf_config.h"
#include "core/importers/trace_file.h"
#include "core/model/memory.h"
#include "ui/plots/numbers.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace headroom::cli {
namespace {

Failure badFile(const Error& error) { return {Exit::badInput, {error}}; }

/// No configuration file is near this size; larger ones are traces or mistakes and are not read into memory as text.
constexpr std::uintmax_t kMaxConfigBytes = 16u << 20;

Outcome<Imported> importModel(const std::string& text, const std::string& file, const Plan& before)
{
    const auto model = readHfConfig(text, file);
    if (!model)
        return tl::unexpected(badFile(model.error()));
    Imported imported{before, "a Hugging Face config.json", {}, model->used, model->ignored, 0};
    ModelChoice& choice = imported.plan.model;
    choice.spec = model->spec;
    choice.weightFormat = model->spec.servedFormat;
    choice.kvFormat = model->kvFormat.value_or(NumberFormat::bf16);
    if (choice.spec.maxContext > 0)
        choice.maxContext = std::min(choice.maxContext, Tokens(choice.spec.maxContext));
    const ParameterCount count = countParameters(choice.spec);
    imported.says = {{"model", choice.spec.name},
        {"parameters", ui::number(count.total() / 1e9) + " × 10⁹, " + ui::number(count.active / 1e9) + " active"},
        {"layers", std::to_string(choice.spec.layers())},
        {"weights", std::string(info(choice.weightFormat).name) + ", " +
                        ui::bytes(weightBytes(choice.spec, choice.weightFormat, Layout{}).total())},
        {"KV per token", ui::whole(kvBytesPerToken(choice.spec, choice.kvFormat).si()) + " B"}};
    return imported;
}

Outcome<Imported> importTrace(const std::string& file, const Plan& before, BadRows badRows)
{
    const auto read = readTraceFile(file, badRows);
    if (!read)
        return tl::unexpected(badFile(read.error()));
    const TraceSummary summary = summarize(read->trace);
    Imported imported{before, "a trace: " + read->trace.source, {}, read->used, read->ignored, read->skippedRows};
    imported.plan.workload = workloadOf(summary, before.workload);
    const double meanPrompt = meanOf(summary.prompt), meanOutput = meanOf(summary.output);
    imported.says = {
        {"requests", ui::whole(static_cast<double>(summary.requests)) + " in " + ui::duration(summary.duration)},
        {"arrival rate", ui::rate(summary.rate) + ", CV of the gaps " + ui::number(summary.gapCv)},
        {"prompt tokens", ui::number(meanPrompt) + " on average, p95 " + ui::whole(quantile(summary.prompt, 0.95))},
        {"output tokens", ui::number(meanOutput) + " on average, p95 " + ui::whole(quantile(summary.output, 0.95))},
        {"correlation", ui::number(summary.promptOutputCorrelation, 2) + " between prompt and output length"}};
    if (summary.prefixHitRate > 0)
        imported.says.emplace_back(
            "prefix cache", ui::percent(summary.prefixHitRate) + " of prompt tokens, if it kept everything");
    if (read->skippedRows > 0)
        imported.ignored.push_back(ui::counted(static_cast<double>(read->skippedRows), "broken row", "broken rows") +
                                   ", first " + read->firstSkipped);
    return imported;
}

/// The start of a file: enough to recognise any format by.
std::string beginningOf(const std::string& file)
{
    std::string text(std::size_t{1} << 16, '\0');
    std::ifstream stream(file, std::ios::binary);
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    return text;
}

std::string knownFormats()
{
    std::string all = "a Hugging Face config.json";
    for (const std::string_view format : traceFormats())
        all += ", " + std::string(format);
    return all;
}

} // namespace

Outcome<Imported> importFile(const std::string& file, const Plan& before, BadRows badRows)
{
    if (auto readable = checkReadable(file); !readable)
        return tl::unexpected(readable.error());
    std::error_code problem;
    if (std::filesystem::file_size(file, problem) <= kMaxConfigBytes) {
        std::ifstream stream(file, std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(stream), {}};
        if (isHfConfig(text))
            return importModel(text, file, before);
    }
    if (isTrace(beginningOf(file)))
        return importTrace(file, before, badRows);
    return tl::unexpected(badFile({file, "is none of the known formats, expected one of: " + knownFormats()}));
}

} // namespace headroom::cli
