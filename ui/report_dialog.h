// What goes into the report, a preview of its pages, and where it is written.
#pragma once

#include <QDialog>

#include <memory>

class QComboBox;
class QLabel;
class QListWidget;
class QPrintPreviewWidget;
class QPrinter;

namespace headroom {
struct Snapshot;
}

namespace headroom::ui {

struct ReportOptions;

class ReportDialog final : public QDialog {
    Q_OBJECT

public:
    explicit ReportDialog(std::shared_ptr<const Snapshot> snapshot, QWidget* parent = nullptr);
    ~ReportDialog() override;

    /// The file that was written when exec() gave Accepted.
    const QString& written() const { return m_written; }
    /// Writes the report as chosen; false (and a message in the dialog) when that failed.
    bool write(const QString& file);

private:
    ReportOptions options() const;
    void chooseFile();

    std::shared_ptr<const Snapshot> m_snapshot;
    QListWidget* m_charts = nullptr;
    QComboBox* m_page = nullptr;
    QLabel* m_message = nullptr;
    std::unique_ptr<QPrinter> m_printer; ///< for the preview only
    QPrintPreviewWidget* m_preview = nullptr;
    QString m_written;
};

} // namespace headroom::ui
