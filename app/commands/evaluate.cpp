#include "core/evaluate.h"
#include "app/commands/declare.h"
#include "app/commands/result_json.h"
#include "app/commands/result_text.h"
#include "core/headroom.h"
#include "core/plan/catalog.h"
#include "core/plan/plan_io.h"

#include <memory>

namespace headroom::cli {
namespace {

struct Options {
    PlanArgument plan;
    std::string check; ///< "", "point" or "hi"
    bool json = false;
};

/// Whether the plan holds: at the computed values, or at the pessimistic edge of the model-error band.
bool holds(const Evaluation& e, const std::string& check)
{
    if (!e.fits || !e.stable || !e.meetsTargets)
        return false;
    return check != "hi" || e.headroomLo >= RequestRate(0);
}

Exit run(const Options& options)
{
    if (!options.check.empty() && options.check != "point" && options.check != "hi")
        return report({"--check=" + options.check, "expected --check or --check=hi"});
    const auto plan = readPlan(options.plan);
    if (!plan)
        return report(plan.error());
    const Evaluation result = evaluate(*plan);
    const std::string text =
        options.json ? indented(withFirstMembers(evaluationJson(result, plan->targets, targetRateBand(*plan, result)),
                           "\"name\":" + quoted(plan->name) + ",\"plan_hash\":" + quoted(planHash(*plan)) +
                               ",\"calibration\":" + calibrationJson(plan->hardware.calibration))) +
                           "\n"
                     : evaluationText(*plan, result);
    if (const Exit printed = print(text); printed != Exit::done)
        return printed;
    return options.check.empty() || holds(result, options.check) ? Exit::done : Exit::no;
}

} // namespace

Run declareEvaluate(Arguments app)
{
    auto options = std::make_shared<Options>();
    addPlan(app, options->plan);
    app.flag("--check{point}", options->check,
        "Exit 1 if the plan does not hold; --check=hi: at the pessimistic edge of the band");
    app.flag("--json", options->json, "One JSON object");
    return [options] { return run(*options); };
}

} // namespace headroom::cli
