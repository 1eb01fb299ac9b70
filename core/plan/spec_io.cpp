#include "core/plan/spec_io.h"

#include "core/plan/field_rows.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <type_traits>

namespace headroom {

namespace {

using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 11> kArchitectures{"volta", "turing", "ampere", "ada", "hopper", "blackwell",
    "blackwell_workstation", "cdna3", "cdna4", "gaudi", "tpu"};
constexpr std::array<std::string_view, 4> kTopologies{"pcie", "pairs", "all_to_all", "switched"};
constexpr std::array<std::string_view, 5> kAttentionKinds{"none", "full", "sliding", "sparse", "linear"};
constexpr std::array<std::string_view, 2> kQuantizedParts{"all", "experts"};
constexpr std::array<std::string_view, 8> kFormats{"fp32", "bf16", "fp16", "fp8", "int8", "int4", "fp4", "mxfp4"};

constexpr double kMostCount = 2e9;   // fits an int
constexpr double kMostFigure = 1e18; // bytes, FLOP/s: a thousand times the largest machine of today

// One function names each figure for both directions (`visit` below), so that none is written and not read.

/// Writes members that differ from what an absent key means.
class Out {
public:
    explicit Out(JsonNode& object) : m_object(object) {}

    template <class T>
    void number(std::string_view key, const T& member, const T& fallback, double /*most*/)
    {
        if (const rows::Number value = rows::toNumber(member); value && !(member == fallback))
            m_object.members.emplace_back(key, JsonNode::ofNumber(*value));
    }
    void flag(std::string_view key, bool member, bool fallback)
    {
        if (member != fallback)
            m_object.members.emplace_back(key, JsonNode::ofFlag(member ? "true" : "false"));
    }
    template <class Enum>
    void oneOf(std::string_view key, Enum member, Names names)
    {
        m_object.members.emplace_back(key, JsonNode::ofString(names[static_cast<std::size_t>(member)]));
    }
    void text(std::string_view key, const std::string& member)
    {
        m_object.members.emplace_back(key, JsonNode::ofString(member));
    }
    template <class F>
    void object(std::string_view key, F visitMembers)
    {
        JsonNode node = JsonNode::object();
        Out inner(node);
        visitMembers(inner);
        if (!node.members.empty())
            m_object.members.emplace_back(key, std::move(node));
    }
    template <class T, class F>
    void list(std::string_view key, const std::vector<T>& elements, F visitElement)
    {
        JsonNode array = JsonNode::array();
        for (const T& element : elements) {
            JsonNode node = JsonNode::object();
            Out inner(node);
            visitElement(inner, element);
            array.append(std::move(node));
        }
        m_object.members.emplace_back(key, std::move(array));
    }

private:
    JsonNode& m_object;
};

/// Takes members out of an object and checks them.
class In {
public:
    In(JsonNode& object, std::string path, ReadLog& log) : m_object(object), m_path(std::move(path)), m_log(log) {}

    template <class T>
    void number(std::string_view key, T& member, const T& fallback, double most)
    {
        member = fallback;
        const auto node = take(key, JsonNode::Kind::number, "a number");
        if (!node)
            return;
        const rows::NumberRule rule{0, most, "", std::is_same_v<T, int>, rows::isOptional<T>};
        const auto value = rows::readNumber(rule, node->text);
        if (value)
            rows::fromNumber(member, *value);
        else
            refuse(node->line, key, value.error().message);
    }
    void flag(std::string_view key, bool& member, bool fallback)
    {
        const auto node = take(key, JsonNode::Kind::boolean, "true or false");
        member = node ? node->text == "true" : fallback;
    }
    template <class Enum>
    void oneOf(std::string_view key, Enum& member, Names names)
    {
        const auto node = take(key, JsonNode::Kind::string, "text");
        if (!node)
            return;
        const auto found = std::ranges::find(names, node->text);
        if (found != names.end()) {
            member = static_cast<Enum>(found - names.begin());
            return;
        }
        std::string list;
        for (const auto n : names)
            list += (list.empty() ? "" : ", ") + std::string(n);
        refuse(node->line, key, "\"" + node->text.substr(0, 60) + "\" is not a choice; expected one of " + list);
    }
    void text(std::string_view key, std::string& member)
    {
        if (auto node = take(key, JsonNode::Kind::string, "text"))
            member = std::move(node->text);
    }
    template <class F>
    void object(std::string_view key, F visitMembers)
    {
        JsonNode* const node = m_object.find(key);
        if (!node)
            return;
        if (node->kind != JsonNode::Kind::object)
            return refuse(node->line, key, "is " + std::string(node->kindName()) + "; expected an object");
        In inner(*node, m_path + "." + std::string(key), m_log);
        visitMembers(inner);
    }
    template <class T, class F>
    void list(std::string_view key, std::vector<T>& elements, F visitElement)
    {
        JsonNode* const node = m_object.find(key);
        if (!node)
            return;
        constexpr std::size_t kMost = 200;
        if (node->kind != JsonNode::Kind::array || node->members.size() > kMost)
            return refuse(node->line, key, "is not an array of at most 200 objects");
        for (std::size_t i = 0; i < node->members.size(); ++i) {
            JsonNode& element = node->members[i].second;
            const std::string name = std::string(key) + "[" + std::to_string(i) + "]";
            if (element.kind != JsonNode::Kind::object)
                return refuse(element.line, name, "is " + std::string(element.kindName()) + "; expected an object");
            In inner(element, m_path + "." + name, m_log);
            visitElement(inner, elements.emplace_back());
        }
    }
    void refuse(std::size_t line, std::string_view key, std::string message)
    {
        m_log.refuse(line, m_path + "." + std::string(key), std::move(message));
    }

private:
    std::optional<JsonNode> take(std::string_view key, JsonNode::Kind kind, std::string_view expected)
    {
        auto node = takeMember(m_object, key);
        if (!node || node->kind == kind)
            return node;
        if (node->kind != JsonNode::Kind::null) // null is the same as absent
            refuse(node->line, key, "is " + node->kindAndValue() + "; expected " + std::string(expected));
        return std::nullopt;
    }

