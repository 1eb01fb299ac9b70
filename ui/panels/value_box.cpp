#include "ui/panels/value_box.h"

#include "ui/panels/undo_keys.h"

#include <QKeyEvent>
#include <QLineEdit>
#include <QPainter>
#include <QTimer>
#include <QWheelEvent>

namespace headroom::ui {

namespace {

constexpr int kWidth = 104;
constexpr int kHeight = 24;
constexpr int kPad = 6;

} // namespace

/// The line edit inside: keeps room for the unit and paints it, so that it is never part of the text.
class ValueBox::Edit final : public QLineEdit {
public:
    Edit(QString unit, QWidget* parent) : QLineEdit(parent), m_unit(std::move(unit))
    {
        setAlignment(Qt::AlignRight | Qt::AlignVCenter);
        setFrame(false);
        makeRoom();
    }

protected:
    void paintEvent(QPaintEvent* event) override
    {
        QLineEdit::paintEvent(event);
        if (m_unit.isEmpty())
            return;
        QPainter painter(this);
        painter.setPen(palette().color(QPalette::PlaceholderText));
        painter.drawText(rect().adjusted(0, 0, -kPad, 0), Qt::AlignRight | Qt::AlignVCenter, m_unit);
    }
    void changeEvent(QEvent* event) override
    {
        QLineEdit::changeEvent(event);
        if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)
            makeRoom();
    }

private:
    void makeRoom()
    {
        const int unit = m_unit.isEmpty() ? 0 : fontMetrics().horizontalAdvance(m_unit) + 2;
        setTextMargins(2, 0, unit + kPad - 2, 0);
    }

    QString m_unit;
};

ValueBox::ValueBox(const QString& unit, QWidget* parent) : QAbstractSpinBox(parent)
{
    setButtonSymbols(NoButtons);
    m_edit = new Edit(unit, this);
    setLineEdit(m_edit);
    setFocusPolicy(Qt::StrongFocus);
    connect(this, &QAbstractSpinBox::editingFinished, this, &ValueBox::finish);
}

void ValueBox::display(const QString& text)
{
    m_shown = text;
    if (m_edit->text() != text && !(hasFocus() && m_edit->isModified()))
        m_edit->setText(text);
}

void ValueBox::force(const QString& text)
{
    m_shown = text;
    m_edit->setText(text); // also marks it as not modified
}

QString ValueBox::shownText() const { return m_edit->text(); }

QSize ValueBox::sizeHint() const { return {kWidth, kHeight}; }

void ValueBox::finish()
{
    if (!m_edit->isModified())
        return;
    m_edit->setModified(false);
    if (m_edit->text() != m_shown)
        emit entered(m_edit->text());
}

/// Undo and redo are the plan's, but for the text that is being typed.
bool ValueBox::event(QEvent* event)
{
    if (offersUndoOrRedo(event) && !m_edit->isModified()) { // in this order: other events come before there is an edit
        event->ignore();
        return false;
    }
    return QAbstractSpinBox::event(event);
}

void ValueBox::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape && m_edit->isModified()) {
        force(m_shown);
        return;
    }
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
        finish(); // the base class forgets that the text was changed before it says that editing has finished
    QAbstractSpinBox::keyPressEvent(event);
}

void ValueBox::focusInEvent(QFocusEvent* event)
{
    QAbstractSpinBox::focusInEvent(event);
    QTimer::singleShot(0, m_edit, &QLineEdit::selectAll); // after the press that gave the focus has set its cursor
}

void ValueBox::wheelEvent(QWheelEvent* event)
{
    if (!hasFocus()) { // the dock scrolls under a resting pointer
        event->ignore();
        return;
    }
    QAbstractSpinBox::wheelEvent(event);
}

} // namespace headroom::ui
