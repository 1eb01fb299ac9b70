#include "tests/core/commands/cli_process.h"

#include "core/evaluate.h"
#include "core/plan/catalog.h"
#include "core/plan/fields.h"
#include "core/plan/plan_io.h"

#include <nlohmann/json.hpp>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

namespace headroom::cli {
namespace {

using Json = nlohmann::ordered_json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

/// Standard output as JSON; a strict parser refuses NaN and Infinity.
Json jsonOf(const Finished& finished)
{
    EXPECT_THAT(finished.err, IsEmpty());
    Json parsed = Json::parse(finished.out, nullptr, false);
    EXPECT_FALSE(parsed.is_discarded()) << finished.out.substr(0, 400);
    return parsed;
}

std::vector<Json> linesOf(const std::string& text)
{
    std::vector<Json> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
        lines.push_back(Json::parse(line));
    return lines;
}

void flatten(const Json& object, const std::string& prefix, std::string& keys)
{
    for (const auto& [key, value] : object.items())
        if (value.is_object() && key != "binding_elasticities")
            flatten(value, prefix + key + ".", keys);
        else
            keys += prefix + key + "\n";
}

/// The golden file's text; with HEADROOM_UPDATE_GOLDEN set it is written instead.
std::string golden(const std::string& name, const std::string& now)
{
    const auto path = std::filesystem::path(HEADROOM_SOURCE_DIR) / "tests/golden" / name;
    if (std::getenv("HEADROOM_UPDATE_GOLDEN"))
        std::ofstream(path, std::ios::binary) << now;
    return contentOf(path);
}

TEST(CliEvaluate, PrintsExactlyTheKeysOfTheContract)
{
    const CliProcess cli;
    const Json result = jsonOf(cli.run({"evaluate", cli.plan(), "--json"}));
    std::string keys;
    flatten(result, "", keys);
    EXPECT_EQ(keys, golden("evaluate_keys.txt", keys));
    for (const char* key : {"fits", "stable", "utilization", "headroom_lo_req_s", "replicas_needed", "binding",
             "kv_bytes_per_token", "slo_attainment", "gpus"})
        EXPECT_TRUE(result.contains(key)) << key;
}

TEST(CliEvaluate, SaysTheSameAsTheLibrary)
{
    const CliProcess cli;
    const Plan plan = *loadPlan(cli.plan());
    const Evaluation e = evaluate(plan);
    const Json result = jsonOf(cli.run({"evaluate", cli.plan(), "--json"}));
    EXPECT_EQ(result["ttft_s"]["p95"].get<double>(), e.ttft.p95.si());
    EXPECT_EQ(result["headroom_req_s"].get<double>(), e.headroom.si());
    EXPECT_EQ(result["cost"]["usd_per_hour"].get<double>(), (e.cost.fleet * hour).in(dollar));
    EXPECT_EQ(result["binding"].get<std::string>(), name(e.binding));
    EXPECT_EQ(result["name"].get<std::string>(), "Chat, first quarter");
    const double parts = result["latency_parts_s"]["mean"]["queue"].get<double>() +
                         result["latency_parts_s"]["mean"]["prefill"].get<double>() +
                         result["latency_parts_s"]["mean"]["decode"].get<double>() +
                         result["latency_parts_s"]["mean"]["post"].get<double>() +
                         result["latency_parts_s"]["mean"]["network"].get<double>() +
                         result["latency_parts_s"]["mean"]["retrieval"].get<double>();
    EXPECT_NEAR(parts, result["e2e_s"]["mean"].get<double>(), 1e-6 * parts);
}

TEST(CliEvaluate, EachPartOfALatencyAndOfAStepHasItsBand)
{
    const CliProcess cli;
    const Json result = jsonOf(cli.run({"evaluate", cli.plan(), "--json"}));
    for (const char* which : {"mean", "p95", "p99"})
        for (const char* part : {"queue", "prefill", "decode"}) {
            const Json& band = result["bands"]["latency_parts_s." + std::string(which) + "." + part];
            const double value = result["latency_parts_s"][which][part].get<double>();
            EXPECT_LE(band["lo"].get<double>(), value) << which << part;
            EXPECT_GE(band["hi"].get<double>(), value) << which << part;
        }
    const Json& step = result["decode_step"];
    EXPECT_LT(step["band"]["lo"].get<double>(), step["seconds"].get<double>());
    EXPECT_EQ(step["bands"].size(), step["parts"].size() + step["groups"].size());
    double lo = 0;
    for (const auto& [key, band] : step["bands"].items())
        lo += key.starts_with("parts.") ? band["lo"].get<double>() : 0;
    EXPECT_NEAR(lo, step["band"]["lo"].get<double>(), 1e-9 * lo) << "a step's parts move with the step";
    EXPECT_THAT(cli.run({"evaluate", cli.plan()}).out, HasSubstr("\n  from "));
}

TEST(CliEvaluate, AGpuWithoutAPriceHasNoCostWhateverGpuWasChosenBefore)
{
    const CliProcess cli;
    for (const std::vector<std::string>& before : {std::vector<std::string>{}, {"--set", "hardware.gpu=A10-24GB"}}) {
        std::vector<std::string> arguments{"evaluate", cli.plan()};
        arguments.insert(arguments.end(), before.begin(), before.end());
        arguments.insert(arguments.end(), {"--set", "hardware.gpu=MI355X", "--set", "cost.staff_usd_per_month=9000"});
        EXPECT_THAT(cli.run(arguments).out, HasSubstr("no price known"));
        arguments.emplace_back("--json");
        const Json cost = jsonOf(cli.run(arguments))["cost"];
        EXPECT_TRUE(cost["usd_per_hour"].is_null() && cost["usd_per_million_output_tokens"].is_null()) << cost.dump();
        EXPECT_GT(cost["joules_per_token"].get<double>(), 0);
        arguments.insert(arguments.end(), {"--set", "hardware.price_usd_per_gpu_hour=5"});
        EXPECT_GT(jsonOf(cli.run(arguments))["cost"]["usd_per_hour"].get<double>(), 5);
    }
}

TEST(CliEvaluate, KvBytesPerTokenAreTheKnownOnes)
{
    const CliProcess cli;
    for (const auto& [model, bytes] :
        {std::pair{"Llama-3.1-8B", 131072}, {"Llama-3.1-70B", 327680}, {"DeepSeek-V3", 70272}, {"OPT-13B", 819200}}) {
        const Json result = jsonOf(cli.run({"evaluate", cli.plan(), "--set", std::string("model.name=") + model,
            "--set", "model.max_context_tokens=2048", "--set", "workload.prompt_tokens_mean=500", "--json"}));
        EXPECT_EQ(result["kv_bytes_per_token"].get<double>(), bytes) << model;
    }
}

TEST(CliEvaluate, OverloadAndDoesNotFitAreAnswersWithNullForInfinity)
{
    const CliProcess cli;
    const Finished overload = cli.run({"evaluate", cli.plan(), "--set", "workload.arrival_rate_req_s=5000", "--json"});
    EXPECT_EQ(overload.exit, 0);
    const Json result = jsonOf(overload);
    EXPECT_EQ(result["stable"], false);
    EXPECT_EQ(result["fits"], true);
    EXPECT_TRUE(result["e2e_s"]["p95"].is_null());
    EXPECT_GT(result["utilization"].get<double>(), 1);
    EXPECT_LT(result["headroom_req_s"].get<double>(), 0);
    const Finished tooLarge = cli.run({"evaluate", cli.plan(), "--set", "model.name=Llama-3.1-70B", "--json"});
    EXPECT_EQ(tooLarge.exit, 0);
    EXPECT_EQ(jsonOf(tooLarge)["fits"], false);
    EXPECT_THAT(cli.run({"evaluate", cli.plan(), "--set", "model.name=Llama-3.1-70B"}).out, HasSubstr("Does not fit"));
    EXPECT_THAT(
        cli.run({"evaluate", cli.plan(), "--set", "workload.arrival_rate_req_s=5000"}).out, HasSubstr("Overloaded"));
}

TEST(CliEvaluate, CheckSaysNoWithExitOne)
{
    const CliProcess cli;
    const std::string plan = cli.plan();
    const Json result = jsonOf(cli.run({"evaluate", plan, "--json"}));
    const double holdsUpTo = result["target_rate_req_s"].get<double>();
    const double surelyUpTo =
        holdsUpTo - (result["headroom_req_s"].get<double>() - result["headroom_lo_req_s"].get<double>());
    ASSERT_LT(surelyUpTo, holdsUpTo);
    const auto at = [&](double rate) { return "workload.arrival_rate_req_s=" + std::to_string(rate); };
    const double between = 0.5 * (surelyUpTo + holdsUpTo);
    EXPECT_EQ(cli.run({"evaluate", plan, "--check", "--set", at(0.9 * holdsUpTo)}).exit, 0);
    EXPECT_EQ(cli.run({"evaluate", plan, "--check", "--set", at(1.1 * holdsUpTo)}).exit, 1);
    EXPECT_EQ(cli.run({"evaluate", plan, "--check", "--set", at(between)}).exit, 0);
    EXPECT_EQ(cli.run({"evaluate", plan, "--check=hi", "--set", at(between)}).exit, 1);
    EXPECT_EQ(cli.run({"evaluate", plan, "--check=hi", "--set", at(0.9 * surelyUpTo)}).exit, 0);
    EXPECT_EQ(cli.run({"evaluate", "--check", plan}).exit, 0) << "the word after --check is the plan";
    EXPECT_EQ(cli.run({"evaluate", plan, "--check=maybe"}).exit, 2);
}

TEST(CliSet, LaterSettingsWinAndCatalogFiguresAreCopiedInOrder)
{
    const CliProcess cli;
    const auto kv = [&](const std::vector<std::string>& settings) {
        std::vector<std::string> arguments{"evaluate", cli.plan(), "--json"};
        for (const auto& setting : settings)
            arguments.insert(arguments.end(), {"--set", setting});
        return jsonOf(cli.run(arguments))["kv_bytes_per_token"].get<double>();
    };
    EXPECT_EQ(kv({"model.name=Llama-3.1-8B", "model.kv_format=fp8"}), 65536);
    EXPECT_EQ(kv({"model.kv_format=fp8", "model.name=Llama-3.1-70B"}), 163840)
        << "the KV format is no figure of a model";
    EXPECT_EQ(kv({"model.kv_format=fp8", "model.kv_format=bf16"}), 131072);
}

TEST(CliStep, AddsUpAndGrowsWithTheBatch)
{
    const CliProcess cli;
    const Json one = jsonOf(cli.run({"step", cli.plan(), "--batch", "1", "--context-tokens", "1000", "--json"}));
    double sum = 0;
    for (const auto& [part, seconds] : one["parts"].items())
        sum += seconds.get<double>();
    EXPECT_NEAR(sum, one["seconds"].get<double>(), 1e-9);
    const Json more = jsonOf(cli.run({"step", cli.plan(), "--batch", "64", "--context-tokens", "64000", "--json"}));
    EXPECT_GT(more["seconds"].get<double>(), one["seconds"].get<double>());
    const Json prompt = jsonOf(cli.run({"step", cli.plan(), "--batch", "64", "--context-tokens", "64000",
        "--prefill-tokens", "512", "--prefill-context", "100", "--json"}));
    EXPECT_GT(prompt["seconds"].get<double>(), more["seconds"].get<double>());
    EXPECT_EQ(jsonOf(cli.run({"step", cli.plan(), "--batch", "0", "--context-tokens", "0", "--json"}))["seconds"], 0);
}

TEST(CliFields, EveryKnobIsThereAndItsDefaultIsTakenBack)
{
    const CliProcess cli;
    const Json array = jsonOf(cli.run({"fields", "--json"}));
    ASSERT_EQ(array.size(), fields().size());
    std::set<std::string> keys;
    for (const Json& field : array) {
        for (const char* part : {"key", "group", "label", "help", "unit", "topic", "min", "max", "default", "scale"})
            EXPECT_TRUE(field.contains(part)) << field["key"] << " " << part;
        EXPECT_TRUE(keys.insert(field["key"]).second);
        EXPECT_FALSE(field["help"].get<std::string>().empty()) << field["key"];
    }
    const Finished text = cli.run({"fields"});
    for (const std::string& key : keys)
        EXPECT_THAT(text.out, HasSubstr(key));
}

TEST(CliCatalog, EachFigureHasASource)
{
    const CliProcess cli;
    for (const char* what : {"gpus", "models", "prices"}) {
        const Json array = jsonOf(cli.run({"catalog", what, "--json"}));
        EXPECT_GE(array.size(), 20u) << what;
        for (const Json& entry : array) {
            EXPECT_FALSE(entry["name"].get<std::string>().empty());
            const bool hasSource = std::string(what) == "prices" ? entry.contains("source") : !entry["sources"].empty();
            EXPECT_TRUE(hasSource) << entry["name"];
        }
        EXPECT_THAT(cli.run({"catalog", what}).out, HasSubstr(array[0]["name"].get<std::string>()));
    }
}

TEST(CliSweep, IsTheGridWithTheLastAxisFastest)
{
    const CliProcess cli;
    const Finished finished = cli.run({"sweep", cli.plan(), "--vary", "deployment.replicas=1:3:3", "--vary",
        "workload.arrival_rate_req_s=1:4:2", "--json"});
    const auto lines = linesOf(finished.out);
    ASSERT_EQ(lines.size(), 6u);
    EXPECT_EQ(lines[0]["deployment.replicas"], 1);
    EXPECT_EQ(lines[1]["deployment.replicas"], 1);
    EXPECT_EQ(lines[1]["workload.arrival_rate_req_s"], 4);
    EXPECT_EQ(lines[2]["deployment.replicas"], 2);
    for (const Json& line : lines) {
        const auto at = [](const Json& v) { return v.dump(); };
        const Json alone =
            jsonOf(cli.run({"evaluate", cli.plan(), "--set", "deployment.replicas=" + at(line["deployment.replicas"]),
                "--set", "workload.arrival_rate_req_s=" + at(line["workload.arrival_rate_req_s"]), "--json"}));
        EXPECT_EQ(line["e2e_s"], alone["e2e_s"]);
        EXPECT_EQ(line["cost"], alone["cost"]);
    }
}

TEST(CliSweep, AcceptsChoicesListsAndLogarithmicRangesAndLeavesOutWhatAFieldRefuses)
{
    const CliProcess cli;
    const auto rows = [&](const std::string& axis) {
        return linesOf(cli.run({"sweep", cli.plan(), "--vary", axis, "--json"}).out);
    };
    const auto gpus = rows("hardware.gpu=A100-SXM-80GB,H100-SXM-80GB");
    ASSERT_EQ(gpus.size(), 2u);
    EXPECT_EQ(gpus[0]["hardware.gpu"], "A100-SXM-80GB");
    EXPECT_GT(gpus[0]["tpot_s"]["mean"].get<double>(), gpus[1]["tpot_s"]["mean"].get<double>());
    const auto rates = rows("workload.arrival_rate_req_s=0.1:10:3:log");
    ASSERT_EQ(rates.size(), 3u);
    EXPECT_NEAR(rates[1]["workload.arrival_rate_req_s"].get<double>(), 1, 1e-12);
    EXPECT_EQ(rates[2]["workload.arrival_rate_req_s"], 10);
    const Finished degrees = cli.run({"sweep", cli.plan(), "--vary", "deployment.tp=1,2,3,4", "--json"});
    EXPECT_EQ(degrees.exit, 0);
    EXPECT_EQ(linesOf(degrees.out).size(), 3u) << "32 heads cannot be cut into three";
    EXPECT_THAT(degrees.err, HasSubstr("1 point left out: deployment.tp"));
    EXPECT_EQ(rows("batching.max_sequences=1:4:50").size(), 4u) << "each whole number once";
}

TEST(CliSweep, ShardsArePartsOfTheWhole)
{
    const CliProcess cli;
    const std::vector<std::string> base{"sweep", cli.plan(), "--vary", "workload.arrival_rate_req_s=1:7:7", "--json"};
    std::multiset<std::string> whole, parts;
    const auto collect = [](const std::string& text, std::multiset<std::string>& into) {
        std::istringstream stream(text);
        for (std::string line; std::getline(stream, line);)
            into.insert(line);
    };
    collect(cli.run(base).out, whole);
    for (const char* shard : {"1/3", "2/3", "3/3"}) {
        auto arguments = base;
        arguments.insert(arguments.end(), {"--shard", shard});
        collect(cli.run(arguments).out, parts);
    }
    EXPECT_EQ(whole.size(), 7u);
    EXPECT_EQ(parts, whole);
}

TEST(CliSweep, SimulatesEachPointTheSameOnAnyNumberOfThreads)
{
    const CliProcess cli;
    const auto lines = [&](const char* threads) {
        return linesOf(cli.run({"sweep", cli.plan(), "--vary", "workload.arrival_rate_req_s=2,6,12", "--simulate",
                                   "--requests", "3000", "--threads", threads, "--json"})
                           .out);
    };
    const auto one = lines("1"), many = lines("3");
    ASSERT_EQ(one.size(), 3u);
    ASSERT_EQ(many.size(), 3u);
    for (std::size_t i = 0; i < one.size(); ++i) {
        const Json& simulated = one[i]["simulated"];
        EXPECT_EQ(simulated["fingerprint"], many[i]["simulated"]["fingerprint"]);
        EXPECT_EQ(simulated["requests"], 3000);
        EXPECT_NEAR(simulated["e2e_s"]["p50"].get<double>() / one[i]["e2e_s"]["p50"].get<double>(), 1, 0.15)
            << "two clocks, one physics";
    }
    const Json alone = jsonOf(
        cli.run({"simulate", cli.plan(), "--set", "workload.arrival_rate_req_s=6", "--requests", "3000", "--json"}));
    EXPECT_EQ(alone["fingerprint"], one[1]["simulated"]["fingerprint"]);
}

TEST(CliSweep, AFileAppearsWhenCompleteAndAKilledRunContinues)
{
    const CliProcess cli;
    const auto into = [&](const char* file) {
        return std::vector<std::string>{"sweep", cli.plan(), "--vary", "workload.arrival_rate_req_s=0.1:9:400",
            "--vary", "batching.max_sequences=64,128,256", "--threads", "1", "--out", cli.path(file)};
    };
    EXPECT_EQ(cli.run(into("whole.csv")).exit, 0);
    const std::string whole = contentOf(cli.path("whole.csv"));
    EXPECT_EQ(std::count(whole.begin(), whole.end(), '\n'), 1201);
    for (const int signal : {SIGKILL, SIGTERM}) {
        const std::string name = "cut" + std::to_string(signal) + ".csv";
        const Finished killed = cli.runAndKill(into(name.c_str()), 250, signal);
        if (killed.exit == 0)
            GTEST_SKIP() << "the sweep was done before it could be interrupted";
        EXPECT_EQ(killed.exit, signal == SIGTERM ? 130 : 128 + SIGKILL);
        EXPECT_FALSE(std::filesystem::exists(cli.path(name)));
        EXPECT_TRUE(std::filesystem::exists(cli.path(name + ".part")));
        EXPECT_EQ(cli.run(into(name.c_str())).exit, 0);
        EXPECT_EQ(contentOf(cli.path(name)), whole);
        EXPECT_FALSE(std::filesystem::exists(cli.path(name + ".part")));
        EXPECT_FALSE(std::filesystem::exists(cli.path(name + ".progress")));
    }
}

std::string miniConfig()
{
    return R"({"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 4096, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256,
        "max_position_embeddings": 131072, "tie_word_embeddings": false, "torch_dtype": "bfloat16"})";
}

