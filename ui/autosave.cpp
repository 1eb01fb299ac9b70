#include "ui/autosave.h"

#include "core/plan/plan_io.h"

#include <QFile>
#include <QFileInfo>
#include <QLockFile>
#include <QUuid>

#include <algorithm>
#include <fstream>
#include <system_error>

namespace headroom::ui {

namespace {

namespace fs = std::filesystem;

/// From the first change to the copy: what a crash can cost at most.
constexpr int kDelayMs = 1000;
constexpr std::string_view kCopySuffix = ".plan.json", kLockSuffix = ".lock";

fs::path sibling(const fs::path& copy, const char* suffix)
{
    std::string name = copy.string();
    name.resize(name.size() - kCopySuffix.size());
    return name + suffix;
}

std::unique_ptr<QLockFile> lockOf(const fs::path& copy)
{
    auto lock = std::make_unique<QLockFile>(QString::fromStdString(sibling(copy, ".lock").string()));
    lock->setStaleLockTime(0); // age proves nothing; Qt still takes over the lock of a process that is gone
    return lock;
}

} // namespace

Autosave::Autosave(Document& document, fs::path folder, QObject* parent) : QObject(parent), m_document(document)
{
    std::error_code ignored; // a folder that cannot be made shows at the first write, which then does nothing
    fs::create_directories(folder, ignored);
    removeLeftLocks(folder);
    const std::string id = QUuid::createUuid().toString(QUuid::WithoutBraces).toStdString();
    m_copy = folder / (id + std::string(kCopySuffix));
    m_origin = sibling(m_copy, ".origin");
    m_lock = lockOf(m_copy);
    m_lock->tryLock();
    m_soon.setSingleShot(true);
    m_soon.setInterval(kDelayMs);
    connect(&m_soon, &QTimer::timeout, this, &Autosave::write);
    connect(&m_document, &Document::changed, this, &Autosave::note);
    // The first edit is announced before the undo stack counts it.
    connect(&m_document.undoStack(), &QUndoStack::cleanChanged, this, &Autosave::note);
}

Autosave::~Autosave() { remove(); }

void Autosave::note()
{
    if (!m_document.isModified()) {
        m_soon.stop();
        remove();
    } else if (!m_soon.isActive()) { // not restarted by each change: a long drag is copied too
        m_soon.start();
    }
}

void Autosave::write()
{
    std::ofstream(m_origin, std::ios::trunc) << m_document.path().string();
    // A failed copy is silent: the plan is still open, and saving it will say what is wrong with the disk.
    static_cast<void>(savePlan(m_document.plan(), m_copy));
}

void Autosave::remove()
{
    std::error_code ignored;
    fs::remove(m_copy, ignored);
    fs::remove(m_origin, ignored);
}

void Autosave::removeLeftLocks(const fs::path& folder)
{
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
        std::string name = entry.path().string();
        if (!name.ends_with(kLockSuffix))
            continue;
        name.resize(name.size() - kLockSuffix.size());
        const fs::path copy = name + std::string(kCopySuffix);
        if (fs::exists(copy, error))
            continue;
        if (const auto lock = lockOf(copy); lock->tryLock())
            lock->unlock(); // which removes it
    }
}

std::vector<Orphan> Autosave::orphans(const fs::path& folder)
{
    std::vector<Orphan> found;
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
        const fs::path& copy = entry.path();
        if (!copy.string().ends_with(kCopySuffix))
            continue;
        const auto lock = lockOf(copy);
        if (!lock->tryLock())
            continue; // its session lives
        lock->unlock();
        std::string original;
        std::getline(std::ifstream(sibling(copy, ".origin")), original);
        const QFileInfo file(QString::fromStdString(copy.string()));
        found.push_back({copy, original, file.lastModified()});
    }
    std::ranges::sort(found, [](const Orphan& a, const Orphan& b) { return a.written > b.written; });
    return found;
}

void Autosave::discard(const Orphan& orphan)
{
    std::error_code ignored;
    fs::remove(orphan.copy, ignored);
    fs::remove(sibling(orphan.copy, ".origin"), ignored);
    fs::remove(sibling(orphan.copy, ".lock"), ignored);
}

} // namespace headroom::ui
