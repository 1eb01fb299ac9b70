#include "core/plan/catalog.h"

#include "core/importers/hf_config.h"
#include "core/model/memory.h"
#include "core/plan/catalog_files.h"
#include "core/plan/catalog_names.h"
#include "core/plan/catalog_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace headroom {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

const std::filesystem::path kShared = HEADROOM_SOURCE_DIR "/../shared";

TEST(Catalog, HoldsEveryGpuOfTheContract)
{
    for (const char* name : {"A10-24GB", "A10G-24GB", "L4-24GB", "L40-48GB", "L40S-48GB", "T4-16GB", "V100-SXM-32GB",
             "A30-24GB", "A40-48GB", "RTX-A6000-48GB", "RTX-3090-24GB", "RTX-4090-24GB", "RTX-5090-32GB",
             "RTX-PRO-6000-96GB", "A100-PCIe-40GB", "A100-SXM-40GB", "A100-PCIe-80GB", "A100-SXM-80GB",
             "H100-PCIe-80GB", "H100-SXM-80GB", "H100-NVL-94GB", "H20-96GB", "H800-80GB", "H200-SXM-141GB",
             "H200-NVL-141GB", "GH200-96GB", "B200-180GB", "GB200-192GB", "B300-288GB", "GB300-288GB", "MI300X-192GB",
             "MI325X-256GB", "MI355X-288GB", "Gaudi3-128GB", "TPU-v4", "TPU-v5e", "TPU-v5p", "TPU-v6e"}) {
        const CatalogGpu* gpu = findGpu(name);
        ASSERT_NE(gpu, nullptr) << name;
        EXPECT_EQ(gpu->spec.name, name);
    }
}

TEST(Catalog, GpuAliasesResolve)
{
    for (const auto& [alias, name] : std::vector<std::pair<const char*, const char*>>{{"L40S", "L40S-48GB"},
             {"H20", "H20-96GB"}, {"H800", "H800-80GB"}, {"GH200", "GH200-96GB"}, {"MI300X", "MI300X-192GB"},
             {"MI325X", "MI325X-256GB"}, {"MI355X", "MI355X-288GB"}, {"h100-sxm-80gb", "H100-SXM-80GB"},
             {"NVIDIA H100 80GB HBM3", "H100-SXM-80GB"}, {"NVIDIA A100-SXM4-80GB", "A100-SXM-80GB"},
             {"a100_sxm", "A100-SXM-80GB"}, {"NVIDIA GeForce RTX 4090", "RTX-4090-24GB"}}) {
        ASSERT_NE(findGpu(alias), nullptr) << alias;
        EXPECT_EQ(findGpu(alias)->spec.name, name) << alias;
    }
    EXPECT_EQ(findGpu(""), nullptr);
    EXPECT_EQ(findGpu("H9000"), nullptr);
}

TEST(Catalog, EveryFigureOfEveryGpuIsPositiveAndSourced)
{
    for (const CatalogGpu& gpu : catalogGpus()) {
        const GpuSpec& s = gpu.spec;
        EXPECT_TRUE(s.memory > Bytes(0) && s.bandwidth > Bandwidth(0) && s.fp16 > FlopRate(0)) << s.name;
        EXPECT_TRUE(s.inNode.perDirection > Bandwidth(0) && s.betweenNodes > Bandwidth(0) && s.host > Bandwidth(0));
        EXPECT_GE(gpu.gpusPerNode, 1);
        // Seven figures are always there: memory, bandwidth, compute, three links; power but for three TPUs.
        EXPECT_GE(gpu.provenance.size(), 6u) << s.name;
        for (const Provenance& p : gpu.provenance)
            EXPECT_FALSE(p.source.empty() || p.figure.empty() || (p.date.empty() && !p.recalled))
                << s.name << " " << p.figure;
    }
}

