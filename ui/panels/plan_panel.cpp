#include "ui/panels/plan_panel.h"

#include "ui/format.h"
#include "ui/panels/classes_panel.h"
#include "ui/panels/fold_section.h"
#include "ui/panels/group_values.h"
#include "ui/panels/tab_order.h"
#include "ui/panels/undo_keys.h"

#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QShortcut>
#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>
#include <functional>

namespace headroom::ui {

namespace {

constexpr int kWidth = 284;
constexpr int kMargin = 14;
/// Search results shown at once; more words narrow it.
constexpr int kMaxResults = 24;

/// The group that has the table of request classes.
constexpr std::string_view kClassGroup = "workload";

constexpr std::string_view kModelGroup = "model";
constexpr std::string_view kCustomModel = "custom";

bool isFirst(std::string_view key) { return std::ranges::find(PlanPanel::kFirst, key) != PlanPanel::kFirst.end(); }

/// Empty = the field can be set in this plan.
std::string_view whyNot(const Field& field, const Plan& plan)
{
    const FieldInfo& about = info(field);
    return about.notApplicable == nullptr ? std::string_view() : about.notApplicable(plan);
}

QLabel* captionLabel(const QString& words)
{
    auto* label = new QLabel(words);
    label->setProperty("caption", true);
    label->setWordWrap(true);
    return label;
}

QVBoxLayout* column(QWidget* of, int spacing)
{
    auto* layout = new QVBoxLayout(of);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing);
    return layout;
}

bool matches(const QString& hay, const QStringList& words)
{
    return std::ranges::all_of(words, [&](const QString& word) { return hay.contains(word, Qt::CaseInsensitive); });
}

/// Every word must be in the label, the key, the group or the help.
bool matches(const FieldInfo& about, const QStringList& words, const QString& prefix = {})
{
    return matches(QStringList{prefix + text(about.key), text(about.label), text(about.group), text(about.help)}.join(
                       QLatin1Char(' ')),
        words);
}

} // namespace

namespace {

/// While nothing is typed, undo and redo are the plan's.
class SearchEdit final : public QLineEdit {
public:
    std::function<void()> onEnter; ///< goes to what was found

protected:
    void keyPressEvent(QKeyEvent* event) override
    {
        if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
            onEnter();
        else
            QLineEdit::keyPressEvent(event);
    }
    bool event(QEvent* event) override
    {
        if (offersUndoOrRedo(event) && text().isEmpty()) {
            event->ignore();
            return false;
        }
        return QLineEdit::event(event);
    }
};

} // namespace

PlanPanel::PlanPanel(Document& document, QWidget* parent) : QWidget(parent), m_document(document)
{
    auto* outer = column(this, 0);
    auto* search = new SearchEdit;
    search->onEnter = [this] { focusFirstHit(); };
    m_search = search;
    m_search->setPlaceholderText(tr("Search settings… Ctrl+K"));
    m_search->setAccessibleName(tr("Search settings"));
    m_search->setToolTip(tr("Finds settings by name, key or meaning (Ctrl+K)"));
    m_search->setClearButtonEnabled(true);
    auto* top = new QVBoxLayout;
    top->setContentsMargins(kMargin, 10, kMargin, 8);
    top->addWidget(m_search);
    outer->addLayout(top);

    auto* content = new QWidget;
    auto* inside = column(content, 0);
    inside->setContentsMargins(kMargin, 4, kMargin, 12);
    m_all = new QWidget;
    auto* all = column(m_all, 0);
    all->addWidget(makeFirst());
    all->addSpacing(12);
    const auto groups = fieldGroups();
    m_groups.reserve(groups.size());
    for (std::size_t i = 0; i < groups.size(); ++i) {
        auto* section = new FoldSection(text(groups[i].label), [this, i] { return makeGroupBody(i); });
        section->setObjectName(QStringLiteral("group.") + text(groups[i].id));
        m_groups.push_back({groups[i].id, section, nullptr, {}});
        all->addWidget(section);
    }
    inside->addWidget(m_all);
    inside->addStretch(1);

    m_scroll = new QScrollArea;
    m_scroll->setWidgetResizable(true);
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_scroll->setFocusPolicy(Qt::NoFocus);
    m_scroll->setWidget(content);
    outer->addWidget(m_scroll, 1);

    connect(m_search, &QLineEdit::textChanged, this, &PlanPanel::search);
    connect(new QShortcut(Qt::Key_Escape, m_search, nullptr, nullptr, Qt::WidgetShortcut), &QShortcut::activated,
        m_search, &QLineEdit::clear);
    connect(&m_document, &Document::changed, this, &PlanPanel::refresh);
    refresh();
}

PlanPanel::~PlanPanel() = default;

QSize PlanPanel::sizeHint() const { return {kWidth, 600}; }

QWidget* PlanPanel::makeFirst()
{
    auto* first = new QWidget;
    auto* inside = column(first, 10);
    for (const std::string_view key : kFirst)
        if (const Field* field = findField(key))
            inside->addWidget(adopt(*field));
    return first;
}

