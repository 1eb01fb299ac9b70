// GPUs, models and prices that ship, embedded at build from resources/catalog. Each figure has a source and date, or
// says "recalled".
#pragma once

#include "core/error.h"
#include "core/model/hardware.h"
#include "core/model/transformer.h"
#include "core/plan/plan.h"
#include "core/units.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace headroom {

/// Where one figure comes from.
struct Provenance {
    std::string figure; ///< key of the figure: "memory_bytes"
    std::string source;
    std::string date; ///< ISO; empty = undated
    bool recalled = false;
};

struct CatalogGpu {
    GpuSpec spec;
    std::vector<std::string> aliases;
    int gpusPerNode = 8;
    std::optional<UsdRate> price; ///< the default: on demand, from prices; absent = no price found
    std::string priceSource;
    std::vector<Provenance> provenance;
};

/// Weights as someone published them, where their cache is not what the engine would keep beside such weights.
struct CatalogCheckpoint {
    NumberFormat weights = NumberFormat::bf16, kv = NumberFormat::bf16;
};

struct CatalogModel {
    ModelSpec spec;
    std::vector<std::string> aliases;
    std::vector<CatalogCheckpoint> checkpoints;
    std::string family;       ///< "llama-3.1"
    std::string architecture; ///< "dense", "GQA", "MoE", "MLA", "sliding", "hybrid" combinations, for the table
    double activePublished = 0;
    std::vector<Provenance> provenance;

    /// The cache that published weights of a format ask for; absent = they leave it to the engine.
    std::optional<NumberFormat> publishedKv(NumberFormat weights) const;
};

struct CatalogPrice {
    std::string gpu;
    double usdLow = 0, usdHigh = 0; ///< per GPU-hour
    std::string kind, source, date;
    bool recalled = false;
};

/// GPUs ordered by memory, then bandwidth; models ordered by parameters. Parsed once, on first use, thread-safe.
std::span<const CatalogGpu> catalogGpus();
std::span<const CatalogModel> catalogModels();
std::span<const CatalogPrice> catalogPrices();

/// Name or alias; case-insensitive. nullptr if unknown.
const CatalogGpu* findGpu(std::string_view name);

/// A model by name, with or without organisation, -Instruct, -chat, date; a number-format suffix sets the format.
struct ModelMatch {
    const CatalogModel* model = nullptr;
    std::optional<NumberFormat> weightFormat; ///< from the suffix (-FP8, -NVFP4, -AWQ, -GPTQ)
};
std::optional<ModelMatch> findModel(std::string_view name);

/// The nearest names, for error messages.
std::vector<std::string> nearestGpus(std::string_view name);
std::vector<std::string> nearestModels(std::string_view name);

/// Copies all catalog figures of a GPU or a model into a plan; unknown names give an error with the nearest ones.
/// GPU: the price too, unless the user edited it; where the catalog has none the plan has none. Another GPU than the plan's
/// is not calibrated: the factors go back to 1.
/// Model: the weight format is the name's suffix, else that of the published weights. KV format and context limit
/// are decisions of serving: they stay, but a limit above the model's longest context comes down to it.
Result<void> chooseGpu(Plan&, std::string_view name);
Result<void> chooseModel(Plan&, std::string_view name);
/// Which copied figures differ from today's catalog; empty = none ("hardware.gpu: bandwidth 3350 GB/s, catalog 3352").
std::vector<std::string> differencesFromCatalog(const Plan&);
/// A plan made of the defaults of every field, with the first example's model and GPU.
Plan defaultPlan();

} // namespace headroom
