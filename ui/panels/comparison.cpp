#include "ui/panels/comparison.h"

#include "core/derived_bands.h"
#include "core/plan/fields.h"
#include "core/snapshot.h"
#include "ui/format.h"
#include "ui/panels/field_scale.h"
#include "ui/panels/verdict.h"
#include "ui/plots/catalog.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>

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
    CompareRow row{std::move(name), std::move(unit), {}, {}, false, false};
    for (const PlanResults* each : plans) {
        row.values.push_back(show(*each->plan));
        row.exact.push_back(row.values.back().toStdString());
    }
    row.differs = !allEqual(row.values);
    return row;
}

/// As everywhere in the window, but with as many digits as it takes to tell the plans apart.
std::vector<QString> shownNumbers(const std::vector<double>& numbers)
{
    constexpr int kUsual = 4, kMost = 12;
    std::vector<QString> shown;
    for (int digits = kUsual; digits <= kMost; ++digits) {
        shown.clear();
        bool tells = true;
        for (const double value : numbers)
            shown.push_back(number(value, digits));
        for (std::size_t i = 0; i < numbers.size(); ++i)
            for (std::size_t k = 0; k < i; ++k)
                tells = tells && (shown[i] != shown[k] || numbers[i] == numbers[k]);
        if (tells)
            break;
    }
    return shown;
}

/// A row of numbers. \param get gives the one of a plan, or nothing \param none stands where there is nothing
template <class Get>
CompareRow numberRow(QString name, QString unit, const Plans& plans, const QString& none, Get get)
{
    CompareRow row{std::move(name), std::move(unit), {}, {}, false, false};
    std::vector<std::optional<double>> all;
    std::vector<double> there;
    for (const PlanResults* each : plans)
        if (all.push_back(get(*each->plan)); all.back())
            there.push_back(*all.back());
    const std::vector<QString> shown = shownNumbers(there);
    for (std::size_t i = 0, k = 0; i < all.size(); ++i) {
        row.values.push_back(all[i] ? shown[k++] : none);
        row.exact.push_back(all[i] ? exactText(*all[i]) : none.toStdString());
    }
    row.differs = std::ranges::any_of(all, [&](const auto& value) { return value != all.front(); });
    return row;
}

CompareRow fieldRow(const Field& field, const Plans& plans)
{
    const QString name = text(info(field).label), unit = text(info(field).unit);
    const auto* numeric = std::get_if<NumberField>(&field);
    if (numeric == nullptr || isYear(*numeric))
        return settingRow(name, unit, plans, [&](const Plan& plan) { return text(fieldText(field, plan)); });
    return numberRow(name, unit, plans, tr("none"), [&](const Plan& plan) { return knownValue(*numeric, plan); });
}

