#include "core/importers/hf_config.h"
#include "core/model/memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace headroom {
namespace {

using testing::Contains;
using testing::HasSubstr;

const std::filesystem::path kConfigs = HEADROOM_SOURCE_DIR "/../shared/catalog/hf_configs";

std::string fileText(const std::filesystem::path& path)
{
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

HfImport read(const std::string& json, const std::string& name = "a-model")
{
    const Result<HfImport> result = readHfConfig(json, name);
    EXPECT_TRUE(result) << result.error().where << ": " << result.error().message;
    return result.value_or(HfImport{});
}

std::string where(const std::string& json)
{
    const Result<HfImport> result = readHfConfig(json, "a.json");
    EXPECT_FALSE(result) << json;
    return result ? "" : result.error().where;
}

const char* const kDense = R"({"model_type": "llama", "hidden_size": 1024, "num_hidden_layers": 4,
    "num_attention_heads": 16, "num_key_value_heads": 4, "intermediate_size": 2048, "vocab_size": 1000,
    "max_position_embeddings": 4096, "torch_dtype": "bfloat16", "rope_theta": 10000.0})";

// Attention 1024 * (1024 + 2 * 256 + 1024), feed-forward 3 * 1024 * 2048, two norms, a norm at the end, two tables.
TEST(HfConfig, DenseModelCountsByHand)
{
    const HfImport got = read(kDense);
    ASSERT_EQ(got.spec.groups.size(), 1u);
    EXPECT_EQ(got.spec.groups[0].attention.headDim, 64); // 1024 / 16, not in the file
    EXPECT_EQ(got.spec.maxContext, 4096);
    EXPECT_EQ(got.spec.servedFormat, NumberFormat::bf16);
    EXPECT_DOUBLE_EQ(countParameters(got.spec).total(), 4 * (2621440 + 6291456 + 2048) + 1024 + 2 * 1024000);
    EXPECT_THAT(got.used, Contains("hidden_size = 1024"));
    EXPECT_THAT(got.ignored, Contains(HasSubstr("rope_theta")));
}

TEST(HfConfig, ModelIsNamedAfterItsFileWithoutOrganisation)
{
    EXPECT_EQ(read(kDense, "org--Some-Model-7B.json").spec.name, "Some-Model-7B");
    EXPECT_EQ(read(kDense, "/models/Some-Model-7B/config.json").spec.name, "Some-Model-7B");
    EXPECT_EQ(read(kDense, "config.json").spec.name, "imported");
}

TEST(HfConfig, LayerTypesBecomeGroups)
{
    const HfImport got = read(R"({"model_type": "gemma3_text", "hidden_size": 64, "num_hidden_layers": 4,
        "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 32, "intermediate_size": 128,
        "vocab_size": 100, "sliding_window": 512,
        "layer_types": ["sliding_attention", "sliding_attention", "full_attention", "sliding_attention"]})");
    ASSERT_EQ(got.spec.groups.size(), 2u);
    EXPECT_EQ(got.spec.groups[0].attention.kind, AttentionKind::sliding);
    EXPECT_EQ(got.spec.groups[0].attention.window, 512);
    EXPECT_EQ(got.spec.groups[0].layers, 3);
    EXPECT_EQ(got.spec.groups[1].attention.kind, AttentionKind::full);
    EXPECT_TRUE(got.spec.tiedEmbeddings); // the family's habit
    EXPECT_THAT(got.ignored, Contains(HasSubstr("longest context is not stated")));
}

TEST(HfConfig, MistralWindowCoversAllLayersAndNullNone)
{
    const std::string open = R"({"model_type": "mistral", "hidden_size": 64, "num_hidden_layers": 2,
        "num_attention_heads": 4, "intermediate_size": 128, "vocab_size": 100, "sliding_window": )";
    EXPECT_EQ(read(open + "4096}").spec.groups[0].attention.window, 4096);
    EXPECT_EQ(read(open + "null}").spec.groups[0].attention.kind, AttentionKind::full);
    EXPECT_EQ(read(open + R"(4096, "use_sliding_window": false})").spec.groups[0].attention.kind, AttentionKind::full);
}