TEST(CliImport, AModelConfigurationBecomesThePlansModel)
{
    const CliProcess cli;
    const std::string config = cli.write("config.json", miniConfig()), out = cli.path("out.plan.json");
    const Json result = jsonOf(cli.run({"import", config, "--plan", cli.plan(), "--out", out, "--json"}));
    EXPECT_THAT(result["recognised"].get<std::string>(), HasSubstr("Hugging Face"));
    EXPECT_FALSE(result["used"].empty());
    const Json evaluated = jsonOf(cli.run({"evaluate", out, "--json"}));
    EXPECT_EQ(evaluated["kv_bytes_per_token"], 131072);
    EXPECT_NEAR(evaluated["weights_bytes"].get<double>(), 2 * 8.03e9, 0.01 * 16e9);
    const Finished text = cli.run({"import", config});
    EXPECT_THAT(text.out, HasSubstr("Nothing was written"));
    ASSERT_EQ(cli.run({"import", cli.write("Seven-7B.json", miniConfig()), "--out", out}).exit, 0);
    EXPECT_EQ(loadPlan(out)->name, "Seven-7B on H100-SXM-80GB") << "no longer that of the model it replaced";
}

TEST(CliImport, ATraceBecomesTheWorkload)
{
    const CliProcess cli;
    std::string csv = "arrival_s,prompt_tokens,output_tokens\n";
    for (int i = 0; i < 101; ++i)
        csv += std::to_string(0.25 * i) + "," + std::to_string(i % 2 ? 300 : 100) + ",50\n";
    const std::string trace = cli.write("trace.csv", csv), out = cli.path("out.plan.json");
    const Json result = jsonOf(cli.run({"import", trace, "--plan", cli.plan(), "--out", out, "--json"}));
    EXPECT_THAT(result["recognised"].get<std::string>(), HasSubstr("trace"));
    const Plan plan = *loadPlan(out);
    EXPECT_NEAR(plan.workload.arrivalRate.si(), 4, 1e-9);
    EXPECT_NEAR(meanOf(plan.workload.shape.prompt), 199, 3);
    EXPECT_NEAR(meanOf(plan.workload.shape.output), 50, 1e-6);
}

