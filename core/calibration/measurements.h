// Measured runs of real servers, as read from a table; CONTRIBUTING.md lists its columns.
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
    std::string place;              ///< FILE:LINE, for messages
};

struct MeasurementTable {
    std::vector<std::string> header;
    std::vector<Measurement> rows;
};

/// Reads a CSV table with the columns that CONTRIBUTING.md lists; the order is free, other columns are kept. A byte order
/// mark is passed over, and so are spaces around a cell. An empty cell says nothing; a load of "inf" is everything at once.
/// \param name for messages: FILE:LINE: COLUMN
/// Errors: a missing column, a line with another number of cells, an unknown load_kind, metric or statistic; value, isl,
/// osl or load that is no number above 0; num_gpus, tp, pp or ep that is no whole number from 1 to a million.
Result<MeasurementTable> readMeasurements(std::istream&, std::string_view name);

/// Splits one CSV line; cells in double quotes may hold commas and doubled quotes.
std::vector<std::string> splitCsvLine(std::string_view line);
/// The inverse: quotes where needed.
std::string joinCsvLine(const std::vector<std::string>& cells);

} // namespace headroom