TEST(Catalog, RecalledFiguresAreMarked)
{
    auto recalled = [](const std::vector<Provenance>& all, const std::string& figure) {
        const auto p = std::ranges::find(all, figure, &Provenance::figure);
        return p != all.end() && p->recalled;
    };
    EXPECT_TRUE(recalled(findGpu("V100")->provenance, "bandwidth_gb_s"));
    EXPECT_FALSE(recalled(findGpu("H100")->provenance, "bandwidth_gb_s"));
    EXPECT_TRUE(recalled(findModel("Yi-34B")->model->provenance, "shape"));
    EXPECT_TRUE(recalled(findModel("Llama-3.1-8B")->model->provenance, "published_params"));
    EXPECT_FALSE(recalled(findModel("Llama-3.1-8B")->model->provenance, "shape"));
}

TEST(Catalog, GpusAreOrderedByMemoryThenBandwidth)
{
    const auto gpus = catalogGpus();
    for (std::size_t i = 1; i < gpus.size(); ++i) {
        const GpuSpec &a = gpus[i - 1].spec, &b = gpus[i].spec;
        EXPECT_TRUE(a.memory < b.memory || (a.memory == b.memory && a.bandwidth <= b.bandwidth)) << b.name;
    }
}

TEST(Catalog, ModelsAreOrderedByParameters)
{
    double last = 0;
    for (const CatalogModel& m : catalogModels()) {
        const double total = countParameters(m.spec).total();
        EXPECT_GE(total, last) << m.spec.name;
        last = total;
    }
}

TEST(Catalog, HoldsSixtyModelsOfThirtyShapesAndEachKind)
{
    std::vector<ModelSpec> shapes;
    std::string words;
    for (const CatalogModel& m : catalogModels()) {
        ModelSpec shape = m.spec;
        shape.name.clear();
        shape.maxContext = 0;
        shape.publishedParams = shape.otherParams = 0;
        shape.servedFormat = NumberFormat::bf16;
        shape.quantizedPart = QuantizedPart::allLinear;
        if (std::ranges::find(shapes, shape) == shapes.end())
            shapes.push_back(shape);
        words += m.architecture + "; ";
        EXPECT_FALSE(m.family.empty() || m.provenance.empty()) << m.spec.name;
        for (const Provenance& p : m.provenance)
            EXPECT_TRUE(!p.date.empty() || p.recalled) << m.spec.name << " " << p.figure;
        EXPECT_GT(m.spec.maxContext, 0) << m.spec.name;
    }
    EXPECT_GE(catalogModels().size(), 60u);
    EXPECT_GE(shapes.size(), 30u);
    for (const char* kind : {"MHA", "GQA", "MQA", "MLA", "MoE", "dense", "sliding", "sparse", "hybrid", "compressed"})
        EXPECT_THAT(words, HasSubstr(kind));
    std::printf("%zu models, %zu shapes\n", catalogModels().size(), shapes.size());
}

TEST(Catalog, EveryNameAndAliasFindsItsOwnEntry)
{
    for (const CatalogModel& m : catalogModels()) {
        ASSERT_TRUE(findModel(m.spec.name)) << m.spec.name;
        EXPECT_EQ(findModel(m.spec.name)->model, &m) << m.spec.name;
        EXPECT_EQ(findModel(m.spec.name)->weightFormat, std::nullopt) << m.spec.name;
        for (const std::string& alias : m.aliases)
            EXPECT_EQ(findModel(alias)->model, &m) << alias;
    }
}

