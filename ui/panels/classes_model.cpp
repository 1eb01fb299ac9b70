#include "ui/panels/classes_model.h"

#include "ui/format.h"
#include "ui/panels/field_scale.h"

#include <QColor>
#include <QFont>

#include <algorithm>
#include <array>

namespace headroom::ui {

namespace {

/// Short names where the label of the field is too long for a column of the dock.
struct ShortName {
    std::string_view key;
    const char* label;
};
constexpr std::array kShortNames{ShortName{"ttft_target_s", QT_TRANSLATE_NOOP("ClassesModel", "TTFT p95")},
    ShortName{"tpot_target_s", QT_TRANSLATE_NOOP("ClassesModel", "TPOT p95")},
    ShortName{"e2e_target_s", QT_TRANSLATE_NOOP("ClassesModel", "E2E p99")},
    ShortName{"prefix_hit_rate", QT_TRANSLATE_NOOP("ClassesModel", "Prefix hits")}};

QString labelOf(const ClassField& field)
{
    const auto shortened = std::ranges::find(kShortNames, field.info.key, &ShortName::key);
    const QString label = shortened == kShortNames.end() ? text(field.info.label) : ClassesModel::tr(shortened->label);
    return field.info.unit.empty() ? label : QStringLiteral("%1, %2").arg(label, text(field.info.unit));
}

ClassesModel::Property ofField(std::string_view key)
{
    const auto all = classFields();
    const auto field = std::ranges::find(all, key, [](const ClassField& f) { return f.info.key; });
    HR_ASSERT(field != all.end());
    return {ClassesModel::Kind::number, std::string(key), labelOf(*field), text(field->info.help), &*field};
}

/// The order of a table that people read from the top; fields that are new to it come last.
std::vector<ClassesModel::Property> properties()
{
    using Kind = ClassesModel::Kind;
    const auto tr = [](const char* words) { return ClassesModel::tr(words); };
    std::vector<ClassesModel::Property> all{
        {Kind::name, "name", tr("Name"), tr("What the class is called in plots and tables."), nullptr},
        ofField("share"),
        {Kind::rate, "rate", tr("Arrivals, req/s"),
            tr("This class's part of the arrival rate. Changing it leaves the rates of the other classes as they are."),
            nullptr},
        ofField("prompt_tokens_mean"), ofField("prompt_tokens_cv"),
        {Kind::shape, "prompt_distribution", tr("Shape of prompts"), tr("Distribution of the prompt lengths."),
            nullptr},
        ofField("output_tokens_mean"), ofField("output_tokens_cv"),
        {Kind::shape, "output_distribution", tr("Shape of outputs"), tr("Distribution of the output lengths."),
            nullptr}};
    for (const ClassField& field : classFields())
        if (std::ranges::find(all, field.info.key, &ClassesModel::Property::key) == all.end())
            all.push_back(ofField(field.info.key));
    return all;
}

std::string path(int column, std::string_view key)
{
    return "workload.classes[" + std::to_string(column) + "]." + std::string(key);
}

LengthShape shapeOf(const ClassesModel::Property& property, const RequestClass& c)
{
    return property.key == "prompt_distribution" ? c.shape.prompt.shape : c.shape.output.shape;
}

} // namespace

std::vector<Choice> ClassesModel::shapes()
{
    return std::get<ChoiceField>(*findField("workload.prompt_distribution")).choices();
}

ClassesModel::ClassesModel(Document& document, QObject* parent)
    : QAbstractTableModel(parent),
      m_document(document),
      m_properties(properties()),
      m_columns(static_cast<int>(classes().size()))
{
    connect(&m_document, &Document::changed, this, &ClassesModel::refresh);
}

int ClassesModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_properties.size());
}

int ClassesModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : m_columns; }

int ClassesModel::rowOf(std::string_view key) const
{
    const auto it = std::ranges::find(m_properties, key, &Property::key);
    return it == m_properties.end() ? -1 : static_cast<int>(it - m_properties.begin());
}

