// Keeps what was not saved safe from a crash: a copy of the plan on disk, found again at the next start.
#pragma once

#include "ui/document.h"

#include <QDateTime>
#include <QObject>
#include <QTimer>

#include <filesystem>
#include <memory>
#include <vector>

class QLockFile;

namespace headroom::ui {

/// A copy left behind by a session that did not end properly.
struct Orphan {
    std::filesystem::path copy;     ///< the file with the plan
    std::filesystem::path original; ///< the file the plan belongs to; empty = never saved
    QDateTime written;
};

/// Writes a copy a moment after each change while the document is modified, and takes it away on save and at the end.
class Autosave final : public QObject {
    Q_OBJECT

public:
    /// \param folder where copies lie, shared by all sessions of this user; made if missing
    Autosave(Document& document, std::filesystem::path folder, QObject* parent = nullptr);
    ~Autosave() override;

    /// Copies of sessions that are gone, newest first. Those of running sessions are not listed.
    static std::vector<Orphan> orphans(const std::filesystem::path& folder);
    /// Deletes a copy for good.
    static void discard(const Orphan& orphan);

private:
    /// Takes away the locks of sessions that were killed with nothing unsaved: no copy leads to them.
    static void removeLeftLocks(const std::filesystem::path& folder);
    void note();
    void write();
    void remove();

    Document& m_document;
    std::filesystem::path m_copy, m_origin;
    std::unique_ptr<QLockFile> m_lock; ///< says to other sessions that this one lives
    QTimer m_soon;
};

} // namespace headroom::ui