TEST(Catalog, ModelNamesResolveWithOrganisationTuningDateAndFormat)
{
    struct Case {
        const char *typed, *name;
        std::optional<NumberFormat> format;
    };
    const std::optional<NumberFormat> none;
    for (const Case& c : {Case{"meta-llama/Meta-Llama-3.1-8B-Instruct", "Llama-3.1-8B", none},
             Case{"Llama-2-70B-chat", "Llama-2-70B", none}, Case{"meta-llama/Llama-2-7b-hf", "Llama-2-7B", none},
             Case{"Qwen/Qwen3-14B-AWQ", "Qwen3-14B", NumberFormat::int4},
             Case{"Qwen3-32B-FP8-Static-PerTensor", "Qwen3-32B", NumberFormat::fp8},
             Case{"Qwen3-235B-A22B-Instruct-2507-FP8", "Qwen3-235B-A22B-2507", NumberFormat::fp8},
             Case{"nvidia/Llama-3.3-70B-Instruct-NVFP4", "Llama-3.3-70B", NumberFormat::fp4},
             Case{"TheBloke/Llama-2-13B-chat-GPTQ", "Llama-2-13B", NumberFormat::int4},
             Case{"Qwen2.5-72B-Instruct-GPTQ-Int8", "Qwen2.5-72B", NumberFormat::int8},
             Case{"deepseek-ai/DeepSeek-V3-0324", "DeepSeek-V3", none}, Case{"DeepSeek-R1-0528", "DeepSeek-R1", none},
             Case{"Mixtral-8x7B-Instruct-v0.1", "Mixtral-8x7B", none},
             Case{"Mistral-7B-Instruct-v0.3", "Mistral-7B-v0.3", none},
             Case{"Llama-4-Scout-17B-16E-Instruct-FP8", "Llama-4-Scout", NumberFormat::fp8},
             Case{"NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", "Nemotron-3-Nano-30B-A3B", NumberFormat::bf16},
             Case{"neuralmagic/Meta-Llama-3.1-70B-Instruct-quantized.w4a16", "Llama-3.1-70B", NumberFormat::int4},
             Case{"RedHatAI/Llama-3.3-70B-Instruct-FP8-dynamic", "Llama-3.3-70B", NumberFormat::fp8}}) {
        const auto match = findModel(c.typed);
        ASSERT_TRUE(match) << c.typed;
        EXPECT_EQ(match->model->spec.name, c.name) << c.typed;
        EXPECT_EQ(match->weightFormat, c.format) << c.typed;
    }
    for (const char* unknown : {"", "/", "-", "FP8", "gpt-9", "Llama", "instruct"})
        EXPECT_FALSE(findModel(unknown)) << unknown;
}

TEST(Catalog, NearestNamesHelpWithTypingErrors)
{
    EXPECT_EQ(nearestGpus("H100-SMX-80GB").front(), "H100-SXM-80GB");
    EXPECT_EQ(nearestModels("Lama-3.1-8B-Instruct").front(), "Llama-3.1-8B");
    EXPECT_EQ(nearestModels("qwen3-32").front(), "Qwen3-32B");
    EXPECT_EQ(nearestGpus("").size(), 3u);
}

TEST(Catalog, EditDistanceCountsInsertDeleteReplaceAndSwap)
{
    EXPECT_EQ(editDistance("", "abc"), 3);
    EXPECT_EQ(editDistance("kitten", "sitting"), 3);
    EXPECT_EQ(editDistance("sxm", "smx"), 1);
    EXPECT_EQ(editDistance("same", "same"), 0);
    EXPECT_EQ(editDistance("h100", "b200"), editDistance("b200", "h100"));
}

/// A column of a CSV file without quoted line breaks.
std::set<std::string> column(const std::filesystem::path& path, const std::string& name)
{
    std::set<std::string> values;
    std::ifstream file(path);
    std::size_t wanted = std::string::npos;
    for (std::string line; std::getline(file, line);) {
        std::vector<std::string> cells(1);
        bool quoted = false;
        for (const char c : line) {
            if (c == '"')
                quoted = !quoted;
            else if (c == ',' && !quoted)
                cells.emplace_back();
            else if (c != '\r')
                cells.back() += c;
        }
        if (wanted == std::string::npos) {
            wanted = static_cast<std::size_t>(std::ranges::find(cells, name) - cells.begin());
            continue;
        }
        if (wanted < cells.size() && !cells[wanted].empty())
            values.insert(cells[wanted]);
    }
    return values;
}

