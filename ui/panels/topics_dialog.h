// Help, Topics: the fifty topics with this plan's numbers put in. Stays open beside the window and follows it.
#pragma once

#include <QDialog>

#include <memory>

class QLineEdit;
class QPushButton;
class QTreeWidget;
class QTreeWidgetItem;

namespace headroom {
struct Snapshot;
}

namespace headroom::ui {

class Paragraph;
struct Topic;

class TopicsDialog final : public QDialog {
    Q_OBJECT

public:
    explicit TopicsDialog(QWidget* parent = nullptr);

    /// Puts the numbers of a plan into all topics. Nothing is computed while the dialog is hidden.
    void display(std::shared_ptr<const Snapshot> snapshot);
    /// Shows one topic, by its id ("5.4").
    void choose(const QString& id);
    QString currentTopic() const;
    /// What the right side says, for tests and screen readers.
    QString text() const;

signals:
    /// The plot that shows a topic was asked for: an id of charts().
    void chartRequested(const QString& chartId);

protected:
    void showEvent(QShowEvent*) override;

private:
    void makeTree();
    void filter(const QString& words);
    void refresh();
    void showTopic(const Topic& topic);
    const Topic* topicOf(const QTreeWidgetItem*) const;

    std::shared_ptr<const Snapshot> m_snapshot;
    QLineEdit* m_search = nullptr;
    QTreeWidget* m_tree = nullptr;
    Paragraph *m_title = nullptr, *m_formula = nullptr, *m_numbers = nullptr, *m_result = nullptr, *m_source = nullptr;
    QPushButton* m_chart = nullptr;
};

} // namespace headroom::ui