FieldEditor* PlanPanel::adopt(const Field& field)
{
    FieldEditor* made = makeFieldEditor(m_document, field).release(); // its layout's widget becomes the parent
    m_editors.emplace(info(field).key, made);
    return made;
}

QWidget* PlanPanel::makeGroupBody(std::size_t index)
{
    Group& group = m_groups[index];
    auto* body = new QWidget;
    auto* inside = column(body, 10);
    inside->setContentsMargins(kMargin, 4, 0, 12);
    if (group.id == kModelGroup) {
        m_editShape = new QPushButton(tr("&Edit its shape"));
        m_editShape->setObjectName(QStringLiteral("model.edit_shape"));
        m_editShape->setAccessibleName(tr("Edit the shape of the model"));
        m_editShape->setToolTip(
            tr("Makes the model “custom”: layers, widths, heads and experts can then be changed. Undo brings "
               "the catalog's model back."));
        connect(m_editShape, &QPushButton::clicked, this, [this] {
            m_document.edit("model.name", kCustomModel);
            reveal("model.layers");
        });
        inside->addWidget(m_editShape, 0, Qt::AlignLeft);
    }
    for (const Field& field : fields()) {
        if (info(field).group != group.id || isFirst(info(field).key))
            continue;
        group.editors.push_back(adopt(field));
        inside->addWidget(group.editors.back());
    }
    if (group.id == kClassGroup) {
        m_classes = new ClassesPanel(m_document);
        m_classes->setTheme(*m_theme);
        inside->addWidget(m_classes);
    }
    group.hidden = captionLabel(QString());
    inside->addWidget(group.hidden);
    refreshGroup(group);
    return body;
}

void PlanPanel::refresh()
{
    for (const auto& [key, made] : m_editors)
        if (isFirst(key))
            made->refresh();
    refreshCaptions();
    for (Group& group : m_groups) {
        group.section->header().setValues(groupValues(group.id, m_document.plan(), *m_document.snapshot()));
        if (group.section->isUnfolded())
            refreshGroup(group);
    }
    if (m_results != nullptr && m_results->isVisibleTo(this))
        for (const auto& [key, made] : m_found)
            made->refresh();
}

void PlanPanel::refreshCaptions()
{
    for (const std::string_view key : {std::string_view("hardware.gpu"), std::string_view("model.name")})
        if (const auto it = m_editors.find(key); it != m_editors.end())
            it->second->setCaption(choiceCaption(key, m_document.plan(), m_document.openedPlan()));
}

void PlanPanel::refreshGroup(Group& group)
{
    std::map<std::string_view, QStringList> reasons; // reason -> labels of the fields it hides
    for (FieldEditor* made : group.editors) {
        const Field* field = findField(made->fieldInfo().key);
        const std::string_view why = whyNot(*field, m_document.plan());
        made->setVisible(why.empty());
        if (why.empty())
            made->refresh();
        else
            reasons[why].append(text(made->fieldInfo().label));
    }
    constexpr qsizetype kNamed = 3;
    QStringList lines, whole;
    for (const auto& [why, labels] : reasons) {
        const QString all = labels.join(QStringLiteral(", "));
        const QString some =
            labels.size() <= kNamed + 1
                ? all
                : tr("%1 and %2 more").arg(labels.first(kNamed).join(QStringLiteral(", "))).arg(labels.size() - kNamed);
        lines.append(tr("Hidden: %1 (%2).").arg(some, text(why)));
        whole.append(tr("%1: %2").arg(text(why), all));
    }
    group.hidden->setToolTip(whole.join(QLatin1Char('\n')));
    if (group.id == kModelGroup && m_editShape != nullptr)
        m_editShape->setVisible(m_document.plan().model.spec.name != kCustomModel);
    group.hidden->setText(lines.join(QLatin1Char('\n')));
    group.hidden->setVisible(!lines.isEmpty());
}

FieldEditor* PlanPanel::editor(std::string_view key)
{
    const Field* field = findField(key);
    if (field == nullptr)
        return nullptr;
    for (Group& group : m_groups)
        if (group.id == info(*field).group && !isFirst(key) && !group.section->isUnfolded()) {
            group.section->setUnfolded(true);
            refreshGroup(group);
        }
    const auto it = m_editors.find(key);
    return it == m_editors.end() ? nullptr : it->second;
}

ClassesPanel& PlanPanel::classes()
{
    for (Group& group : m_groups)
        if (group.id == kClassGroup)
            group.section->setUnfolded(true);
    return *m_classes;
}

void PlanPanel::setTheme(const Theme& theme)
{
    m_theme = &theme;
    if (m_classes != nullptr)
        m_classes->setTheme(theme);
}

void PlanPanel::reveal(std::string_view key)
{
    m_search->clear();
    if (key.starts_with("workload.classes"))
        scrollTo(&classes(), [this] { m_classes->focusControl(); });
    else if (FieldEditor* made = editor(key))
        scrollTo(made, [made] { made->focusControl(); });
}