TEST(Catalog, EveryMeasuredModelAndGpuResolves)
{
    if (!std::filesystem::exists(kShared / "validation"))
        GTEST_SKIP() << "needs " << kShared / "validation";
    std::size_t names = 0;
    for (const char* file : {"e2e_measured.csv", "e2e_bench.csv"}) {
        for (const std::string& model : column(kShared / "validation" / file, "model")) {
            EXPECT_TRUE(findModel(model)) << model;
            ++names;
        }
        for (const std::string& gpu : column(kShared / "validation" / file, "gpu"))
            EXPECT_NE(findGpu(gpu), nullptr) << gpu;
    }
    EXPECT_GT(names, 30u);
    for (const std::string& gpu : column(kShared / "validation/ops/gemm.csv", "gpu"))
        EXPECT_NE(findGpu(gpu), nullptr) << gpu;
    for (const std::string& model : column(kShared / "catalog/models_extra.csv", "model"))
        EXPECT_TRUE(findModel(model)) << model;
}

TEST(Catalog, ModelsAndGpusOfThePapersResolve)
{
    for (const char* model :
        {"OPT-6.7B", "OPT-13B", "OPT-30B", "OPT-66B", "OPT-175B", "GPT-3-13B", "GPT-3-101B", "GPT-3-175B", "GPT-3-341B",
            "LLaMA-13B", "PaLM-8B", "PaLM-62B", "PaLM-540B", "MT-NLG-530B", "Mistral-7B", "Yi-34B", "LLaMA2-70B",
            "Llama2-70B", "Falcon-180B", "BLOOM-176B", "LLaMA3-70B", "LLaMA2-7B", "InternLM-20B", "Qwen-72B"})
        EXPECT_TRUE(findModel(model)) << model;
    for (const char* gpu : {"A100-40GB", "A100-80GB", "TPU-v4", "T4", "A40-48GB", "H100", "RTX-3090", "A800-80GB"})
        EXPECT_NE(findGpu(gpu), nullptr) << gpu;
}

/// The catalog's shapes are stated in its own format; the importer reads the published files. They must agree.
TEST(Catalog, ShapesAgreeWithPublishedConfigurations)
{
    const std::filesystem::path configs = kShared / "catalog/hf_configs";
    if (!std::filesystem::exists(configs))
        GTEST_SKIP() << "needs " << configs;
    for (const auto& entry : std::filesystem::directory_iterator(configs)) {
        std::stringstream text;
        text << std::ifstream(entry.path()).rdbuf();
        const auto import = readHfConfig(text.str(), entry.path().filename().string());
        ASSERT_TRUE(import) << entry.path();
        const auto match = findModel(import->spec.name);
        ASSERT_TRUE(match) << import->spec.name;
        EXPECT_EQ(match->model->spec.groups, import->spec.groups) << import->spec.name;
        EXPECT_EQ(match->model->spec.hidden, import->spec.hidden) << import->spec.name;
        EXPECT_EQ(match->model->spec.vocab, import->spec.vocab) << import->spec.name;
        EXPECT_EQ(match->model->spec.tiedEmbeddings, import->spec.tiedEmbeddings) << import->spec.name;
        EXPECT_EQ(match->weightFormat.value_or(match->model->spec.servedFormat), import->spec.servedFormat)
            << import->spec.name;
    }
}

TEST(Catalog, KvBytesPerTokenOfKnownModels)
{
    auto kv = [](const char* name) { return kvBytesPerToken(findModel(name)->model->spec, NumberFormat::bf16).si(); };
    EXPECT_EQ(kv("Llama-3.1-8B"), 131072);
    EXPECT_EQ(kv("Llama-3.1-70B"), 327680);
    EXPECT_EQ(kv("DeepSeek-V3"), 70272);
    EXPECT_EQ(kv("OPT-13B"), 819200);
    EXPECT_EQ(kv("PaLM-540B"), 118 * 2 * 256 * 2);
}

