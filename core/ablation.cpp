#include "core/ablation.h"

#include "core/derived_bands.h"
#include "core/headroom.h"
#include "core/plan/fields.h"
#include "core/plan/validate.h"
#include "core/sim/simulate.h"
#include "core/study.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

namespace headroom {

namespace {

constexpr std::array<std::string_view, 5> kPresets{"static", "orca", "vllm_2023", "sarathi", "disaggregated"};

/// One policy on one plan: what of an evaluation a row needs.
struct Candidate {
    Plan plan;
    PointEvaluation point;
    MemoryUse memory;
    RequestRate sustainable, capacity;
    double outputTokens = 0; ///< of a request
    Band sustainableBand{};
};

Candidate evaluated(Plan plan)
{
    const Evaluator evaluator(plan);
    const PointEvaluation point = evaluator.withoutBandsAt(plan.workload.arrivalRate);
    return {std::move(plan), point, evaluator.memory(), targetRate(evaluator, point), evaluator.capacity(),
        evaluator.workload().outputMean.in(token)};
}

/// The same with bands: two more searches, and two more looks at the plan's own rate.
Candidate withBands(Candidate c)
{
    const Evaluator evaluator(c.plan);
    c.point = evaluator.at(c.plan.workload.arrivalRate);
    const RequestRate worst = pessimisticTargetRate(evaluator, c.point, c.sustainable);
    c.sustainableBand = {std::min(worst, c.sustainable).si(), optimisticTargetRate(evaluator, c.sustainable).si()};
    return c;
}

std::string shown(double value, int digits = 3)
{
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.*g", digits, value);
    return text.data();
}

std::string shown(Seconds time)
{
    if (!std::isfinite(time.si()))
        return "no end";
    return time < Seconds(1) ? shown(time.in(millisecond)) + " ms" : shown(time.si()) + " s";
}

std::string shown(RequestRate rate) { return shown(rate.si()) + " req/s"; }

/// An error about a field, under the name that people see: "Largest batch: is 0; ...".
std::string inWords(const Error& error)
{
    const Field* field = findField(error.where);
    return (field != nullptr ? std::string(info(*field).label) : error.where) + ": " + error.message;
}

/// The plan under a preset, or in words why not.
tl::expected<Plan, std::string> under(const Plan& base, const PolicyPreset& preset)
{
    Plan plan = base;
    for (const auto& [key, value] : preset.settings)
        if (auto set = setField(plan, key, value); !set)
            return tl::unexpected(inWords(set.error()));
    if (plan.deployment.replicas < fewestReplicas(plan))
        return tl::unexpected(std::string("needs 2 replicas, the plan has 1"));
    if (auto errors = validate(plan); !errors.empty())
        return tl::unexpected(inWords(errors.front()));
    return plan;
}

/// The division of replicas that sustains most, the first of equals; of a large fleet some are looked at.
Candidate bestDivision(Plan plan)
{
    const int replicas = plan.deployment.replicas;
    constexpr int kMost = 8;
    const int looks = std::min(kMost, replicas - 1);
    std::optional<Candidate> best;
    for (int i = 1; i <= looks; ++i) {
        const auto prefill = std::max(1L, std::lround(static_cast<double>(i) * replicas / (looks + 1)));
        plan.batching.prefillShare = static_cast<double>(prefill) / replicas;
        Candidate c = evaluated(plan);
        if (!best || c.sustainable > best->sustainable)
            best = std::move(c);
    }
    return *std::move(best);
}

void fill(AblationRow& row, const Candidate& c)
{
    const PointEvaluation& e = c.point;
    row.sustainable = c.sustainable;
    row.capacity = c.capacity;
    row.sustainableBand = c.sustainableBand;
    row.capacityBand = e.capacityBand;
    row.stable = e.fits && e.stable;
    row.ttft = e.ttft;
    row.tpot = e.tpot;
    row.e2e = e.e2e;
    row.kvFraction = e.kvFraction;
    row.seats = c.memory.seats;
    const Fragmentation& f = c.memory.fragmentation;
    row.wastedShare = f.reserved + f.internal + f.external;
    if (e.cost.priced) {
        const auto price = [&](double rate) { return e.cost.fleet.si() / (rate * c.outputTokens); };
        row.perOutputToken = UsdPerToken(price(row.sustainable.si()));
        row.perOutputTokenBand = Band{price(row.sustainableBand.hi), price(row.sustainableBand.lo)};
    }
    if (c.plan.batching.policy == BatchPolicy::disaggregated)
        row.prefillReplicas = static_cast<int>(std::lround(c.plan.batching.prefillShare * c.plan.deployment.replicas));
}

/// What the policy does, in words.
std::string_view mechanism(std::string_view id)
{
    struct Words {
        std::string_view id, text;
    };
    static constexpr std::array kWords{Words{"static", "A batch runs until its longest answer is done"},
        Words{"orca", "Requests join and leave at every step, so that nobody waits for the longest answer of a batch"},
        Words{"vllm_2023", "Blocks are taken as answers grow instead of being reserved up front"},
        Words{"sarathi", "Prompts are cut into chunks beside the running answers, which no long prompt stops any more"},
        Words{"disaggregated", "Prompts and answers run on replicas of their own and do not disturb each other"}};
    for (const Words& w : kWords)
        if (w.id == id)
            return w.text;
    return {};
}

/// The number that the mechanism moves: seats for a change of memory, the pace of tokens for a change of prompts.
std::string evidence(const AblationRow& row, const AblationRow& before)
{
    if (row.id == "vllm_2023")
        return shown(before.seats, 6) + " seats in a replica become " + shown(row.seats, 6);
    if (row.id == "orca" && before.stable)
        return "TTFT p95 " + shown(before.ttft.p95) + " becomes " + shown(row.ttft.p95);
    if (row.id == "orca" || !before.stable || !row.stable)
        return "it saturates at " + shown(row.capacity) + ", not at " + shown(before.capacity);
    const std::string pace = "TPOT p95 " + shown(before.tpot.p95) + " becomes " + shown(row.tpot.p95);
    return row.prefillReplicas > 0 ? "with " + std::to_string(row.prefillReplicas) + " to prefill " + pace : pace;
}

std::string sentence(const AblationRow& row, const AblationRow* before)
{
    const std::string what(mechanism(row.id));
    if (!before)
        return what + ": " +
               (row.sustainable > RequestRate(0) ? shown(row.sustainable) + " within the targets."
                                                 : "the targets fail even at a trickle.");
    std::string result = what + ": " + evidence(row, *before) + "; ";
    if (!(row.sustainable > RequestRate(0)))
        return result + "a target fails even at a trickle.";
    if (!(before->sustainable > RequestRate(0)))
        return result + shown(row.sustainable) + " where nothing held before.";
    constexpr double kSame = 0.01;
    const double gain = row.sustainable / before->sustainable;
    const std::string change = std::abs(gain - 1) < kSame ? "as much as before"
                               : gain > 1                 ? shown(gain) + " times as much"
                                                          : "only " + shown(gain) + " of before";
    return result + shown(row.sustainable) + " within the targets, " + change + ".";
}

/// \param closed the same latency in closed form
AblationTime timeOf(const sim::Distribution& measured, const LatencySummary& closed)
{
    AblationTime t{.p95 = measured.p95};
    if (measured.ciLo && measured.ciHi)
        t.ci = Band{*measured.ciLo, *measured.ciHi};
    if (std::isfinite(closed.p95.si()))
        t.band = inProportion(measured.p95, closed.p95.si(), {closed.lo.si(), closed.hi.si()});
    return t;
}

AblationRun runOf(const sim::SimResult& r, const AblationRow& row)
{
    constexpr double kTogether = 1e-9; // s: a static batch returns its tokens at once, and what is left is rounding
    return {timeOf(r.ttft, row.ttft), r.tpot.p95 < kTogether ? AblationTime{} : timeOf(r.tpot, row.tpot),
        timeOf(r.e2e, row.e2e), r.kvFraction, r.attainment};
}

/// Of a row over the one before it; absent where there is no gain to be sure of.
std::optional<Band> gainBand(const AblationRow& row, const AblationRow& before)
{
    if (!row.gain)
        return std::nullopt;
    const auto at = [&](double Band::*edge) {
        const double here = row.sustainableBand.*edge, there = before.sustainableBand.*edge;
        return there > 0 ? here / there : here > 0 ? std::numeric_limits<double>::infinity() : *row.gain;
    };
    const auto [lo, hi] = std::minmax({at(&Band::lo), *row.gain, at(&Band::hi)});
    return Band{lo, hi};
}

/// \param plans of the rows that run, in their order; may be null
std::vector<AblationRow> closedForms(const Plan& base, std::vector<std::optional<Plan>>* plans)
{
    std::vector<AblationRow> rows;
    for (const std::string_view id : kPresets) {
        const PolicyPreset* preset = findPolicyPreset(id);
        HR_ASSERT(preset);
        AblationRow row{.id = id, .label = preset->label};
        auto plan = under(base, *preset);
        std::optional<Plan> ran;
        if (!plan) {
            row.refused = plan.error();
        } else {
            const Candidate c = plan->batching.policy == BatchPolicy::disaggregated ? bestDivision(*std::move(plan))
                                                                                    : evaluated(*std::move(plan));
            fill(row, withBands(c));
            ran = c.plan;
        }
        rows.push_back(std::move(row));
        if (plans)
            plans->push_back(std::move(ran));
    }
    const AblationRow* before = nullptr;
    for (AblationRow& row : rows) {
        if (!row.refused.empty())
            continue;
        if (before)
            row.gain = before->sustainable > RequestRate(0) ? std::optional(row.sustainable / before->sustainable)
                                                            : std::nullopt;
        if (before)
            row.gainBand = gainBand(row, *before);
        row.because = sentence(row, before);
        before = &row;
    }
    return rows;
}

} // namespace

std::span<const std::string_view> ablationPresets() { return kPresets; }

std::vector<AblationRow> ablation(const Plan& plan) { return closedForms(plan, nullptr); }

std::vector<AblationRow> simulatedAblation(
    const Plan& plan, const AblationSettings& settings, const std::stop_token& stop)
{
    std::vector<std::optional<Plan>> plans;
    auto rows = closedForms(plan, &plans);
    for (std::size_t i = 0; i < rows.size() && !stop.stop_requested(); ++i) {
        if (!plans[i])
            continue;
        auto scenario = sim::makeScenario(*plans[i]);
        if (!scenario)
            continue;
        scenario->limits.requests = settings.requests;
        scenario->seed = settings.seed;
        scenario->threads = settings.threads;
        scenario->replications = settings.replications;
        const auto result = sim::simulate(*scenario, stop);
        if (!result.cancelled)
            rows[i].simulated = runOf(result, rows[i]);
    }
    return rows;
}

} // namespace headroom
