// The table of the same service on every GPU: the plan's own row, and what paper gathers below it.
#include "core/plan/catalog.h"
#include "core/snapshot.h"
#include "ui/plots/catalog.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <variant>

namespace headroom::ui {
namespace {

Snapshot withReplicas(int replicas)
{
    Plan plan = defaultPlan();
    plan.deployment.replicas = replicas;
    Snapshot snapshot;
    snapshot.curvePoints = 16;
    snapshot.now = planResults(plan.name, std::make_shared<const Plan>(plan), snapshot.curvePoints);
    return snapshot;
}

Table gpuTable(const Snapshot& snapshot) { return std::get<Table>(findChart("gpu_table")->build(snapshot).body); }

TEST(GpuTable, SaysWhatPaperGathersAndThatThePlansGpuIsResized)
{
    const auto rowOfPlan = [](const Snapshot& snapshot) {
        const auto table = gpuTable(snapshot);
        const auto row = static_cast<std::size_t>(table.highlighted.value());
        EXPECT_EQ(table.folded.at(row), "");
        EXPECT_EQ(table.exact.at(row).front(), snapshot.now.plan->hardware.gpu.name) << "a file has names only";
        return table.rows[row].front();
    };
    const Snapshot small = withReplicas(1);
    const Snapshot large = withReplicas(40);
    const std::string name = small.now.plan->hardware.gpu.name;
    EXPECT_EQ(rowOfPlan(small), small.now.evaluation.replicasNeeded == 1 ? name : name + ", resized");
    EXPECT_EQ(rowOfPlan(large), name + ", resized");
    const auto table = gpuTable(small);
    ASSERT_EQ(table.folded.size(), table.rows.size());
    ASSERT_EQ(table.tips.size(), table.rows.size());
    EXPECT_EQ(table.tips.front()[5].find("80 % band: "), 0U) << "of the first, which meets the targets";
    EXPECT_EQ(table.exact.front().size(), table.columns.size() + table.exactColumns.size());
    EXPECT_LT(std::stod(table.exact.front()[8]), std::stod(table.exact.front()[5])) << "low edge of the TTFT";
    for (std::size_t i = 0; i < table.rows.size(); ++i)
        if (table.rows[i][1].empty() && table.highlighted != static_cast<int>(i)) {
            EXPECT_FALSE(table.folded[i].empty()) << table.rows[i][0] << " has no numbers";
        }
}

} // namespace
} // namespace headroom::ui
