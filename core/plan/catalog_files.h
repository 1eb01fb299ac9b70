// The text of resources/catalog/*.json, embedded at build (packaging/cmake/EmbedText.cmake writes the definitions).
#pragma once

#include <string>

namespace headroom::embedded {

std::string gpusJson();
std::string modelsJson();
std::string pricesJson();

} // namespace headroom::embedded