double ClassesModel::rateOf(const RequestClass& c) const
{
    double all = 0;
    for (const RequestClass& each : classes())
        all += each.share;
    return m_document.plan().workload.arrivalRate.si() * c.share / all;
}

QString ClassesModel::valueText(const Property& property, const RequestClass& c) const
{
    switch (property.kind) {
    case Kind::name:
        return text(c.name);
    case Kind::rate:
        return number(rateOf(c), 4);
    case Kind::shape:
        return text(shapes()[static_cast<std::size_t>(shapeOf(property, c))].label);
    case Kind::number:
        break;
    }
    const auto value = property.field->get(c);
    return value ? text(boxText(*value)) : tr("plan's");
}

QString ClassesModel::errorAt(const QModelIndex& index) const
{
    const auto refused = m_refused.find({index.row(), index.column()});
    if (refused != m_refused.end())
        return refused->second.why;
    const Error* wrong = m_document.errorOf(path(index.column(), property(index.row()).key));
    return wrong == nullptr ? QString() : text(wrong->message);
}

QString ClassesModel::firstError() const
{
    for (int column = 0; column < m_columns; ++column)
        for (int row = 0; row < rowCount(); ++row)
            if (const QString why = errorAt(index(row, column)); !why.isEmpty())
                return QStringLiteral("%1, %2: %3")
                    .arg(text(classes()[static_cast<std::size_t>(column)].name), property(row).label, why);
    return {};
}

QVariant ClassesModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.column() >= static_cast<int>(classes().size()))
        return {};
    const Property& what = property(index.row());
    const RequestClass& c = classes()[static_cast<std::size_t>(index.column())];
    const auto refused = m_refused.find({index.row(), index.column()});
    switch (role) {
    case Qt::DisplayRole:
        return refused != m_refused.end() ? refused->second.typed : valueText(what, c);
    case Qt::EditRole: {
        if (refused != m_refused.end())
            return refused->second.typed;
        const bool absent = what.kind == Kind::number && !what.field->get(c);
        return absent ? QString() : valueText(what, c);
    }
    case Qt::TextAlignmentRole:
        return QVariant(Qt::AlignVCenter | (what.kind == Kind::name ? Qt::AlignLeft : Qt::AlignRight));
    case Qt::ToolTipRole: {
        const QString why = errorAt(index);
        return why.isEmpty() ? what.tip : why;
    }
    case Qt::AccessibleTextRole:
        return QStringLiteral("%1, %2: %3 %4").arg(text(c.name), what.label, valueText(what, c), errorAt(index));
    default:
        return {};
    }
}

QVariant ClassesModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Horizontal)
        return role == Qt::DisplayRole ? QVariant(section + 1) : QVariant();
    if (role == Qt::DisplayRole)
        return property(section).label;
    if (role == Qt::ToolTipRole)
        return property(section).tip;
    return role == Qt::TextAlignmentRole ? QVariant(Qt::AlignLeft | Qt::AlignVCenter) : QVariant();
}

bool ClassesModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    if (role != Qt::EditRole || !index.isValid())
        return false;
    const QString typed = value.toString().trimmed();
    const bool wasRefused = m_refused.contains({index.row(), index.column()});
    if (!wasRefused && typed == data(index, Qt::EditRole).toString())
        return true; // as it was shown: rounding must not change the plan
    auto next = changed(property(index.row()), index.column(), typed);
    if (!next) {
        m_refused[{index.row(), index.column()}] = {typed, text(next.error().message)};
        emit dataChanged(index, index);
        return false;
    }
    m_refused.erase({index.row(), index.column()});
    const QString name = text(classes()[static_cast<std::size_t>(index.column())].name);
    m_document.replacePlan(std::move(*next), tr("%1 of %2").arg(property(index.row()).label, name));
    emit dataChanged(index, index);
    return true;
}

