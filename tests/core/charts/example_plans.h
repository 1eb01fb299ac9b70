// Plans that charts and their sentences are tested with.
#pragma once

#include "core/plan/catalog.h"
#include "core/plan/fields.h"
#include "core/snapshot.h"
#include "core/study.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace headroom::ui {

inline Plan with(Plan plan, std::initializer_list<std::pair<const char*, const char*>> settings)
{
    for (const auto& [key, value] : settings) {
        const auto set = setField(plan, key, value);
        EXPECT_TRUE(set.has_value()) << key << ": " << (set ? "" : set.error().message);
    }
    return plan;
}

/// Llama-3.1-8B on one H100 with a load it carries, and all three targets.
inline Plan example()
{
    return with(
        defaultPlan(), {{"model.name", "Llama-3.1-8B"}, {"hardware.gpu", "H100-SXM-80GB"}, {"deployment.tp", "1"},
                           {"deployment.replicas", "1"}, {"workload.arrival_rate_req_s", "2"},
                           {"targets.ttft_p95_s", "2"}, {"targets.tpot_p95_s", "0.1"}, {"targets.e2e_p99_s", "120"}});
}

inline Snapshot snapshotOf(const Plan& plan, int points = 64)
{
    Snapshot snapshot;
    snapshot.curvePoints = points;
    snapshot.now = planResults(plan.name, std::make_shared<const Plan>(plan), points);
    StudySettings settings = fixedStudy();
    settings.requests = 1'000;
    settings.replications = 2;
    snapshot.study = runStudy(snapshot.now.plan, settings);
    return snapshot;
}

inline void pin(Snapshot& snapshot, const char* name, const Plan& plan)
{
    snapshot.pinned.push_back(std::make_shared<const PlanResults>(
        planResults(name, std::make_shared<const Plan>(plan), snapshot.curvePoints)));
}

/// Plans that a builder must survive: each with the reason why it is here.
inline std::map<std::string, Plan> difficultPlans()
{
    const Plan base = example();
    Plan noPrice = base;
    noPrice.hardware.pricePerGpu = UsdRate(0);
    noPrice.hardware.priceEdited = true;
    Plan unknownPrice = with(base, {{"hardware.gpu", "MI355X"}, {"cost.power_usd_per_kwh", "0.2"}});
    EXPECT_FALSE(unknownPrice.hardware.hasPrice());
    Plan idle = base;
    idle.workload.arrivalRate = RequestRate(0);
    return {{"example", base}, {"overloaded", with(base, {{"workload.arrival_rate_req_s", "10000"}})},
        {"does not fit", with(base, {{"model.name", "Llama-3.1-70B"}})}, {"rate 0", idle},
        {"no targets", with(base, {{"targets.ttft_p95_s", "none"}, {"targets.tpot_p95_s", "none"},
                                      {"targets.e2e_p99_s", "none"}})},
        {"target out of reach", with(base, {{"targets.tpot_p95_s", "0.0001"}})},
        {"closed loop", with(base, {{"workload.process", "closed_loop"}, {"workload.concurrency", "32"}})},
        {"static", with(base, {{"batching.policy", "static"}, {"batching.reservation", "max"}})},
        {"disaggregated", with(base, {{"batching.policy", "disaggregated"}, {"deployment.replicas", "4"}})},
        {"experts and latent attention", with(base, {{"model.name", "DeepSeek-V3"}, {"hardware.gpu", "H200-SXM-141GB"},
                                                        {"deployment.tp", "8"}, {"model.weight_format", "fp8"}})},
        {"offloaded",
            with(base, {{"model.name", "Llama-3.1-70B"}, {"deployment.offload", "on"},
                           {"deployment.offload_weights_gpu", "0.2"}, {"deployment.offload_weights_host", "0.5"},
                           {"deployment.offload_cache_gpu", "0"}})},
        {"offloaded to too small a host",
            with(base, {{"model.name", "Llama-3.1-70B"}, {"deployment.offload", "on"},
                           {"deployment.offload_weights_gpu", "0.2"}, {"hardware.host_memory_gib", "32"}})},
        {"fp8 KV", with(base, {{"model.kv_format", "fp8"}})}, {"no price", noPrice}, {"unknown price", unknownPrice}};
}

} // namespace headroom::ui
