#include "core/papers/configuration.h"

#include "core/error.h"
#include "core/plan/catalog.h"

#include <array>
#include <cstdio>

namespace headroom::papers {

const ModelSpec& model(std::string_view name)
{
    const auto found = findModel(name);
    HR_ASSERT(found && found->model);
    return found->model->spec;
}

const GpuSpec& gpu(std::string_view name)
{
    const auto* found = findGpu(name);
    HR_ASSERT(found);
    return found->spec;
}

std::string say(const char* format, double a, double b, double c, double d)
{
    std::array<char, 320> text{};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    std::snprintf(text.data(), text.size(), format, a, b, c, d);
#pragma GCC diagnostic pop
    return text.data();
}

} // namespace headroom::papers
