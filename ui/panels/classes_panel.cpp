#include "ui/panels/classes_panel.h"

#include "ui/format.h"
#include "ui/panels/classes_model.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPainter>
#include <QPushButton>
#include <QScrollBar>
#include <QStyledItemDelegate>
#include <QTableView>
#include <QVBoxLayout>

namespace headroom::ui {

namespace {

constexpr int kRowHeight = 22;
constexpr int kColumnWidth = 74;

} // namespace

/// Line edits without a frame of their own, a list for shapes, and a red ground where a cell is wrong.
class ClassesPanel::Delegate final : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void setTheme(const Theme& theme) { m_theme = &theme; }

    QWidget* createEditor(QWidget* parent, const QStyleOptionViewItem&, const QModelIndex& index) const override
    {
        const auto& property = modelOf(index).property(index.row());
        QWidget* editor = nullptr;
        if (property.kind == ClassesModel::Kind::shape) {
            auto* box = new QComboBox(parent);
            for (const Choice& shape : ClassesModel::shapes())
                box->addItem(text(shape.label), text(shape.id));
            editor = box;
        } else {
            auto* line = new QLineEdit(parent);
            line->setStyleSheet(QStringLiteral("padding: 0 3px; border-radius: 0"));
            line->setAlignment(Qt::Alignment(index.data(Qt::TextAlignmentRole).toInt()));
            editor = line;
        }
        editor->setAccessibleName(property.label);
        return editor;
    }
    void setEditorData(QWidget* editor, const QModelIndex& index) const override
    {
        if (auto* box = qobject_cast<QComboBox*>(editor))
            box->setCurrentIndex(box->findText(index.data(Qt::EditRole).toString()));
        else if (auto* line = qobject_cast<QLineEdit*>(editor); line != nullptr && !line->isModified())
            line->setText(index.data(Qt::EditRole).toString()); // a slider moved elsewhere does not undo the typing
    }
    void setModelData(QWidget* editor, QAbstractItemModel* model, const QModelIndex& index) const override
    {
        if (auto* box = qobject_cast<QComboBox*>(editor)) {
            if (box->currentText() != index.data(Qt::EditRole).toString())
                model->setData(index, box->currentData(), Qt::EditRole);
        } else if (auto* line = qobject_cast<QLineEdit*>(editor)) {
            model->setData(index, line->text(), Qt::EditRole);
        }
    }
    void updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option, const QModelIndex&) const override
    {
        editor->setGeometry(option.rect);
    }
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        const bool wrong = !modelOf(index).errorAt(index).isEmpty();
        if (wrong)
            painter->fillRect(option.rect, m_theme->badBack);
        QStyleOptionViewItem cell = option;
        if (wrong)
            cell.palette.setColor(QPalette::Text, m_theme->bad);
        QStyledItemDelegate::paint(painter, cell, index);
        if (wrong) {
            painter->setPen(m_theme->bad);
            painter->drawRect(option.rect.adjusted(0, 0, -1, -1));
        }
    }

private:
    static const ClassesModel& modelOf(const QModelIndex& index)
    {
        return *static_cast<const ClassesModel*>(index.model());
    }

    const Theme* m_theme = &lightTheme();
};

ClassesPanel::ClassesPanel(Document& document, QWidget* parent)
    : QWidget(parent),
      m_document(document),
      m_model(new ClassesModel(document, this)),
      m_table(new QTableView),
      m_delegate(new Delegate(this)),
      m_hint(new QLabel),
      m_error(new QLabel)
{
    setObjectName(QStringLiteral("classes"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 4, 0, 0);
    column->setSpacing(6);
    auto* title = new QLabel(tr("Request &classes"));
    title->setBuddy(m_table);
    column->addWidget(title);
    m_hint->setProperty("caption", true);
    m_hint->setWordWrap(true);
    column->addWidget(m_hint);
    makeTable();
    column->addWidget(m_table);
    m_error->setProperty("caption", true);
    m_error->setProperty("verdict", QStringLiteral("bad"));
    m_error->setWordWrap(true);
    column->addWidget(m_error);
    makeButtons();
    connect(m_model, &QAbstractItemModel::dataChanged, this, &ClassesPanel::refresh);
    connect(m_model, &QAbstractItemModel::modelReset, this, &ClassesPanel::refresh);
    refresh();
}

void ClassesPanel::makeTable()
{
    m_table->setModel(m_model);
    m_table->setItemDelegate(m_delegate);
    m_table->setAccessibleName(tr("Request classes"));
    m_table->setFont(uiFont(TextSize::small));
    m_table->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed |
                             QAbstractItemView::AnyKeyPressed | QAbstractItemView::SelectedClicked);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setTabKeyNavigation(false); // Tab leaves the table: nothing of the dock is out of reach
    m_table->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_table->horizontalHeader()->hide();
    m_table->horizontalHeader()->setDefaultSectionSize(kColumnWidth);
    m_table->verticalHeader()->setFont(uiFont(TextSize::small));
    m_table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_table->setHorizontalScrollMode(QAbstractItemView::ScrollPerItem); // no class is cut in the middle of its numbers
    m_table->verticalHeader()->setDefaultSectionSize(kRowHeight);
    m_table->verticalHeader()->setStyleSheet(QStringLiteral("QHeaderView::section { padding: 0 4px 0 0; }"));
    m_table->installEventFilter(this);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentChanged, this, &ClassesPanel::refresh);
}