TEST(Catalog, PricesPickOneDefaultAndKeepTheOthers)
{
    EXPECT_NEAR(findGpu("H100-SXM-80GB")->price->in(dollar / hour), 2.95, 1e-12);
    EXPECT_THAT(findGpu("H100-SXM-80GB")->priceSource, HasSubstr("2026-05-20"));
    EXPECT_NEAR(findGpu("A100-SXM-80GB")->price->in(dollar / hour), 1.30, 1e-12); // the middle of 1.10 to 1.50
    EXPECT_FALSE(findGpu("Gaudi3")->price);
    std::size_t h100 = 0;
    for (const CatalogPrice& price : catalogPrices()) {
        EXPECT_TRUE(price.usdLow > 0 && price.usdLow <= price.usdHigh) << price.gpu;
        EXPECT_TRUE(price.recalled || !(price.source.empty() || price.date.empty())) << price.gpu;
        h100 += price.gpu == "H100-SXM-80GB" ? 1 : 0;
    }
    EXPECT_EQ(h100, 4u);
}

TEST(Catalog, ChoosingAGpuCopiesItsFiguresAndKeepsAnEditedPrice)
{
    Plan plan = defaultPlan();
    ASSERT_TRUE(chooseGpu(plan, "A100"));
    EXPECT_EQ(plan.hardware.gpu, findGpu("A100-SXM-80GB")->spec);
    EXPECT_NEAR(plan.hardware.pricePerGpu.in(dollar / hour), 1.30, 1e-12);
    ASSERT_TRUE(chooseGpu(plan, "Gaudi3")); // no price known: that of the A100 would pass for one
    EXPECT_FALSE(plan.hardware.hasPrice());
    plan.hardware.pricePerGpu = 9 * dollar / hour;
    plan.hardware.priceEdited = true;
    for (const char* name : {"H100", "Gaudi3"}) {
        ASSERT_TRUE(chooseGpu(plan, name));
        EXPECT_NEAR(plan.hardware.pricePerGpu.in(dollar / hour), 9, 1e-12) << name;
    }
}

TEST(Catalog, CalibrationIsOfOneGpuAndGoesWithIt)
{
    Plan plan = defaultPlan();
    plan.hardware.calibration = {.compute = 1.2, .bandwidth = 0.9, .network = 0.8, .overhead = 1.5};
    const Calibration measured = plan.hardware.calibration;
    ASSERT_TRUE(chooseGpu(plan, "H100"));
    EXPECT_EQ(plan.hardware.calibration, measured) << "the same GPU, by its alias";
    ASSERT_TRUE(chooseGpu(plan, "A100-SXM-80GB"));
    EXPECT_EQ(plan.hardware.calibration, Calibration{});
}

TEST(Catalog, ChoosingAModelSetsFormatAndLowersTheContextLimitOnly)
{
    Plan plan = defaultPlan();
    plan.model.kvFormat = NumberFormat::fp8;
    ASSERT_TRUE(chooseModel(plan, "DeepSeek-V3"));
    EXPECT_EQ(plan.model.weightFormat, NumberFormat::fp8); // as published
    EXPECT_EQ(plan.model.kvFormat, NumberFormat::fp8);     // a decision of serving stays
    EXPECT_EQ(plan.model.maxContext, Tokens(8192));
    ASSERT_TRUE(chooseModel(plan, "Llama-3.1-8B-Instruct-AWQ"));
    EXPECT_EQ(plan.model.weightFormat, NumberFormat::int4);
    ASSERT_TRUE(chooseModel(plan, "OPT-13B"));
    EXPECT_EQ(plan.model.maxContext, Tokens(2048));
    ASSERT_TRUE(chooseModel(plan, "Llama-3.1-8B"));
    EXPECT_EQ(plan.model.maxContext, Tokens(2048));
}

TEST(Catalog, UnknownChoiceLeavesThePlanAndNamesTheNearest)
{
    Plan plan = defaultPlan();
    const auto gpu = chooseGpu(plan, "H100-SMX-80GB");
    ASSERT_FALSE(gpu);
    EXPECT_EQ(gpu.error().where, "hardware.gpu");
    EXPECT_THAT(gpu.error().message, HasSubstr("H100-SXM-80GB"));
    const auto model = chooseModel(plan, std::string(100000, 'x'));
    ASSERT_FALSE(model);
    EXPECT_LT(model.error().message.size(), 300u);
    EXPECT_EQ(plan, defaultPlan());
}

