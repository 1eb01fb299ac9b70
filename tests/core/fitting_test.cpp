// What would hold a model that does not fit.
#include "core/fitting.h"

#include "core/evaluate.h"
#include "core/plan/catalog.h"
#include "core/plan/validate.h"

#include <gtest/gtest.h>

namespace headroom {
namespace {

Plan planOf(const char* model, const char* gpu)
{
    Plan plan = defaultPlan();
    const bool known = chooseModel(plan, model) && chooseGpu(plan, gpu);
    EXPECT_TRUE(known);
    plan.deployment.tp = 1;
    return plan;
}

TEST(Fitting, APlanThatFitsStaysAsItIs)
{
    const Plan plan = defaultPlan();
    const WaysToFit ways = waysToFit(plan);
    EXPECT_EQ(ways.tp, plan.deployment.tp);
    EXPECT_EQ(ways.weightFormat, plan.model.weightFormat);
}

TEST(Fitting, TheLeastTensorParallelDegreeHoldsTheModelAndNoSmallerOneDoes)
{
    for (const char* gpu : {"H100-SXM-80GB", "RTX-4090-24GB", "T4-16GB"}) {
        Plan plan = planOf("Llama-3.1-70B", gpu);
        ASSERT_FALSE(memoryOf(plan).fits) << gpu;
        const WaysToFit ways = waysToFit(plan);
        ASSERT_TRUE(ways.tp) << gpu;
        for (int tp = 1; tp <= *ways.tp; ++tp) {
            plan.deployment.tp = tp;
            if (validate(plan).empty()) {
                EXPECT_EQ(memoryOf(plan).fits, tp == *ways.tp) << gpu << " tp " << tp;
            }
        }
    }
}

TEST(Fitting, TheWidestFormatHoldsTheModelOnTheGpusThereAre)
{
    Plan plan = planOf("Llama-3.1-70B", "H100-SXM-80GB");
    plan.deployment.tp = 2;
    plan.model.weightFormat = NumberFormat::fp32;
    ASSERT_FALSE(memoryOf(plan).fits);
    const WaysToFit ways = waysToFit(plan);
    ASSERT_TRUE(ways.weightFormat);
    plan.model.weightFormat = *ways.weightFormat;
    EXPECT_TRUE(memoryOf(plan).fits);
    if (*ways.weightFormat != NumberFormat::bf16) {
        plan.model.weightFormat = NumberFormat::bf16;
        EXPECT_FALSE(memoryOf(plan).fits);
    }
}

TEST(Fitting, EightBitsAreThoseTheGpuMultiplies)
{
    const auto format = waysToFit(planOf("Llama-3.1-8B", "T4-16GB")).weightFormat; // int8 there, no fp8
    ASSERT_TRUE(format);
    EXPECT_EQ(*format, NumberFormat::int8);
}

TEST(Fitting, ThePlanChangedInTheFirstWayFitsAndSaysWhatWasChanged)
{
    for (const char* gpu : {"H100-SXM-80GB", "RTX-4090-24GB"}) {
        const Plan plan = planOf("Llama-3.1-70B", gpu);
        const auto fitting = fittingPlan(plan);
        ASSERT_TRUE(fitting) << gpu;
        EXPECT_TRUE(memoryOf(fitting->plan).fits) << gpu;
        EXPECT_TRUE(validate(fitting->plan).empty()) << gpu;
        EXPECT_EQ(fitting->change, "tensor parallel " + std::to_string(*waysToFit(plan).tp));
    }
}

TEST(Fitting, WhatNothingHoldsSaysSo)
{
    Plan plan = planOf("DeepSeek-V3", "T4-16GB");
    plan.model.weightFormat = NumberFormat::int4; // nothing narrower on one of them
    EXPECT_FALSE(waysToFit(plan).weightFormat);
}

} // namespace
} // namespace headroom