std::vector<CompareRow> resultRows(const Snapshot& snapshot, const Plans& plans)
{
    std::vector<std::array<Tile, kTiles>> tiles;
    for (const PlanResults* plan : plans)
        tiles.push_back(verdict(Snapshot{*plan, {}, snapshot.curvePoints}));
    std::vector<CompareRow> rows;
    for (std::size_t t = 0; t < kTiles; ++t) {
        CompareRow row{tiles[0][t].label, {}, {}, {}, false, true};
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

const QString kNoClass = QStringLiteral("–");

const RequestClass* classOf(const Plan& plan, const std::string& name)
{
    const auto found = std::ranges::find(plan.workload.classes, name, &RequestClass::name);
    return found == plan.workload.classes.end() ? nullptr : &*found;
}

CompareRow classFieldRow(const ClassField& field, const std::string& name, const Plans& plans)
{
    CompareRow row = numberRow(tr("%1 of %2").arg(text(field.info.label), text(name)), text(field.info.unit), plans,
        tr("plan's"), [&](const Plan& plan) {
            const RequestClass* found = classOf(plan, name);
            return found ? field.get(*found) : std::nullopt;
        });
    for (std::size_t i = 0; i < plans.size(); ++i)
        if (!classOf(*plans[i]->plan, name))
            row.exact[i] = (row.values[i] = kNoClass).toStdString();
    row.differs = !allEqual(row.values);
    return row;
}

/// What the columns of a file say of a plan's results. Numbers in the units of the fields.
struct ExactResult {
    const char* name;
    const char* unit;
    double (*value)(const Evaluation&);
};
constexpr std::array kExactResults{
    ExactResult{
        QT_TRANSLATE_NOOP("Comparison", "Headroom"), "%", [](const Evaluation& e) { return 100 * e.headroomFraction; }},
    ExactResult{QT_TRANSLATE_NOOP("Comparison", "Rate that holds"), "req/s",
        [](const Evaluation& e) { return e.targetRate.si(); }},
    ExactResult{QT_TRANSLATE_NOOP("Comparison", "Rate that holds, low"), "req/s",
        [](const Evaluation& e) { return (e.targetRate - (e.headroom - e.headroomLo)).si(); }},
    ExactResult{
        QT_TRANSLATE_NOOP("Comparison", "Capacity"), "req/s", [](const Evaluation& e) { return e.capacity.si(); }},
    ExactResult{QT_TRANSLATE_NOOP("Comparison", "Capacity, low"), "req/s",
        [](const Evaluation& e) { return e.capacityBand.lo; }},
    ExactResult{QT_TRANSLATE_NOOP("Comparison", "Capacity, high"), "req/s",
        [](const Evaluation& e) { return e.capacityBand.hi; }},
    ExactResult{
        QT_TRANSLATE_NOOP("Comparison", "Utilization"), "%", [](const Evaluation& e) { return 100 * e.utilization; }},
    ExactResult{QT_TRANSLATE_NOOP("Comparison", "TTFT p95"), "s", [](const Evaluation& e) { return e.ttft.p95.si(); }},
    ExactResult{
        QT_TRANSLATE_NOOP("Comparison", "TTFT p95, low"), "s", [](const Evaluation& e) { return e.ttft.lo.si(); }},
    ExactResult{
        QT_TRANSLATE_NOOP("Comparison", "TTFT p95, high"), "s", [](const Evaluation& e) { return e.ttft.hi.si(); }},
    ExactResult{QT_TRANSLATE_NOOP("Comparison", "TPOT p95"), "s", [](const Evaluation& e) { return e.tpot.p95.si(); }},
    ExactResult{
        QT_TRANSLATE_NOOP("Comparison", "TPOT p95, low"), "s", [](const Evaluation& e) { return e.tpot.lo.si(); }},
    ExactResult{
        QT_TRANSLATE_NOOP("Comparison", "TPOT p95, high"), "s", [](const Evaluation& e) { return e.tpot.hi.si(); }},
    ExactResult{QT_TRANSLATE_NOOP("Comparison", "E2E p99"), "s", [](const Evaluation& e) { return e.e2e.p99.si(); }},
    ExactResult{
        QT_TRANSLATE_NOOP("Comparison", "E2E p99, low"), "s", [](const Evaluation& e) { return farBand(e.e2e).lo; }},
    ExactResult{
        QT_TRANSLATE_NOOP("Comparison", "E2E p99, high"), "s", [](const Evaluation& e) { return farBand(e.e2e).hi; }},
    ExactResult{QT_TRANSLATE_NOOP("Comparison", "KV memory in use"), "%",
        [](const Evaluation& e) { return 100 * e.kvFraction; }},
    ExactResult{
        QT_TRANSLATE_NOOP("Comparison", "GPUs"), "", [](const Evaluation& e) { return static_cast<double>(e.gpus); }},
    ExactResult{QT_TRANSLATE_NOOP("Comparison", "Fleet"), "USD/h",
        [](const Evaluation& e) { return (e.cost.fleet * hour).in(dollar); }},
    ExactResult{QT_TRANSLATE_NOOP("Comparison", "Cost of a million output tokens"), "USD",
        [](const Evaluation& e) { return (e.cost.perOutputToken * millionTokens).in(dollar); }},
    ExactResult{QT_TRANSLATE_NOOP("Comparison", "Cost of a million output tokens, low"), "USD",
        [](const Evaluation& e) { return e.costBand.lo * millionTokens.si(); }},
    ExactResult{QT_TRANSLATE_NOOP("Comparison", "Cost of a million output tokens, high"), "USD",
        [](const Evaluation& e) { return e.costBand.hi * millionTokens.si(); }},
};

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
        const auto add = [&](const QString& label, auto show) {
            rows.push_back(settingRow(tr("%1 of %2").arg(label, text(name)), {}, plans, [&](const Plan& plan) {
                const RequestClass* found = classOf(plan, name);
                return found ? show(*found) : kNoClass;
            }));
        };
        for (const ClassField& field : classFields())
            rows.push_back(classFieldRow(field, name, plans));
        add(tr("Shape of prompts"), [](const RequestClass& c) { return shapeName(c.shape.prompt); });
        add(tr("Shape of outputs"), [](const RequestClass& c) { return shapeName(c.shape.output); });
    }
    return rows;
}