TEST(HfConfig, ExpertLayersFollowEachSpellingOfWhere)
{
    const std::string open = R"({"model_type": "x", "hidden_size": 64, "num_hidden_layers": 6, "num_attention_heads": 4,
        "intermediate_size": 256, "vocab_size": 100, "num_experts": 8, "num_experts_per_tok": 2,
        "moe_intermediate_size": 32)";
    auto expertLayers = [&](const std::string& rest) {
        int n = 0;
        for (const LayerGroup& g : read(open + rest + "}").spec.groups)
            n += g.feedForward.experts > 0 ? g.layers : 0;
        return n;
    };
    EXPECT_EQ(expertLayers(""), 6);
    EXPECT_EQ(expertLayers(R"(, "first_k_dense_replace": 2)"), 4);
    EXPECT_EQ(expertLayers(R"(, "moe_layer_freq": [0, 1, 0, 1, 1, 0])"), 3);
    EXPECT_EQ(expertLayers(R"(, "decoder_sparse_step": 2)"), 3);
    EXPECT_EQ(expertLayers(R"(, "mlp_only_layers": [5])"), 5);
    EXPECT_EQ(expertLayers(R"(, "mlp_layer_types": ["dense", "sparse", "sparse", "sparse", "sparse", "sparse"])"), 5);
    EXPECT_EQ(expertLayers(R"(, "interleave_moe_layer_step": 3)"), 2);
}

TEST(HfConfig, EveryKeyIsUsedOrSaidToBeDecidedByOthers)
{
    const HfImport dense = read(R"({"model_type": "m", "hidden_size": 64, "num_hidden_layers": 2, "vocab_size": 100,
        "num_attention_heads": 4, "intermediate_size": 128, "num_experts": 4, "num_experts_per_tok": 2,
        "moe_intermediate_size": 32, "first_k_dense_replace": 1})");
    EXPECT_THAT(dense.used, Contains("intermediate_size = 128"));
    const HfImport listed = read(R"({"model_type": "m", "hidden_size": 64, "num_hidden_layers": 2, "vocab_size": 100,
        "num_attention_heads": 4, "intermediate_size": 128, "num_experts": 4, "num_experts_per_tok": 2,
        "moe_intermediate_size": 32, "mlp_layer_types": ["sparse", "sparse"], "first_k_dense_replace": 1})");
    EXPECT_THAT(listed.ignored, Contains(HasSubstr("decided by other keys: first_k_dense_replace")));
}

TEST(HfConfig, DraftLayersTowersAndUnknownKeysAreSaid)
{
    const HfImport got = read(R"({"model_type": "m", "text_config": {"hidden_size": 64, "num_hidden_layers": 2,
        "num_attention_heads": 4, "intermediate_size": 128, "vocab_size": 100, "num_nextn_predict_layers": 1,
        "warp_drive": 9}, "vision_config": {"depth": 2, "hidden_size": 16, "intermediate_size": 64}})");
    EXPECT_THAT(got.ignored, Contains(HasSubstr("multi-token prediction (1)")));
    EXPECT_THAT(got.ignored, Contains(HasSubstr("vision tower")));
    EXPECT_THAT(got.ignored, Contains("not understood, so the figures may be wrong: text_config.warp_drive"));
    EXPECT_DOUBLE_EQ(got.spec.otherParams, 2 * (4 * 256 + 2 * 16 * 64) + 16 * 16);
}