void ClassesPanel::makeButtons()
{
    auto* row = new QHBoxLayout;
    row->setSpacing(6);
    const auto button = [&](const QString& words, const QString& tip, auto act) {
        auto* made = new QPushButton(words);
        made->setToolTip(tip);
        made->setAccessibleName(tip);
        connect(made, &QPushButton::clicked, this, act);
        row->addWidget(made);
        return made;
    };
    m_add = button(tr("&Add"), tr("Add a request class (Insert)"), [this] { goTo(m_model->add()); });
    m_duplicate = button(tr("Dup&licate"), tr("Split the selected class in two that are alike"),
        [this] { goTo(m_model->duplicate(column())); });
    m_remove = button(tr("&Remove"), tr("Remove the selected class (Ctrl+Delete)"), [this] {
        const int at = column();
        m_model->remove(at);
        goTo(std::min(at, m_model->columnCount() - 1));
    });
    row->addStretch(1);
    static_cast<QVBoxLayout*>(layout())->addLayout(row);
}

int ClassesPanel::column() const { return m_table->currentIndex().column(); }

void ClassesPanel::goTo(int column)
{
    if (column < 0)
        return;
    const int row = std::max(0, m_table->currentIndex().row());
    m_table->setCurrentIndex(m_model->index(row, column));
    m_table->scrollTo(m_model->index(row, column));
    refresh();
}

QString ClassesPanel::message() const { return m_error->isVisibleTo(this) ? m_error->text() : QString(); }

void ClassesPanel::setTheme(const Theme& theme)
{
    m_delegate->setTheme(theme);
    m_table->viewport()->update();
}

void ClassesPanel::focusControl()
{
    QWidget* control = m_model->columnCount() > 0 ? static_cast<QWidget*>(m_table) : m_add;
    control->setFocus(Qt::OtherFocusReason);
}

void ClassesPanel::refresh()
{
    const int classes = m_model->columnCount();
    m_table->setVisible(classes > 0);
    m_hint->setText(classes == 0 ? tr("All requests are alike. Add a class to mix several kinds.")
                    : classes == 1
                        ? tr("One class. Double-click a value, or press Enter, to change it.")
                        : tr("%1 classes share the arrival rate. Double-click a value to change it.").arg(classes));
    constexpr int kBar = 12;
    m_table->setFixedHeight(m_model->rowCount() * kRowHeight + kBar + 2 * m_table->frameWidth());
    const QString wrong = m_model->firstError();
    m_error->setText(wrong);
    m_error->setVisible(!wrong.isEmpty());
    m_duplicate->setVisible(classes > 0);
    m_remove->setVisible(classes > 0);
    m_add->setEnabled(m_model->canAdd());
    m_duplicate->setEnabled(column() >= 0 && m_model->canAdd());
    m_remove->setEnabled(column() >= 0);
}

bool ClassesPanel::eventFilter(QObject* watched, QEvent* event)
{
    if (watched != m_table || event->type() != QEvent::KeyPress)
        return QWidget::eventFilter(watched, event);
    const auto* key = static_cast<QKeyEvent*>(event);
    const QModelIndex at = m_table->currentIndex();
    if (key->key() == Qt::Key_Insert && key->modifiers() == Qt::NoModifier) {
        m_add->click();
        return true;
    }
    if (key->key() == Qt::Key_Delete && key->modifiers() == Qt::ControlModifier) {
        m_remove->click();
        return true;
    }
    if (key->key() == Qt::Key_Delete && at.isValid()) {
        const ClassField* field = m_model->property(at.row()).field;
        if (field != nullptr && field->optional)
            m_model->setData(at, QString(), Qt::EditRole);
        return true;
    }
    if ((key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) && at.isValid()) {
        if (!m_table->isPersistentEditorOpen(at)) // the Enter that ends an edit comes by here too
            m_table->edit(at);
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace headroom::ui
