// Rows of the benchmark table that run the simulator.
#pragma once

#include <optional>
#include <string>

namespace headroom::cli {

/// The plan of these rows, in words.
inline constexpr const char* kSimulationPlan =
    "Llama-3.1-8B bf16, A100-SXM-80GB, tp 1, chunked, budget 512, 512 sequences";

/// Milliseconds for the Azure conversation trace with recording, without reading it; absent without the file.
std::optional<double> azureTraceMs(const std::string& traceFile);
/// Requests per second of wall time: a million of them, Poisson at 0.7 of the capacity, lognormal lengths with the
/// means and CVs of that trace.
std::optional<double> simulateReqS(const std::string& traceFile);
/// The same at 1.5 times the capacity.
std::optional<double> simulateOverloadReqS(const std::string& traceFile);
/// Peak memory of a process that simulates ten million of them at 0.7, in MiB.
std::optional<double> memory10mMib(const std::string& traceFile);

} // namespace headroom::cli
