#include "core/study.h"

#include "core/importers/trace_file.h"
#include "core/plan/fields.h"
#include "core/plan/validate.h"
#include "core/sim/simulate.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace headroom {

namespace {

using Clock = std::chrono::steady_clock;

/// Sizes of the runs that come before the wanted one: something to look at within a few milliseconds.
constexpr std::array<std::uint64_t, 2> kStages{2'000, 20'000};
/// Replications end faster than anybody can look.
constexpr std::chrono::milliseconds kShowEvery{200};

/// Every percent, denser in the tails.
std::vector<double> shares()
{
    std::vector<double> all{0.001, 0.005};
    for (int i = 1; i < 100; ++i)
        all.push_back(static_cast<double>(i) / 100);
    for (const double tail : {0.995, 0.999})
        all.push_back(tail);
    return all;
}

std::string inWords(const Error& error)
{
    return error.where.empty() ? error.message : error.where + ": " + error.message;
}

StudyCase presetCase(const Plan& base, const PolicyPreset& preset)
{
    StudyCase made{std::string(preset.label), nullptr, {}, nullptr};
    auto plan = std::make_shared<Plan>(base);
    for (const auto& [key, value] : preset.settings)
        if (const auto set = setField(*plan, key, value); !set)
            made.refused = inWords(set.error());
    if (made.refused.empty())
        if (const auto errors = validate(*plan); !errors.empty())
            made.refused = inWords(errors.front());
    if (made.refused.empty() && *plan == base)
        made.refused = "this is what the plan does";
    made.plan = std::move(plan);
    return made;
}

class StudyRun {
public:
    StudyRun(std::shared_ptr<const Plan> plan, const StudySettings& settings, std::shared_ptr<const Trace> trace,
        std::stop_token stop, const StudyProgress& progress)
        : m_trace(std::move(trace)), m_stop(std::move(stop)), m_progress(progress), m_begin(Clock::now())
    {
        m_study.plan = plan;
        m_study.settings = settings;
        m_study.cases.push_back({"This plan", plan, {}, nullptr});
        for (const std::string& id : settings.policies)
            if (const PolicyPreset* preset = findPolicyPreset(id);
                preset != nullptr && m_study.cases.size() <= StudySettings::kMostPolicies)
                m_study.cases.push_back(presetCase(*plan, *preset));
        m_fullSize = std::max<std::uint64_t>(1, settings.requests);
        if (m_trace != nullptr)
            m_fullSize = std::min<std::uint64_t>(m_fullSize, std::max<std::size_t>(1, m_trace->requests.size()));
        if (settings.inStages)
            for (const std::uint64_t stage : kStages)
                if (stage < m_fullSize)
                    m_stages.push_back(stage);
        double each = static_cast<double>(m_fullSize) * std::max(1, settings.replications);
        for (const std::uint64_t stage : m_stages)
            each += static_cast<double>(stage);
        m_total = each * static_cast<double>(m_study.cases.size());
    }

    std::shared_ptr<const Study> execute()
    {
        for (const std::uint64_t stage : m_stages)
            for (std::size_t i = 0; i < m_study.cases.size(); ++i)
                if (!run(i, stage, 1, std::nullopt))
                    return finished(false);
        for (std::size_t i = 0; i < m_study.cases.size(); ++i)
            if (!run(i, m_fullSize, std::max(1, m_study.settings.replications),
                    i == 0 ? m_study.settings.untilCi : std::nullopt))
                return finished(false);
        return finished(true);
    }

private:
    std::optional<sim::Scenario> scenarioOf(StudyCase& aCase, std::uint64_t requests)
    {
        if (!aCase.refused.empty())
            return std::nullopt;
        auto made = sim::makeScenario(*aCase.plan, m_trace);
        if (!made) {
            aCase.refused = inWords(made.error());
            return std::nullopt;
        }
        const StudySettings& s = m_study.settings;
        made->limits.requests = requests;
        if (s.horizon)
            made->limits.horizon = *s.horizon;
        if (s.warmup) // of a short stage no more than its share
            made->record.warmupRequests = requests == m_fullSize ? *s.warmup : std::min(*s.warmup, requests / 20);
        made->record.rows = true;
        made->record.mostRows = kMostStudyRows;
        made->record.shares = shares();
        made->seed = s.seed;
        made->threads = s.threads;
        return std::move(*made);
    }

    /// False when a stop was asked for: what was measured before stays.
    bool run(std::size_t index, std::uint64_t requests, int replications, std::optional<double> untilCi)
    {
        StudyCase& aCase = m_study.cases[index];
        auto scenario = scenarioOf(aCase, requests);
        const double work = static_cast<double>(requests) * replications;
        if (scenario) {
            scenario->replications = replications;
            scenario->untilCi = untilCi;
            auto result = sim::simulate(*scenario, m_stop, [&](const sim::ProgressReport& report) {
                m_fraction = (m_done + report.fraction * work) / m_total;
                if (report.partial != nullptr && Clock::now() - m_shown > kShowEvery)
                    show(index, requests, *report.partial);
                else if (m_progress)
                    m_progress({m_fraction, nullptr});
            });
            if (result.cancelled || m_stop.stop_requested())
                return false;
            m_done += work;
            m_fraction = m_done / m_total;
            show(index, requests, std::move(result));
        } else {
            m_done += work;
        }
        return !m_stop.stop_requested();
    }

