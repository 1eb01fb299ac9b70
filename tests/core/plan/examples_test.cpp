// The files of resources/ that belong to plans: the examples and the published schema.
#include "core/evaluate.h"
#include "core/papers/paper.h"
#include "core/plan/catalog.h"
#include "core/plan/fields.h"
#include "core/plan/json_tree.h"
#include "core/plan/plan_io.h"
#include "core/plan/plan_schema.h"
#include "core/plan/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace headroom {
namespace {

namespace fs = std::filesystem;
const fs::path kResources = fs::path(HEADROOM_SOURCE_DIR) / "resources";

std::string contents(const fs::path& path)
{
    std::ifstream in(path, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

std::vector<fs::path> examples()
{
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(kResources / "examples"))
        files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

Plan example(std::string_view name)
{
    const auto plan = loadPlan(kResources / "examples" / (std::string(name) + ".plan.json"));
    EXPECT_TRUE(plan) << plan.error().where << ": " << plan.error().message;
    return plan.value_or(Plan{});
}

TEST(Examples, AreThePromisedOnesAndOneForEachPaper)
{
    constexpr std::string_view kSuffix = ".plan.json";
    std::vector<std::string> names;
    for (const auto& file : examples()) {
        const std::string name = file.filename().string();
        ASSERT_THAT(name, testing::EndsWith(std::string(kSuffix)));
        names.push_back(name.substr(0, name.size() - kSuffix.size()));
    }
    EXPECT_THAT(names, testing::IsSupersetOf({"deepseek-v3-8xh200", "llama-3.1-8b-h100", "llama-3.3-70b-4xh100-fp8",
                           "overloaded", "small-office-rtx4090", "ablation"}));
    for (const papers::Paper& paper : papers::papers())
        EXPECT_THAT(names, testing::Contains("paper-" + std::string(paper.id)));
    EXPECT_EQ(names.size(), 6 + papers::papers().size());
}

TEST(Examples, LoadAreValidAndReadBackUnchanged)
{
    for (const auto& file : examples()) {
        const auto plan = loadPlan(file);
        ASSERT_TRUE(plan) << plan.error().where << ": " << plan.error().message;
        for (const auto& e : validate(*plan))
            ADD_FAILURE() << file << ": " << e.where << ' ' << e.message;
        EXPECT_EQ(planText(*plan), contents(file)) << "written by another version: load and save it";
        EXPECT_EQ(parsePlan(planText(*plan), "again"), *plan);
        EXPECT_FALSE(plan->notes.empty()) << file << " does not say where its numbers come from";
        EXPECT_TRUE(plan->unknownKeys.empty()) << plan->unknownKeys;
        EXPECT_THAT(differencesFromCatalog(*plan), testing::IsEmpty()) << file;
    }
}

TEST(Examples, FitAndOnlyTheOverloadedOneIsOverloaded)
{
    for (const auto& file : examples()) {
        const auto plan = loadPlan(file);
        ASSERT_TRUE(plan);
        const PointEvaluation point = evaluatePoint(*plan);
        const bool overloaded = file.filename() == "overloaded.plan.json";
        EXPECT_TRUE(point.fits) << file;
        EXPECT_EQ(point.stable, !overloaded) << file;
        EXPECT_EQ(point.meetsTargets, !overloaded) << file;
    }
}

TEST(Examples, TheFirstOneHasLoadAndRoomLeft)
{
    const Evaluation e = evaluate(example("llama-3.1-8b-h100"));
    EXPECT_GT(e.utilization, 0.5);
    EXPECT_LT(e.utilization, 0.85);
    EXPECT_GT(e.headroom.si(), 0);
    EXPECT_EQ(e.gpus, 1);
}

// The limits of a light load: work in proportion to the rate, tokens as fast as a request alone gets them. The search
// for the rate at which targets fail starts there.
TEST(Examples, AtLightLoadRequestsDoNotMeet)
{
    for (const auto& file : examples()) {
        const Evaluator evaluator(*loadPlan(file));
        const PointEvaluation least = evaluator.at(RequestRate(1e-6)), light = evaluator.at(RequestRate(1e-4));
        EXPECT_NEAR(light.busyFraction / least.busyFraction, 100, 1) << file;
        EXPECT_NEAR(light.meanRunning / least.meanRunning, 100, 1) << file;
        EXPECT_NEAR(light.tpot.mean / least.tpot.mean, 1, 0.01) << file;
        EXPECT_LT(least.tpot.mean, evaluator.at(0.5 * evaluator.capacity()).tpot.mean) << file;
    }
}

TEST(Examples, TheOverloadedOneSaysHowManyReplicasWouldDo)
{
    const Evaluation e = evaluate(example("overloaded"));
    EXPECT_LT(e.headroom.si(), 0);
    EXPECT_GT(e.targetRate.si(), 0) << "the service is fast enough when idle";
    EXPECT_NE(e.binding, Binding::latencyFloor);
    ASSERT_TRUE(e.replicasNeeded.has_value());
    Plan enough = example("overloaded");
    enough.deployment.replicas = *e.replicasNeeded;
    EXPECT_TRUE(evaluatePoint(enough).meetsTargets);
    enough.deployment.replicas -= 1;
    EXPECT_FALSE(evaluatePoint(enough).meetsTargets);
}

// Facts of issue 2 and MODEL.md 5.2.
TEST(Examples, CachesOfTheModelsAreThePublishedOnes)
{
    const auto perToken = [](std::string_view name) {
        const Plan p = example(name);
        return kvBytesPerToken(p.model.spec, NumberFormat::bf16).si();
    };
    EXPECT_EQ(perToken("llama-3.1-8b-h100"), 131'072);
    EXPECT_EQ(perToken("llama-3.3-70b-4xh100-fp8"), 327'680);
    EXPECT_EQ(perToken("deepseek-v3-8xh200"), 70'272);
}

TEST(Schema, PublishedFileIsTheOneThatTheFieldsGive)
{
    const fs::path file = kResources / "plan.schema.json";
    if (std::getenv("HEADROOM_WRITE_SCHEMA")) // how the file is brought up to date
        std::ofstream(file, std::ios::binary) << planSchemaText();
    EXPECT_EQ(contents(file), planSchemaText()) << "run this test with HEADROOM_WRITE_SCHEMA=1";
}

/// Every key of `value` is described by `schema`, and numbers and choices lie within what it says.
void expectDescribed(const JsonNode& value, const JsonNode& schema, const std::string& path)
{
    if (value.kind == JsonNode::Kind::object && schema.find("properties")) {
        for (const auto& [name, member] : value.members) {
            const JsonNode* known = schema.find("properties")->find(name);
            ASSERT_NE(known, nullptr) << path << '.' << name;
            expectDescribed(member, *known, path + "." + name);
        }
    } else if (value.kind == JsonNode::Kind::array) {
        for (const auto& [unused, element] : value.members)
            expectDescribed(element, *schema.find("items"), path + "[]");
    } else if (value.kind == JsonNode::Kind::number && schema.find("minimum")) {
        EXPECT_GE(std::stod(value.text), std::stod(schema.find("minimum")->text)) << path;
        EXPECT_LE(std::stod(value.text), std::stod(schema.find("maximum")->text)) << path;
    } else if (const JsonNode* names = schema.find("enum")) {
        EXPECT_TRUE(std::ranges::any_of(names->members, [&](const auto& m) { return m.second.text == value.text; }))
            << path << " = " << value.text;
    }
}

TEST(Schema, DescribesEveryKeyThatIsWritten)
{
    const auto schema = readJson(planSchemaText(), "schema");
    ASSERT_TRUE(schema);
    for (const auto& file : examples())
        expectDescribed(*readJson(contents(file), "example"), *schema, file.filename().string());
    Plan full = example("small-office-rtx4090");
    for (const Field& f : fields())
        if (const auto* n = std::get_if<NumberField>(&f); n && n->optional)
            n->set(full, n->fallback);
    full.workload.traceFile = "trace.csv";
    expectDescribed(*readJson(planText(full), "full"), *schema, "full");
}

} // namespace
} // namespace headroom