/// After the layout has given a new group its place.
void PlanPanel::scrollTo(QWidget* control, std::function<void()> thenFocus)
{
    QTimer::singleShot(0, control, [this, control, then = std::move(thenFocus)] {
        m_scroll->ensureWidgetVisible(control, 0, 24);
        then();
    });
}

void PlanPanel::focusSearch()
{
    m_search->setFocus(Qt::ShortcutFocusReason);
    m_search->selectAll();
}

void PlanPanel::focusFirstHit()
{
    for (int i = 0; m_results != nullptr && m_results->isVisible() && i < m_resultColumn->count(); ++i)
        if (auto* editor = qobject_cast<FieldEditor*>(m_resultColumn->itemAt(i)->widget());
            editor != nullptr && !editor->isHidden()) {
            editor->focusControl();
            return;
        }
}

void PlanPanel::makeResults()
{
    m_results = new QWidget;
    m_resultColumn = column(m_results, 10);
    m_nothing = captionLabel(QString());
    m_resultColumn->addWidget(m_nothing);
    m_classHits = captionLabel(QString());
    m_resultColumn->addWidget(m_classHits);
    m_showClasses = new QPushButton(tr("Show the request &classes"));
    m_showClasses->setObjectName(QStringLiteral("found.classes"));
    m_showClasses->setToolTip(tr("Goes to the table of request classes in the group Workload"));
    connect(m_showClasses, &QPushButton::clicked, this, [this] { reveal("workload.classes"); });
    m_resultColumn->addWidget(m_showClasses, 0, Qt::AlignLeft);
    static_cast<QVBoxLayout*>(m_scroll->widget()->layout())->insertWidget(0, m_results);
}

/// Shows the editors of what matches, up to kMaxResults. \return how many match
int PlanPanel::searchFields(const QStringList& words)
{
    int hits = 0;
    for (const Field& field : fields()) {
        const std::string_view key = info(field).key;
        const bool hit = !words.isEmpty() && matches(info(field), words) && whyNot(field, m_document.plan()).empty();
        hits += hit ? 1 : 0;
        const auto it = m_found.find(key);
        FieldEditor* made = it == m_found.end() ? nullptr : it->second;
        if (hit && hits <= kMaxResults) {
            if (made == nullptr) {
                made = makeFieldEditor(m_document, field).release();
                made->setObjectName(QStringLiteral("found.") + text(key));
                m_found.emplace(key, made);
                m_resultColumn->addWidget(made);
            }
            made->refresh();
            made->setVisible(true);
        } else if (made != nullptr) {
            made->setVisible(false);
        }
    }
    return hits;
}

/// The setting whose name begins with what was typed comes before those that have it somewhere.
void PlanPanel::placeFirst(const QString& typed)
{
    constexpr int kAfterLines = 3; // what says how many, and the request classes
    int at = kAfterLines;
    for (const Field& field : fields()) {
        const auto it = m_found.find(info(field).key);
        if (it == m_found.end() || it->second->isHidden())
            continue;
        const bool isNamed = !typed.isEmpty() && text(info(field).label).startsWith(typed, Qt::CaseInsensitive);
        if (isNamed) {
            m_resultColumn->removeWidget(it->second);
            m_resultColumn->insertWidget(at++, it->second);
        }
    }
}

/// Request classes are a table, not editors: says what of it matches and leads there.
bool PlanPanel::searchClasses(const QStringList& words)
{
    QStringList labels;
    const QString table = tr("Request classes");
    const bool whole = !words.isEmpty() && matches(table + QStringLiteral(" workload.classes"), words);
    if (!words.isEmpty() && !whole)
        for (const ClassField& field : classFields())
            if (matches(field.info, words, table + QStringLiteral(" workload.classes[].")))
                labels.append(text(field.info.label));
    const bool found = whole || !labels.isEmpty();
    m_classHits->setText(whole ? table : tr("Of each request class: %1").arg(labels.join(QStringLiteral(", "))));
    m_classHits->setVisible(found);
    m_showClasses->setVisible(found);
    return found;
}

void PlanPanel::search(const QString& typed)
{
    const QStringList words = typed.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    const bool isFirst = m_results == nullptr;
    if (isFirst)
        makeResults();
    const std::size_t before = m_found.size();
    const int hits = searchFields(words);
    placeFirst(typed.trimmed());
    const bool inClasses = searchClasses(words);
    m_nothing->setText(hits == 0 && !inClasses ? tr("No setting has “%1” in its name, key or meaning.").arg(typed)
                       : hits > kMaxResults    ? tr("%1 settings; the first %2 are shown.").arg(hits).arg(kMaxResults)
                                               : QString());
    m_nothing->setVisible(!words.isEmpty() && !m_nothing->text().isEmpty());
    m_results->setVisible(!words.isEmpty());
    if (isFirst || m_found.size() != before)
        tabFrom(m_search, *m_results);
    m_all->setVisible(words.isEmpty());
    m_scroll->verticalScrollBar()->setValue(0);
}

} // namespace headroom::ui
