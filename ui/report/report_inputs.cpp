// Inputs of a plan as tables: every field with where its value came from.
#include "ui/report/report_content.h"

#include "core/plan/catalog.h"
#include "core/plan/fields.h"
#include "ui/format.h"
#include "ui/panels/comparison.h"
#include "ui/panels/field_scale.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace headroom::ui {

namespace {

QString tr(const char* words) { return QCoreApplication::translate("Report", words); }

/// The plan that choosing this GPU and model from the catalog would give; nothing where they are not in it.
struct CatalogValues {
    std::optional<Plan> gpu, model;
};

CatalogValues catalogValues(const Plan& plan)
{
    CatalogValues out;
    Plan gpu = plan, model = plan;
    if (chooseGpu(gpu, plan.hardware.gpu.name))
        out.gpu = std::move(gpu);
    if (chooseModel(model, plan.model.spec.name))
        out.model = std::move(model);
    return out;
}

QString choiceLabel(const ChoiceField& field, std::string_view id)
{
    for (const Choice& c : field.choices())
        if (c.id == id)
            return text(c.label);
    return text(id);
}

/// A value and its unit. Fractions of a second are in milliseconds, as everywhere else; what is absent has no unit.
struct Shown {
    QString value, unit;
    QString joined() const { return unit.isEmpty() ? value : value + u' ' + unit; }
};

Shown shownNumber(const NumberField& field, double value)
{
    const bool isShort = field.info.unit == "s" && value > 0 && value < 1;
    if (isYear(field))
        return {text(exactText(value)), {}};
    if (isShort)
        return {number(value * 1e3, 4), QStringLiteral("ms")};
    return {number(value, 4), text(field.info.unit)};
}

Shown shownValue(const Field& field, const Plan& plan)
{
    if (const auto* n = std::get_if<NumberField>(&field)) {
        const auto value = knownValue(*n, plan);
        return value ? shownNumber(*n, *value) : Shown{tr("none"), {}};
    }
    const auto& choice = std::get<ChoiceField>(field);
    return {choiceLabel(choice, choice.get(plan)), text(info(field).unit)};
}

/// Without its unit where that is the unit of the value beside it.
QString defaultText(const Field& field, const Plan& plan)
{
    if (const auto* n = std::get_if<NumberField>(&field)) {
        const Shown shown = shownNumber(*n, n->fallback);
        return shown.unit == shownValue(field, plan).unit ? shown.value : shown.joined();
    }
    const auto& choice = std::get<ChoiceField>(field);
    return choiceLabel(choice, choice.fallback);
}

bool isDefault(const Field& field, const Plan& plan)
{
    if (const auto* n = std::get_if<NumberField>(&field)) {
        const auto value = n->get(plan);
        constexpr double kSame = 1e-9;
        return value && std::abs(*value - n->fallback) <= kSame * std::abs(n->fallback);
    }
    const auto& choice = std::get<ChoiceField>(field);
    return choice.get(plan) == choice.fallback;
}

bool isArchitecture(const Field& field)
{
    const FieldInfo& f = info(field);
    return f.key.starts_with("model.") && std::holds_alternative<NumberField>(field) &&
           f.key != "model.max_context_tokens";
}

/// Whether the shape of a model is the one that the catalog has.
bool isOfCatalogModel(const Field& field, const Plan& plan, const CatalogValues& catalog)
{
    return isArchitecture(field) && catalog.model && fieldText(field, *catalog.model) == fieldText(field, plan);
}

/// Why the plan does not use a field; empty = it does.
std::string_view whyNotUsed(const Field& field, const Plan& plan, const CatalogValues& catalog)
{
    const auto reason = info(field).notApplicable;
    return reason == nullptr || isOfCatalogModel(field, plan, catalog) ? std::string_view() : reason(plan);
}

/// Where the value of a field that the plan uses came from.
QString origin(const Field& field, const Plan& plan, const CatalogValues& catalog)
{
    const FieldInfo& f = info(field);
    const bool architecture = isArchitecture(field);
    if (isOfCatalogModel(field, plan, catalog))
        return tr("catalog");
    if (f.derived)
        return tr("follows from other settings");
    if (architecture)
        return tr("set");
    if (f.key == "hardware.price_usd_per_gpu_hour" && !plan.hardware.hasPrice())
        return tr("no price known");
    if (f.key == "hardware.price_usd_per_gpu_hour" && !plan.hardware.priceEdited && catalog.gpu &&
        fieldText(field, *catalog.gpu) == fieldText(field, plan))
        return tr("catalog");
    if (f.key == "hardware.gpus_per_node" && catalog.gpu && fieldText(field, *catalog.gpu) == fieldText(field, plan))
        return tr("catalog");
    if (isDefault(field, plan))
        return tr("default");
    if (const auto* n = std::get_if<NumberField>(&field); n && n->optional)
        return n->get(plan) ? tr("set") : tr("default");
    return tr("set (default %1)").arg(defaultText(field, plan));
}

TextTable classTable(const Workload& w)
{
    TextTable t;
    t.columns = {tr("Class"), tr("Share"), tr("Prompt tokens"), tr("Output tokens"), tr("Prefix hits"), tr("Priority")};
    t.shares = {0.28, 0.12, 0.17, 0.17, 0.14, 0.12};
    t.numeric = {false, true, true, true, true, true};
    const auto lengths = [](const LengthDistribution& d) {
        return tr("%1, cv %2").arg(number(d.mean), number(d.cv, 2));
    };
    for (const RequestClass& c : w.classes)
        t.rows.push_back({text(c.name), number(c.share), lengths(c.shape.prompt), lengths(c.shape.output),
            percent(c.shape.prefixHitRate), QString::number(c.priority)});
    return t;
}

/// The fields of a group that a plan does not use, gathered by the reason.
class Unused {
public:
    void add(const Field& field, std::string_view reason)
    {
        auto found = std::ranges::find(m_fields, reason, &std::pair<std::string_view, QStringList>::first);
        if (found == m_fields.end())
            found = m_fields.insert(found, {reason, {}});
        found->second << text(info(field).label);
    }