TEST(CliImport, ATraceThatThePlanCannotHoldIsNamedWithWhatHelps)
{
    const CliProcess cli;
    const std::string trace =
        cli.write("long.csv", "arrival_s,prompt_tokens,output_tokens\n0,20000,100\n1,20000,100\n2,20000,100\n");
    const Finished refused = cli.run({"import", trace});
    EXPECT_EQ(refused.exit, 2);
    EXPECT_THAT(refused.err, HasSubstr("long.csv: model.max_context_tokens"));
    EXPECT_THAT(refused.err, HasSubstr("--set KEY=VALUE"));
    EXPECT_EQ(cli.run({"import", trace, "--set", "model.max_context_tokens=65536"}).exit, 0);
}

TEST(CliImport, ABrokenRowIsRefusedWithItsLineUnlessItMayBeSkipped)
{
    const CliProcess cli;
    const std::string trace =
        cli.write("trace.csv", "arrival_s,prompt_tokens,output_tokens\n0,10,5\n1,many,5\n2,10,5\n");
    const Finished refused = cli.run({"import", trace});
    EXPECT_EQ(refused.exit, 2);
    EXPECT_THAT(refused.err, HasSubstr("trace.csv:3"));
    const Finished skipped = cli.run({"import", trace, "--skip-bad-rows", "--json"});
    EXPECT_EQ(skipped.exit, 0) << skipped.err;
    EXPECT_EQ(jsonOf(skipped)["skipped_rows"], 1);
}

