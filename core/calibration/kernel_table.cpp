#include "core/calibration/kernels.h"
#include "core/calibration/measurements.h"
#include "core/importers/line_reader.h"
#include "core/plan/catalog.h"

#include <charconv>
#include <cmath>
#include <istream>
#include <map>
#include <optional>

namespace headroom {
namespace {

using Columns = std::map<std::string, std::size_t, std::less<>>;

/// Number formats of products, as the kernel tables call them. The order is that of the groups in kernels.cpp.
std::optional<std::size_t> groupOf(std::string_view format)
{
    constexpr std::array<std::pair<std::string_view, std::size_t>, 10> groups{
        {{"bfloat16", 0}, {"half", 0}, {"fp16", 0}, {"fp8", 1}, {"fp8_block", 2}, {"nvfp4", 3}, {"w4a8_mxfp4_mxfp8", 6},
            {"int8_wo", 4}, {"int4_wo", 5}, {"w4a16_mxfp4", 7}}};
    for (const auto& [known, group] : groups)
        if (known == format)
            return group;
    return std::nullopt;
}

/// Libraries that run an all-reduce: they differ in how they start.
std::optional<std::size_t> libraryOf(std::string_view source)
{
    const auto has = [&](std::string_view word) { return source.find(word) != std::string_view::npos; };
    if (has("eager"))
        return has("vLLM") ? 0 : 4;
    if (has("graph"))
        return has("vLLM") ? 1 : 5;
    if (has("TRTLLM"))
        return 2;
    return has("nccl") ? std::optional<std::size_t>(3) : std::nullopt;
}

/// "fp8, vllm" of fp8 and "aiconfigurator/vllm-0.24.0", "half, vLLM_custom_graph" of a collective's three parts.
std::string labelOf(const std::string& format, std::string_view source)
{
    const std::string_view library = source.substr(source.rfind('/') + 1);
    return format + ", " + std::string(library.substr(0, library.find('-')));
}

/// Attention kernels are written anew for the asynchronous copies and matrix units of Hopper and of datacentre Blackwell;
/// the others, workstation Blackwell among them, run those of Ampere.
bool hasNewAttention(GpuArchitecture a) { return a == GpuArchitecture::hopper || a == GpuArchitecture::blackwell; }

struct Kind {
    KernelKind kind;
    std::vector<std::string_view> sizes; ///< columns, in the order of KernelRun::size
};

Result<Kind> kindOf(const Columns& columns, std::string_view name)
{
    for (const std::string_view needed : {"gpu", "latency_us"})
        if (!columns.contains(needed))
            return fail(std::string(name) + ":1", "no column \"" + std::string(needed) + "\"");
    const auto has = [&](const std::vector<std::string_view>& all) {
        for (const std::string_view column : all)
            if (!columns.contains(column))
                return false;
        return true;
    };
    const std::vector<Kind> kinds{{KernelKind::gemm, {"m", "n", "k"}},
        {KernelKind::attentionPrefill, {"batch", "q_len", "kv_len", "heads", "kv_heads", "head_dim"}},
        {KernelKind::moe, {"tokens", "hidden", "inter_size", "topk", "experts", "moe_tp", "moe_ep"}},
        {KernelKind::allReduce, {"num_gpus", "bytes"}}};
    for (const Kind& kind : kinds)
        if (has(kind.sizes) && !columns.contains("op"))
            return kind;
    return fail(std::string(name) + ":1",
        "the columns are those of no known kernel: expected m,n,k (products), "
        "q_len,kv_len (attention), topk,experts (moe) or num_gpus,bytes (all-reduce)");
}

} // namespace

Result<KernelTable> readKernels(std::istream& in, std::string_view name)
{
    LineReader lines(in);
    std::string_view text;
    if (!lines.next(text))
        return fail(std::string(name),
            lines.failure().empty() ? "the file is empty, expected a header line" : std::string(lines.failure()));
    Columns columns;
    for (const std::string& column : splitCsvLine(text))
        columns.emplace(column, columns.size());
    const Result<Kind> kind = kindOf(columns, name);
    if (!kind)
        return tl::unexpected(kind.error());
    KernelTable table{kind->kind, {}, 0};
    bool decode = kind->kind == KernelKind::attentionPrefill; // until a row has more than one query
    while (lines.next(text)) {
        const std::vector<std::string> cells = splitCsvLine(text);
        const std::string where = std::string(name) + ":" + std::to_string(lines.lineNumber());
        if (cells.size() != columns.size())
            return fail(
                where, "expected " + std::to_string(columns.size()) + " cells, found " + std::to_string(cells.size()));
        const auto cell = [&](std::string_view column) -> const std::string& {
            static const std::string empty;
            const auto at = columns.find(column);
            return at == columns.end() ? empty : cells[at->second];
        };
        const auto number_ = [&](std::string_view column) {
            double value = 0;
            const std::string& c = cell(column);
            const auto [end, error] = std::from_chars(c.data(), c.data() + c.size(), value);
            return error == std::errc{} && std::isfinite(value) ? value : 0.0;
        };
        KernelRun run;
        run.gpuName = cell("gpu");
        const CatalogGpu* gpu = findGpu(run.gpuName);
        const auto group = kind->kind == KernelKind::allReduce ? libraryOf(cell("source")) : groupOf(cell("dtype"));
        if (!gpu || !group) {
            table.skipped += 1;
            continue;
        }
        run.gpu = gpu->spec;
        run.label = labelOf(cell("dtype"), cell("source"));
        run.group = *group;
        run.seconds = 1e-6 * number_("latency_us");
        for (std::size_t i = 0; i < kind->sizes.size(); ++i) {
            run.size[i] = number_(kind->sizes[i]);
            if (!(run.size[i] > 0))
                return fail(where + ": " + std::string(kind->sizes[i]), "expected a number above 0");
        }
        if (!(run.seconds > 0))
            return fail(where + ": latency_us", "expected a number above 0");
        if (kind->kind == KernelKind::attentionPrefill) {
            run.size[6] = cell("kv_dtype") == "fp8" ? 1 : 2;
            run.group = cell("dtype") == "fp8" ? 2 : cell("kv_dtype") == "fp8" ? 1 : 0;
            run.group += hasNewAttention(gpu->spec.architecture) ? 0 : 3;
            decode = decode && run.size[1] == 1;
        }
        if (kind->kind == KernelKind::moe)
            run.size[7] = cell("distribution").starts_with("power_law") ? 1 : 0;
        if (kind->kind != KernelKind::allReduce && cell("source").find("trtllm") != std::string::npos)
            run.group += kKernelFormats; // the kernels of TensorRT-LLM; the others are vLLM's
        table.runs.push_back(std::move(run));
    }
    if (!lines.failure().empty())
        return fail(std::string(name) + ":" + std::to_string(lines.lineNumber()), std::string(lines.failure()));
    if (decode)
        table.kind = KernelKind::attentionDecode;
    return table;
}

} // namespace headroom
