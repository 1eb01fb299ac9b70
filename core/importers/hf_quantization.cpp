#include "core/importers/hf_quantization.h"

#include "core/plan/catalog_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace headroom::hf {

namespace {

std::string lower(std::string text)
{
    for (char& c : text)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

/// "NVFP4", "W4A16_NVFP4", "FP8", "FP8_PB_WO", "W4A16_AWQ", "mxfp4" ...: the format of the weights in a name.
std::optional<NumberFormat> formatIn(const std::string& name)
{
    constexpr std::array<std::pair<std::string_view, NumberFormat>, 12> kWords{{
        {"mxfp4", NumberFormat::mxfp4},
        {"fp4", NumberFormat::fp4},
        {"int4", NumberFormat::int4},
        {"w4", NumberFormat::int4},
        {"awq", NumberFormat::int4},
        {"fp8", NumberFormat::fp8},
        {"float8", NumberFormat::fp8},
        {"int8", NumberFormat::int8},
        {"w8", NumberFormat::int8},
        {"bfloat16", NumberFormat::bf16},
        {"float16", NumberFormat::fp16},
        {"float32", NumberFormat::fp32},
    }};
    const std::string text = lower(name);
    for (const auto& [word, format] : kWords)
        if (text.find(word) != std::string::npos)
            return format;
    return std::nullopt;
}

std::optional<NumberFormat> formatOf(int bits, const std::string& type)
{
    if (bits == 4)
        return type == "float" ? NumberFormat::fp4 : NumberFormat::int4;
    if (bits == 8)
        return type == "float" ? NumberFormat::fp8 : NumberFormat::int8;
    return bits == 16 ? std::optional(NumberFormat::bf16) : std::nullopt;
}

void add(std::vector<NumberFormat>& formats, std::optional<NumberFormat> format)
{
    if (format && std::ranges::find(formats, *format) == formats.end())
        formats.push_back(*format);
}

/// Every format that the file gives weights, in the order of finding.
std::vector<NumberFormat> weightFormats(const Values& q, const Values& file)
{
    std::vector<NumberFormat> formats;
    if (const auto layers = q.section("quantized_layers"))
        for (const Values& layer : layers->sections())
            add(formats, formatIn(layer.text({"quant_algo"})));
    if (const auto groups = q.section("config_groups"))
        for (const Values& group : groups->sections())
            if (const auto weights = group.section("weights"))
                add(formats, formatOf(weights->integer({"num_bits"}, 1, 64).value_or(0), weights->text({"type"})));
    add(formats, formatIn(q.text({"moe_quant_algo"})));
    add(formats, formatIn(q.text({"quant_algo"})));
    // DeepSeek V4 states its experts beside quantization_config; their scales are powers of two, as in mxfp4.
    const bool powerScales = q.text({"scale_fmt"}) == "ue8m0" && formats.empty();
    if (file.text({"expert_dtype"}) == "fp4")
        add(formats, powerScales ? NumberFormat::mxfp4 : NumberFormat::fp4);
    const std::string method = lower(q.text({"quant_method"}));
    const int bits = q.integer({"bits"}, 1, 64).value_or(4);
    if (method == "gptq" || method == "awq")
        add(formats, formatOf(bits, "int"));
    else if (method == "bitsandbytes")
        add(formats, q.flag("load_in_8bit", false) ? NumberFormat::int8 : NumberFormat::int4);
    else
        add(formats, formatIn(method));
    return formats;
}

bool hasExperts(const ModelSpec& m)
{
    return std::ranges::any_of(m.groups, [](const LayerGroup& g) { return g.feedForward.experts > 0; });
}

/// Whether the list of exceptions leaves the attention of the layers in 16 bit.
bool sparesAttention(const Values& q)
{
    for (const char* key : {"ignore", "modules_to_not_convert"}) {
        if (!q.isList(key))
            continue;
        for (std::string pattern : q.words(key)) {
            while (pattern.ends_with('*') || pattern.ends_with('.'))
                pattern.pop_back();
            if (pattern.ends_with("self_attn") || pattern.ends_with(".attn"))
                return true;
        }
    }
    return false;
}

std::optional<NumberFormat> cacheFormat(const Values& q)
{
    if (const auto format = formatIn(q.text({"kv_cache_quant_algo"})))
        return format;
    // An object in new files, a word in old ones.
    if (q.isObject("kv_cache_scheme")) {
        const Values scheme = *q.section("kv_cache_scheme");
        return formatOf(scheme.integer({"num_bits"}, 1, 64).value_or(0), scheme.text({"type"}));
    }
    return formatIn(q.text({"kv_cache_scheme"}));
}

std::string listed(const std::vector<NumberFormat>& formats)
{
    std::string text;
    for (const NumberFormat format : formats)
        text += (text.empty() ? "" : ", ") + std::string(info(format).name);
    return text;
}

/// 16 bit, unless the name says that the weights are narrower and a second file holds the recipe.
void readUnquantized(const Values& file, HfImport& out)
{
    ModelSpec& m = out.spec;
    m.servedFormat = formatIn(file.text({"torch_dtype", "dtype"})).value_or(NumberFormat::bf16);
    const std::optional<NumberFormat> named = modelNameCandidates(m.name).back().format;
    if (!named || *named == m.servedFormat)
        return;
    m.servedFormat = *named;
    out.ignored.push_back(
        "the file does not say how its weights are quantized (hf_quant_config.json may): the name says " +
        std::string(info(*named).name) + ", taken for all linear layers");
}

} // namespace

void readQuantization(const Values& file, HfImport& out)
{
    ModelSpec& m = out.spec;
    const auto q = file.section("quantization_config");
    if (!q) {
        readUnquantized(file, out);
        return;
    }
    const std::vector<NumberFormat> formats = weightFormats(*q, file);
    if (formats.empty()) {
        out.ignored.push_back("quantization_config: its format is not known; weights are taken as bf16");
        return;
    }
    m.servedFormat = *std::ranges::min_element(formats, {}, [](NumberFormat f) { return info(f).bytesPerWeight; });
    out.kvFormat = cacheFormat(*q);
    const std::string name(info(m.servedFormat).name);
    const bool spared = sparesAttention(*q);
    if (hasExperts(m) && (spared || formats.size() > 1)) {
        m.quantizedPart = QuantizedPart::expertsOnly;
        if (formats.size() > 1)
            out.ignored.push_back("weights in several formats (" + listed(formats) + "): experts count as " + name +
                                  ", everything else as 16 bit");
    } else if (spared || formats.size() > 1) {
        out.ignored.push_back("weights in several formats: all linear layers count as " + name +
                              (spared ? ", though attention stays in 16 bit" : ""));
    }
}

} // namespace headroom::hf