TEST(CliImport, TheAzureConversationTraceIsReadWhole)
{
    const std::filesystem::path trace =
        std::filesystem::path(HEADROOM_SOURCE_DIR) / "../shared/traces/azure_llm_2023_conv.csv";
    if (!std::filesystem::exists(trace))
        GTEST_SKIP() << "no " << trace;
    const CliProcess cli;
    const Json result = jsonOf(cli.run({"import", trace.string(), "--json"}));
    EXPECT_THAT(result["says"]["requests"].get<std::string>(), StartsWith("19,366 in "));
}

TEST(CliChart, EveryListedChartIsWritten)
{
    const CliProcess cli;
    const Json list = jsonOf(cli.run({"chart", "--list", "--json"}));
    EXPECT_GE(list.size(), 20u);
    const std::string plan = cli.plan();
    for (const Json& row : list) {
        const std::string id = row["id"];
        const Finished finished = cli.run({"chart", id, plan, cli.path(id + ".csv")});
        EXPECT_EQ(finished.exit, 0) << finished.err;
        EXPECT_GT(contentOf(cli.path(id + ".csv")).size(), 40u) << id;
        EXPECT_THAT(finished.out, HasSubstr(id + ".csv: ")) << id;
    }
}

TEST(CliBench, MeasuresTheClosedFormsAndSaysNullWithoutTheTrace)
{
    const CliProcess cli;
    const Json rows = jsonOf(cli.run({"bench", "--json", "--trace", cli.path("no.csv"), "--row", "step_time_ns",
        "--row", "evaluate_point_us", "--row", "evaluate_us", "--row", "curve200_ms", "--row", "azure_trace_ms"}));
    EXPECT_EQ(rows.size(), 5u);
    EXPECT_TRUE(rows["azure_trace_ms"].is_null());
    for (const char* row : {"step_time_ns", "evaluate_point_us", "evaluate_us", "curve200_ms"})
        EXPECT_GT(rows[row].get<double>(), 0) << row;
    EXPECT_LT(rows["evaluate_point_us"].get<double>(), rows["evaluate_us"].get<double>());
    EXPECT_LT(1e-3 * rows["step_time_ns"].get<double>(), rows["evaluate_point_us"].get<double>());
}

