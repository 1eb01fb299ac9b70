#include "ui/validation_runner.h"

#include "ui/format.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <utility>

namespace headroom::ui {

namespace {

/// Rows predicted between two looks at whether to stop: cases of one run stand together in most tables.
constexpr std::size_t kPart = 8;

std::vector<ComparedRow> predict(const MeasurementTable& table, std::size_t from, std::size_t to)
{
    MeasurementTable part;
    part.rows.assign(
        table.rows.begin() + static_cast<std::ptrdiff_t>(from), table.rows.begin() + static_cast<std::ptrdiff_t>(to));
    std::vector<RowOutcome> outcomes = predictRows(part, shippedEfficiency());
    std::vector<ComparedRow> rows;
    for (std::size_t i = 0; i < part.rows.size(); ++i) {
        Result<MeasuredSetting> setting = settingOf(part.rows[i]);
        rows.push_back({std::move(part.rows[i]), std::move(outcomes[i]),
            setting ? std::optional(*std::move(setting)) : std::nullopt});
    }
    return rows;
}

/// How a thread hands its results over: they are taken on the thread of `receiver`, if the question is still the same then.
std::function<void(std::function<void()>)> answerOn(QObject& receiver, std::function<bool()> isAsked)
{
    return [&receiver, isAsked = std::move(isAsked)](std::function<void()> act) {
        QMetaObject::invokeMethod(
            &receiver,
            [isAsked, act = std::move(act)] {
                if (isAsked())
                    act();
            },
            Qt::QueuedConnection);
    };
}

} // namespace

ValidationRunner::~ValidationRunner()
{
    m_thread = {}; // asked to stop and waited for, while this still is what it answers to
}

void ValidationRunner::read(const QString& path)
{
    m_thread = {};
    const unsigned generation = ++m_generation;
    m_rows.clear();
    m_total = 0;
    m_running = true;
    const auto answer = answerOn(*this, [this, generation] { return generation == m_generation; });
    m_thread = std::jthread([this, answer, file = path.toStdString()](const std::stop_token& stop) {
        std::ifstream in(file);
        const Result<MeasurementTable> table =
            in ? readMeasurements(in, std::filesystem::path(file).filename().string())
               : Result<MeasurementTable>(fail(file, "cannot be read"));
        if (!table) {
            answer([this, why = text(table.error().where + ": " + table.error().message)] {
                end();
                emit failed(why);
            });
            return;
        }
        answer([this, count = static_cast<int>(table->rows.size())] { m_total = count; });
        for (std::size_t i = 0; i < table->rows.size() && !stop.stop_requested(); i += kPart) {
            auto rows =
                std::make_shared<std::vector<ComparedRow>>(predict(*table, i, std::min(i + kPart, table->rows.size())));
            answer([this, rows] {
                for (ComparedRow& row : *rows)
                    m_rows.push_back(std::move(row));
                emit progressed();
            });
        }
        answer([this] { end(); });
    });
    emit progressed();
}

void ValidationRunner::cancel()
{
    if (!m_running)
        return;
    m_thread.request_stop();
    ++m_generation;
    end();
}

void ValidationRunner::end()
{
    m_running = false;
    emit finished();
}

PapersRunner::~PapersRunner() { m_thread = {}; }

int PapersRunner::total()
{
    int count = 0;
    for (const papers::Paper& paper : papers::papers())
        count += static_cast<int>(paper.cases.size());
    return count;
}

void PapersRunner::start()
{
    m_thread = {};
    const unsigned generation = ++m_generation;
    m_rows.clear();
    m_running = true;
    const auto answer = answerOn(*this, [this, generation] { return generation == m_generation; });
    m_thread = std::jthread([this, answer](const std::stop_token& stop) {
        for (const papers::Paper& paper : papers::papers())
            for (const papers::Case& c : paper.cases) {
                if (stop.stop_requested())
                    return;
                papers::Row row = papers::run(paper, c, {}, stop);
                if (stop.stop_requested())
                    return;
                answer([this, row = std::move(row)] {
                    m_rows.push_back(row);
                    emit progressed();
                });
            }
        answer([this] {
            m_running = false;
            emit finished();
        });
    });
}

void PapersRunner::cancel()
{
    if (!m_running)
        return;
    m_thread.request_stop();
    ++m_generation;
    m_running = false;
    emit finished();
}

} // namespace headroom::ui
