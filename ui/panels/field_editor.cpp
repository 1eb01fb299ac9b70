#include "ui/panels/field_editor.h"

#include "ui/format.h"
#include "ui/panels/field_scale.h"
#include "ui/panels/paragraph.h"
#include "ui/panels/value_box.h"
#include "ui/panels/value_slider.h"

#include <QClipboard>
#include <QComboBox>
#include <QContextMenuEvent>
#include <QGridLayout>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QPainter>
#include <QSignalBlocker>
#include <QStyle>
#include <QStyleOptionComboBox>
#include <QStylePainter>
#include <QTimer>
#include <QWheelEvent>

#include <algorithm>
#include <functional>

namespace headroom::ui {

namespace {

/// Key and wheel steps closer together than this are one undo step.
constexpr int kSeriesMs = 700;

QString rangeText(const NumberField& f)
{
    const QString unit = text(f.info.unit);
    const QString range = QStringLiteral("%1 to %2").arg(text(boxText(f, f.min)), text(boxText(f, f.max)));
    return unit.isEmpty() ? range : range + QLatin1Char(' ') + unit;
}

/// A message of the core with the range as the boxes write it: files hold 100000, people read 100,000.
QString asBoxesWrite(QString message, const Field& field)
{
    const auto* numeric = std::get_if<NumberField>(&field);
    if (numeric == nullptr)
        return message;
    const QString range = QStringLiteral("from %1 to %2")
                              .arg(text(boxText(*numeric, numeric->min)), text(boxText(*numeric, numeric->max)));
    return message.replace(QString(range).remove(QLatin1Char(',')), range);
}

QString helpText(const Field& field)
{
    const FieldInfo& about = info(field);
    QString tip = QStringLiteral("<p><b>%1</b></p><p>%2</p>")
                      .arg(text(about.label).toHtmlEscaped(), text(about.help).toHtmlEscaped());
    if (const auto* numeric = std::get_if<NumberField>(&field))
        tip += QStringLiteral("<p>%1</p>").arg(FieldEditor::tr("Range: %1").arg(rangeText(*numeric)).toHtmlEscaped());
    tip += QStringLiteral("<p>%1</p>").arg(FieldEditor::tr("Key: %1").arg(text(about.key)).toHtmlEscaped());
    return tip;
}

/// Texts that the box of a field is to have room for: both ends of its range, four digits of a fraction.
QStringList usualTexts(const NumberField& f)
{
    QStringList texts{text(boxText(f, f.min)), text(boxText(f, f.max))};
    if (!f.integer)
        texts.append(QStringLiteral("88.88"));
    if (f.optional)
        texts.append(FieldEditor::tr("none"));
    return texts;
}

/// A combo box that does not turn with the wheel while the dock scrolls under the pointer. A name too long for it loses
/// its middle: families of models differ at the end.
class CalmComboBox final : public QComboBox {
public:
    using QComboBox::QComboBox;

    std::function<void()> onDelete; ///< the key Delete, as on a slider

protected:
    void keyPressEvent(QKeyEvent* event) override
    {
        if (event->key() == Qt::Key_Delete)
            onDelete();
        else
            QComboBox::keyPressEvent(event);
    }
    void contextMenuEvent(QContextMenuEvent* event) override { event->ignore(); } // the editor's
    void wheelEvent(QWheelEvent* event) override
    {
        if (hasFocus())
            QComboBox::wheelEvent(event);
        else
            event->ignore();
    }
    void paintEvent(QPaintEvent*) override
    {
        QStylePainter painter(this);
        QStyleOptionComboBox option;
        initStyleOption(&option);
        painter.drawComplexControl(QStyle::CC_ComboBox, option);
        if (currentIndex() < 0) // a model that is not in the catalog: its name is a value like the others, not a hint
            option.currentText = placeholderText();
        const int room =
            style()->subControlRect(QStyle::CC_ComboBox, &option, QStyle::SC_ComboBoxEditField, this).width();
        option.currentText = option.fontMetrics.elidedText(option.currentText, Qt::ElideMiddle, room - kPadding);
        painter.drawControl(QStyle::CE_ComboBoxLabel, option);
    }

private:
    static constexpr int kPadding = 4; ///< that the style keeps beside the text
};

class NumberEditor final : public FieldEditor {
public:
    NumberEditor(Document& document, const Field& field, QWidget* parent)
        : FieldEditor(document, field, parent),
          m_number(std::get<NumberField>(field)),
          m_scale(m_number),
          m_box(new ValueBox(text(m_number.info.unit), usualTexts(m_number)))
    {
        setControl(m_box, 0);
        connect(m_box, &ValueBox::entered, this, &NumberEditor::enter);
        connect(m_box, &ValueBox::reverted, this, &NumberEditor::refresh);
        connect(m_box, &ValueBox::stepRequested, this, &NumberEditor::step);
        ValueSlider* bar = addSlider();
        bar->setRange(0, m_scale.ticks());
        connect(bar, &ValueSlider::stepRequested, this, &NumberEditor::step);
        connect(bar, &QSlider::valueChanged, this,
            [this](int tick) { write(exactText(m_scale.valueAt(tick)), Gesture::continued); });
    }

