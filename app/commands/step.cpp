#include "app/commands/declare.h"
#include "app/commands/result_json.h"
#include "app/commands/result_text.h"
#include "core/evaluate.h"
#include "ui/plots/numbers.h"

#include <cmath>
#include <memory>

namespace headroom::cli {
namespace {

struct Options {
    PlanArgument plan;
    double batch = 0, contextTokens = 0, prefillTokens = 0, prefillContext = 0;
    bool json = false;
};

Result<void> check(const Options& options)
{
    const auto refuse = [](const char* key, double value, const char* expected) {
        return fail(key, ui::number(value) + " makes no sense, expected " + expected);
    };
    constexpr double kMost = 1e9; // more sequences or tokens than any engine step holds
    if (!(options.batch >= 0 && options.batch <= kMost))
        return refuse("--batch", options.batch, "0 to 1e9 sequences");
    if (!(options.contextTokens >= 0 && options.contextTokens <= kMost * 1e3))
        return refuse("--context-tokens", options.contextTokens, "0 to 1e12 tokens, summed over the batch");
    if (!(options.prefillTokens >= 0 && options.prefillTokens <= kMost))
        return refuse("--prefill-tokens", options.prefillTokens, "0 to 1e9 tokens");
    if (!(options.prefillContext >= 0 && options.prefillContext <= kMost))
        return refuse("--prefill-context", options.prefillContext, "0 to 1e9 tokens");
    if (options.batch == 0 && options.contextTokens > 0)
        return fail("--context-tokens", "a batch of 0 sequences has no context, expected --batch above 0");
    if (options.prefillTokens == 0 && options.prefillContext > 0)
        return fail("--prefill-context", "without prompt tokens nothing reads it, expected --prefill-tokens above 0");
    return {};
}

Exit run(const Options& options)
{
    if (auto sensible = check(options); !sensible)
        return report(sensible.error());
    const auto plan = readPlan(options.plan);
    if (!plan)
        return report(plan.error());
    const Evaluator evaluator(*plan);
    const StepModel& model = evaluator.step();
    StepBatch batch =
        options.batch > 0 ? model.decodeBatch(options.batch, options.contextTokens / options.batch) : StepBatch{};
    if (options.prefillTokens > 0)
        model.addPrompt(batch, options.prefillTokens, options.prefillContext);
    const StepParts parts = model.parts(batch);
    const ErrorBand errors =
        bandFor(PredictedQuantity::tpot, plan->hardware.gpu.architecture, plan->model.weightFormat);
    return print(options.json ? indented(stepJson(parts, errors)) + "\n" : stepText(parts, errors));
}

} // namespace

Run declareStep(Arguments app)
{
    auto options = std::make_shared<Options>();
    addPlan(app, options->plan);
    app.option("--batch", options->batch, "Sequences that produce a token").required();
    app.option("--context-tokens", options->contextTokens, "Tokens in their caches, summed over the batch").required();
    app.option("--prefill-tokens", options->prefillTokens, "Prompt tokens in the step");
    app.option("--prefill-context", options->prefillContext, "Tokens already cached in front of them");
    app.flag("--json", options->json, "One JSON object");
    return [options] { return run(*options); };
}

} // namespace headroom::cli