TEST(HfConfig, QuantizationSetsFormatAndPart)
{
    const std::string open(kDense, std::string(kDense).size() - 1);
    EXPECT_EQ(read(open + R"(, "quantization_config": {"quant_method": "fp8"}})").spec.servedFormat, NumberFormat::fp8);
    EXPECT_EQ(read(open + R"(, "quantization_config": {"quant_method": "gptq", "bits": 8}})").spec.servedFormat,
        NumberFormat::int8);
    EXPECT_EQ(read(open + R"(, "quantization_config": {"quant_method": "awq", "bits": 4}})").spec.servedFormat,
        NumberFormat::int4);
    const HfImport nvfp4 = read(open + R"(, "quantization_config": {"quant_algo": "NVFP4", "quant_method": "modelopt",
        "kv_cache_scheme": {"num_bits": 8, "type": "float"}}})");
    EXPECT_EQ(nvfp4.spec.servedFormat, NumberFormat::fp4);
    EXPECT_EQ(nvfp4.kvFormat, NumberFormat::fp8);
    EXPECT_EQ(read(kDense, "org/a-model-FP8").spec.servedFormat, NumberFormat::fp8); // said by the name alone
    const HfImport unknown = read(open + R"(, "quantization_config": {"quant_method": "hqq"}})");
    EXPECT_EQ(unknown.spec.servedFormat, NumberFormat::bf16);
    EXPECT_THAT(unknown.ignored, Contains(HasSubstr("format is not known")));
}

TEST(HfConfig, ErrorsNameTheLineOrTheKey)
{
    EXPECT_EQ(where("{\n\"hidden_size\": 12,\n"), "a.json:3");
    EXPECT_EQ(where("[1, 2]"), "a.json");
    EXPECT_EQ(where(""), "a.json:1");
    EXPECT_EQ(where("{}"), "a.json: hidden_size");
    EXPECT_EQ(where(R"({"hidden_size": -5})"), "a.json: hidden_size");
    EXPECT_EQ(where(R"({"hidden_size": NaN})"), "a.json: hidden_size"); // null, so missing
    EXPECT_EQ(where(R"({"hidden_size": 1e300})"), "a.json: hidden_size");
    EXPECT_EQ(where(R"({"hidden_size": 1e999})"), "a.json");
    EXPECT_EQ(where(R"({"hidden_size": "64"})"), "a.json: hidden_size");
    EXPECT_EQ(where(R"({"hidden_size": 64.5})"), "a.json: hidden_size");
    EXPECT_EQ(where(R"({"hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2000000000})"),
        "a.json: num_hidden_layers");
    EXPECT_EQ(where(R"({"text_config": 3, "hidden_size": 64})"), "a.json: text_config");
    EXPECT_EQ(where(R"({"is_encoder_decoder": true, "hidden_size": 64})"), "a.json: is_encoder_decoder");
    EXPECT_EQ(where(R"({"hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2, "vocab_size": 9,
        "num_key_value_heads": 8})"),
        "a.json: num_key_value_heads");
    EXPECT_EQ(where(R"({"hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2, "vocab_size": 9,
        "num_experts": 8, "num_experts_per_tok": 9})"),
        "a.json: num_experts_per_tok");
    EXPECT_EQ(where(R"({"hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2, "vocab_size": 9,
        "layer_types": ["full_attention"]})"),
        "a.json: layer_types");
    EXPECT_EQ(where(R"({"hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2, "vocab_size": 9,
        "layer_types": ["full_attention", "quantum_attention"]})"),
        "a.json: layer_types");
}

TEST(HfConfig, DeepNestingAndHugeTextAreRefused)
{
    EXPECT_EQ(where(std::string(100000, '[')), "a.json:1");
    EXPECT_EQ(where(R"({"a": )" + std::string(70, '[') + std::string(70, ']') + "}"), "a.json:1");
    EXPECT_EQ(where(std::string(17 * 1024 * 1024, ' ')), "a.json");
}

TEST(HfConfig, BracketsInTextAreNotNesting)
{
    const std::string open(kDense, std::string(kDense).size() - 1);
    read(open + R"(, "note": ")" + std::string(200, '[') + R"(\" Infinity"})");
    read(open + R"(, "time_step_limit": [0.0, Infinity, -Infinity, NaN]})");
}

TEST(HfConfig, RecognisesItsOwnFilesOnly)
{
    EXPECT_TRUE(isHfConfig(kDense));
    EXPECT_FALSE(isHfConfig(R"({"schema": 1, "model": {"hidden_size": 3}})"));
    EXPECT_FALSE(isHfConfig("arrival_s,prompt_tokens\n0,1\n"));
    EXPECT_FALSE(isHfConfig(""));
}

