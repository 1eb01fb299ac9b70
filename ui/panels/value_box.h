// The edit box of one number: value, its unit in grey behind it, steps by keyboard and wheel.
#pragma once

#include <QAbstractSpinBox>
#include <QString>
#include <QStringList>

namespace headroom::ui {

/// A spin box whose steps belong to its owner (log scales step by ratio) and that can hold no value at all.
class ValueBox final : public QAbstractSpinBox {
    Q_OBJECT
    Q_PROPERTY(QString value READ shownText) ///< what a screen reader says

public:
    /// \param usual texts that it has to have room for, within limits
    ValueBox(const QString& unit, QStringList usual, QWidget* parent = nullptr);

    /// Shows a text unless the user is in the middle of typing another.
    void display(const QString& text);
    /// Shows a text whatever is being typed.
    void force(const QString& text);
    QString shownText() const;
    void stepBy(int steps) override { emit stepRequested(steps); }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }
    /// Whether the box shows all of a text beside its unit.
    bool fits(const QString& text) const;

signals:
    void stepRequested(int steps);
    /// Enter, or the focus left, after the text was changed by hand.
    void entered(const QString& text);
    /// Escape: what was typed, or refused, gave way to what the owner last showed.
    void reverted();

protected:
    bool event(QEvent*) override;
    StepEnabled stepEnabled() const override { return StepUpEnabled | StepDownEnabled; }
    void keyPressEvent(QKeyEvent*) override;
    void focusInEvent(QFocusEvent*) override;
    void wheelEvent(QWheelEvent*) override;

private:
    class Edit;

    void finish();
    int widthFor(const QString& text) const;

    QStringList m_usual;
    QString m_shown; ///< what the owner last showed
    Edit* m_edit = nullptr;
};

} // namespace headroom::ui
