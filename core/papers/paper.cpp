#include "core/papers/paper.h"

#include "core/papers/simulated.h"
#include "core/papers/tables.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

namespace headroom::papers {
namespace {

std::string shortNumber(double value)
{
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.4g", value);
    return text.data();
}

constexpr double kRounding = 1e-9; ///< an exact row may differ by this share

} // namespace

std::string_view name(Verdict verdict)
{
    switch (verdict) {
    case Verdict::reproduced:
        return "reproduced";
    case Verdict::notReproduced:
        return "not_reproduced";
    case Verdict::notRun:
        return "not_run";
    }
    return "";
}

bool Tolerance::admits(double reported, double reproduced) const
{
    switch (kind) {
    case Kind::relative:
        return std::abs(reproduced - reported) <= (a + kRounding) * std::abs(reported);
    case Kind::absolute:
        return std::abs(reproduced - reported) <= a + kRounding * std::abs(reported);
    case Kind::atLeast:
        return reproduced >= a;
    case Kind::atMost:
        return reproduced <= a;
    case Kind::between:
        return reproduced >= a && reproduced <= b;
    case Kind::holds:
        return reproduced == 1;
    }
    return false;
}

std::string Tolerance::text() const
{
    if (set == Set::afterALook) {
        Tolerance same = *this;
        same.set = Set::beforehand;
        return same.text() + ", set after a look";
    }
    switch (kind) {
    case Kind::relative:
        return a == 0 ? "exact" : "±" + shortNumber(100 * a) + " %";
    case Kind::absolute:
        return "±" + shortNumber(a);
    case Kind::atLeast:
        return "≥ " + shortNumber(a);
    case Kind::atMost:
        return "≤ " + shortNumber(a);
    case Kind::between:
        return shortNumber(a) + " to " + shortNumber(b);
    case Kind::holds:
        return "holds";
    }
    return "";
}

Row run(const Paper& paper, const Case& c, const Data& data, std::stop_token stop)
{
    Row row{.paper = paper.id,
        .name = c.name,
        .reported = c.reported,
        .reproduced = std::nullopt,
        .unit = c.unit,
        .tolerance = c.tolerance.text(),
        .verdict = Verdict::notRun,
        .tuned = c.tuned,
        .explanation = std::string(c.explanation)};
    if (!c.run)
        return row;
    Reproduction result;
    try {
        const Stoppable scope(std::move(stop));
        result = c.run(data);
    } catch (const Stopped&) {
        result.detail = "Stopped before it was done.";
    }
    if (!result.detail.empty())
        row.explanation += (row.explanation.empty() ? "" : " ") + result.detail;
    if (!result.value)
        return row;
    row.reproduced = *result.value;
    const bool counts = c.use == Case::Use::prediction && c.tolerance.admits(c.reported, *result.value);
    row.verdict = counts ? Verdict::reproduced : Verdict::notReproduced;
    return row;
}

std::span<const Paper> papers()
{
    static const std::array kPapers{
        orca(), pagedAttention(), palm(), flexgen(), sarathi(), splitwise(), distserve(), vidur(), mooncake()};
    return kPapers;
}

const Paper* findPaper(std::string_view id)
{
    const auto all = papers();
    const auto found = std::ranges::find(all, id, &Paper::id);
    return found == all.end() ? nullptr : &*found;
}

} // namespace headroom::papers