Result<Plan> ClassesModel::changed(const Property& property, int column, const QString& typed) const
{
    if (property.kind == Kind::rate)
        return withRate(column, typed);
    std::string value = typed.toStdString();
    if (property.kind == Kind::name && typed.isEmpty())
        return fail("", tr("a class needs a name").toStdString());
    if (property.kind == Kind::number) {
        if (std::string wrong = separatorComplaint(value, property.field->info.unit); !wrong.empty())
            return fail("", std::move(wrong));
        if (const auto read = parseBoxText(value, property.field->info.unit))
            value = exactText(*read);
    }
    Plan plan = m_document.plan();
    if (auto set = setField(plan, path(column, property.key), value); !set)
        return tl::unexpected(set.error());
    return plan;
}

/// The share grows as the rate does and the sum of the rates with it: every other class keeps its rate.
Result<Plan> ClassesModel::withRate(int column, const QString& typed) const
{
    if (std::string wrong = separatorComplaint(typed.toStdString(), "req/s"); !wrong.empty())
        return fail("", std::move(wrong));
    const auto rate = parseBoxText(typed.toStdString(), "req/s");
    if (!rate || *rate <= 0)
        return fail("", tr("\"%1\" is not a rate; expected a number above 0 req/s").arg(typed).toStdString());
    const RequestClass& c = classes()[static_cast<std::size_t>(column)];
    const double before = rateOf(c);
    Plan plan = m_document.plan();
    const double total = plan.workload.arrivalRate.si() - before + *rate;
    if (auto set = setField(plan, path(column, "share"), exactText(c.share * *rate / before)); !set)
        return tl::unexpected(set.error());
    if (auto set = setField(plan, "workload.arrival_rate_req_s", exactText(total)); !set)
        return fail("", tr("all classes together: %1").arg(text(set.error().message)).toStdString());
    return plan;
}

bool ClassesModel::canAdd() const { return classes().size() < kMaxClasses; }

QString ClassesModel::freeName(const QString& wanted) const
{
    const auto taken = [&](const QString& name) {
        return std::ranges::any_of(classes(), [&](const RequestClass& c) { return text(c.name) == name; });
    };
    QString name = wanted;
    for (int i = 2; taken(name); ++i)
        name = QStringLiteral("%1 %2").arg(wanted).arg(i);
    return name;
}

int ClassesModel::add()
{
    if (!canAdd())
        return -1;
    auto all = classes();
    RequestClass made;
    if (!all.empty())
        made = all.back();
    else
        made.shape = m_document.plan().workload.shape;
    made.name = freeName(tr("class")).toStdString();
    all.push_back(std::move(made));
    replaceClasses(std::move(all), tr("Add class"));
    return m_columns - 1;
}

int ClassesModel::duplicate(int column)
{
    if (!canAdd() || column < 0 || column >= m_columns)
        return -1;
    auto all = classes();
    RequestClass& original = all[static_cast<std::size_t>(column)];
    constexpr double kLeastShare = 1e-6; // of classFields()
    original.share = std::max(original.share / 2, kLeastShare);
    RequestClass copy = original;
    copy.name = freeName(text(original.name)).toStdString();
    all.insert(all.begin() + column + 1, std::move(copy));
    replaceClasses(std::move(all), tr("Duplicate class"));
    return column + 1;
}

void ClassesModel::remove(int column)
{
    if (column < 0 || column >= m_columns)
        return;
    auto all = classes();
    all.erase(all.begin() + column);
    replaceClasses(std::move(all), tr("Remove class"));
}

void ClassesModel::replaceClasses(std::vector<RequestClass> all, const QString& undoText)
{
    m_refused.clear(); // columns move
    Plan plan = m_document.plan();
    plan.workload.classes = std::move(all);
    m_document.replacePlan(std::move(plan), undoText);
}

void ClassesModel::refresh()
{
    const int now = static_cast<int>(classes().size());
    if (now != m_columns) {
        beginResetModel();
        m_columns = now;
        m_refused.clear();
        endResetModel();
        return;
    }
    if (now > 0)
        emit dataChanged(index(0, 0), index(rowCount() - 1, now - 1));
}

} // namespace headroom::ui
