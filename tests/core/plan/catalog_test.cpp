#include "core/plan/catalog.h"

#include <gtest/gtest.h>

namespace headroom {
namespace {

TEST(Catalog, DefaultPlanIsLlama8bOnH100)
{
    const Plan plan = defaultPlan();
    EXPECT_EQ(plan.model.spec.name, "Llama-3.1-8B");
    EXPECT_EQ(plan.hardware.gpu.name, "H100-SXM-80GB");
    EXPECT_DOUBLE_EQ(plan.hardware.gpu.memory.in(gibibyte), 80);
    EXPECT_NEAR(plan.hardware.pricePerGpu.in(dollar / hour), 2.95, 1e-12);
    EXPECT_TRUE(differencesFromCatalog(plan).empty());
}

} // namespace
} // namespace headroom
