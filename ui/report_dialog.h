// What goes into the report, a preview of its pages, and where it is written.
#pragma once

#include <QDialog>

#include <filesystem>
#include <memory>

class QComboBox;
class QLabel;
class QListWidget;
class QProgressBar;
class QPushButton;
class QStackedWidget;
class QVBoxLayout;
class QPrintPreviewWidget;
class QPrinter;

namespace headroom {
struct Plan;
struct Snapshot;
} // namespace headroom

namespace headroom::ui {

class ReportPreparation;
struct ReportOptions;

/// Opens at once. What takes tenths of a second is worked out on another thread, with its progress where the preview
/// will be; Cancel ends it.
class ReportDialog final : public QDialog {
    Q_OBJECT

public:
    /// \param folder of the plan file, for the trace it names \param saved the plan as that file has it; null without one
    explicit ReportDialog(std::shared_ptr<const Snapshot> snapshot, const std::filesystem::path& folder = {},
        std::shared_ptr<const Plan> saved = nullptr, QWidget* parent = nullptr);
    ~ReportDialog() override;

    /// The file that was written when exec() gave Accepted.
    const QString& written() const { return m_written; }
    /// Whether everything that the report shows is there. Until then nothing can be saved.
    bool isReady() const;
    /// Writes the report as chosen; false (and a message in the dialog) when that failed. Must be ready.
    bool write(const QString& file);
    /// What is chosen: page and plots.
    ReportOptions options() const;

private:
    QWidget* makeProgress();
    void makePreview();
    void makeChoices(QVBoxLayout& column);
    /// Ticks or unticks every plot.
    void checkAll(Qt::CheckState);
    void showPreview();
    void chooseFile();

    ReportPreparation* m_preparation = nullptr;
    std::shared_ptr<const Plan> m_saved;
    QLabel* m_doing = nullptr;
    QProgressBar* m_progress = nullptr;
    QStackedWidget* m_pages = nullptr;
    QPushButton* m_save = nullptr;
    QListWidget* m_charts = nullptr;
    QComboBox* m_page = nullptr;
    QLabel* m_message = nullptr;
    std::unique_ptr<QPrinter> m_printer; ///< for the preview only
    QPrintPreviewWidget* m_preview = nullptr;
    QString m_written;
};

} // namespace headroom::ui