    void refresh() override
    {
        const std::optional<double> value = m_number.get(document().plan());
        const QString shown = value ? fitting(*value) : tr("none");
        m_box->display(shown);
        const QSignalBlocker quiet(slider());
        if (!slider()->isSliderDown()) // a hand on the handle is where the handle stays
            slider()->setValue(value ? m_scale.tickOf(*value) : 0);
        refreshState(shown);
    }
    void focusControl() override { m_box->setFocus(Qt::OtherFocusReason); }

private:
    /// The value with as many digits as the box has room for.
    QString fitting(double value) const
    {
        constexpr int kLeastDigits = 3;
        int digits = kBoxDigits;
        QString shown = text(boxText(m_number, value));
        while (!m_box->fits(shown) && digits > kLeastDigits)
            shown = text(boxText(m_number, value, --digits));
        return shown;
    }
    void enter(const QString& typed)
    {
        const std::string unit(m_number.info.unit);
        if (const std::string wrong = separatorComplaint(typed.toStdString(), unit); !wrong.empty()) {
            showError(text(wrong));
            return;
        }
        const auto value = parseBoxText(typed.trimmed().toStdString(), unit);
        if (write(value ? exactText(*value) : typed.trimmed().toStdString(), Gesture::whole)) {
            m_box->force(QString());
            refresh();
        }
    }
    void step(int steps)
    {
        const double from = m_number.get(document().plan()).value_or(m_number.fallback);
        writeStep(exactText(m_scale.stepped(from, steps)));
        refresh();
    }

    const NumberField& m_number;
    FieldScale m_scale;
    ValueBox* m_box;
};

class ChoiceEditor final : public FieldEditor {
public:
    ChoiceEditor(Document& document, const Field& field, QWidget* parent)
        : FieldEditor(document, field, parent),
          m_choice(std::get<ChoiceField>(field)),
          m_choices(m_choice.choices()),
          m_box(new CalmComboBox)
    {
        for (const Choice& choice : m_choices)
            m_box->addItem(text(choice.label));
        m_box->setFocusPolicy(Qt::StrongFocus);
        m_box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        m_box->setMaxVisibleItems(18); // of the catalog, a screenful to scan
        m_box->setMinimumContentsLength(8);
        constexpr int kLeastBox = 100;
        m_box->setMinimumWidth(kLeastBox);
        m_box->setMaxVisibleItems(24);
        m_box->onDelete = [this] { reset(); };
        setControl(m_box, 1);
        connect(m_box, &QComboBox::activated, this, [this](int index) { choose(index, Gesture::whole); });
        if (!m_choice.ordered)
            return;
        ValueSlider* bar = addSlider();
        bar->setRange(0, static_cast<int>(m_choices.size()) - 1);
        connect(bar, &QSlider::valueChanged, this, [this](int index) { choose(index, Gesture::continued); });
        connect(bar, &ValueSlider::stepRequested, this, [this](int steps) {
            const int last = static_cast<int>(m_choices.size()) - 1;
            const int index = std::clamp(current() + (steps > 0 ? 1 : -1), 0, last);
            writeStep(m_choices[static_cast<std::size_t>(index)].id);
            refresh();
        });
    }