TEST(Cli, HelpIsThereForEveryCommand)
{
    const CliProcess cli;
    EXPECT_EQ(cli.run({"--help"}).exit, 0);
    EXPECT_THAT(cli.run({"--version"}).out, StartsWith("headroom-cli "));
    for (const char* command : {"fields", "catalog", "evaluate", "step", "sweep", "import", "chart", "bench"}) {
        const Finished help = cli.run({command, "--help"});
        EXPECT_EQ(help.exit, 0) << command;
        EXPECT_THAT(help.out, HasSubstr("--json")) << command;
    }
}

struct BadInput {
    const char* why;
    std::vector<std::string> arguments;
    int exit;
    const char* says;
};

TEST(Cli, BadInputIsNamedWithItsPlaceAndExitCode)
{
    const CliProcess cli;
    const std::string plan = cli.plan(), missing = cli.path("missing.plan.json");
    const std::string truncated = cli.write("truncated.plan.json", "{\n  \"schema\": 1,\n  \"workload\": {");
    const std::string heads = cli.write("heads.plan.json",
        R"({"workload": {"arrival_rate_req_s": 4}, "hardware": {"gpu": "H100"}, "model": {"name": "Llama-3.1-8B", "kv_heads": 7}})");
    const std::string folder = cli.path("folder");
    std::filesystem::create_directory(folder);
    const BadInput table[] = {
        {"no command", {}, 2, "headroom-cli: "},
        {"unknown command", {"evalute", plan}, 2, "evalute: no such command"},
        {"no plan", {"evaluate"}, 2, "PLAN"},
        {"unknown option", {"evaluate", plan, "--jsom"}, 2, "--jsom"},
        {"no such file", {"evaluate", missing}, 3, "missing.plan.json: could not be read: No such file"},
        {"a folder", {"evaluate", folder}, 3, "folder: could not be read: it is a folder"},
        {"heads that do not divide", {"evaluate", heads}, 2, "heads.plan.json: model.kv_heads"},
        {"truncated JSON", {"evaluate", truncated}, 2, "truncated.plan.json:3"},
        {"setting without =", {"evaluate", plan, "--set", "batching.max_sequences"}, 2, "expected KEY=VALUE"},
        {"unknown key", {"evaluate", plan, "--set", "batching.max_seq=3"}, 2, "batching.max_seq"},
        {"out of range", {"evaluate", plan, "--set", "batching.max_sequences=0"}, 2, "batching.max_sequences: "},
        {"not a number", {"evaluate", plan, "--set", "workload.arrival_rate_req_s=fast"}, 2,
            "workload.arrival_rate_req_s: "},
        {"NaN", {"evaluate", plan, "--set", "workload.arrival_rate_req_s=nan"}, 2, "workload.arrival_rate_req_s: "},
        {"unknown GPU", {"evaluate", plan, "--set", "hardware.gpu=H900"}, 2, "hardware.gpu: "},
        {"unknown model", {"evaluate", plan, "--set", "model.name=Llama-9"}, 2, "model.name: "},
        {"heads not divisible", {"evaluate", plan, "--set", "deployment.tp=3"}, 2, "deployment.tp: "},
        {"step without batch", {"step", plan, "--context-tokens", "5"}, 2, "--batch"},
        {"step with negative batch", {"step", plan, "--batch", "-1", "--context-tokens", "5"}, 2, "--batch: "},
        {"step with context of nobody", {"step", plan, "--batch", "0", "--context-tokens", "5"}, 2,
            "--context-tokens: "},
        {"sweep without axis", {"sweep", plan}, 2, "--vary"},
        {"sweep over nothing", {"sweep", plan, "--vary", "batching.max_sequences"}, 2, "expected KEY=FROM:TO:STEPS"},
        {"sweep of unknown key", {"sweep", plan, "--vary", "x.y=1:2:3"}, 2, "x.y: no such field"},
        {"sweep beyond range", {"sweep", plan, "--vary", "deployment.memory_utilization=0.5:1.5:3"}, 2,
            "deployment.memory_utilization: "},
        {"sweep with zero steps", {"sweep", plan, "--vary", "workload.arrival_rate_req_s=1:2:0"}, 2, "STEPS"},
        {"logarithm of zero", {"sweep", plan, "--vary", "workload.arrival_rate_req_s=0:2:3:log"}, 2, "above 0"},
        {"grid too large",
            {"sweep", plan, "--vary", "workload.arrival_rate_req_s=1:2:10000", "--vary",
                "workload.prompt_tokens_mean=100:200:10000"},
            2, "more than 10,000,000 points"},
        {"no such shard", {"sweep", plan, "--vary", "deployment.replicas=1,2", "--shard", "3/2"}, 2, "--shard: "},
        {"sweep into no folder", {"sweep", plan, "--vary", "deployment.replicas=1,2", "--out", "/nowhere/x.csv"}, 3,
            "/nowhere/x.csv: could not be written: No such file"},
        {"unknown chart", {"chart", "latency", plan, cli.path("x.csv")}, 2, "latency: no such chart"},
        {"chart into no folder", {"chart", "time_parts", plan, "/nowhere/x.csv"}, 3,
            "/nowhere/x.csv: could not be written"},
        {"unknown catalog", {"catalog", "cars"}, 2, "cars: "},
        {"unknown row", {"bench", "--row", "speed"}, 2, "--row: there is no row"},
        {"import of nothing known", {"import", cli.write("poem.txt", "Roses are red")}, 2, "poem.txt: "},
        {"import of a config cut off", {"import", cli.write("cut.json", "{\n \"model_type\": \"llama\",\n \"hid")}, 2,
            "cut.json:3: is not JSON: the text is cut off"},
        {"import of lines of another kind", {"import", cli.write("lines.jsonl", "{\"a\": 1}\n{\"a\": 2}\n")}, 2,
            "lines.jsonl: is none of the known formats"},
        {"import of no file", {"import", missing}, 3, "could not be read"},
    };
    for (const BadInput& bad : table) {
        const Finished finished = cli.run(bad.arguments);
        EXPECT_EQ(finished.exit, bad.exit) << bad.why << "\n" << finished.err;
        EXPECT_THAT(finished.err, StartsWith("headroom-cli: ")) << bad.why;
        EXPECT_THAT(finished.err, HasSubstr(bad.says)) << bad.why;
        EXPECT_THAT(finished.out, IsEmpty()) << bad.why;
    }
}

TEST(Cli, AFullDiskIsNoticed)
{
    if (!std::filesystem::exists("/dev/full"))
        GTEST_SKIP() << "no /dev/full here";
    const CliProcess cli;
    const std::string command = std::string(HEADROOM_CLI) + " fields > /dev/full 2> " + cli.path("err");
    const int status = std::system(command.c_str());
    EXPECT_EQ(WEXITSTATUS(status), 3);
    EXPECT_THAT(contentOf(cli.path("err")), HasSubstr("standard output: could not be written: No space left"));
}

TEST(Cli, AReadOnlyFolderKeepsTheOldFile)
{
    if (::geteuid() == 0)
        GTEST_SKIP() << "root may write everywhere";
    const CliProcess cli;
    const std::string plan = cli.plan(), folder = cli.path("locked");
    std::filesystem::create_directory(folder);
    cli.write("locked/x.csv", "old");
    ::chmod(folder.c_str(), 0500);
    const Finished finished = cli.run({"chart", "time_parts", plan, folder + "/x.csv"});
    ::chmod(folder.c_str(), 0700);
    EXPECT_EQ(finished.exit, 3);
    EXPECT_EQ(contentOf(folder + "/x.csv"), "old");
}

} // namespace
} // namespace headroom::cli
