#include "core/model/step_time.h"

#include "tests/core/model/example_hardware.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>

namespace headroom {
namespace {

struct Case {
    std::string name;
    StepModel step;
};

/// Every example model on every example GPU, in several layouts, formats and engines.
const std::vector<Case>& cases()
{
    static const std::vector<ModelSpec> models = example::models();
    static const std::vector<GpuSpec> gpus = example::gpus();
    static const std::vector<Layout> layouts{{}, {.tp = 2}, {.tp = 8}, {.tp = 16}, {.tp = 2, .pp = 4},
        {.tp = 8, .ep = 8}, {.tp = 8, .ep = 8, .attentionDp = 8}, {.tp = 8, .attentionDp = 4}};
    static const std::vector<Case> all = [] {
        std::vector<Case> made;
        for (const ModelSpec& m : models)
            for (const GpuSpec& g : gpus)
                for (const Layout& l : layouts)
                    for (const NumberFormat f :
                        {NumberFormat::bf16, NumberFormat::fp8, NumberFormat::int4, NumberFormat::mxfp4}) {
                        StepInput in{.model = &m, .gpu = &g, .layout = l, .weightFormat = f};
                        in.engine.engine = f == NumberFormat::fp8 ? Engine::tensorrtLlm : Engine::vllm;
                        in.engine.cudaGraphs = l.pp == 1;
                        made.push_back(
                            {m.name + " " + g.name + " tp" + std::to_string(l.tp) + " pp" + std::to_string(l.pp) +
                                    " dp" + std::to_string(l.attentionDp) + " " + std::string(info(f).name),
                                StepModel(in)});
                    }
        return made;
    }();
    return all;
}

StepModel llama8bOnH100()
{
    const ModelSpec m = example::llama8b();
    const GpuSpec g = example::h100();
    return StepModel(StepInput{.model = &m, .gpu = &g});
}

StepBatch randomBatch(const StepModel& step, std::mt19937_64& random)
{
    const auto upTo = [&](double most) { return std::floor(most * (static_cast<double>(random() >> 11) * 0x1p-53)); };
    StepBatch b;
    const double decodes = upTo(60), prompts = upTo(4);
    for (int i = 0; i < decodes; ++i)
        step.addDecode(b, 1 + upTo(20000));
    for (int i = 0; i < prompts; ++i)
        step.addPrompt(b, 1 + upTo(3000), upTo(3) > 1 ? upTo(9000) : 0);
    return b;
}

TEST(StepTime, AnEmptyStepTakesNoTime)
{
    for (const Case& c : cases()) {
        EXPECT_EQ(c.step.time({}).si(), 0) << c.name;
        EXPECT_EQ(c.step.parts({}).total().si(), 0) << c.name;
        EXPECT_EQ(c.step.law(0, 0, 0).base, 0) << c.name;
    }
}

TEST(StepTime, IsAffineInContextPairsAndPrefix)
{
    std::mt19937_64 random(1);
    for (const Case& c : cases()) {
        for (int i = 0; i < 10; ++i) {
            const StepBatch b = randomBatch(c.step, random);
            const StepLaw law = c.step.law(b.decodes, b.prefillTokens, b.prompts);
            double seconds = law.base;
            for (std::size_t r = 0; r < kReaches; ++r)
                seconds +=
                    law.perContext[r] * b.context[r] + law.perPair[r] * b.pairs[r] + law.perPrefix[r] * b.prefix[r];
            EXPECT_NEAR(c.step.time(b).si() / std::max(seconds, 1e-300), b.decodes + b.prompts > 0 ? 1 : 0, 1e-12)
                << c.name;
        }
    }
}

TEST(StepTime, KDecodeStepsLastTheirAffineSum)
{
    const StepModel step = llama8bOnH100();
    StepBatch b = step.decodeBatch(32, 1000);
    const StepLaw law = step.law(32, 0, 0);
    const double k = 500, context = b.context[0];
    double byStep = 0;
    for (int i = 0; i < k; ++i) {
        byStep += step.time(b).si();
        b.context[0] += b.decodes;
    }
    const double leap = k * (law.base + law.perContext[0] * context) + law.perContext[0] * 32 * k * (k - 1) / 2;
    EXPECT_NEAR(leap / byStep, 1, 1e-12);
}

TEST(StepTime, PartsAddUpByResourceAndByGroup)
{
    std::mt19937_64 random(2);
    for (const Case& c : cases()) {
        const StepBatch b = randomBatch(c.step, random);
        const StepParts p = c.step.parts(b);
        const double whole = c.step.time(b).si();
        const Seconds groups =
            p.attention + p.projections + p.feedForward + p.experts + p.head + p.other + p.communication + p.engine;
        EXPECT_NEAR(p.total().si(), whole, 1e-12 * whole) << c.name;
        EXPECT_NEAR(groups.si(), whole, 1e-12 * whole) << c.name;
    }
}

TEST(StepTime, IsFiniteAndPositiveForAnyWork)
{
    std::mt19937_64 random(3);
    for (const Case& c : cases()) {
        for (int i = 0; i < 5; ++i) {
            StepBatch b = randomBatch(c.step, random);
            c.step.addDecode(b, 1);
            EXPECT_TRUE(std::isfinite(c.step.time(b).si())) << c.name;
            EXPECT_GT(c.step.time(b).si(), 0) << c.name;
        }
    }
}

TEST(StepTime, MoreWorkNeverTakesLess)
{
    std::mt19937_64 random(4);
    for (const Case& c : cases()) {
        for (int i = 0; i < 5; ++i) {
            const StepBatch b = randomBatch(c.step, random);
            StepBatch more = b;
            const auto notLess = [&](const char* what) {
                EXPECT_GE(c.step.time(more), c.step.time(b)) << c.name << what;
            };
            more.decodes += 1;
            notLess(" decodes");
            more = b;
            more.prefillTokens += 100;
            notLess(" prompt tokens");
            more = b;
            more.prompts += 1;
            notLess(" prompts");
            for (std::size_t r = 0; r < kReaches; ++r) {
                more = b;
                more.context[r] += 1000;
                notLess(" context");
                more = b;
                more.pairs[r] += 1000;
                notLess(" pairs");
                more = b;
                more.prefix[r] += 1000;
                notLess(" prefix");
            }
        }
    }
}

TEST(StepTime, ADecodeStepIsNeverFasterThanReadingTheWeightsOnce)
{
    // Llama-3.1-8B: 32 layers of 218.1 million parameters and a head of 525.3 million, two bytes each, at 3.35 TB/s.
    const double bytes = 2 * (32 * 218103808.0 + 525336576.0);
    const StepModel step = llama8bOnH100();
    EXPECT_GT(step.time(step.decodeBatch(1, 1)).si(), bytes / 3.35e12);
    EXPECT_LT(step.time(step.decodeBatch(1, 1)).si(), 2.5 * bytes / 3.35e12);
}

TEST(StepTime, ALongPromptIsNeverFasterThanThePeak)
{
    const StepModel step = llama8bOnH100();
    StepBatch b;
    step.addPrompt(b, 8192, 0);
    const double flops = 2 * 8192.0 * 32 * 218103808.0 + 8192.0 * 8193 / 2 * 32 * 4 * 32 * 128;
    EXPECT_GT(step.time(b).si(), flops / 989e12);
    EXPECT_LT(step.time(b).si(), 3 * flops / 989e12);
    EXPECT_GT(step.parts(b).compute, 0.5 * step.time(b));
}

TEST(StepTime, ContextCostsAtLeastTheTimeToReadItsCache)
{
    const StepModel step = llama8bOnH100();
    const double slope = step.law(8, 0, 0).perContext[0];
    EXPECT_GE(slope, 131072 / 3.35e12);
    EXPECT_LT(slope, 2 * 131072 / 3.35e12);
}

TEST(StepTime, AChunkCountsThePairsOfItsQueriesAndKeys)
{
    const StepModel step = llama8bOnH100();
    StepBatch b;
    step.addPrompt(b, 3, 10); // queries at 11, 12 and 13 tokens
    EXPECT_DOUBLE_EQ(b.pairs[0], 36);
    EXPECT_DOUBLE_EQ(b.prefix[0], 10);
    EXPECT_DOUBLE_EQ(b.prefillTokens, 3);
    EXPECT_DOUBLE_EQ(b.prompts, 1);
}

TEST(StepTime, WindowsCapWhatASequenceAttendsTo)
{
    const ModelSpec m = example::hybrid();
    const GpuSpec g = example::h100();
    const StepModel step(StepInput{.model = &m, .gpu = &g});
    EXPECT_TRUE(std::isinf(step.reach(0)));
    EXPECT_EQ(step.reach(1), 1024);
    EXPECT_EQ(step.reach(2), 4096);
    StepBatch b;
    step.addDecode(b, 3000);
    EXPECT_DOUBLE_EQ(b.context[0], 3000);
    EXPECT_DOUBLE_EQ(b.context[1], 1024);
    EXPECT_DOUBLE_EQ(b.context[2], 3000);
    StepBatch chunk;
    step.addPrompt(chunk, 100, 1000); // 24 queries fill the window at 1001 to 1024 keys, 76 see 1024
    EXPECT_DOUBLE_EQ(chunk.pairs[1], 24 * 1012.5 + 76 * 1024);
    EXPECT_DOUBLE_EQ(chunk.prefix[1], 1000);
}

TEST(StepTime, TheSumOfChunksHasThePairsOfTheWholePrompt)
{
    const ModelSpec m = example::hybrid();
    const GpuSpec g = example::h100();
    const StepModel step(StepInput{.model = &m, .gpu = &g});
    StepBatch whole, chunks;
    step.addPrompt(whole, 5000, 0);
    for (int i = 0; i < 10; ++i)
        step.addPrompt(chunks, 500, 500 * i);
    for (std::size_t r = 0; r < kReaches; ++r)
        EXPECT_DOUBLE_EQ(whole.pairs[r], chunks.pairs[r]);
}

TEST(StepTime, WeightOnlyFormatsSaveBandwidthButNotCompute)
{
    const ModelSpec m = example::llama8b();
    const GpuSpec a100 = example::a100(), h100 = example::h100();
    const auto prefillAndDecode = [&](const GpuSpec& gpu, NumberFormat f) {
        const StepModel step(StepInput{.model = &m, .gpu = &gpu, .weightFormat = f});
        StepBatch prompt;
        step.addPrompt(prompt, 4096, 0);
        return std::pair(step.time(prompt).si(), step.time(step.decodeBatch(1, 100)).si());
    };
    const auto [wide, wideDecode] = prefillAndDecode(a100, NumberFormat::bf16);
    const auto [narrow, narrowDecode] = prefillAndDecode(a100, NumberFormat::fp8); // no fp8 units on Ampere
    EXPECT_GE(narrow, wide);
    EXPECT_LT(narrowDecode, 0.8 * wideDecode);
    EXPECT_LT(prefillAndDecode(h100, NumberFormat::fp8).first, 0.8 * prefillAndDecode(h100, NumberFormat::bf16).first);
}

TEST(StepTime, AFewTokensReadTheExpertsTheyReach)
{
    const ModelSpec m = example::mixtral8x7b();
    const GpuSpec g = example::h100();
    const StepModel step(StepInput{.model = &m, .gpu = &g});
    const auto experts = [&](double b) { return step.parts(step.decodeBatch(b, 1)).experts.si(); };
    // One token reads 2 of 8; how many more two and 24 tokens reach is ExpertChoice's. The router's 2 MB are read each time.
    const ExpertChoice choice(8, 2, shippedEfficiency().at(Coefficient::expertPopularity, g.architecture));
    const double perExpert = (experts(2) - experts(1)) / (choice.reached(2) - 2);
    EXPECT_NEAR(experts(24) / (experts(1) + (choice.reached(24) - 2) * perExpert), 1, 0.01);
}

TEST(StepTime, SmallSumsOfTensorRtLlmAreFasterWhereTheSwitchAdds)
{
    const ModelSpec m = example::llama8b();
    GpuSpec g = example::h100();
    g.inNode.inSwitchReduction = true;
    const auto sums = [&](Engine engine) {
        const StepModel step(StepInput{.model = &m, .gpu = &g, .layout = {.tp = 4}, .engine = {engine, 2025, true}});
        return step.parts(step.decodeBatch(1, 100)).communication.si();
    };
    EXPECT_LT(sums(Engine::tensorrtLlm), 0.8 * sums(Engine::vllm));
    g.inNode.inSwitchReduction = false;
    EXPECT_EQ(sums(Engine::tensorrtLlm), sums(Engine::vllm));
}

TEST(StepTime, PipelineStagesKeepTheTokenTimeAndRaiseThroughput)
{
    const ModelSpec m = example::llama70b();
    const GpuSpec g = example::h100();
    const StepModel one(StepInput{.model = &m, .gpu = &g, .layout = {.tp = 2}});
    const StepModel four(StepInput{.model = &m, .gpu = &g, .layout = {.tp = 2, .pp = 4}});
    // Weights dominate small batches: the four stages together read them once a token, so TPOT stays about the same.
    const double alone = one.time(one.decodeBatch(8, 500)) / four.time(four.decodeBatch(8, 500));
    EXPECT_NEAR(alone, 1, 0.25);
    // The GPUs work on four micro-batches at once (the host does not): four times the sequences in about the time.
    const auto withoutHost = [&](int pp) {
        return StepModel(
            StepInput{.model = &m, .gpu = &g, .layout = {.tp = 2, .pp = pp}, .calibration = {.overhead = 0}});
    };
    const Seconds wide = withoutHost(1).time(one.decodeBatch(2048, 100));
    EXPECT_NEAR(wide / withoutHost(4).time(four.decodeBatch(4 * 2048, 100)), 1, 0.1);
}

TEST(StepTime, CalibrationFactorsActOnTheirResource)
{
    const ModelSpec m = example::llama70b();
    const GpuSpec g = example::h100();
    const auto parts = [&](Calibration c) {
        const StepModel step(StepInput{.model = &m, .gpu = &g, .layout = {.tp = 4}, .calibration = c});
        StepBatch prompt;
        step.addPrompt(prompt, 8192, 0);
        return std::pair(step.parts(step.decodeBatch(4, 1000)), step.parts(prompt));
    };
    const auto [decode, prefill] = parts({});
    EXPECT_NEAR(parts({.bandwidth = 2}).first.bandwidth / decode.bandwidth, 0.5, 0.05);
    EXPECT_NEAR(parts({.compute = 0.5}).second.compute / prefill.compute, 2, 0.05);
    EXPECT_NEAR(parts({.network = 2}).first.network / decode.network, 0.5, 1e-9);
    EXPECT_GT(parts({.overhead = 3}).first.engine / decode.engine, 2.99);
}

TEST(StepTime, EnginesOf2023AndEagerModePayMorePerStep)
{
    const ModelSpec m = example::llama8b();
    const GpuSpec g = example::h100();
    const auto engine = [&](EngineSpec e) {
        const StepModel step(StepInput{.model = &m, .gpu = &g, .engine = e});
        return step.parts(step.decodeBatch(1, 100)).engine;
    };
    EXPECT_GT(engine({Engine::vllm, 2023, true}), engine({Engine::vllm, 2025, true}));
    EXPECT_GT(engine({Engine::vllm, 2025, false}), engine({Engine::vllm, 2025, true}));
    EXPECT_EQ(engine({Engine::tensorrtLlm, 2023, true}), engine({Engine::tensorrtLlm, 2024, true}));
}

TEST(StepTime, SchedulingAheadAndTheHostsOfTodayTakeLess)
{
    const ModelSpec m = example::llama8b();
    const auto engine = [&](const GpuSpec& g, EngineSpec e) {
        const StepModel step(StepInput{.model = &m, .gpu = &g, .engine = e});
        return step.parts(step.decodeBatch(1, 100)).engine;
    };
    EXPECT_LT(engine(example::h100(), {Engine::vllm, 2026, true}), engine(example::h100(), {Engine::vllm, 2025, true}));
    EXPECT_LT(engine(example::h100(), {Engine::tensorrtLlm, 2025, true}),
        engine(example::h100(), {Engine::tensorrtLlm, 2024, true}));
    GpuSpec older = example::h100();
    older.architecture = GpuArchitecture::ampere;
    EXPECT_GT(engine(older, {Engine::vllm, 2025, true}), engine(example::h100(), {Engine::vllm, 2025, true}));
}

TEST(StepTime, OldTensorRtLlmReadsSharedKeysAgainInWideGroupsOf16BitCaches)
{
    const GpuSpec g = example::h100();
    // How much longer 300 more tokens of cache take than in the engine of 2025.
    const auto slower = [&](const ModelSpec& m, NumberFormat cache) {
        const auto more = [&](int year) {
            const StepModel step(StepInput{
                .model = &m, .gpu = &g, .layout = {.tp = 4}, .kvFormat = cache, .engine = {Engine::tensorrtLlm, year}});
            return step.time(step.decodeBatch(64, 600)) - step.time(step.decodeBatch(64, 300));
        };
        return more(2024) / more(2025);
    };
    EXPECT_GT(slower(example::llama70b(), NumberFormat::bf16), 1.5) << "8 query heads share a key head";
    EXPECT_NEAR(slower(example::llama8b(), NumberFormat::bf16), 1, 1e-9) << "4 do";
    EXPECT_NEAR(slower(example::llama70b(), NumberFormat::fp8), 1, 1e-9);
}

TEST(StepTime, ProductsOfTheVllmOf2026ReachWhatCompiledOnesDo)
{
    const ModelSpec m = example::llama8b();
    const GpuSpec g = example::h100();
    const auto prompt = [&](EngineSpec e) {
        const StepModel step(StepInput{.model = &m, .gpu = &g, .engine = e});
        StepBatch batch;
        step.addPrompt(batch, 4096, 0);
        return step.parts(batch).feedForward;
    };
    EXPECT_GT(prompt({Engine::vllm, 2025}), prompt({Engine::vllm, 2026}));
    EXPECT_EQ(prompt({Engine::vllm, 2026}), prompt({Engine::tensorrtLlm, 2026}));
    EXPECT_GT(prompt({Engine::sglang, 2026}), prompt({Engine::vllm, 2026}));
}

TEST(StepTime, RanksThatSplitAttentionBySequenceShareHostAndNorms)
{
    const ModelSpec m = example::mixtral8x7b();
    const GpuSpec g = example::h100();
    const auto parts = [&](Layout l) {
        const StepModel step(StepInput{.model = &m, .gpu = &g, .layout = l});
        const StepParts few = step.parts(step.decodeBatch(8, 100)), many = step.parts(step.decodeBatch(808, 100));
        return std::pair(many.engine - few.engine, many.other - few.other); // of 800 more sequences
    };
    const auto whole = parts({.tp = 8, .ep = 8}), split = parts({.tp = 8, .ep = 8, .attentionDp = 8});
    EXPECT_NEAR(whole.first / split.first, 8, 1e-9);
    EXPECT_GT(whole.second / split.second, 2);
}

TEST(StepTime, TheBusiestRankOfExpertsHasMoreThanItsShare)
{
    const ModelSpec m = example::mixtral8x7b();
    const GpuSpec g = example::h100();
    EfficiencyTable even = shippedEfficiency();
    even.shared[static_cast<std::size_t>(Coefficient::expertImbalance)] = 1;
    const auto experts = [&](Layout l, const EfficiencyTable& t) {
        const StepModel step(StepInput{.model = &m, .gpu = &g, .layout = l, .efficiency = &t});
        return step.parts(step.decodeBatch(4000, 100)).experts;
    };
    EXPECT_GT(experts({.tp = 8, .ep = 8}, shippedEfficiency()), 1.2 * experts({.tp = 8, .ep = 8}, even));
    EXPECT_EQ(experts({.tp = 8}, shippedEfficiency()), experts({.tp = 8}, even)) << "cut experts share each token";
}

TEST(Efficiency, AGpuWithMoreEnergyForEachFlopSustainsMoreOfItsPeakAndNeverAllOfIt)
{
    GpuSpec g = example::h100();
    g.powerWatts = 700;
    double last = 0;
    for (const double watts : {350.0, 700.0, 1400.0, 3000.0}) {
        g.powerWatts = watts;
        const ComputeFormat compute = computeFormat(g, NumberFormat::bf16);
        const double share =
            gemmEfficiency(shippedEfficiency(), GpuArchitecture::hopper, compute, NumberFormat::bf16).compute;
        EXPECT_GT(share, last);
        EXPECT_LE(share, 0.95);
        last = share;
    }
    g.powerWatts = 0; // not stated: as the reference
    EXPECT_EQ(computeFormat(g, NumberFormat::bf16).flopPerJoule, 0);
}

TEST(Efficiency, WidenedWeightsCostMoreOfAPeakThatNeedsOtherInstructions)
{
    const auto lost = [](GpuArchitecture a) {
        const ComputeFormat wide{100 * teraflop / second, NumberFormat::bf16, false};
        const ComputeFormat widened{100 * teraflop / second, NumberFormat::bf16, true};
        const EfficiencyTable& t = startingEfficiency();
        return gemmEfficiency(t, a, widened, NumberFormat::int4).compute /
               gemmEfficiency(t, a, wide, NumberFormat::bf16).compute;
    };
    EXPECT_LT(lost(GpuArchitecture::hopper), lost(GpuArchitecture::ampere));
    EXPECT_EQ(lost(GpuArchitecture::ampere), lost(GpuArchitecture::blackwellWorkstation));
}

TEST(StepTime, RoutingCostsInProportionToTheChoicesOfAToken)
{
    ModelSpec m = example::mixtral8x7b();
    const GpuSpec g = example::h100();
    const auto engine = [&](int choices) {
        for (LayerGroup& group : m.groups)
            group.feedForward.expertsPerToken = choices;
        const StepModel step(StepInput{.model = &m, .gpu = &g, .layout = {.tp = 4}});
        return step.parts(step.decodeBatch(1, 100)).engine;
    };
    EXPECT_NEAR((engine(4) - engine(2)) / (engine(6) - engine(4)), 1, 1e-6);
    EXPECT_GT(engine(4), engine(2));
}

TEST(StepTime, NarrowingTheInputsOfProductsCostsTimePerLayer)
{
    const ModelSpec m = example::llama8b();
    const GpuSpec g = example::h100();
    const auto engine = [&](NumberFormat f) {
        const StepModel step(StepInput{.model = &m, .gpu = &g, .weightFormat = f});
        return step.parts(step.decodeBatch(1, 100)).engine;
    };
    EXPECT_GT(engine(NumberFormat::fp8), engine(NumberFormat::bf16));
    EXPECT_EQ(engine(NumberFormat::int4), engine(NumberFormat::bf16)) << "weights are widened, inputs stay";
}

} // namespace
} // namespace headroom
