// The text of the first example, embedded at build (packaging/cmake/EmbedText.cmake writes the definition), so that
// the benchmark measures the same plan wherever the program is installed, and the window has its first plan without Qt.
#pragma once

#include <string>

namespace headroom::embedded {

std::string examplePlanJson();

} // namespace headroom::embedded