    JsonNode& m_object;
    std::string m_path;
    ReadLog& m_log;
};

template <class Archive, class Spec>
void visitAttention(Archive& io, Spec& s)
{
    const AttentionSpec none;
    io.oneOf("kind", s.kind, kAttentionKinds);
    io.number("heads", s.heads, none.heads, kMostCount);
    io.number("kv_heads", s.kvHeads, none.kvHeads, kMostCount);
    io.number("head_dim", s.headDim, none.headDim, kMostCount);
    io.number("value_head_dim", s.valueHeadDim, none.valueHeadDim, kMostCount);
    io.number("window", s.window, none.window, kMostCount);
    io.flag("shared_key_value", s.sharedKeyValue, none.sharedKeyValue);
    io.flag("reuses_kv", s.reusesKv, none.reusesKv);
    io.flag("gated", s.gated, none.gated);
    io.flag("biased", s.biased, none.biased);
    io.number("query_rank", s.latent.queryRank, none.latent.queryRank, kMostCount);
    io.number("kv_rank", s.latent.kvRank, none.latent.kvRank, kMostCount);
    io.number("rope_dim", s.latent.ropeDim, none.latent.ropeDim, kMostCount);
    io.number("nope_dim", s.latent.nopeDim, none.latent.nopeDim, kMostCount);
    io.number("value_dim", s.latent.valueDim, none.latent.valueDim, kMostCount);
    io.number("index_heads", s.indexHeads, none.indexHeads, kMostCount);
    io.number("index_dim", s.indexDim, none.indexDim, kMostCount);
    io.number("tokens_per_entry", s.tokensPerEntry, none.tokensPerEntry, kMostCount);
    io.number("output_rank", s.outputRank, none.outputRank, kMostCount);
    io.number("output_groups", s.outputGroups, none.outputGroups, kMostCount);
    io.number("state_bytes", s.stateBytes, none.stateBytes, kMostFigure);
    io.number("mixer_params", s.mixerParams, none.mixerParams, kMostFigure);
}

template <class Archive, class Spec>
void visitFeedForward(Archive& io, Spec& s)
{
    const FeedForwardSpec none;
    io.number("width", s.width, none.width, kMostCount);
    io.number("matrices", s.matrices, none.matrices, 3);
    io.number("experts", s.experts, none.experts, kMostCount);
    io.number("experts_per_token", s.expertsPerToken, none.expertsPerToken, kMostCount);
    io.number("expert_width", s.expertWidth, none.expertWidth, kMostCount);
    io.number("shared_width", s.sharedWidth, none.sharedWidth, kMostCount);
    io.number("latent_width", s.latentWidth, none.latentWidth, kMostCount);
    io.flag("biased", s.biased, none.biased);
}

template <class Archive, class Spec>
void visitModel(Archive& io, Spec& s)
{
    const ModelSpec none;
    io.number("hidden", s.hidden, none.hidden, kMostCount);
    io.number("vocab", s.vocab, none.vocab, kMostCount);
    io.number("positions", s.positions, none.positions, kMostCount);
    io.flag("tied", s.tiedEmbeddings, none.tiedEmbeddings);
    io.flag("parallel", s.parallelBlock, none.parallelBlock);
    io.number("norms", s.normsPerLayer, none.normsPerLayer, 16);
    io.number("max_context", s.maxContext, none.maxContext, kMostCount);
    io.oneOf("format", s.servedFormat, kFormats);
    io.oneOf("quantized", s.quantizedPart, kQuantizedParts);
    io.number("other_params", s.otherParams, none.otherParams, kMostFigure);
    io.number("published_params", s.publishedParams, none.publishedParams, kMostFigure);
    io.list("groups", s.groups, [](auto& inner, auto& group) {
        inner.text("name", group.name);
        inner.number("layers", group.layers, 0, 10'000);
        inner.object("attention", [&](auto& a) { visitAttention(a, group.attention); });
        inner.object("feed_forward", [&](auto& f) { visitFeedForward(f, group.feedForward); });
    });
}

template <class Archive, class Spec>
void visitGpu(Archive& io, Spec& s)
{
    const GpuSpec none;
    io.oneOf("architecture", s.architecture, kArchitectures);
    io.number("memory_bytes", s.memory, none.memory, kMostFigure);
    io.number("bandwidth_byte_s", s.bandwidth, none.bandwidth, kMostFigure);
    io.number("fp16_flop_s", s.fp16, none.fp16, kMostFigure);
    io.number("fp8_flop_s", s.fp8, none.fp8, kMostFigure);
    io.number("int8_flop_s", s.int8, none.int8, kMostFigure);
    io.number("fp4_flop_s", s.fp4, none.fp4, kMostFigure);
    io.oneOf("link", s.inNode.topology, kTopologies);
    io.number("link_byte_s", s.inNode.perDirection, none.inNode.perDirection, kMostFigure);
    io.flag("link_reduces", s.inNode.inSwitchReduction, none.inNode.inSwitchReduction);
    io.number("between_nodes_byte_s", s.betweenNodes, none.betweenNodes, kMostFigure);
    io.number("host_byte_s", s.host, none.host, kMostFigure);
    io.number("power_w", s.powerWatts, none.powerWatts, 1e6);
}

/// What makes a group of layers impossible to evaluate; empty = nothing.
std::string_view complaint(const LayerGroup& g)
{
    const AttentionSpec& a = g.attention;
    if (g.layers < 1)
        return "has no layers";
    const bool attends = a.kind != AttentionKind::none && a.kind != AttentionKind::linear;
    if (attends && a.heads < 1)
        return "has no attention heads";
    if (attends && !a.isMla() && (a.kvHeads < 1 || a.headDim < 1))
        return "has no KV heads, or heads without width";
    if ((a.kind == AttentionKind::sliding || a.kind == AttentionKind::sparse) && a.window < 1)
        return "has no window";
    if (a.tokensPerEntry < 1 || a.outputGroups < 1)
        return "pools less than one token into an entry, or has no output group";
    return g.feedForward.experts > 0 && g.feedForward.expertsPerToken < 1 ? "sends a token to no expert" : "";
}

} // namespace

void ReadLog::refuse(std::size_t line, std::string_view key, std::string message)
{
    if (m_error)
        return;
    const std::string place = line > 0 ? ":" + std::to_string(line) : "";
    m_error = Error{m_file + place + (key.empty() ? "" : ": " + std::string(key)), std::move(message)};
}

std::optional<JsonNode> takeMember(JsonNode& object, std::string_view name)
{
    const auto found = std::ranges::find(object.members, name, &std::pair<std::string, JsonNode>::first);
    if (found == object.members.end())
        return std::nullopt;
    JsonNode node = std::move(found->second);
    object.members.erase(found);
    return node;
}

JsonNode writeModelSpec(const ModelSpec& spec)
{
    JsonNode node = JsonNode::object();
    Out out(node);
    visitModel(out, spec);
    return node;
}

ModelSpec readModelSpec(JsonNode& node, std::string_view key, ReadLog& log)
{
    ModelSpec spec;
    const std::size_t line = node.line;
    In in(node, std::string(key), log);
    visitModel(in, spec);
    if (spec.hidden < 1 || spec.vocab < 1 || spec.layers() < 1)
        log.refuse(line, key, "has no hidden width, vocabulary or layers; expected hidden, vocab and groups");
    for (std::size_t i = 0; i < spec.groups.size(); ++i)
        if (const auto wrong = complaint(spec.groups[i]); !wrong.empty())
            log.refuse(line, std::string(key) + ".groups[" + std::to_string(i) + "]", std::string(wrong));
    return spec;
}

JsonNode writeGpuSpec(const GpuSpec& spec)
{
    JsonNode node = JsonNode::object();
    Out out(node);
    visitGpu(out, spec);
    return node;
}

GpuSpec readGpuSpec(JsonNode& node, std::string_view key, ReadLog& log)
{
    GpuSpec spec;
    const std::size_t line = node.line;
    In in(node, std::string(key), log);
    visitGpu(in, spec);
    if (!(spec.memory.si() > 0) || !(spec.bandwidth.si() > 0) || !(spec.fp16.si() > 0))
        log.refuse(line, key, "has no memory_bytes, bandwidth_byte_s or fp16_flop_s; expected figures above 0");
    return spec;
}

} // namespace headroom
