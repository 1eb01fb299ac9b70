// Measured runs of real servers, as read from a table (validation/README.md of the shared data; `validate`).
#pragma once

#include "core/error.h"
#include "core/model/number_format.h"

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headroom {

/// How the load was offered.
enum class LoadKind {
    offlineMax,       ///< every request at once, as fast as it goes
    fixedConcurrency, ///< closed loop: a client sends its next request when the last one is done
    requestRate,      ///< open loop, Poisson
    staticBatch,      ///< one batch, padded, from prompt to last token
};
std::string_view name(LoadKind);

enum class Metric { outputTokenRate, totalTokenRate, requestRate, ttft, tpot, e2e };
std::string_view name(Metric);
/// Rates grow when predictions are too fast, latencies shrink.
constexpr bool isLatency(Metric m) { return m >= Metric::ttft; }

/// One measured value with the configuration it was measured in. Absent = the source does not say.
struct Measurement {
    std::string caseId, source, detail, engine, engineVersion, model, gpu, family;
    int gpus = 1;
    std::optional<int> tp, pp, ep;
    std::string weightFormat, kvFormat; ///< as written: "", "fp8", "fp16"
    std::optional<double> inputTokens, outputTokens;
    std::optional<double> load; ///< requests in flight, batch, or requests per second; absent = everything at once
    LoadKind loadKind = LoadKind::offlineMax;
    Metric metric = Metric::outputTokenRate;
    std::string statistic;          ///< total, mean, p50, p90, p95, p99, or empty
    double value = 0;               ///< SI: tokens or requests per second, seconds
    std::vector<std::string> cells; ///< the whole line, to write it back
    int line = 0;
};

struct MeasurementTable {
    std::vector<std::string> header;
    std::vector<Measurement> rows;
};

/// Reads a CSV table with the columns of the shared validation data; the order is free, other columns are kept.
/// \param name for messages: FILE:LINE: COLUMN
/// Errors: a missing column, a line with another number of cells, an unknown load_kind or metric, a value <= 0.
Result<MeasurementTable> readMeasurements(std::istream&, std::string_view name);

/// Splits one CSV line; cells in double quotes may hold commas and doubled quotes.
std::vector<std::string> splitCsvLine(std::string_view line);
/// The inverse: quotes where needed.
std::string joinCsvLine(const std::vector<std::string>& cells);

} // namespace headroom