TEST(Catalog, DifferencesFromTheCatalogNameTheFigure)
{
    Plan plan = defaultPlan();
    EXPECT_TRUE(differencesFromCatalog(plan).empty());
    plan.hardware.gpu.bandwidth = 3000 * gigabyte / second;
    plan.hardware.gpu.fp8 = std::nullopt;
    plan.model.spec.groups[0].layers = 16;
    const auto differences = differencesFromCatalog(plan);
    EXPECT_THAT(differences, Contains("hardware.gpu: bandwidth 3000 GB/s, catalog 3350 GB/s"));
    EXPECT_THAT(differences, Contains("hardware.gpu: fp8 none, catalog 1979 TFLOP/s"));
    EXPECT_THAT(differences, Contains(HasSubstr("layers 16, catalog 32")));
    plan = defaultPlan();
    plan.model.spec.groups[0].attention.gated = false;
    plan.model.spec.groups[0].attention.window = 7;
    EXPECT_THAT(differencesFromCatalog(plan), ElementsAre(HasSubstr("another shape")));
    plan.model.spec.name = "custom";
    plan.hardware.gpu.name = "mine";
    EXPECT_TRUE(differencesFromCatalog(plan).empty()); // nothing to compare with
}

TEST(Catalog, DefaultPlanIsLlama8bOnH100)
{
    const Plan plan = defaultPlan();
    EXPECT_EQ(plan.model.spec.name, "Llama-3.1-8B");
    EXPECT_EQ(plan.hardware.gpu.name, "H100-SXM-80GB");
    EXPECT_DOUBLE_EQ(plan.hardware.gpu.memory.in(gibibyte), 80);
}

std::string refusal(const std::string& gpus, const std::string& models = "", const std::string& prices = "")
{
    const std::string open = R"({"schema": 1, "sources": {"s": {"text": "t", "date": ""}}, ")";
    try {
        readCatalog(open + "gpus\": [" + gpus + "]}", open + "models\": [" + models + "]}",
            open + "prices\": [" + prices + "]}");
    } catch (const std::runtime_error& e) {
        return e.what();
    }
    return "read";
}

TEST(CatalogReader, MistakesNameTheRowAndTheKey)
{
    const std::string gpu = R"({"name": "G", "aliases": [], "gpus_per_node": 8, "architecture": "hopper",
        "memory_mib": [1, "s"], "bandwidth_gb_s": [1, "s"], "fp16_tflops": [1, "s"], "link": "pcie",
        "link_gb_s": [1, "s"], "host_gb_s": [1, "s"], "between_nodes_gb_s": [1, "s"])";
    EXPECT_EQ(refusal(gpu + "}"), "read");
    EXPECT_EQ(refusal(gpu + R"(, "speed": 3})"), "catalog: gpus G has an unknown key speed");
    EXPECT_EQ(refusal(gpu + R"(, "power_w": 3})"), "catalog: gpus G power_w is not [value, source]");
    EXPECT_EQ(refusal(gpu + R"(, "power_w": [3, "x"]})"), "catalog: gpus G power_w names an unknown source");
    EXPECT_EQ(refusal(R"({"name": "G"})"), "catalog: gpus G lacks aliases");
    EXPECT_EQ(refusal("", R"({"name": "M", "like": "N"})"), "catalog: models M is like N, which is not above it");
    EXPECT_EQ(refusal("", "", R"({"gpu": "X", "usd_low": 1, "usd_high": 1, "kind": "k", "source": "s"})"),
        "catalog: prices X is of a GPU that is not in the catalog");
}

TEST(CatalogReader, ReportsItsTime)
{
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    const CatalogData data = readCatalog(embedded::gpusJson(), embedded::modelsJson(), embedded::pricesJson());
    const std::chrono::duration<double, std::milli> took = Clock::now() - start;
    EXPECT_EQ(data.gpus.size(), catalogGpus().size());
    std::printf("the catalog was read in %.2f ms\n", took.count());
}

} // namespace
} // namespace headroom
