#include "core/importers/gpu_file.h"

#include "core/importers/foreign_file.h"
#include "core/plan/catalog.h"

#include <gtest/gtest.h>

namespace headroom {
namespace {

TEST(GpuFile, ComesBackAsItWasWrittenAndGoesIntoAPlan)
{
    Plan own = defaultPlan();
    own.hardware.gpu.name = "Mine-80GB";
    own.hardware.calibration = {.compute = 1.25, .bandwidth = 0.9, .network = 1, .overhead = 1.5};
    const std::string text = gpuFileText(own.hardware, "Made by hand.");
    ASSERT_TRUE(isGpuFile(text));
    const auto file = readForeign(text, "mine.json");
    ASSERT_TRUE(file) << file.error().where << ": " << file.error().message;
    EXPECT_TRUE(file->ignored.empty());
    Plan before = defaultPlan();
    ASSERT_TRUE(chooseGpu(before, "A100-SXM-80GB"));
    const Plan plan = withForeign(*file, before);
    EXPECT_EQ(plan.hardware.gpu, own.hardware.gpu);
    EXPECT_EQ(plan.hardware.calibration, own.hardware.calibration);
    EXPECT_NEAR(plan.hardware.pricePerGpu / own.hardware.pricePerGpu, 1, 1e-6);
    before.hardware.priceEdited = true;
    EXPECT_EQ(withForeign(*file, before).hardware.pricePerGpu, before.hardware.pricePerGpu);
}

TEST(GpuFile, ADatasheetIsEnough)
{
    const auto read = readGpuFile(R"({"headroom_gpu": 1, "name": "X", "spec": {"architecture": "hopper",
        "memory_bytes": 8e10, "bandwidth_byte_s": 3e12, "fp16_flop_s": 9e14, "colour": 1}})",
        "x.json");
    ASSERT_TRUE(read) << read.error().where << ": " << read.error().message;
    EXPECT_EQ(read->gpu.name, "X");
    EXPECT_EQ(read->calibration, Calibration{});
    EXPECT_FALSE(read->price);
    EXPECT_EQ(read->ignored, std::vector<std::string>{"spec.colour"});
}

TEST(GpuFile, MistakesNameTheLineAndTheKey)
{
    const auto where = [](const std::string& text) { return readGpuFile(text, "x.json").error().where; };
    const std::string spec = R"("spec": {"memory_bytes": 8e10, "bandwidth_byte_s": 3e12, "fp16_flop_s": 9e14})";
    EXPECT_EQ(where("{\"headroom_gpu\": 1,\n" + spec + "}"), "x.json:1: name");
    EXPECT_EQ(where(R"({"headroom_gpu": 1, "name": "X"})"), "x.json:1: spec");
    EXPECT_EQ(where("{\"headroom_gpu\": 1, \"name\": \"X\",\n" + spec + ",\n\"calibration\": {\"compute\": 90}}"),
        "x.json:3: calibration.compute");
    EXPECT_EQ(where(R"({"headroom_gpu": 2, "name": "X", )" + spec + "}"), "x.json:1: headroom_gpu");
    EXPECT_EQ(where(R"({"headroom_gpu": 1, "name": "X", "spec": {"memory_bytes": 8e10}})"), "x.json:1: spec");
    EXPECT_FALSE(isGpuFile(R"({"model_type": "llama"})"));
}

} // namespace
} // namespace headroom
