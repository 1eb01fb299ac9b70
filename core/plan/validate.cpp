#include "core/plan/validate.h"

#include "core/plan/field_rows.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace headroom {

namespace {

using Errors = std::vector<Error>;

std::string whole(double v) { return rows::numberText(std::round(v)); }

/// The range of every number that has a meaning in this plan.
void checkRanges(const Plan& plan, Errors& errors)
{
    for (const Field& field : fields()) {
        const auto* number = std::get_if<NumberField>(&field);
        if (!number || number->info.derived)
            continue;
        std::string wrong = rows::complaint(rows::ruleOf(*number), number->get(plan));
        if (wrong.empty())
            continue;
        const auto reason = number->info.notApplicable;
        if (!reason || reason(plan).empty())
            errors.push_back({std::string(number->info.key), std::move(wrong)});
    }
}

void checkLengths(const LengthDistribution& d, const std::string& key, Errors& errors)
{
    if (d.shape == LengthShape::uniform && d.cv > 1 / std::numbers::sqrt3)
        errors.push_back({key + "_tokens_cv", rows::numberText(d.cv) +
                                                  " is more than a uniform length can spread; expected at most 0.577, "
                                                  "or another distribution"});
    if (d.shape != LengthShape::empirical)
        return;
    const auto& q = d.quantiles;
    const bool finite = std::ranges::all_of(q, [](double v) { return std::isfinite(v) && v >= 0; });
    if (q.size() < 2 || !finite || !std::ranges::is_sorted(q) || q.back() <= 0)
        errors.push_back({key + "_distribution", "has no usable quantiles; expected at least two ascending lengths, or "
                                                 "another distribution"});
}

void checkClasses(const Workload& w, Errors& errors)
{
    if (w.classes.size() > kMaxClasses)
        errors.push_back({"workload.classes",
            "has " + std::to_string(w.classes.size()) + " classes; expected at most " + std::to_string(kMaxClasses)});
    for (std::size_t i = 0; i < w.classes.size(); ++i) {
        const RequestClass& c = w.classes[i];
        const std::string path = "workload.classes[" + std::to_string(i) + "].";
        for (const ClassField& field : classFields())
            if (std::string wrong = rows::complaint(rows::ruleOf(field), field.get(c)); !wrong.empty())
                errors.push_back({path + std::string(field.info.key), std::move(wrong)});
        checkLengths(c.shape.prompt, path + "prompt", errors);
        checkLengths(c.shape.output, path + "output", errors);
    }
}

void checkWorkload(const Plan& plan, Errors& errors)
{
    const Workload& w = plan.workload;
    checkClasses(w, errors);
    if (w.classes.empty()) {
        checkLengths(w.shape.prompt, "workload.prompt", errors);
        checkLengths(w.shape.output, "workload.output", errors);
    }
    if (w.process == ArrivalProcess::mmpp2 && w.burst.peakRatio * w.burst.burstShare > 1)
        errors.push_back({"workload.burst_share", "times the rate in a burst is more than 1, so that bursts alone "
                                                  "exceed the mean rate; expected at most " +
                                                      rows::numberText(1 / w.burst.peakRatio)});
    double longest = w.classes.empty() ? w.shape.prompt.mean + w.shape.output.mean : 0;
    for (const auto& c : w.classes)
        longest = std::max(longest, c.shape.prompt.mean + c.shape.output.mean);
    if (longest > plan.model.maxContext.si())
        errors.push_back({"model.max_context_tokens",
            "is " + whole(plan.model.maxContext.si()) + ", less than the " + whole(longest) +
                " tokens of a mean prompt and output; raise the limit or shorten the requests"});
}

void checkModel(const ModelSpec& spec, Errors& errors)
{
    if (spec.hidden < 1 || spec.vocab < 1 || spec.layers() < 1) {
        errors.push_back({"model.name", "the plan holds no model; choose one"});
        return;
    }
    for (const auto& g : spec.groups) {
        const auto& a = g.attention;
        if (a.heads > 0 && a.kvHeads > 0 && !a.isMla() && (a.kvHeads > a.heads || a.heads % a.kvHeads != 0))
            errors.push_back({"model.kv_heads", "is " + std::to_string(a.kvHeads) + ", which does not divide the " +
                                                    std::to_string(a.heads) + " attention heads"});
        const auto& f = g.feedForward;
        if (f.experts > 0 && f.expertsPerToken > f.experts)
            errors.push_back(
                {"model.experts_per_token", "is " + std::to_string(f.expertsPerToken) + ", more than the " +
                                                std::to_string(f.experts) + " experts there are"});
    }
}

/// Heads are what tensor parallelism splits: by tp, or by tp over the ranks that split sequences instead.
void checkHeads(const Plan& plan, Errors& errors)
{
    const auto& d = plan.deployment;
    const int split = d.tp / d.attentionDp;
    for (const auto& g : plan.model.spec.groups)
        if (g.attention.heads > 0 && g.attention.heads % split != 0) {
            errors.push_back({"deployment.tp", "is " + std::to_string(d.tp) + ", which does not divide the " +
                                                   std::to_string(g.attention.heads) + " attention heads of " +
                                                   plan.model.spec.name});
            return;
        }
}

void checkDeployment(const Plan& plan, Errors& errors)
{
    const auto& d = plan.deployment;
    if (d.tp < 1 || d.ep < 1 || d.attentionDp < 1)
        return; // said by the ranges
    const auto& groups = plan.model.spec.groups;
    const bool experts = std::ranges::any_of(groups, [](const auto& g) { return g.feedForward.experts > 0; });
    if (experts && d.ep > 1 && d.tp % d.ep != 0)
        errors.push_back(
            {"deployment.ep", "is " + std::to_string(d.ep) +
                                  "; expected a divisor of tensor parallel (deployment.tp), " + std::to_string(d.tp)});
    if (d.tp % d.attentionDp != 0)
        errors.push_back({"deployment.attention_dp", "is " + std::to_string(d.attentionDp) +
                                                         "; expected a divisor of tensor parallel (deployment.tp), " +
                                                         std::to_string(d.tp)});
    else
        checkHeads(plan, errors);
    if (const int layers = plan.model.spec.layers(); d.pp > layers && layers > 0)
        errors.push_back({"deployment.pp", "is " + std::to_string(d.pp) + ", more stages than the " +
                                               std::to_string(layers) + " layers of " + plan.model.spec.name});
    if (d.spareReplicas >= d.replicas)
        errors.push_back(
            {"deployment.spare_replicas", "is " + std::to_string(d.spareReplicas) + " of " +
                                              std::to_string(d.replicas) + " replicas; at least one must stay up"});
    if (plan.batching.policy == BatchPolicy::disaggregated && d.replicas < 2)
        errors.push_back({"deployment.replicas", "is 1; the disaggregated policy needs at least 2, one that reads "
                                                 "prompts and one that generates"});
}

void checkHardware(const GpuSpec& gpu, Errors& errors)
{
    const auto good = [](double v) { return std::isfinite(v) && v > 0; };
    if (!good(gpu.memory.si()) || !good(gpu.bandwidth.si()) || !good(gpu.fp16.si()))
        errors.push_back({"hardware.gpu", "the plan holds no figures of a GPU; choose one"});
}

void checkScheduling(const Plan& plan, Errors& errors)
{
    const auto hasTarget = [](const RequestClass& c) { return c.ttftTarget.has_value(); };
    if (plan.scheduling.admission == Admission::deadline && !plan.targets.ttftP95 &&
        std::ranges::none_of(plan.workload.classes, hasTarget))
        errors.push_back({"scheduling.admission",
            "is deadline, which needs a deadline: set a time to first token, p95 (targets.ttft_p95_s)"});
}

} // namespace

std::vector<Error> validate(const Plan& plan)
{
    Errors errors;
    checkRanges(plan, errors);
    checkWorkload(plan, errors);
    checkModel(plan.model.spec, errors);
    checkHardware(plan.hardware.gpu, errors);
    checkDeployment(plan, errors);
    checkScheduling(plan, errors);
    // One error a field, the first: it is the one whose repair may mend the others.
    Errors first;
    for (auto& e : errors)
        if (std::ranges::none_of(first, [&](const Error& f) { return f.where == e.where; }))
            first.push_back(std::move(e));
    return first;
}

} // namespace headroom
