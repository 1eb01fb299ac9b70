#include "ui/panels/value_box.h"

#include "ui/panels/undo_keys.h"

#include <QKeyEvent>
#include <QLineEdit>
#include <QPainter>
#include <QStyle>
#include <QStyleOption>
#include <QTimer>
#include <QWheelEvent>

#include <algorithm>
#include <utility>

namespace headroom::ui {

namespace {

constexpr int kLeastWidth = 104, kMostWidth = 168; // of 284 in the dock: the label beside it needs its share
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

    /// Pixels beside the text: frame, padding, unit.
    int besideText() const
    {
        constexpr int kInner = 2 * 2 + 1; // QLineEdit keeps two pixels on each side, the cursor takes one
        QStyleOptionFrame option;
        initStyleOption(&option);
        option.rect = QRect(0, 0, kMostWidth, kHeight);
        const int frame = kMostWidth - style()->subElementRect(QStyle::SE_LineEditContents, &option, this).width();
        return frame + textMargins().left() + textMargins().right() + kInner;
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

ValueBox::ValueBox(const QString& unit, QStringList usual, QWidget* parent)
    : QAbstractSpinBox(parent), m_usual(std::move(usual))
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

QSize ValueBox::sizeHint() const
{
    int widest = 0;
    for (const QString& text : m_usual)
        widest = std::max(widest, widthFor(text));
    return {std::clamp(widest, kLeastWidth, kMostWidth), kHeight};
}

bool ValueBox::fits(const QString& text) const { return widthFor(text) <= sizeHint().width(); }

int ValueBox::widthFor(const QString& text) const
{
    QStyleOptionSpinBox option;
    initStyleOption(&option);
    option.rect = QRect(0, 0, kMostWidth, kHeight);
    const int inside = style()->subControlRect(QStyle::CC_SpinBox, &option, QStyle::SC_SpinBoxEditField, this).width();
    return m_edit->fontMetrics().horizontalAdvance(text) + m_edit->besideText() + kMostWidth - inside;
}

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
    if (event->matches(QKeySequence::Delete) && event->key() != Qt::Key_Delete) {
        event->ignore(); // Ctrl+D pins: where that cannot be done it deletes nothing
        return;
    }
    // A text that was refused is no longer marked as changed, and is not what the owner shows either.
    if (event->key() == Qt::Key_Escape && (m_edit->isModified() || m_edit->text() != m_shown)) {
        force(m_shown);
        emit reverted();
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
