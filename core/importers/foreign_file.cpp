#include "core/importers/foreign_file.h"

#include "core/importers/hf_values.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <utility>

namespace headroom {

namespace {

/// No configuration file is near this size; larger ones are traces or mistakes and are not read into memory as text.
constexpr std::uintmax_t kMaxConfigBytes = 16u << 20;
/// Results of benchmarks with the details of each request may be.
constexpr std::uintmax_t kMaxResultBytes = 64u << 20;
/// Enough of a file to recognise any format by.
constexpr std::size_t kBeginning = std::size_t{1} << 16;

std::string knownFormats()
{
    std::string all = "a Hugging Face config.json, a GPU that calibrate wrote";
    for (const std::string_view format : benchFormats())
        all += ", " + std::string(format);
    for (const std::string_view format : traceFormats())
        all += ", " + std::string(format);
    return all;
}

Result<ForeignFile> model(const std::string& text, const std::string& name)
{
    auto read = readHfConfig(text, name);
    if (!read)
        return tl::unexpected(read.error());
    ForeignFile file{{}, "a Hugging Face config.json", std::move(read->used), std::move(read->ignored), 0};
    file.content = std::move(*read);
    return file;
}

Result<ForeignFile> gpu(const std::string& text, const std::string& name)
{
    auto read = readGpuFile(text, name);
    if (!read)
        return tl::unexpected(read.error());
    ForeignFile file{{}, "a GPU", std::move(read->used), std::move(read->ignored), 0};
    file.content = std::move(*read);
    return file;
}

Result<ForeignFile> benchmark(const std::string& text, const std::string& name)
{
    auto read = readBenchResults(text, name);
    if (!read)
        return tl::unexpected(read.error());
    if (std::ranges::none_of(read->runs, [](const BenchRun& r) { return r.inputTokens > 0 && r.outputTokens > 0; }))
        return fail(name, read->program +
                              " does not say how long prompts and answers were, so there is no workload in it; "
                              "headroom-cli calibrate takes it with --isl and --osl");
    read->ignored.emplace_back("what was measured: headroom-cli calibrate fits the plan to it");
    if (read->runs.size() > 1)
        read->ignored.emplace_back("the load of each run: the plan's stays");
    ForeignFile file{{}, read->program, std::move(read->used), std::move(read->ignored), 0};
    file.content = std::move(*read);
    return file;
}

Result<ForeignFile> trace(std::istream& in, const std::string& name, BadRows badRows)
{
    auto read = readTrace(in, name, badRows);
    if (!read)
        return tl::unexpected(read.error());
    ForeignFile file{TraceFacts{summarize(read->trace), read->trace.source}, "a trace: " + read->trace.source,
        std::move(read->used), std::move(read->ignored), read->skippedRows};
    if (read->skippedRows > 0)
        file.ignored.push_back(std::to_string(read->skippedRows) +
                               (read->skippedRows == 1 ? " broken row" : " broken rows") + ", first " +
                               read->firstSkipped);
    return file;
}

/// \return what is broken in a file that means to be one JSON object, such as a config cut off while it was copied
Result<ForeignFile> unknown(const std::string& text, const std::string& name)
{
    const auto begin = text.find_first_not_of(" \t\r\n");
    const bool isObject = begin != std::string::npos && text[begin] == '{' && text.size() <= kMaxConfigBytes;
    const bool isLines =
        isObject && hf::Values::parse(std::string_view(text).substr(0, text.find('\n')), name).has_value();
    if (isObject && !isLines)
        if (const auto read = hf::Values::parse(text, name); !read)
            return tl::unexpected(read.error());
    return fail(name, "is none of the known formats, expected one of: " + knownFormats());
}

} // namespace

Result<ForeignFile> readForeign(const std::string& text, const std::string& name, BadRows badRows)
{
    if (text.size() <= kMaxConfigBytes && isHfConfig(text))
        return model(text, name);
    if (text.size() <= kMaxConfigBytes && isGpuFile(text))
        return gpu(text, name);
    if (isBenchResults(text))
        return benchmark(text, name);
    if (!isTrace(text))
        return unknown(text, name);
    std::istringstream in(text);
    return trace(in, name, badRows);
}

Result<ForeignFile> readForeignFile(const std::filesystem::path& path, BadRows badRows)
{
    const std::string name = path.string();
    std::error_code problem;
    if (std::filesystem::is_directory(path, problem))
        return fail(name, "is a folder, expected a file");
    std::ifstream in(path, std::ios::binary);
    if (!in)
        return fail(name, "could not be opened for reading");
    const auto whole = [&] { return std::string{std::istreambuf_iterator<char>(in), {}}; };
    const std::uintmax_t size = std::filesystem::file_size(path, problem);
    if (size <= kMaxConfigBytes)
        return readForeign(whole(), name, badRows);
    std::string beginning(kBeginning, '\0');
    in.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
    beginning.resize(static_cast<std::size_t>(in.gcount()));
    in.clear();
    in.seekg(0);
    if (!isTrace(beginning))
        return size <= kMaxResultBytes && beginning.starts_with('{') ? readForeign(whole(), name, badRows)
                                                                     : unknown({}, name);
    return trace(in, name, badRows);
}

Plan withForeign(const ForeignFile& file, Plan plan)
{
    if (const auto* traced = std::get_if<TraceFacts>(&file.content)) {
        plan.workload = workloadOf(traced->summary, std::move(plan.workload));
        return plan;
    }
    if (const auto* results = std::get_if<BenchResults>(&file.content)) {
        plan.workload = workloadOf(*results, std::move(plan.workload));
        return plan;
    }
    if (const auto* own = std::get_if<GpuImport>(&file.content)) {
        plan.hardware.gpu = own->gpu;
        plan.hardware.gpusPerNode = own->gpusPerNode;
        plan.hardware.calibration = own->calibration;
        if (own->price && !plan.hardware.priceEdited)
            plan.hardware.pricePerGpu = *own->price;
        return plan;
    }
    const auto& read = std::get<HfImport>(file.content);
    ModelChoice& choice = plan.model;
    choice.spec = read.spec;
    choice.weightFormat = read.spec.servedFormat;
    choice.kvFormat = read.kvFormat.value_or(NumberFormat::bf16);
    if (choice.spec.maxContext > 0)
        choice.maxContext = std::min(choice.maxContext, Tokens(choice.spec.maxContext));
    return plan;
}

} // namespace headroom
