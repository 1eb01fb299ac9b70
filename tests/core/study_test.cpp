#include "core/study.h"

#include "core/plan/catalog.h"
#include "core/plan/fields.h"
#include "core/sim/instant.h"
#include "core/sim/simulate.h"
#include "core/snapshot.h"
#include "core/study_worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

namespace headroom {
namespace {

std::shared_ptr<const Plan> planWith(std::initializer_list<std::pair<const char*, const char*>> settings = {})
{
    Plan plan = defaultPlan();
    EXPECT_TRUE(setField(plan, "workload.arrival_rate_req_s", "4"));
    for (const auto& [key, value] : settings)
        EXPECT_TRUE(setField(plan, key, value)) << key;
    return std::make_shared<const Plan>(std::move(plan));
}

StudySettings small()
{
    StudySettings settings;
    settings.requests = 3'000;
    settings.replications = 2;
    settings.untilCi.reset();
    return settings;
}

TEST(Study, EndsWithTheNumbersOfTheSimulatorAtTheSameSeed)
{
    const auto plan = planWith();
    StudySettings settings = small();
    settings.seed = 7;
    const auto study = runStudy(plan, settings);
    ASSERT_TRUE(study->complete);
    auto scenario = sim::makeScenario(*plan);
    ASSERT_TRUE(scenario);
    scenario->limits.requests = 3'000;
    scenario->seed = 7;
    scenario->replications = 2;
    const auto direct = sim::simulate(*scenario);
    EXPECT_EQ(study->own()->fingerprint, direct.fingerprint);
    EXPECT_EQ(study->own()->ttft, direct.ttft);
    EXPECT_EQ(study->own()->counters, direct.counters);
}

TEST(Study, ShowsShortRunsFirstAndNeverGoesBack)
{
    StudySettings settings = small();
    settings.requests = 25'000;
    std::vector<std::uint64_t> sizes;
    double fraction = 0;
    bool ascends = true;
    const auto study = runStudy(planWith(), settings, nullptr, {}, [&](const StudyReport& report) {
        ascends = ascends && report.fraction >= fraction;
        fraction = report.fraction;
        if (report.study != nullptr && (sizes.empty() || sizes.back() != report.study->requests))
            sizes.push_back(report.study->requests);
    });
    EXPECT_THAT(sizes, testing::ElementsAre(2'000, 20'000, 25'000));
    EXPECT_TRUE(ascends);
    EXPECT_DOUBLE_EQ(fraction, 1);
    EXPECT_EQ(study->own()->replications, 2);
    EXPECT_TRUE(study->own()->ttft.ciLo.has_value());
}

TEST(Study, PoliciesSideBySideGetTheSameArrivalsAndLengths)
{
    StudySettings settings = small();
    settings.policies = {"orca", "vllm_2023", "static"};
    const auto study = runStudy(planWith(), settings);
    ASSERT_EQ(study->cases.size(), 4U);
    for (std::size_t i = 1; i < study->cases.size(); ++i) {
        const StudyCase& other = study->cases[i];
        ASSERT_NE(other.result, nullptr) << other.name << other.refused;
        EXPECT_EQ(other.result->counters.promptTokens, study->own()->counters.promptTokens) << other.name;
        EXPECT_EQ(other.result->counters.outputTokens, study->own()->counters.outputTokens) << other.name;
        EXPECT_NE(other.result->fingerprint, study->own()->fingerprint) << other.name;
        // The same request comes at the same time: rows of a run of that preset alone.
        auto scenario = sim::makeScenario(*other.plan);
        ASSERT_TRUE(scenario);
        scenario->limits.requests = settings.requests;
        scenario->record.rows = true;
        const auto alone = sim::simulate(*scenario);
        ASSERT_EQ(alone.rows.size(), study->own()->rows.size());
        for (std::size_t row = 0; row < alone.rows.size(); row += 97) {
            EXPECT_DOUBLE_EQ(alone.rows[row].arrival, study->own()->rows[row].arrival) << other.name << row;
            EXPECT_EQ(alone.rows[row].promptTokens, study->own()->rows[row].promptTokens) << other.name << row;
        }
    }
}

TEST(Study, APresetThatIsThePlanItselfOrCannotRunSaysSo)
{
    StudySettings settings = small();
    settings.policies = {"sarathi", "disaggregated"};
    const auto study = runStudy(
        planWith({{"batching.policy", "chunked"}, {"batching.reservation", "paged"}, {"deployment.replicas", "1"}}),
        settings);
    ASSERT_EQ(study->cases.size(), 3U);
    EXPECT_NE(study->own(), nullptr);
    EXPECT_THAT(study->cases[1].refused, testing::HasSubstr("what the plan does"));
    EXPECT_TRUE(study->cases[2].result != nullptr || !study->cases[2].refused.empty());
}

TEST(Study, APlanWithoutItsTraceIsRefusedWithAReason)
{
    auto plan = std::make_shared<Plan>(*planWith());
    plan->workload.process = ArrivalProcess::trace;
    plan->workload.traceFile = "no-such-file.csv";
    EXPECT_FALSE(traceOf(*plan, "."));
    Snapshot snapshot;
    snapshot.now.plan = plan;
    const Snapshot studied = withStudy(snapshot);
    ASSERT_NE(studied.study, nullptr);
    EXPECT_THAT(studied.study->cases.front().refused, testing::HasSubstr("no-such-file.csv"));
    EXPECT_EQ(studied.study->own(), nullptr);
}

TEST(Study, OfAnOlderPlanIsNotCurrent)
{
    Snapshot snapshot;
    EXPECT_FALSE(studyIsCurrent(snapshot));
    snapshot.now.plan = planWith();
    snapshot.study = refusedStudy(planWith(), {}, {});
    EXPECT_TRUE(studyIsCurrent(snapshot)) << "an equal plan, though another object";
    snapshot.now.plan = planWith({{"workload.arrival_rate_req_s", "5"}});
    EXPECT_FALSE(studyIsCurrent(snapshot));
}

TEST(Study, OfAPlanThatServesNothingIsNotRepeatedForAnIntervalThatNeverComes)
{
    const auto plan =
        planWith({{"model.name", "Llama-3.1-70B"}, {"hardware.gpu", "H100-SXM-80GB"}, {"deployment.tp", "1"}});
    ASSERT_FALSE(memoryOf(*plan).fits);
    StudySettings settings = small();
    settings.untilCi = 0.05;
    const auto study = runStudy(plan, settings);
    ASSERT_NE(study->own(), nullptr);
    EXPECT_EQ(study->own()->counters.completed, 0U);
    constexpr int kLeast = 5; // before intervals are asked for; 200 at most
    EXPECT_EQ(study->own()->replications, kLeast);
}

TEST(Study, PricesAndNamesAreNothingToARunEverythingElseIs)
{
    const auto alike = [](const char* key, const char* value) {
        const auto plan = planWith(), other = planWith({{key, value}});
        EXPECT_NE(*other, *plan) << key;
        return runAlike(*plan, *other);
    };
    EXPECT_TRUE(alike("hardware.price_usd_per_gpu_hour", "7.5"));
    EXPECT_TRUE(alike("cost.hosted_usd_per_million_tokens", "3"));
    EXPECT_FALSE(alike("workload.arrival_rate_req_s", "3.3"));
    EXPECT_FALSE(alike("targets.ttft_p95_s", "0.123")) << "what is within the targets is counted in the run";
    EXPECT_FALSE(alike("deployment.replicas", "7"));
}

TEST(Study, KeepsQuantilesThatAgreeWithThePercentiles)
{
    const auto study = runStudy(planWith(), small());
    const auto& q = study->own()->quantiles;
    const auto median = std::ranges::find(q.shares, 0.5) - q.shares.begin();
    const auto p95 = std::ranges::find(q.shares, 0.95) - q.shares.begin();
    ASSERT_LT(p95, std::ssize(q.shares));
    EXPECT_DOUBLE_EQ(q.ttft[static_cast<std::size_t>(median)], study->own()->ttft.p50);
    EXPECT_DOUBLE_EQ(q.e2e[static_cast<std::size_t>(p95)], study->own()->e2e.p95);
    EXPECT_DOUBLE_EQ(q.tpot[static_cast<std::size_t>(p95)], study->own()->tpot.p95);
    EXPECT_TRUE(std::ranges::is_sorted(q.ttft));
}

/// Deliveries of a worker, waited for by the test.
struct Inbox {
    std::mutex mutex;
    std::condition_variable came;
    std::vector<StudyDelivery> all;

    void put(const StudyDelivery& delivery)
    {
        const std::lock_guard lock(mutex);
        all.push_back(delivery);
        came.notify_all();
    }
    /// The first delivery of a generation that fulfils the condition; waits for ever, ctest ends a hung test.
    template <class Is>
    StudyDelivery await(std::uint64_t generation, Is is)
    {
        std::unique_lock lock(mutex);
        std::optional<StudyDelivery> found;
        came.wait(lock, [&] {
            for (const auto& delivery : all)
                if (delivery.generation == generation && is(delivery)) {
                    found = delivery;
                    return true;
                }
            return false;
        });
        return *found;
    }
    std::size_t count()
    {
        const std::lock_guard lock(mutex);
        return all.size();
    }
};

TEST(StudyWorker, RunsAndDeliversTheEnd)
{
    Inbox inbox;
    StudyWorker worker([&](const StudyDelivery& delivery) { inbox.put(delivery); });
    const auto generation = worker.start({planWith(), small(), {}});
    const auto last = inbox.await(generation, [](const StudyDelivery& d) { return d.ended; });
    ASSERT_NE(last.report.study, nullptr);
    EXPECT_TRUE(last.report.study->complete);
    EXPECT_EQ(last.report.study->own()->fingerprint, runStudy(planWith(), small())->own()->fingerprint);
}

TEST(StudyWorker, ANewPlanReplacesTheOldOneWhoseAnswersAreDropped)
{
    Inbox inbox;
    StudyWorker worker([&](const StudyDelivery& delivery) { inbox.put(delivery); });
    StudySettings endless = small();
    endless.requests = 1'000'000'000;
    const auto first = worker.start({planWith(), endless, {}});
    inbox.await(first, [](const StudyDelivery& d) { return d.report.study != nullptr; });
    const auto second = worker.start({planWith({{"workload.arrival_rate_req_s", "3"}}), small(), {}});
    EXPECT_GT(second, first);
    const std::size_t before = inbox.count();
    inbox.await(second, [](const StudyDelivery& d) { return d.ended; });
    const std::lock_guard lock(inbox.mutex);
    for (std::size_t i = before; i < inbox.all.size(); ++i)
        EXPECT_EQ(inbox.all[i].generation, second) << "late answer of the first plan";
    EXPECT_DOUBLE_EQ(inbox.all.back().report.study->plan->workload.arrivalRate.si(), 3);
}

TEST(StudyWorker, CancelEndsAnEndlessRunAndNothingFollows)
{
    Inbox inbox;
    std::uint64_t cancelled = 0;
    {
        StudyWorker worker([&](const StudyDelivery& delivery) { inbox.put(delivery); });
        StudySettings endless = small();
        endless.requests = 1'000'000'000;
        const auto generation = worker.start({planWith(), endless, {}});
        inbox.await(generation, [](const StudyDelivery& d) { return d.report.fraction > 0; });
        worker.cancel();
        cancelled = inbox.count();
        EXPECT_NE(worker.generation(), generation);
    } // would hang here if the run went on
    EXPECT_EQ(inbox.count(), cancelled);
}

TEST(StudyWorker, ManyRestartsInARowLeaveOnlyTheLast)
{
    Inbox inbox;
    StudyWorker worker([&](const StudyDelivery& delivery) { inbox.put(delivery); });
    std::uint64_t last = 0;
    for (int i = 0; i < 50; ++i)
        last = worker.start({planWith(), small(), {}});
    inbox.await(last, [](const StudyDelivery& d) { return d.ended; });
    EXPECT_EQ(worker.generation(), last);
}

TEST(StudyWorker, IsDestroyedWhileItRunsOrHasNeverRun)
{
    const StudyWorker idle([](const StudyDelivery&) {});
    StudyWorker busy([](const StudyDelivery&) {});
    StudySettings endless = small();
    endless.requests = 1'000'000'000;
    busy.start({planWith(), endless, {}});
}

} // namespace
} // namespace headroom
