// Result files of load generators (FORMATS.md 1 to 3), recognised by content: what was run, as far as the file says, and
// what was measured. One file per program, one row in the table of bench_results.cpp.
#pragma once

#include "core/calibration/measurements.h"
#include "core/error.h"
#include "core/plan/plan.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace headroom {

/// What a load generator does not know of the server it measures. Empty = not stated.
struct ServerSetup {
    std::string gpu, model, engine, engineVersion, weightFormat, kvFormat;
    std::optional<int> tp, pp, ep;
    std::string engineOptions; ///< as on the engine's command line: "--max-num-seqs 64"
    /// Of the run, for programs that do not write them (vllm bench throughput, latency): tokens of a request; requests.
    std::optional<double> inputTokens, outputTokens, batch;
    /// What is not stated here, from another one.
    ServerSetup filledFrom(const ServerSetup& other) const;
};
/// The server that a plan describes.
ServerSetup setupOf(const Plan&);

struct MeasuredFigure {
    Metric metric{};
    std::string statistic; ///< total, mean, p50
    double value = 0;      ///< SI
};

/// One run of a load generator.
struct BenchRun {
    ServerSetup setup; ///< what the file says of it (vLLM: --metadata KEY=VALUE with the names of measurement columns)
    LoadKind loadKind = LoadKind::offlineMax;
    double load = 0;                          ///< clients, or requests per second; everything at once: not used
    double requests = 0;                      ///< sent in the whole run
    double inputTokens = 0, outputTokens = 0; ///< means per request; 0 = the file does not say
    double tokens = 0;                        ///< both together, where only that is known
    std::string noMeasurement; ///< why it cannot be compared with a prediction; its lengths count all the same
    std::vector<MeasuredFigure> figures;
    std::string place; ///< "FILE", "FILE: run 2", for messages
};

struct BenchResults {
    std::string program; ///< "a vLLM bench result"
    std::vector<BenchRun> runs;
    std::vector<std::string> used, ignored; ///< in words, for people
};

/// The programs whose files are recognised, for messages and help.
std::vector<std::string_view> benchFormats();

/// Whether a text is a result file that readBenchResults() takes.
bool isBenchResults(std::string_view text);

/// Reads one JSON object, or one in each line. \param name stands in messages
/// Errors: above 64 MiB, not JSON (NAME:LINE), none of the formats, a run without completed requests, lengths or figures.
Result<BenchResults> readBenchResults(std::string_view text, std::string_view name);

/// The figures as rows of measurements. What is stated counts first, then what the file says, then the fallback (a plan).
/// The number format of the weights is that of the model's name or as published where nobody states one.
/// Errors: no GPU, model, tensor-parallel degree, lengths or batch stated anywhere (NAME: what is missing, and how to
/// state it); lengths that do not add up to what the file says; a run that cannot be compared (ramps, speculation).
Result<MeasurementTable> measurementsOf(
    const BenchResults&, const ServerSetup& stated = {}, const ServerSetup& fallback = {});

/// The workload of the runs: lengths (means, shapes stay), and where there is one run its rate or its clients.
Workload workloadOf(const BenchResults&, Workload before);

} // namespace headroom