    /// "Not used. Only with bursts (MMPP-2): Rate in a burst · Time in bursts."
    QString words() const
    {
        QString all;
        for (const auto& [reason, names] : m_fields) {
            QString why = text(reason);
            why[0] = why[0].toUpper();
            all += u' ' + why + QStringLiteral(": ") + names.join(QStringLiteral(" · ")) + u'.';
        }
        return all.isEmpty() ? all : tr("Not used.") + all;
    }

private:
    std::vector<std::pair<std::string_view, QStringList>> m_fields;
};

} // namespace

QString changedSince(const Plan& saved, const Plan& now)
{
    constexpr qsizetype kMost = 8; // beyond that it is another plan, and the tables below say what it has
    const bool isOtherModel = saved.model.spec.name != now.model.spec.name;
    QStringList changes;
    for (const Field& field : fields()) {
        const FieldInfo& f = info(field);
        const bool follows = f.derived || (isOtherModel && isArchitecture(field)) ||
                             (f.notApplicable != nullptr && !f.notApplicable(now).empty());
        if (follows || fieldText(field, saved) == fieldText(field, now))
            continue;
        const Shown before = shownValue(field, saved), after = shownValue(field, now);
        changes.append(text(f.label) + u' ' + (before.unit == after.unit ? before.value : before.joined()) +
                       QStringLiteral(" → ") + after.joined());
    }
    if (saved.workload.classes != now.workload.classes)
        changes.append(tr("the request classes"));
    if (changes.isEmpty())
        return {};
    const qsizetype more = changes.size() - kMost;
    QString listed = changes.mid(0, kMost).join(QStringLiteral("; "));
    if (more > 0)
        listed += tr("; and %1 more").arg(more);
    return tr("Changed since the file was read or saved: %1.").arg(listed);
}

