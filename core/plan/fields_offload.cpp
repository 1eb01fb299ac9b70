// Where a model lies that does not fit its GPUs: shares on GPU, host and disk, and what stands behind the GPUs (FlexGen).
#include "core/plan/field_rows.h"

namespace headroom::rows {

namespace {

constexpr std::string_view kGroup = "offloading";
constexpr std::string_view kTopic = "5.4";

constexpr std::array<Spelling, 2> kSchedules{{{"zigzag", "Zig-zag"}, {"row_by_row", "Row by row"}}};

constexpr std::string_view onlyOffloaded(const Plan& p)
{
    return p.deployment.offload.enabled ? "" : "only with offloading";
}

constexpr auto enabled = [](auto& p) -> auto& { return p.deployment.offload.enabled; };
constexpr auto weightsOnGpu = [](auto& p) -> auto& { return p.deployment.offload.weightsOnGpu; };
constexpr auto restOfWeights = [](auto& p) -> auto& { return p.deployment.offload.restOfWeightsOnHost; };
constexpr auto cacheOnGpu = [](auto& p) -> auto& { return p.deployment.offload.cacheOnGpu; };
constexpr auto restOfCache = [](auto& p) -> auto& { return p.deployment.offload.restOfCacheOnHost; };
constexpr auto activationsOnGpu = [](auto& p) -> auto& { return p.deployment.offload.activationsOnGpu; };
constexpr auto cpuAttention = [](auto& p) -> auto& { return p.deployment.offload.cpuAttention; };
constexpr auto overlap = [](auto& p) -> auto& { return p.deployment.offload.overlap; };
constexpr auto schedule = [](auto& p) -> auto& { return p.deployment.offload.schedule; };
constexpr auto gpuBatch = [](auto& p) -> auto& { return p.deployment.offload.gpuBatch; };
constexpr auto hostMemory = [](auto& p) -> auto& { return p.hardware.host.memory; };
constexpr auto disk = [](auto& p) -> auto& { return p.hardware.host.disk; };
constexpr auto diskRead = [](auto& p) -> auto& { return p.hardware.host.diskRead; };
constexpr auto diskWrite = [](auto& p) -> auto& { return p.hardware.host.diskWrite; };
constexpr auto hostAttention = [](auto& p) -> auto& { return p.hardware.host.attention; };

constexpr FieldInfo about(
    std::string_view key, std::string_view label, std::string_view help, std::string_view unit = "")
{
    return {.key = key,
        .group = kGroup,
        .label = label,
        .help = help,
        .unit = unit,
        .topic = kTopic,
        .notApplicable = onlyOffloaded};
}

constexpr FieldInfo aboutItself()
{
    FieldInfo info = about("deployment.offload", "Offloading",
        "Weights, KV cache and activations may lie on the host and on disk. Every step then waits for links, but a "
        "model "
        "runs that does not fit its GPUs.");
    info.notApplicable = nullptr;
    return info;
}

/// A quantity that is shown in a unit of its own. \tparam unit in SI units
template <auto access, double unit>
constexpr NumberField numberIn(FieldInfo info, Range range)
{
    NumberField f = number<access>(info, range);
    f.get = [](const Plan& p) -> Number { return access(p).si() / unit; };
    f.set = [](Plan& p, Number v) { fromNumber(access(p), *v * unit); };
    return f;
}
constexpr double kGib = 0x1p30, kGb = 1e9;

constexpr Field kOffloading[] = {
    choice<enabled, kOffOn>(aboutItself(), "off"),
    number<weightsOnGpu>(
        about("deployment.offload_weights_gpu", "Weights on the GPU", "Share of the weights that stays on the GPU."),
        {0, 1, 1}),
    number<restOfWeights>(
        about("deployment.offload_weights_host", "Other weights on the host",
            "Of the weights that are not on the GPU, the share in host memory; the others are on disk."),
        {0, 1, 1}),
    number<cacheOnGpu>(
        about("deployment.offload_cache_gpu", "KV cache on the GPU", "Share of each sequence's cache on the GPU."),
        {0, 1, 1}),
    number<restOfCache>(about("deployment.offload_cache_host", "Other KV cache on the host",
                            "Of the cache that is not on the GPU, the share in host memory; the other is on disk."),
        {0, 1, 1}),
    number<activationsOnGpu>(
        about("deployment.offload_activations_gpu", "Activations on the GPU",
            "Share of what passes between layers that stays on the GPU; the rest is in host memory."),
        {0, 1, 1}),
    choice<cpuAttention, kOffOn>(about("deployment.offload_cpu_attention", "Attention on the host",
                                     "The host attends to the cache that it holds, instead of moving it to the GPU."),
        "on"),
    choice<schedule, kSchedules>(
        about("deployment.offload_schedule", "Weight schedule",
            "Zig-zag loads a layer once for all sequences of a step, row by row once for each GPU batch."),
        "zigzag"),
    number<gpuBatch>(
        about("deployment.offload_gpu_batch", "GPU batch",
            "Sequences that the GPU computes at once. Row by row, each loads the weights again; the host attends more "
            "slowly to less than 64."),
        {1, 4096, 64, Scale::logarithmic}),
    choice<overlap, kOffOn>(
        about("deployment.offload_overlap", "Overlap", "Transfers and compute run at the same time, layer by layer."),
        "on"),
    numberIn<hostMemory, kGib>(
        about("hardware.host_memory_gib", "Host memory", "Host memory that one replica may use.", "GiB"),
        {1, 65'536, 256, Scale::logarithmic}),
    numberIn<disk, kGib>(about("hardware.disk_gib", "Disk", "Room on disk that one replica may use.", "GiB"),
        {1, 1'000'000, 2000, Scale::logarithmic}),
    numberIn<diskRead, kGb>(
        about("hardware.disk_read_gb_s", "Disk, reading", "What programs reach, not the data sheet.", "GB/s"),
        {0.01, 1000, 3, Scale::logarithmic}),
    numberIn<diskWrite, kGb>(
        about("hardware.disk_write_gb_s", "Disk, writing", "What programs reach, not the data sheet.", "GB/s"),
        {0.01, 1000, 1.5, Scale::logarithmic}),
    numberIn<hostAttention, kGb>(about("hardware.host_attention_gb_s", "Host attention",
                                     "KV cache that the cores of the host attend to in a second. 12.3 was fitted to "
                                     "the host of a T4 by the authors of FlexGen.",
                                     "GB/s"),
        {0.1, 10'000, 12.3, Scale::logarithmic}),
};

} // namespace

std::span<const Field> offloading() { return kOffloading; }

} // namespace headroom::rows