/// One random edit of a text: a byte changed, a stretch cut or doubled, or a number replaced by an absurd one.
std::string mutated(std::string text, std::mt19937_64& random)
{
    const std::size_t at = random() % text.size();
    switch (random() % 4) {
    case 0:
        text[at] = static_cast<char>(random() % 256);
        break;
    case 1:
        text.erase(at, 1 + random() % 40);
        break;
    case 2:
        text.insert(at, text.substr(random() % text.size(), random() % 40));
        break;
    default: {
        const std::size_t digit = text.find_first_of("0123456789", at);
        const char* const absurd[] = {
            "0", "-1", "99999999999999999999", "1e308", "1.5", "null", "true", "[]", "{}", "\"\""};
        if (digit != std::string::npos)
            text.replace(digit, text.find_first_not_of("0123456789", digit) - digit, absurd[random() % 10]);
    }
    }
    return text;
}

void mutateAndRead(const std::string& text, int rounds, std::mt19937_64& random)
{
    for (int i = 0; i < rounds; ++i) {
        std::string broken = text;
        for (std::uint64_t edits = 1 + random() % 3; edits > 0 && !broken.empty(); --edits)
            broken = mutated(broken, random);
        const Result<HfImport> result = readHfConfig(broken, "mutant");
        if (!result) {
            EXPECT_FALSE(result.error().message.empty());
            continue;
        }
        const double total = countParameters(result->spec).total();
        EXPECT_TRUE(std::isfinite(total) && total > 0) << broken;
        EXPECT_TRUE(std::isfinite(kvBytesPerToken(result->spec, NumberFormat::bf16).si())) << broken;
    }
}

TEST(HfConfig, MutatedTextGivesAnErrorOrAFiniteModel)
{
    std::mt19937_64 random(1);
    mutateAndRead(kDense, 3000, random);
}

TEST(HfConfig, MutatedPublishedConfigsGiveAnErrorOrAFiniteModel)
{
    if (!std::filesystem::exists(kConfigs))
        GTEST_SKIP() << "needs " << kConfigs;
    std::mt19937_64 random(2);
    for (const char* name : {"deepseek-ai--DeepSeek-V4-Pro", "nvidia--Gemma-4-26B-A4B-NVFP4", "Qwen--Qwen3.5-27B",
             "nvidia--NVIDIA-Nemotron-3-Ultra-550B-A55B-BF16", "MiniMaxAI--MiniMax-M3", "zai-org--GLM-5.2"})
        mutateAndRead(fileText(kConfigs / (std::string(name) + ".json")), 500, random);
}

TEST(HfConfig, EveryPublishedConfigReads)
{
    if (!std::filesystem::exists(kConfigs))
        GTEST_SKIP() << "needs " << kConfigs;
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(kConfigs)) {
        const std::string text = fileText(entry.path());
        EXPECT_TRUE(isHfConfig(text)) << entry.path();
        const HfImport got = read(text, entry.path().filename().string());
        for (const std::string& line : got.ignored)
            EXPECT_THAT(line, testing::Not(HasSubstr("not understood"))) << entry.path();
        EXPECT_GT(got.spec.maxContext, 0) << entry.path();
        ++files;
    }
    EXPECT_EQ(files, 73);
}

TEST(HfConfig, KvBytesPerTokenOfPublishedConfigs)
{
    if (!std::filesystem::exists(kConfigs))
        GTEST_SKIP() << "needs " << kConfigs;
    auto kv = [](const char* name) {
        const HfImport got = read(fileText(kConfigs / (std::string(name) + ".json")), name);
        return kvBytesPerToken(got.spec, NumberFormat::bf16).si();
    };
    EXPECT_EQ(kv("meta-llama--Meta-Llama-3.1-8B"), 131072);
    EXPECT_EQ(kv("meta-llama--Meta-Llama-3.1-70B"), 327680);
    EXPECT_EQ(kv("deepseek-ai--DeepSeek-V3"), 70272);
    EXPECT_EQ(kv("nvidia--NVIDIA-Nemotron-3-Nano-30B-A3B-BF16"), 6.0 * 2 * 2 * 128 * 2); // six attention layers
}

} // namespace
} // namespace headroom
