// The paper for the purchase meeting: a Snapshot and its charts as a PDF of vectors and text.
#pragma once

#include "core/error.h"
#include "core/snapshot.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

class QPagedPaintDevice;

namespace headroom::ui {

enum class PageSize { a4, letter };

struct ReportOptions {
    PageSize page = PageSize::a4;
    std::optional<std::vector<std::string>> charts{}; ///< ids of charts() in their order; absent = all of them
    std::string date{};                               ///< printed on the first page; empty = today's
    std::shared_ptr<const Plan> saved{}; ///< as its file has it: what was changed since stands below the title
};

/// Writes the report. Replaces the file only when all of it is written; Error.where is the file. Needs a QApplication
/// (any platform, offscreen too).
Result<void> writeReport(const Snapshot&, const std::filesystem::path&, const ReportOptions& = {});
/// The same pages on a device that is open already (a print preview).
void paintReport(const Snapshot&, QPagedPaintDevice&, const ReportOptions& = {});

} // namespace headroom::ui
