// Published results beside what this program computes for the same configuration: one paper a file, one row a case.
#pragma once

#include "core/workload/trace.h"

#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

namespace headroom::papers {

enum class Verdict { reproduced, notReproduced, notRun };
std::string_view name(Verdict);

/// How far a reproduced value may lie from the reported one, fixed before anything was computed unless it says otherwise.
struct Tolerance {
    enum class Kind {
        relative, ///< |reproduced / reported - 1| <= a
        absolute, ///< |reproduced - reported| <= a, in the unit of the row
        atLeast,  ///< reproduced >= a
        atMost,   ///< reproduced <= a
        between,  ///< a <= reproduced <= b
        holds,    ///< a statement: reproduced is 1 where it holds, 0 where it does not
    } kind = Kind::relative;
    double a = 0, b = 0;
    enum class Set { beforehand, afterALook } set = Set::beforehand; ///< its text says so
    bool admits(double reported, double reproduced) const;
    /// "+-15 %", ">= 10", ...
    std::string text() const;
};

constexpr Tolerance within(double share) { return {.kind = Tolerance::Kind::relative, .a = share, .b = 0}; }
constexpr Tolerance closerThan(double difference)
{
    return {.kind = Tolerance::Kind::absolute, .a = difference, .b = 0};
}
constexpr Tolerance atLeast(double least) { return {.kind = Tolerance::Kind::atLeast, .a = least, .b = 0}; }
constexpr Tolerance atMost(double most) { return {.kind = Tolerance::Kind::atMost, .a = most, .b = 0}; }
constexpr Tolerance between(double least, double most)
{
    return {.kind = Tolerance::Kind::between, .a = least, .b = most};
}
/// The same, set when a first result was there already.
constexpr Tolerance setAfterALook(Tolerance t)
{
    t.set = Tolerance::Set::afterALook;
    return t;
}
constexpr Tolerance holds() { return {.kind = Tolerance::Kind::holds, .a = 0, .b = 0}; }

/// What a case may read that does not ship with the program. Null where the user has not given it.
struct Data {
    const Trace* mooncakeSynthetic = nullptr;
    const Trace* azureConversation = nullptr;
};

/// What a case computed, in the unit of its row.
struct Reproduction {
    std::optional<double> value; ///< absent: it could not run, and the detail says why
    std::string detail;          ///< the numbers behind the value
};

/// One published number and how it is computed here.
struct Case {
    std::string_view name;
    double reported = 0; ///< 1 for a statement
    std::string_view unit;
    Tolerance tolerance;
    Reproduction (*run)(const Data&) = nullptr; ///< null: cannot run, `explanation` says why
    /// Constants that are no datasheet figure and the row each was fixed on; empty = none.
    std::string_view tuned = {};
    std::string_view explanation = {}; ///< of a row that does not come out, or of an assumption
    /// A row whose own value fixed one of its constants shows the fit and never counts as reproduced.
    enum class Use { prediction, fixesConstant } use = Use::prediction;
};

struct Paper {
    std::string_view id;    ///< of the command line: "orca"
    std::string_view title; ///< with authors and venue
    std::span<const Case> cases;
};

/// A case that has run. `explanation` is that of the case and the detail of the run.
struct Row {
    std::string_view paper, name;
    double reported = 0;
    std::optional<double> reproduced;
    std::string_view unit;
    std::string tolerance;
    Verdict verdict = Verdict::notRun;
    std::string_view tuned;
    std::string explanation;

    /// A statement holds (1) or does not (0): people read yes and no.
    bool isStatement() const { return tolerance.starts_with("holds"); }
};

/// Every paper, in the order of its field's history.
std::span<const Paper> papers();
/// By id; null if unknown.
const Paper* findPaper(std::string_view id);
/// Runs one case: deterministic, milliseconds to half a minute. A stop request leaves it not run.
Row run(const Paper&, const Case&, const Data& = {}, std::stop_token = {});

} // namespace headroom::papers