    void refresh() override
    {
        const int index = current();
        if (m_box->currentIndex() != index)
            m_box->setCurrentIndex(index);
        if (index < 0)
            m_box->setPlaceholderText(text(m_choice.get(document().plan())));
        if (slider() != nullptr && !slider()->isSliderDown()) {
            const QSignalBlocker quiet(slider());
            slider()->setValue(std::max(index, 0));
        }
        refreshState(index < 0 ? text(m_choice.get(document().plan())) : m_box->currentText());
    }
    void focusControl() override { m_box->setFocus(Qt::OtherFocusReason); }

private:
    /// Index of the plan's choice; a value outside the list (a model edited by hand) has none, which Qt calls -1.
    int current() const
    {
        const auto it = std::ranges::find(m_choices, m_choice.get(document().plan()), &Choice::id);
        return it == m_choices.end() ? -1 : static_cast<int>(it - m_choices.begin());
    }
    void choose(int index, Gesture gesture)
    {
        if (index < 0 || write(m_choices[static_cast<std::size_t>(index)].id, gesture)) {
            if (gesture == Gesture::whole)
                refresh();
            return;
        }
        m_box->setCurrentIndex(current());
    }

    const ChoiceField& m_choice;
    std::vector<Choice> m_choices;
    CalmComboBox* m_box;
};

} // namespace

/// The mark of a field that differs from the opened plan. A click takes the change back.
class FieldEditor::Dot final : public QWidget {
public:
    Dot(FieldEditor& editor) : QWidget(&editor), m_editor(editor) { setFixedSize(10, 10); }

    bool isOn() const { return m_on; }
    void setOn(bool on)
    {
        m_on = on;
        setToolTip(on ? FieldEditor::tr("Changed since the plan was opened or saved. Click: back to %1")
                            .arg(text(valueInWords(m_editor.field(), m_editor.document().openedPlan())))
                      : QString());
        setCursor(on ? Qt::PointingHandCursor : Qt::ArrowCursor);
        update();
    }

protected:
    void paintEvent(QPaintEvent*) override
    {
        if (!m_on)
            return;
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(Qt::NoPen);
        painter.setBrush(palette().color(QPalette::Highlight));
        painter.drawEllipse(QRectF(2, 3, 5, 5));
    }

