// Reads the catalog's own JSON (resources/catalog). Its text ships inside the program, so a mistake in it stops the
// program with a message; the tests read every row.
#pragma once

#include "core/plan/catalog.h"

#include <string_view>
#include <vector>

namespace headroom {

struct CatalogData {
    std::vector<CatalogGpu> gpus;     ///< by memory, then bandwidth, then name
    std::vector<CatalogModel> models; ///< by parameters, then name
    std::vector<CatalogPrice> prices; ///< in the order of the file
};

/// Throws std::runtime_error with the row and key on text that is not a catalog: unknown key, missing figure, unknown
/// source, a price of a GPU that is not there, a name given twice.
CatalogData readCatalog(std::string_view gpus, std::string_view models, std::string_view prices);

/// "GQA, MoE", "MLA, sparse, MoE": the words for a model's shape, widest cache first.
std::string architectureOf(const ModelSpec&);

} // namespace headroom
