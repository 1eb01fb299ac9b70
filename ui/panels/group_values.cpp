#include "ui/panels/group_values.h"

#include "core/plan/fields.h"
#include "core/snapshot.h"
#include "ui/format.h"
#include "ui/money.h"

#include <QCoreApplication>
#include <QStringList>

namespace headroom::ui {

namespace {

QString tr(const char* words) { return QCoreApplication::translate("GroupValues", words); }

QString joined(const QStringList& parts) { return parts.join(QStringLiteral(" · ")); }

QString parameters(const ModelSpec& model)
{
    const ParameterCount count = countParameters(model);
    const double total = model.publishedParams > 0 ? model.publishedParams : count.total();
    return number(total / 1e9, 3) + QStringLiteral(" B");
}

/// \param hasCv the arrival process uses the CV of the plan: a Poisson process has its own, whatever the plan keeps
QString workloadValues(const Workload& workload, bool hasCv)
{
    QStringList parts;
    if (workload.classes.empty())
        parts = {tr("%1 in").arg(number(meanOf(workload.shape.prompt), 3)),
            tr("%1 out").arg(number(meanOf(workload.shape.output), 3))};
    else
        parts = {workload.classes.size() == 1 ? tr("1 class") : tr("%1 classes").arg(workload.classes.size())};
    if (hasCv)
        parts.append(tr("CV %1").arg(number(workload.arrivalCv, 2)));
    return joined(parts);
}

/// Whether a field of the plan has an effect in it.
bool applies(std::string_view key, const Plan& plan)
{
    const Field* field = findField(key);
    return field != nullptr && (info(*field).notApplicable == nullptr || info(*field).notApplicable(plan).empty());
}

QString servingValues(const Plan& plan)
{
    QStringList parts{tr("TP %1").arg(plan.deployment.tp)};
    if (plan.deployment.pp > 1)
        parts.append(tr("PP %1").arg(plan.deployment.pp));
    parts.append(plan.deployment.replicas == 1 ? tr("1 replica") : tr("%1 replicas").arg(plan.deployment.replicas));
    parts.append(tr("%1 tok").arg(number(plan.batching.tokenBudget.si(), 4)));
    return joined(parts);
}

QString targetValues(const Targets& targets)
{
    QStringList parts;
    if (targets.ttftP95)
        parts.append(tr("TTFT %1").arg(quantity(targets.ttftP95->si(), "s", 3)));
    if (targets.tpotP95)
        parts.append(tr("TPOT %1").arg(quantity(targets.tpotP95->si(), "s", 3)));
    if (targets.e2eP99 && parts.size() < 2) // the line has room for two
        parts.append(tr("E2E %1").arg(quantity(targets.e2eP99->si(), "s", 3)));
    else if (targets.e2eP99)
        parts.back() += tr(" +1");
    return parts.isEmpty() ? tr("no latency target") : joined(parts);
}

QString offloadingValues(const Offloading& offload)
{
    if (!offload.enabled)
        return tr("off");
    return tr("weights %1 · KV %2").arg(percent(offload.weightsOnGpu), percent(offload.cacheOnGpu));
}

QString operationsValues(const Plan& plan)
{
    QStringList parts;
    if (plan.operations.responseCacheHitRate > 0)
        parts.append(tr("cache %1").arg(percent(plan.operations.responseCacheHitRate)));
    parts.append(tr("aim ρ %1").arg(number(plan.operations.targetUtilization, 2)));
    parts.append(tr("MTBF %1 h").arg(number(plan.operations.mtbfHours, 4)));
    return joined(parts);
}

} // namespace

QString groupValues(std::string_view group, const Plan& plan, const Snapshot& snapshot)
{
    if (group == "workload")
        return workloadValues(plan.workload, applies("workload.arrival_cv", plan));
    if (group == "model")
        return joined({parameters(plan.model.spec),
            tr("%1 B/token").arg(number(snapshot.now.evaluation.kvBytesPerToken.si(), 6))});
    if (group == "hardware")
        return joined({quantity(plan.hardware.gpu.memory.si(), "B", 3),
            plan.hardware.hasPrice() ? tr("%1/h each").arg(money((plan.hardware.pricePerGpu * hour).in(dollar)))
                                     : tr("no price")});
    if (group == "serving")
        return servingValues(plan);
    if (group == "offloading")
        return offloadingValues(plan.deployment.offload);
    if (group == "targets")
        return targetValues(plan.targets);
    if (group == "operations")
        return operationsValues(plan);
    return {};
}

namespace {

/// Choosing a model also chooses the format its weights are published in: said where it happens.
QString formatNotice(const Plan& plan, const Plan& opened)
{
    const NumberFormat now = plan.model.weightFormat, before = opened.model.weightFormat;
    if (plan.model.spec.name == opened.model.spec.name || now == before || now != plan.model.spec.servedFormat)
        return {};
    return QLatin1Char('\n') + tr("Weights are now %1, as this model ships; the opened plan had %2.")
                                   .arg(text(info(now).name), text(info(before).name));
}

} // namespace

QString choiceCaption(std::string_view key, const Plan& plan, const Plan& opened)
{
    if (key == "hardware.gpu")
        return joined({quantity(plan.hardware.gpu.memory.si(), "B", 3),
            tr("%1 GB/s").arg(number(plan.hardware.gpu.bandwidth.si() * 1e-9, 4)),
            tr("%1 TFLOP/s").arg(number(plan.hardware.gpu.fp16.si() * 1e-12, 3))});
    if (key == "model.name")
        return joined({tr("%1 params").arg(parameters(plan.model.spec)),
                   tr("%1 weights").arg(text(info(plan.model.weightFormat).name)),
                   tr("%1 KV").arg(text(info(plan.model.kvFormat).name))}) +
               formatNotice(plan, opened);
    return {};
}

} // namespace headroom::ui