    void mousePressEvent(QMouseEvent* event) override
    {
        if (m_on && event->button() == Qt::LeftButton)
            m_editor.reset();
        else
            event->ignore();
    }

private:
    FieldEditor& m_editor;
    bool m_on = false;
};

FieldEditor::FieldEditor(Document& document, const Field& field, QWidget* parent)
    : QWidget(parent),
      m_document(document),
      m_field(field),
      m_layout(new QGridLayout(this)),
      m_label(new QLabel(text(info(field).label))),
      m_dot(new Dot(*this)),
      m_seriesEnd(new QTimer(this))
{
    setObjectName(text(info(field).key));
    m_layout->setContentsMargins(0, 0, 0, 0);
    m_layout->setHorizontalSpacing(4);
    m_layout->setVerticalSpacing(2);
    m_label->setWordWrap(true); // a narrow dock breaks a long label rather than cutting off its control
    m_layout->addWidget(m_label, 0, 0);
    m_layout->addWidget(m_dot, 0, 1);
    m_layout->setColumnStretch(2, 1);
    setToolTip(unbroken(helpText(field)));
    m_seriesEnd->setSingleShot(true);
    m_seriesEnd->setInterval(kSeriesMs);
    connect(m_seriesEnd, &QTimer::timeout, this, [this] { m_document.endGesture(); });
}

FieldEditor::~FieldEditor() = default;

void FieldEditor::setControl(QWidget* control, int stretch)
{
    m_control = control;
    m_label->setBuddy(control);
    control->setAccessibleName(text(info(m_field).label));
    control->setAccessibleDescription(text(info(m_field).help));
    control->setToolTip(unbroken(helpText(m_field)));
    m_layout->addWidget(control, 0, 3);
    m_layout->setColumnStretch(2, stretch == 0 ? 1 : 0);
    m_layout->setColumnStretch(3, stretch);
}

ValueSlider* FieldEditor::addSlider()
{
    m_slider = new ValueSlider;
    m_slider->setAccessibleName(tr("%1, slider").arg(text(info(m_field).label)));
    m_slider->setAccessibleDescription(text(info(m_field).help));
    m_slider->setToolTip(helpText(m_field) + tr("<p>Double-click: back to the value the plan was opened with.</p>"));
    m_layout->addWidget(m_slider, 2, 0, 1, 4);
    connect(m_slider, &QSlider::sliderReleased, this, [this] {
        m_document.endGesture();
        refresh();
    });
    connect(m_slider, &ValueSlider::resetRequested, this, &FieldEditor::reset);
    return m_slider;
}

void FieldEditor::setCaption(const QString& caption)
{
    if (m_caption == nullptr) {
        if (caption.isEmpty())
            return;
        m_caption = new Paragraph(Paragraph::Look::muted, TextSize::small); // changes while its slider is dragged
        m_layout->addWidget(m_caption, 1, 0, 1, 4);
    }
    m_caption->setText(caption);
    m_caption->setVisible(!caption.isEmpty());
}

bool FieldEditor::write(std::string_view value, Gesture gesture)
{
    const auto written = m_document.edit(info(m_field).key, value, gesture);
    if (!written)
        showError(asBoxesWrite(text(written.error().message), m_field)); // until the next refresh
    return written.has_value();
}

void FieldEditor::writeStep(std::string_view value)
{
    write(value, Gesture::continued);
    m_seriesEnd->start();
}

void FieldEditor::reset()
{
    if (write(fieldText(m_field, m_document.openedPlan()), Gesture::whole))
        refresh();
}

bool FieldEditor::isModified() const
{
    return fieldText(m_field, m_document.plan()) != fieldText(m_field, m_document.openedPlan());
}

void FieldEditor::contextMenuEvent(QContextMenuEvent* event)
{
    QMenu menu;
    QAction* back = menu.addAction(tr("&Back to %1").arg(text(valueInWords(m_field, m_document.openedPlan()))));
    back->setEnabled(isModified());
    QAction* copyKey = menu.addAction(tr("&Copy key"));
    const QAction* chosen = menu.exec(event->globalPos());
    if (chosen == back)
        reset();
    else if (chosen == copyKey)
        QGuiApplication::clipboard()->setText(text(info(m_field).key));
}

void FieldEditor::refreshState(const QString& value)
{
    const bool modified = isModified();
    if (modified != m_dot->isOn())
        m_dot->setOn(modified);
    const Error* wrong = m_document.errorOf(info(m_field).key);
    showError(wrong != nullptr ? text(wrong->message) : QString());
    if (m_slider != nullptr)
        m_slider->setProperty("valueText", value);
}

void FieldEditor::showError(const QString& message)
{
    if (m_error == nullptr) {
        if (message.isEmpty())
            return;
        m_error = new QLabel;
        m_error->setWordWrap(true);
        m_error->setProperty("verdict", QStringLiteral("bad"));
        m_error->setProperty("caption", true);
        m_layout->addWidget(m_error, 3, 0, 1, 4);
    }
    if (m_error->text() == message && m_error->isVisibleTo(this) == !message.isEmpty())
        return;
    m_error->setText(message);
    m_error->setVisible(!message.isEmpty());
    m_control->setProperty("invalid", !message.isEmpty());
    m_control->style()->unpolish(m_control);
    m_control->style()->polish(m_control);
    m_control->setAccessibleDescription(message.isEmpty() ? text(info(m_field).help) : message);
}

std::unique_ptr<FieldEditor> makeFieldEditor(Document& document, const Field& field, QWidget* parent)
{
    std::unique_ptr<FieldEditor> editor;
    if (std::holds_alternative<NumberField>(field))
        editor = std::make_unique<NumberEditor>(document, field, parent);
    else
        editor = std::make_unique<ChoiceEditor>(document, field, parent);
    editor->refresh();
    return editor;
}

} // namespace headroom::ui