std::vector<InputGroup> inputTables(const Plan& plan)
{
    const CatalogValues catalog = catalogValues(plan);
    std::vector<InputGroup> out;
    for (const FieldGroup& group : fieldGroups()) {
        TextTable t;
        t.columns = {tr("Setting"), tr("Value"), tr("Unit"), tr("From")};
        t.shares = {0.31, 0.19, 0.12, 0.38};
        t.numeric = {false, true, false, false};
        Unused unused;
        for (const Field& field : fields()) {
            if (info(field).group != group.id)
                continue;
            if (const auto reason = whyNotUsed(field, plan, catalog); !reason.empty()) {
                unused.add(field, reason);
                continue;
            }
            const Shown shown = shownValue(field, plan);
            t.rows.push_back({text(info(field).label), shown.value, shown.unit, origin(field, plan, catalog)});
        }
        if (!t.rows.empty() || !unused.words().isEmpty())
            out.push_back({text(group.label), std::move(t), unused.words()});
    }
    if (!plan.workload.classes.empty())
        out.insert(out.begin() + 1, {tr("Request classes"), classTable(plan.workload)});
    return out;
}

std::vector<InputGroup> comparisonTables(const Snapshot& snapshot)
{
    if (snapshot.pinned.empty())
        return {};
    TextTable inputs, results;
    inputs.columns = {tr("Setting"), text(snapshot.now.name)};
    const std::vector<const PlanResults*> plans = plansOf(snapshot);
    for (const auto& pinned : snapshot.pinned)
        inputs.columns.push_back(text(pinned->name));
    const double first = 0.28, each = (1 - first) / static_cast<double>(plans.size());
    inputs.shares.assign(plans.size() + 1, each);
    inputs.shares[0] = first;
    inputs.numeric.assign(plans.size() + 1, true);
    inputs.numeric[0] = false;
    results = inputs;
    results.columns[0] = tr("Result");
    for (const Field& field : fields()) {
        std::vector<QString> row{text(info(field).label)};
        bool differs = false;
        for (const PlanResults* p : plans) {
            differs = differs || fieldText(field, *p->plan) != fieldText(field, *snapshot.now.plan);
            row.push_back(shownValue(field, *p->plan).joined());
        }
        if (differs && !info(field).derived)
            inputs.rows.push_back(std::move(row));
    }
    for (const CompareRow& row : classRows(plans)) {
        if (!row.differs)
            continue;
        inputs.rows.push_back({row.name});
        for (const QString& value : row.values)
            inputs.rows.back().push_back(row.unit.isEmpty() ? value : value + u' ' + row.unit);
    }
    const auto add = [&](const QString& name, const auto& value) {
        std::vector<QString> row{name};
        for (const PlanResults* p : plans)
            row.push_back(value(p->evaluation));
        results.rows.push_back(std::move(row));
    };
    add(tr("Meets its targets"), [](const Evaluation& e) { return e.meetsTargets ? tr("yes") : tr("no"); });
    add(tr("Headroom"),
        [](const Evaluation& e) { return e.fits ? signedPercent(e.headroomFraction) : tr("does not fit"); });
    add(tr("Rate that holds"), [](const Evaluation& e) { return quantity(e.targetRate.si(), "req/s"); });
    add(tr("Utilization"), [](const Evaluation& e) { return percent(e.utilization); });
    add(tr("TTFT p95"), [](const Evaluation& e) { return quantity(e.ttft.p95.si(), "s"); });
    add(tr("TPOT p95"), [](const Evaluation& e) { return quantity(e.tpot.p95.si(), "s"); });
    add(tr("E2E p99"), [](const Evaluation& e) { return quantity(e.e2e.p99.si(), "s"); });
    add(tr("GPUs"), [](const Evaluation& e) { return QString::number(e.gpus); });
    add(tr("Bill"), [](const Evaluation& e) {
        return e.cost.priced ? quantity((e.cost.fleet * hour).in(dollar), "USD/h") : tr("no price");
    });
    add(tr("Cost of a million output tokens"), [](const Evaluation& e) {
        return e.cost.priced ? quantity((e.cost.perOutputToken * millionTokens).in(dollar), "USD") : tr("no price");
    });
    return {{tr("Settings that differ"), std::move(inputs)}, {tr("Results"), std::move(results)}};
}

} // namespace headroom::ui
