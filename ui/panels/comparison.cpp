#include "ui/panels/comparison.h"

#include "core/plan/fields.h"
#include "core/snapshot.h"
#include "ui/format.h"
#include "ui/panels/field_scale.h"
#include "ui/panels/verdict.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>
#include <iterator>

namespace headroom::ui {

namespace {

QString tr(const char* words) { return QCoreApplication::translate("Comparison", words); }

using Plans = std::vector<const PlanResults*>;

bool allEqual(const std::vector<QString>& values)
{
    return std::ranges::all_of(values, [&](const QString& v) { return v == values.front(); });
}

/// A row of settings: one text of each plan.
template <class Show>
CompareRow settingRow(QString name, QString unit, const Plans& plans, Show show)
{
    CompareRow row{std::move(name), std::move(unit), {}, false, false};
    for (const PlanResults* each : plans)
        row.values.push_back(show(*each->plan));
    row.differs = !allEqual(row.values);
    return row;
}

QString shownNumber(const std::optional<double>& value) { return value ? text(boxText(*value)) : tr("none"); }

QString shownValue(const Field& field, const Plan& plan)
{
    if (const auto* numeric = std::get_if<NumberField>(&field))
        return shownNumber(numeric->get(plan));
    return text(fieldText(field, plan));
}

std::vector<CompareRow> resultRows(const Snapshot& snapshot, const Plans& plans)
{
    std::vector<std::array<Tile, kTiles>> tiles;
    for (const PlanResults* plan : plans)
        tiles.push_back(verdict(Snapshot{*plan, {}, snapshot.curvePoints}));
    std::vector<CompareRow> rows;
    for (std::size_t t = 0; t < kTiles; ++t) {
        CompareRow row{tiles[0][t].label, {}, {}, false, true};
        for (const auto& of : tiles)
            row.values.push_back(tileText(of[t]));
        row.differs = !allEqual(row.values);
        rows.push_back(std::move(row));
    }
    return rows;
}

/// Names of the classes of all plans, each once, in the order of the plans.
std::vector<std::string> classNames(const Plans& plans)
{
    std::vector<std::string> names;
    for (const PlanResults* each : plans)
        for (const RequestClass& c : each->plan->workload.classes)
            if (std::ranges::find(names, c.name) == names.end())
                names.push_back(c.name);
    return names;
}

QString shapeName(const LengthDistribution& lengths)
{
    const auto* shapes = std::get_if<ChoiceField>(findField("workload.prompt_distribution"));
    return text(shapes->choices()[static_cast<std::size_t>(lengths.shape)].label);
}

} // namespace

std::vector<const PlanResults*> plansOf(const Snapshot& snapshot)
{
    Plans plans{&snapshot.now};
    for (const auto& pinned : snapshot.pinned)
        plans.push_back(pinned.get());
    return plans;
}

std::vector<CompareRow> classRows(const Plans& plans)
{
    std::vector<CompareRow> rows;
    const std::vector<std::string> names = classNames(plans);
    if (names.empty())
        return rows;
    rows.push_back(settingRow(tr("Request classes"), {}, plans, [](const Plan& plan) {
        QStringList list;
        for (const RequestClass& c : plan.workload.classes)
            list.append(text(c.name));
        return list.isEmpty() ? tr("none") : list.join(QStringLiteral(", "));
    }));
    for (const std::string& name : names) {
        const auto add = [&](const QString& label, std::string_view unit, auto show) {
            rows.push_back(settingRow(tr("%1 of %2").arg(label, text(name)), text(unit), plans, [&](const Plan& plan) {
                const auto found = std::ranges::find(plan.workload.classes, name, &RequestClass::name);
                return found == plan.workload.classes.end() ? QStringLiteral("–") : show(*found);
            }));
        };
        for (const ClassField& field : classFields())
            add(text(field.info.label), field.info.unit, [&](const RequestClass& c) {
                const auto value = field.get(c);
                return value ? text(boxText(*value)) : tr("plan's");
            });
        add(tr("Shape of prompts"), {}, [](const RequestClass& c) { return shapeName(c.shape.prompt); });
        add(tr("Shape of outputs"), {}, [](const RequestClass& c) { return shapeName(c.shape.output); });
    }
    return rows;
}

std::vector<CompareRow> compare(const Snapshot& snapshot)
{
    const Plans plans = plansOf(snapshot);
    std::vector<CompareRow> rows = resultRows(snapshot, plans);
    for (const Field& field : fields())
        if (!info(field).derived) // those say again what the others say
            rows.push_back(settingRow(text(info(field).label), text(info(field).unit), plans,
                [&](const Plan& plan) { return shownValue(field, plan); }));
    if (std::ranges::any_of(plans, [](const PlanResults* p) { return !p->plan->workload.traceFile.empty(); }))
        rows.push_back(
            settingRow(tr("Trace"), {}, plans, [](const Plan& plan) { return text(plan.workload.traceFile); }));
    std::ranges::move(classRows(plans), std::back_inserter(rows));
    std::ranges::stable_sort(rows, [](const CompareRow& a, const CompareRow& b) {
        return std::pair(!a.result, !a.differs && !a.result) < std::pair(!b.result, !b.differs && !b.result);
    });
    return rows;
}

QString differencesText(const Snapshot& snapshot)
{
    QStringList lines;
    const Plans plans = plansOf(snapshot);
    for (const CompareRow& row : compare(snapshot)) {
        if (!row.differs)
            continue;
        QStringList sides;
        for (std::size_t i = 0; i < plans.size(); ++i)
            sides.append(QStringLiteral("%1: %2").arg(i == 0 ? tr("now") : text(plans[i]->name), row.values[i]));
        const QString unit = row.unit.isEmpty() ? QString() : QStringLiteral(" [%1]").arg(row.unit);
        lines.append(row.name + unit + QStringLiteral(" — ") + sides.join(QStringLiteral("; ")));
    }
    return lines.join(QLatin1Char('\n'));
}

} // namespace headroom::ui
