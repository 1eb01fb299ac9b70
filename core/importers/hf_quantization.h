// Which number format the weights of a config.json are in, and which of them.
#pragma once

#include "core/importers/hf_config.h"
#include "core/importers/hf_values.h"

namespace headroom::hf {

/// Sets servedFormat, quantizedPart and kvFormat from quantization_config, or from dtype where there is none. What
/// one format and one part cannot say (mixtures) goes to `ignored`.
void readQuantization(const Values& file, HfImport&);

} // namespace headroom::hf
