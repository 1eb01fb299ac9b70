// What the papers ran on, taken from the catalog: models and accelerators by name.
#pragma once

#include "core/model/hardware.h"
#include "core/model/memory.h"
#include "core/model/transformer.h"

#include <string>
#include <string_view>

namespace headroom::papers {

/// A catalog model or accelerator; the name must exist.
const ModelSpec& model(std::string_view name);
const GpuSpec& gpu(std::string_view name);

/// printf of doubles into a string, for details.
std::string say(const char* format, double a, double b = 0, double c = 0, double d = 0);

} // namespace headroom::papers
