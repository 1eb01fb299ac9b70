// The editor of one field: label, dot when changed, value box or choice, slider, error. Knows no field by name.
#pragma once

#include "core/plan/fields.h"
#include "ui/document.h"

#include <QWidget>

#include <memory>

class QComboBox;
class QGridLayout;
class QLabel;
class QTimer;

namespace headroom::ui {

class Paragraph;
class ValueBox;
class ValueSlider;

/// What number and choice editors share. Reads the document on refresh(), writes through Document::edit() alone.
class FieldEditor : public QWidget {
    Q_OBJECT

public:
    ~FieldEditor() override;

    const FieldInfo& fieldInfo() const { return info(m_field); }
    /// Shows the document's plan: value, dot, error.
    virtual void refresh() = 0;
    /// A line in grey under the label: "8.03 B parameters". Empty = none.
    void setCaption(const QString& text);
    /// nullptr for choices without an order.
    ValueSlider* slider() const { return m_slider; }
    /// Puts the keyboard in the control that takes text or a choice.
    virtual void focusControl() = 0;

protected:
    FieldEditor(Document& document, const Field& field, QWidget* parent);

    Document& document() const { return m_document; }
    const Field& field() const { return m_field; }
    /// Puts the control right of the label.
    void setControl(QWidget* control, int stretch);
    /// Makes the slider below; steps and reset are wired by the subclass.
    ValueSlider* addSlider();
    /// Writes to the document; an error is shown at this field and the plan stays as it was.
    bool write(std::string_view text, Gesture gesture);
    /// One key or wheel step of a series: merges until the series pauses.
    void writeStep(std::string_view text);
    /// Back to the value of the opened plan.
    void reset();
    void refreshState(const QString& value);
    /// Says what is wrong with an entry, until the next refresh.
    void showError(const QString& message);
    void contextMenuEvent(QContextMenuEvent*) override;

private:
    bool isModified() const;
    class Dot;

    Document& m_document;
    const Field& m_field;
    QGridLayout* m_layout = nullptr;
    QLabel* m_label = nullptr;
    Dot* m_dot = nullptr;
    Paragraph* m_caption = nullptr;
    QLabel* m_error = nullptr;
    QWidget* m_control = nullptr;
    ValueSlider* m_slider = nullptr;
    QTimer* m_seriesEnd = nullptr;
};

/// The right editor for a field.
std::unique_ptr<FieldEditor> makeFieldEditor(Document& document, const Field& field, QWidget* parent = nullptr);

} // namespace headroom::ui
