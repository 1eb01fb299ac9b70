// Results as JSON text with the fixed keys of the command line contract.
#pragma once

#include "core/evaluate.h"
#include "core/model/efficiency.h"
#include "core/model/step_time.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace headroom::cli {

/// One object, compact: what `evaluate --json` prints and what each line of `sweep --json` holds. Infinite and
/// undefined numbers are null.
/// \param targetRate the band of lambda* (targetRateBand), a key of "bands" where it is given
std::string evaluationJson(const Evaluation&, const Targets&, const std::optional<Band>& targetRate = {});
/// The same as columns of a table: dotted keys ("ttft_s.p95") with exact values, "inf" for infinite, always the same
/// columns in the same order. The elasticities are left out.
std::vector<std::pair<std::string, std::string>> evaluationCells(const Evaluation&, const Targets&);
/// The leaves of any compact object as columns, each key behind `prefix`.
std::vector<std::pair<std::string, std::string>> jsonCells(const std::string& compact, const std::string& prefix);
/// {"seconds": ..., "parts": {...}, "groups": {...}, "band": {...}}: seconds within the band of the TPOT.
std::string stepJson(const StepParts&, const ErrorBand&);
/// {"compute": 1.2, ...}, or null where all factors are 1: as shipped.
std::string calibrationJson(const Calibration&);
/// Puts `members` ("\"a\":1,\"b\":2") in front of the members of a compact object.
std::string withFirstMembers(const std::string& object, const std::string& members);
/// The object without one of its members.
std::string withoutMember(const std::string& object, const std::string& key);
/// Compact JSON text over several lines, two spaces deep.
std::string indented(const std::string& compact);
/// A JSON string with its quotes.
std::string quoted(const std::string& text);

} // namespace headroom::cli