    void show(std::size_t index, std::uint64_t requests, sim::SimResult result)
    {
        m_study.cases[index].result = std::make_shared<const sim::SimResult>(std::move(result)); // megabytes of rows
        if (index == 0)
            m_study.requests = requests;
        m_shown = Clock::now();
        if (m_progress)
            m_progress({m_fraction, copy()});
    }

    std::shared_ptr<const Study> copy()
    {
        m_study.wallSeconds = std::chrono::duration<double>(Clock::now() - m_begin).count();
        return std::make_shared<const Study>(m_study);
    }

    std::shared_ptr<const Study> finished(bool complete)
    {
        m_study.complete = complete;
        auto study = copy();
        if (m_progress && complete)
            m_progress({1, study});
        return study;
    }

    Study m_study;
    std::shared_ptr<const Trace> m_trace;
    std::stop_token m_stop;
    const StudyProgress& m_progress;
    Clock::time_point m_begin, m_shown;
    std::uint64_t m_fullSize = 1;
    std::vector<std::uint64_t> m_stages;
    double m_total = 1, m_done = 0, m_fraction = 0;
};

} // namespace

std::span<const PolicyPreset> policyPresets()
{
    static const std::vector<PolicyPreset> kPresets{
        {"static", "Static (FasterTransformer)",
            "A batch runs until its last request is done; memory is reserved for the longest answer allowed.",
            {{"batching.policy", "static"}, {"batching.reservation", "max"}}},
        {"orca", "Orca", "Requests join and leave at every step; memory is reserved for the longest answer allowed.",
            {{"batching.policy", "continuous"}, {"batching.reservation", "max"}}},
        {"vllm_2023", "vLLM 2023", "Prompts go before running answers; KV memory is paged.",
            {{"batching.policy", "prefill_first"}, {"batching.reservation", "paged"}}},
        {"sarathi", "Sarathi (chunked)", "Prompts are cut into chunks beside running answers; KV memory is paged.",
            {{"batching.policy", "chunked"}, {"batching.reservation", "paged"}}},
        {"disaggregated", "Split phases", "Some replicas compute prompts, the others answers.",
            {{"batching.policy", "disaggregated"}, {"batching.reservation", "paged"}}},
        {"shortest", "Shortest first", "Of those that wait, the one with the least work left goes first.",
            {{"scheduling.order", "shortest"}}},
    };
    return kPresets;
}

const PolicyPreset* findPolicyPreset(std::string_view id)
{
    const auto presets = policyPresets();
    const auto found = std::ranges::find(presets, id, &PolicyPreset::id);
    return found == presets.end() ? nullptr : &*found;
}

StudySettings fixedStudy()
{
    StudySettings settings;
    settings.requests = 20'000;
    settings.untilCi.reset();
    settings.policies = {"orca", "vllm_2023"};
    settings.inStages = false;
    return settings;
}

bool runAlike(const Plan& a, const Plan& b)
{
    Plan other = a;
    other.name = b.name;
    other.notes = b.notes;
    other.unknownKeys = b.unknownKeys;
    other.cost = b.cost;
    other.operations = b.operations;
    other.hardware.pricePerGpu = b.hardware.pricePerGpu;
    other.hardware.priceEdited = b.hardware.priceEdited;
    return other == b;
}

Result<std::shared_ptr<const Trace>> traceOf(const Plan& plan, const std::filesystem::path& folder)
{
    if (plan.workload.process != ArrivalProcess::trace || plan.workload.traceFile.empty())
        return nullptr;
    auto read = readTraceFile(folder / plan.workload.traceFile);
    if (!read)
        return tl::unexpected(read.error());
    return std::make_shared<const Trace>(std::move(read->trace));
}

std::shared_ptr<const Study> refusedStudy(
    std::shared_ptr<const Plan> plan, const StudySettings& settings, const Error& why)
{
    auto study = std::make_shared<Study>();
    study->cases.push_back({"This plan", plan, inWords(why), nullptr});
    study->plan = std::move(plan);
    study->settings = settings;
    study->complete = true;
    return study;
}

std::shared_ptr<const Study> runStudy(std::shared_ptr<const Plan> plan, const StudySettings& settings,
    std::shared_ptr<const Trace> trace, std::stop_token stop, const StudyProgress& progress)
{
    HR_ASSERT(plan);
    return StudyRun(std::move(plan), settings, std::move(trace), std::move(stop), progress).execute();
}

} // namespace headroom
