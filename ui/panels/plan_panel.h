// The plan dock: search, the five controls people reach for, then every field in folded groups.
#pragma once

#include "core/plan/fields.h"
#include "ui/document.h"
#include "ui/panels/field_editor.h"
#include "ui/theme.h"

#include <QWidget>

#include <array>
#include <functional>
#include <map>
#include <string_view>
#include <vector>

class QLabel;
class QLineEdit;
class QPushButton;
class QScrollArea;
class QVBoxLayout;

namespace headroom::ui {

class ClassesPanel;
class FoldSection;

/// Loops over fields() and makes the editors; adds no knob by hand.
class PlanPanel final : public QWidget {
    Q_OBJECT

public:
    /// The controls that stand on top, in this order.
    static constexpr std::array<std::string_view, 5> kFirst{
        "workload.arrival_rate_req_s", "hardware.gpu", "model.name", "workload.context_tokens_mean", "batching.policy"};

    explicit PlanPanel(Document& document, QWidget* parent = nullptr);
    ~PlanPanel() override;

    /// The editor of a field, made now if it was not needed before; nullptr if there is no such key.
    FieldEditor* editor(std::string_view key);
    /// The table of request classes, made now if it was not needed before.
    ClassesPanel& classes();
    /// Unfolds what hides a field (or the request classes), scrolls to it and gives it the keyboard.
    void reveal(std::string_view key);
    void focusSearch();
    void setTheme(const Theme&);
    QSize sizeHint() const override;

private:
    struct Group {
        std::string_view id;
        FoldSection* section = nullptr;
        QLabel* hidden = nullptr; ///< which fields do not apply, and why
        std::vector<FieldEditor*> editors;
    };

    QWidget* makeFirst();
    QWidget* makeGroupBody(std::size_t index);
    void refresh();
    void refreshGroup(Group& group);
    void refreshCaptions();
    void search(const QString& words);
    void makeResults();
    int searchFields(const QStringList& words);
    void placeFirst(const QString& typed);
    void focusFirstHit();
    bool searchClasses(const QStringList& words);
    void scrollTo(QWidget* control, std::function<void()> thenFocus);
    FieldEditor* adopt(const Field& field);

    Document& m_document;
    QLineEdit* m_search = nullptr;
    QScrollArea* m_scroll = nullptr;
    QWidget* m_all = nullptr;     ///< first five and groups
    QWidget* m_results = nullptr; ///< what a search found
    QVBoxLayout* m_resultColumn = nullptr;
    QLabel* m_nothing = nullptr;
    QLabel* m_classHits = nullptr; ///< which properties of request classes a search found
    QPushButton* m_showClasses = nullptr;
    std::vector<Group> m_groups;
    ClassesPanel* m_classes = nullptr;  ///< made with its group
    QPushButton* m_editShape = nullptr; ///< likewise
    const Theme* m_theme = &lightTheme();
    std::map<std::string_view, FieldEditor*> m_editors; ///< those made so far; owned by their parents
    std::map<std::string_view, FieldEditor*> m_found;   ///< editors of search results, a second set
};

} // namespace headroom::ui
