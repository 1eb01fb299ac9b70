#include "core/plan/plan_io.h"

#include "core/plan/catalog.h"
#include "core/plan/fields.h"
#include "core/plan/json_tree.h"
#include "core/plan/migrations.h"
#include "core/plan/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

namespace headroom {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
namespace fs = std::filesystem;

/// An empty folder that is gone after the test.
class Folder {
public:
    Folder() : m_path(fs::temp_directory_path() / ("headroom_plan_io_" + std::to_string(::getpid())))
    {
        fs::remove_all(m_path);
        fs::create_directories(m_path);
    }
    ~Folder()
    {
        fs::permissions(m_path, fs::perms::owner_all);
        fs::remove_all(m_path);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    fs::path operator/(std::string_view name) const { return m_path / name; }
    const fs::path& path() const { return m_path; }

private:
    fs::path m_path;
};

std::string contents(const fs::path& path)
{
    std::ifstream in(path, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

void put(const fs::path& path, std::string_view text) { std::ofstream(path, std::ios::binary) << text; }

Error errorOf(std::string_view text)
{
    const auto plan = parsePlan(text, "p.json");
    EXPECT_FALSE(plan) << text.substr(0, 200);
    return plan ? Error{} : plan.error();
}

/// A plan with random values in every field, some classes, some absent targets.
Plan randomPlan(std::mt19937_64& random)
{
    const auto unit = [&] { return static_cast<double>(random() >> 11) * 0x1p-53; };
    Plan plan = defaultPlan();
    const auto set = [&](std::string_view key, const std::string& text) {
        const auto done = setField(plan, key, text);
        EXPECT_TRUE(done) << key << " = " << text << ": " << (done ? "" : done.error().message);
    };
    const auto numberText = [&](double min, double max, bool integer) {
        const double v = min > 0 ? min * std::pow(max / min, unit()) : min + (max - min) * unit();
        std::ostringstream text;
        text.precision(17);
        text << (integer ? std::clamp(std::round(v), min, max) : std::clamp(v, min, max));
        return text.str();
    };
    for (const Field& field : fields()) {
        if (const auto* c = std::get_if<ChoiceField>(&field)) {
            const auto choices = c->choices();
            set(c->info.key, choices[random() % choices.size()].id);
        } else if (const auto& n = std::get<NumberField>(field); !n.info.derived) {
            const bool shape = n.info.group == "model" && n.info.notApplicable;
            if (!shape || random() % 20 == 0)
                set(n.info.key, n.optional && random() % 2 ? "none" : numberText(n.min, n.max, n.integer));
        }
    }
    for (std::size_t i = 0, classes = random() % 4; i < classes; ++i) {
        const std::string path = "workload.classes[" + std::to_string(i) + "].";
        set(path + "name", "class \"" + std::to_string(i) + "\" é\n\\");
        set(path + "prompt_distribution", random() % 2 ? "gamma" : "empirical");
        for (const ClassField& f : classFields())
            set(path + std::string(f.info.key), numberText(f.min, f.max, f.integer));
    }
    plan.name = "random";
    plan.notes = random() % 2 ? "two\nlines\twith \"quotes\"" : "";
    plan.workload.traceFile = random() % 2 ? "traces/a b.csv" : "";
    return plan;
}

TEST(PlanFile, RandomPlansReadBackExactly)
{
    std::mt19937_64 random(20240607);
    for (int i = 0; i < 400; ++i) {
        const Plan plan = randomPlan(random);
        const std::string text = planText(plan);
        const auto again = parsePlan(text, "random");
        ASSERT_TRUE(again) << again.error().where << ": " << again.error().message;
        ASSERT_EQ(planText(*again), text);
        ASSERT_EQ(*again, plan) << text;
        ASSERT_EQ(planHash(*again), planHash(plan));
    }
}

TEST(PlanFile, EveryModelAndGpuOfTheCatalogReadsBackWithItsFigures)
{
    for (const auto& model : catalogModels()) {
        Plan plan = defaultPlan();
        ASSERT_TRUE(chooseModel(plan, model.spec.name));
        const auto again = parsePlan(planText(plan), model.spec.name);
        ASSERT_TRUE(again) << again.error().where << ": " << again.error().message;
        EXPECT_EQ(*again, plan) << model.spec.name;
    }
    for (const auto& gpu : catalogGpus()) {
        Plan plan = defaultPlan();
        ASSERT_TRUE(chooseGpu(plan, gpu.spec.name));
        const auto again = parsePlan(planText(plan), gpu.spec.name);
        ASSERT_TRUE(again) << again.error().where << ": " << again.error().message;
        EXPECT_EQ(*again, plan) << gpu.spec.name;
    }
}

TEST(PlanFile, CopiedFiguresCountNotTheCatalog)
{
    Plan plan = defaultPlan();
    plan.hardware.gpu.name = "Prototype-1TB";
    plan.hardware.gpu.memory = Bytes(1e12);
    plan.model.spec.name = "in-house-9b";
    plan.model.spec.groups.front().layers = 33;
    const auto again = parsePlan(planText(plan), "p");
    ASSERT_TRUE(again) << again.error().where << ": " << again.error().message;
    EXPECT_EQ(*again, plan);
}

/// What a plan must state, with its own rate; `more` are further members of the outermost object.
std::string essentials(std::string_view more = "", std::string_view workload = "\"arrival_rate_req_s\": 4")
{
    return "{\"schema\": 1, \"model\": {\"name\": \"Llama-3.1-8B\"}, \"hardware\": {\"gpu\": \"H100-SXM-80GB\"}, "
           "\"workload\": {" +
           std::string(workload) + "}" + std::string(more) + "}";
}

TEST(PlanFile, AbsentKeysAreDefaults)
{
    Plan expected = defaultPlan();
    ASSERT_TRUE(setField(expected, "model.name", "Llama-3.1-8B"));
    ASSERT_TRUE(setField(expected, "hardware.gpu", "H100-SXM-80GB"));
    ASSERT_TRUE(setField(expected, "workload.arrival_rate_req_s", "4"));
    expected.name = Plan().name;
    for (const auto& text : {essentials(), "\xef\xbb\xbf" + essentials(), essentials(", \"batching\": null"),
             essentials(", \"batching\": {\"policy\": \"\", \"token_budget\": null}")}) {
        const auto plan = parsePlan(text, "p");
        ASSERT_TRUE(plan) << plan.error().where << plan.error().message;
        EXPECT_EQ(*plan, expected) << text;
        EXPECT_TRUE(validate(*plan).empty());
    }
}

TEST(PlanFile, LoadModelAndGpuMustBeStated)
{
    EXPECT_EQ(errorOf("{}").where, "p.json:1: workload.arrival_rate_req_s");
    EXPECT_THAT(errorOf("{}").message, StartsWith("is missing; expected the requests per second"));
    EXPECT_EQ(errorOf(essentials("", "\"arrival_rate_req_s\": null")).where, "p.json:1: workload.arrival_rate_req_s");
    EXPECT_TRUE(parsePlan(essentials("", "\"process\": \"closed_loop\", \"concurrency\": 8"), "p"));
    EXPECT_EQ(errorOf(essentials("", "\"process\": \"poisson\", \"concurrency\": 32")).where,
        "p.json:1: workload.arrival_rate_req_s")
        << "every saved plan states a concurrency, whether it is used or not";
    EXPECT_EQ(errorOf("{\"workload\": {\"arrival_rate_req_s\": 4}, \"hardware\": {\"gpu\": \"L40S-48GB\"}}").where,
        "p.json:1: model.name");
    EXPECT_EQ(errorOf("{\"workload\": {\"arrival_rate_req_s\": 4}, \"model\": {\"name\": \"Llama-3.1-8B\"}}").where,
        "p.json:1: hardware.gpu");
}

TEST(PlanFile, ANameAloneTakesItsFiguresFromTheCatalog)
{
    const auto plan = parsePlan(R"({"schema": 1, "model": {"name": "meta-llama/Llama-3.1-70B-Instruct-FP8"},
        "hardware": {"gpu": "H200-SXM-141GB"}, "deployment": {"tp": 4}, "workload": {"arrival_rate_req_s": 4}})",
        "p");
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_EQ(plan->model.spec.name, "Llama-3.1-70B");
    EXPECT_EQ(plan->model.weightFormat, NumberFormat::fp8);
    EXPECT_EQ(plan->model.spec.layers(), 80);
    EXPECT_EQ(plan->hardware.gpu.name, "H200-SXM-141GB");
    EXPECT_FALSE(plan->hardware.priceEdited);
}

TEST(PlanFile, FiguresWithoutAPriceDoNotTakeThatOfTheDefaultGpu)
{
    for (const auto& [name, expected] : {std::pair{"my chip", 0.0}, {"A10-24GB", 0.75}}) {
        std::string text = planText(defaultPlan());
        const auto price = text.find("\"price_usd_per_gpu_hour\"");
        text.erase(price, text.find('\n', price) - price);
        const std::string gpu = "H100-SXM-80GB";
        text.replace(text.find(gpu), gpu.size(), name);
        const auto plan = parsePlan(text, "p");
        ASSERT_TRUE(plan) << plan.error().message;
        EXPECT_EQ(plan->hardware.gpu.name, name);
        EXPECT_NEAR(plan->hardware.pricePerGpu.in(dollar / hour), expected, 1e-12) << name;
    }
}

TEST(PlanFile, UnknownKeysAreKeptWhereTheyStood)
{
    const std::string text = R"({"schema": 1, "future": {"a": [1, 2.50, {"b": null}], "c": {}}, "workload": {
        "arrival_rate_req_s": 4, "tide": "high", "classes": [{"share": 1}, {"share": 2, "colour": "red"}]},
        "model": {"spec": )" +
                             writeCompactJson(*readJson(planText(defaultPlan()), "d")->find("model")->find("spec")) +
                             R"(}, "hardware": {"gpu": "H100-SXM-80GB", "rack": 12345678901234567890}})";
    const auto plan = parsePlan(text, "p");
    ASSERT_TRUE(plan) << plan.error().where << plan.error().message;
    const std::string saved = planText(*plan);
    const auto root = readJson(saved, "saved");
    ASSERT_TRUE(root);
    EXPECT_EQ(writeCompactJson(*root->find("future")), R"({"a":[1,2.50,{"b":null}],"c":{}})");
    EXPECT_EQ(root->find("workload")->find("tide")->text, "high");
    EXPECT_EQ(root->find("workload")->find("classes")->members[1].second.find("colour")->text, "red");
    EXPECT_EQ(root->find("workload")->find("classes")->members[0].second.find("colour"), nullptr);
    EXPECT_EQ(root->find("hardware")->find("rack")->text, "12345678901234567890");
    EXPECT_EQ(*parsePlan(saved, "again"), *plan);
    EXPECT_THAT(unknownKeyNames(*plan), testing::UnorderedElementsAre("future.a[2].b", "future.c", "workload.tide",
                                            "workload.classes[1].colour", "hardware.rack"));
    EXPECT_TRUE(unknownKeyNames(defaultPlan()).empty());
    Plan without = *plan;
    without.workload.classes.clear();
    EXPECT_TRUE(parsePlan(planText(without), "p")) << "a class that is gone takes its unknown keys along";
}

TEST(PlanFile, WrongValuesAreNamedWithLineAndKey)
{
    const auto e = errorOf("{\n\"schema\": 1,\n\"workload\": {\n  \"arrival_rate_req_s\": -4\n}}");
    EXPECT_EQ(e.where, "p.json:4: workload.arrival_rate_req_s");
    EXPECT_THAT(e.message, HasSubstr("expected a number from 0.001 to 100000 req/s"));
    EXPECT_EQ(errorOf("{\"schema\":1,\n\"batching\":{\"token_budget\":\n\"many\"}}").where,
        "p.json:2: batching.token_budget");
    EXPECT_THAT(errorOf("{\"schema\":1,\"batching\":{\"token_budget\":\"many\"}}").message,
        testing::AllOf(StartsWith("is text, \"many\"; expected a number from "), HasSubstr(" tok")));
    EXPECT_THAT(
        errorOf("{\"schema\":1,\"batching\":{\"policy\": 7}}").message, StartsWith("is a number, 7; expected text"));
    EXPECT_THAT(errorOf("{\"schema\":1,\"deployment\":{\"tp\":\"" + std::string(5000, 'x') + "\"}}").message.size(),
        testing::Lt(200U))
        << "a long value is cut";
    EXPECT_EQ(errorOf("{\"schema\":1,\"deployment\":{\"tp\": 1.5}}").where, "p.json:1: deployment.tp");
    EXPECT_EQ(errorOf("{\"schema\":1,\"deployment\":{\"tp\": 99999999999999999999}}").where, "p.json:1: deployment.tp");
    EXPECT_EQ(errorOf("{\"schema\":1,\"batching\":{\"policy\": \"magic\"}}").where, "p.json:1: batching.policy");
    EXPECT_EQ(errorOf("{\"schema\":1,\"batching\":{\"policy\": 7}}").where, "p.json:1: batching.policy");
    EXPECT_EQ(errorOf("{\"schema\":1,\"batching\":[]}").where, "p.json:1: batching");
    EXPECT_EQ(errorOf("{\"schema\":1,\"name\":5}").where, "p.json:1: name");
    EXPECT_EQ(errorOf("[]").where, "p.json:1");
    const auto model = errorOf("{\"schema\":1,\n\n\"model\":{\"name\":\"Lama-3.1-8B\"}}");
    EXPECT_EQ(model.where, "p.json:3: model.name");
    EXPECT_THAT(model.message, HasSubstr("Llama-3.1-8B"));
    EXPECT_EQ(errorOf("{\"schema\":1,\n\"workload\":{\"classes\":[{},\n{\"share\":-1}]}}").where,
        "p.json:3: workload.classes[1].share");
    EXPECT_EQ(errorOf("{\"schema\":1,\n\"model\":{\"name\":\"x\",\"spec\":{\"hidden\":\n\"wide\"}}}").where,
        "p.json:2: model.spec.hidden");
    EXPECT_THAT(errorOf("{\"schema\":1,\"hardware\":{\"gpu\":\"x\",\"spec\":{}}}").message, HasSubstr("memory_bytes"));
}

TEST(PlanFile, WhatIsNoJsonIsRefusedWithItsLine)
{
    EXPECT_THAT(errorOf("").message, StartsWith("is not JSON"));
    EXPECT_EQ(errorOf("{\"schema\": 1,\n\"name\": \"x\",\n").where, "p.json:3");
    EXPECT_EQ(errorOf("{\"schema\": 1,\n \"latency\": {\"network_s\": NaN}}").where, "p.json:2");
    EXPECT_EQ(errorOf("{\"schema\": 1,\n \"latency\": {\"network_s\": Infinity}}").where, "p.json:2");
    EXPECT_EQ(errorOf("{\"schema\": 1,\n \"latency\": {\"network_s\": 1e999}}").where, "p.json:2");
    EXPECT_THAT(errorOf("{\"schema\": 1,\n \"name\": \"a\", \"name\": \"b\"}").message, HasSubstr("twice"));
    EXPECT_THAT(errorOf("{} x").message, StartsWith("is not JSON"));
    EXPECT_THAT(errorOf("{\"name\": \"\xff\"}").message, StartsWith("is not JSON"));
    EXPECT_THAT(errorOf(std::string(100'000, '[')).message, HasSubstr("deeper"));
    std::string keys = "{\"k\":0";
    for (int i = 0; i < 20'000; ++i)
        keys += ",\"k" + std::to_string(i) + "\":0";
    EXPECT_THAT(errorOf(keys + "}").message, HasSubstr("keys"));
    std::string values = "{\"v\":[0";
    for (int i = 0; i < 1'100'000; ++i)
        values += ",0";
    EXPECT_THAT(errorOf(values + "]}").message, HasSubstr("values"));
}

TEST(PlanFile, QuantilesMustBeLengths)
{
    const auto with = [](std::string_view quantiles, std::string_view more = "") {
        return essentials("", "\"arrival_rate_req_s\":4,\"prompt_distribution\":\"empirical\","
                              "\"prompt_quantiles_tokens\":" +
                                  std::string(quantiles) + std::string(more));
    };
    for (const auto bad :
        {"[1]", "[]", "5", "[2,1]", "[0,0]", "[-1,5]", "[1,\"x\"]", "[1,null]", "[1,1e30]", "[1,[2]]"})
        EXPECT_EQ(errorOf(with(bad)).where, "p.json:1: workload.prompt_quantiles_tokens") << bad;
    EXPECT_THAT(errorOf("{\"schema\":1,\"workload\":{\"prompt_distribution\":\"empirical\"}}").where,
        HasSubstr("prompt_quantiles_tokens"));
    const auto plan = parsePlan(with("[100,200,300]"), "p");
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_EQ(plan->workload.shape.prompt.mean, 200);
    const auto scaled = parsePlan(with("[100,200,300]", ",\"prompt_tokens_mean\": 400"), "p");
    ASSERT_TRUE(scaled);
    EXPECT_EQ(scaled->workload.shape.prompt.quantiles, (std::vector<double>{200, 400, 600}));
}

TEST(PlanFile, MutatedTextNeverCrashesAndNeverGivesAnInvalidNumber)
{
    std::mt19937_64 random(7);
    Plan plan = defaultPlan();
    ASSERT_TRUE(setField(plan, "workload.classes[0].share", "2"));
    ASSERT_TRUE(setField(plan, "workload.prompt_distribution", "empirical"));
    const std::string text = planText(plan);
    constexpr std::string_view kBytes = "0123456789{}[]\",:.-+eE \n\\nulltrue\xff\x80";
    int read = 0;
    for (int i = 0; i < 3000; ++i) {
        std::string broken = text;
        for (std::uint64_t n = 1 + random() % 4; n > 0; --n) {
            const std::size_t at = random() % broken.size();
            switch (random() % 4) {
            case 0:
                broken[at] = kBytes[random() % kBytes.size()];
                break;
            case 1:
                broken.erase(at, 1 + random() % 20);
                break;
            case 2:
                broken.insert(at, broken.substr(random() % broken.size(), random() % 30));
                break;
            default:
                broken.resize(std::max<std::size_t>(1, at));
            }
        }
        const auto got = parsePlan(broken, "fuzz");
        if (!got) {
            EXPECT_THAT(got.error().where, StartsWith("fuzz:"));
            continue;
        }
        ++read;
        for (const Field& f : fields())
            if (const auto* n = std::get_if<NumberField>(&f)) {
                EXPECT_TRUE(std::isfinite(n->get(*got).value_or(0))) << n->info.key;
            }
        EXPECT_EQ(*parsePlan(planText(*got), "again"), *got);
    }
    EXPECT_GT(read, 20) << "some mutations only touch values";
}

TEST(Migration, FlatKeysOfSchemaZeroAreNested)
{
    const auto plan = parsePlan(R"({"name": "old", "workload.arrival_rate_req_s": 9, "batching.policy": "static",
        "deployment": {"tp": 2}, "deployment.pp": 4, "future.key": 1, "model.name": "Llama-3.1-8B",
        "hardware.gpu": "H100-SXM-80GB"})",
        "old.json");
    ASSERT_TRUE(plan) << plan.error().where << plan.error().message;
    EXPECT_EQ(plan->workload.arrivalRate.si(), 9);
    EXPECT_EQ(plan->batching.policy, BatchPolicy::static_);
    EXPECT_EQ(plan->deployment.tp, 2);
    EXPECT_EQ(plan->deployment.pp, 4);
    EXPECT_EQ(readJson(planText(*plan), "new")->find("schema")->text, "1");
    EXPECT_EQ(readJson(planText(*plan), "new")->find("future")->find("key")->text, "1");
    EXPECT_EQ(errorOf("{\"schema\": 0,\n\"batching.policy\": \"magic\"}").where, "p.json:2: batching.policy");
    EXPECT_THAT(errorOf("{\"batching.policy\": \"static\", \"batching\": {\"policy\": \"static\"}}").message,
        HasSubstr("twice"));
}

TEST(Migration, LaterSchemasAreRefused)
{
    EXPECT_EQ(newestSchema(), static_cast<std::size_t>(kPlanSchema));
    EXPECT_EQ(errorOf("{\n\"schema\": 2}").where, "p.json:2: schema");
    EXPECT_THAT(errorOf("{\"schema\": 2}").message, HasSubstr("later version"));
    for (const auto bad : {"{\"schema\": -1}", "{\"schema\": 1.5}", "{\"schema\": \"1\"}", "{\"schema\": []}"})
        EXPECT_THAT(errorOf(bad).where, HasSubstr("schema")) << bad;
}

TEST(Saving, ReplacesTheFileAndKeepsItsPermissions)
{
    const Folder folder;
    const auto path = folder / "a.plan.json";
    put(path, "old");
    ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
    Plan plan = defaultPlan();
    ASSERT_TRUE(savePlan(plan, path));
    EXPECT_EQ(*loadPlan(path), plan);
    struct stat status = {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777u, 0640u);
    EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1) << "no temporary file stays";
}

TEST(Saving, FollowsALinkInsteadOfReplacingIt)
{
    const Folder folder;
    put(folder / "real.json", "old");
    fs::create_symlink("real.json", folder / "link.json");
    ASSERT_TRUE(savePlan(defaultPlan(), folder / "link.json"));
    EXPECT_TRUE(fs::is_symlink(folder / "link.json"));
    EXPECT_TRUE(loadPlan(folder / "real.json"));
}

TEST(Saving, WhereNothingCanBeWrittenIsAnErrorThatNamesTheFile)
{
    const Folder folder;
    EXPECT_EQ(savePlan(defaultPlan(), folder / "no/such/folder.json").error().where,
        (folder / "no/such/folder.json").string());
    EXPECT_FALSE(savePlan(defaultPlan(), folder.path())) << "a folder is no plan";
    ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
    EXPECT_THAT(savePlan(defaultPlan(), folder / "pipe").error().message, HasSubstr("regular file"));
}

/// Somebody without rights of their own for as long as it lives: root may write anywhere.
class Nobody {
public:
    Nobody() : m_before(::geteuid())
    {
        if (m_before == 0 && ::seteuid(65534) != 0)
            ADD_FAILURE() << "cannot become another user";
    }
    ~Nobody()
    {
        if (m_before == 0 && ::seteuid(m_before) != 0)
            ADD_FAILURE() << "cannot become root again";
    }
    Nobody(const Nobody&) = delete;
    Nobody& operator=(const Nobody&) = delete;

private:
    ::uid_t m_before;
};

TEST(Saving, ReadOnlyFilesAndFoldersStayAsTheyWere)
{
    const Folder folder;
    put(folder / "kept.json", "old");
    ASSERT_EQ(::chmod((folder / "kept.json").c_str(), 0444), 0);
    {
        const Nobody nobody;
        EXPECT_THAT(savePlan(defaultPlan(), folder / "kept.json").error().message, HasSubstr("write-protected"));
    }
    ASSERT_EQ(::chmod((folder / "kept.json").c_str(), 0666), 0);
    ASSERT_EQ(::chmod(folder.path().c_str(), 0555), 0);
    {
        const Nobody nobody;
        const auto refused = savePlan(defaultPlan(), folder / "kept.json");
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().where, (folder / "kept.json").string());
        EXPECT_THAT(refused.error().message, HasSubstr("Permission denied"));
    }
    EXPECT_EQ(contents(folder / "kept.json"), "old");
}

TEST(Loading, WhatIsNoFileOrTooLargeIsRefused)
{
    const Folder folder;
    EXPECT_THAT(loadPlan(folder / "missing.json").error().message, HasSubstr("could not be read"));
    EXPECT_THAT(loadPlan(folder.path()).error().message, HasSubstr("folder"));
    put(folder / "large.json", "{}");
    fs::resize_file(folder / "large.json", 1u << 30u); // sparse: 1 GiB of nothing
    EXPECT_THAT(loadPlan(folder / "large.json").error().message, HasSubstr("64 MiB"));
    put(folder / "binary.json", std::string_view("\x7f"
                                                 "ELF\0\1\2",
                                    7));
    EXPECT_THAT(loadPlan(folder / "binary.json").error().message, HasSubstr("not JSON"));
}

TEST(PlanHash, ChangesWithTheContentAndOnlyThen)
{
    Plan a = defaultPlan(), b = a;
    EXPECT_EQ(planHash(a), planHash(b));
    EXPECT_EQ(planHash(a).size(), 16u);
    ASSERT_TRUE(setField(b, "targets.attainment", "0.951"));
    EXPECT_NE(planHash(a), planHash(b));
}

} // namespace
} // namespace headroom