namespace {

/// "8 req/s", "replicas 2": the first setting that tells two plans apart; empty = none does.
std::string firstDifference(const Plan& plan, const Plan& other)
{
    for (const Field& field : fields()) {
        if (info(field).derived || fieldText(field, plan) == fieldText(field, other))
            continue;
        const std::string value = valueInWords(field, plan);
        if (info(field).unit == "req/s") // says what it is of
            return value;
        QString label = text(info(field).label);
        if (label.size() > 1 && label[1].isLower())
            label[0] = label[0].toLower();
        return label.toStdString() + ' ' + value;
    }
    return {};
}

} // namespace

std::string pinName(const Plan& plan, const std::vector<std::shared_ptr<const PlanResults>>& pinned)
{
    std::string name = plan.hardware.gpu.name;
    if (plan.gpus() > 1)
        name = std::to_string(plan.gpus()) + " × " + name;
    const auto latest =
        std::find_if(pinned.rbegin(), pinned.rend(), [&](const auto& p) { return p->name.starts_with(name); });
    if (latest == pinned.rend())
        return name;
    if (const std::string differs = firstDifference(plan, *(*latest)->plan); !differs.empty())
        name += ", " + differs;
    const auto isTaken = [&](const std::string& n) {
        return std::ranges::find(pinned, n, [](const auto& p) { return p->name; }) != pinned.end();
    };
    std::string unique = name;
    for (int i = 2; isTaken(unique); ++i)
        unique = name + " (" + std::to_string(i) + ")";
    return unique;
}

std::vector<CompareRow> compare(const Snapshot& snapshot)
{
    const Plans plans = plansOf(snapshot);
    std::vector<CompareRow> rows = resultRows(snapshot, plans);
    for (const Field& field : fields())
        if (!info(field).derived) // those say again what the others say
            rows.push_back(fieldRow(field, plans));
    if (std::ranges::any_of(plans, [](const PlanResults* p) { return !p->plan->workload.traceFile.empty(); }))
        rows.push_back(
            settingRow(tr("Trace"), {}, plans, [](const Plan& plan) { return text(plan.workload.traceFile); }));
    std::ranges::move(classRows(plans), std::back_inserter(rows));
    std::ranges::stable_sort(rows, [](const CompareRow& a, const CompareRow& b) {
        return std::pair(!a.result, !a.differs && !a.result) < std::pair(!b.result, !b.differs && !b.result);
    });
    return rows;
}

std::string compareCsv(const Snapshot& snapshot)
{
    const Plans plans = plansOf(snapshot);
    std::string csv;
    const auto write = [&csv](const QString& name, const QString& unit, const std::vector<std::string>& cells) {
        csv += csvCell((unit.isEmpty() ? name : QStringLiteral("%1 (%2)").arg(name, unit)).toStdString());
        for (const std::string& cell : cells)
            csv += ',' + csvCell(cell);
        csv += "\r\n";
    };
    std::vector<std::string> names{tr("now").toStdString()};
    for (const auto& pinned : snapshot.pinned)
        names.push_back(pinned->name);
    write(tr("Setting"), {}, names);
    for (const ExactResult& result : kExactResults) {
        std::vector<std::string> cells;
        const bool isMoney = std::string_view(result.unit).starts_with("USD");
        for (const PlanResults* each : plans)
            cells.push_back(isMoney && !each->evaluation.cost.priced ? tr("no price").toStdString()
                                                                     : exactText(result.value(each->evaluation)));
        write(tr(result.name), text(result.unit), cells);
    }
    for (const CompareRow& row : compare(snapshot))
        if (!row.result)
            write(row.name, row.unit, row.exact);
    return csv;
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
