// Which GPU, at what price and power, and how it measured up (topics 7 and 11).
#include "core/plan/catalog.h"
#include "core/plan/field_rows.h"

#include <charconv>
#include <cmath>

namespace headroom::rows {

namespace {

constexpr std::string_view kGroup = "hardware";

std::vector<Choice> gpuChoices()
{
    std::vector<Choice> choices;
    for (const auto& g : catalogGpus())
        choices.push_back({g.spec.name, g.spec.name});
    return choices;
}

/// The name of a GPU that is in no catalog is accepted where it stands already: its figures are in the plan.
Result<void> setGpu(Plan& p, std::string_view id)
{
    if (id == p.hardware.gpu.name && findGpu(id) == nullptr)
        return {};
    return chooseGpu(p, id);
}

constexpr ChoiceField gpu()
{
    ChoiceField f;
    f.info = {.key = "hardware.gpu",
        .group = kGroup,
        .label = "GPU",
        .help = "The accelerator. Choosing one copies its datasheet into the plan, and its price unless you set one.",
        .unit = "",
        .topic = "11"};
    f.ordered = true;
    f.choices = gpuChoices;
    f.fallback = "H100-SXM-80GB";
    f.get = [](const Plan& p) { return p.hardware.gpu.name; };
    f.set = setGpu;
    return f;
}

UsdRate perHour(double usd) { return usd * dollar / hour; }

/// The dollars an hour that give exactly this price, in as few digits as possible: the price is kept per second, and
/// a plan must stay equal when it is written and read.
Number getPrice(const Plan& p)
{
    const UsdRate price = p.hardware.pricePerGpu;
    const double raw = (price * hour).in(dollar);
    char buffer[40];
    for (const int digits : {15, 16, 17}) {
        const auto end = std::to_chars(buffer, buffer + sizeof buffer, raw, std::chars_format::general, digits).ptr;
        double rounded = raw;
        std::from_chars(buffer, end, rounded);
        if (perHour(rounded) == price)
            return rounded;
    }
    for (const double next : {std::nextafter(raw, 0.0), std::nextafter(raw, 2 * raw)})
        if (perHour(next) == price)
            return next;
    return raw;
}
void setPrice(Plan& p, Number v)
{
    p.hardware.pricePerGpu = perHour(*v);
    p.hardware.priceEdited = true;
}

constexpr NumberField price()
{
    NumberField f;
    f.info = {.key = "hardware.price_usd_per_gpu_hour",
        .group = kGroup,
        .label = "Price of a GPU",
        .help = "What one GPU costs an hour, idle or not. A price you set stays when you choose another GPU.",
        .unit = "USD/h",
        .topic = "7.1"};
    f.min = 0, f.max = 200, f.fallback = 0;
    f.get = getPrice;
    f.set = setPrice;
    return f;
}

constexpr Field kHardware[] = {gpu(), number < [](auto& p) -> auto& {return p.hardware.gpusPerNode;
} // namespace
> ({.key = "hardware.gpus_per_node",
       .group = kGroup,
       .label = "GPUs in a node",
       .help = "GPUs that share the fast link. A replica that spans nodes pays for the slower network.",
       .unit = "",
       .topic = "6.5"},
      {1, 1024, 8, Scale::logarithmic}),
    price(), number < [](auto& p) -> auto&
{
    return p.cost.staffUsdPerMonth;
}
> ({.key = "cost.staff_usd_per_month",
       .group = kGroup,
       .label = "Staff",
       .help = "People who run the fleet; added to the bill.",
       .unit = "USD/month",
       .topic = "7.1"},
      {0, 10'000'000, 0}),
    number < [](auto& p) -> auto&
{
    return p.cost.powerUsdPerKwh;
}
> ({.key = "cost.power_usd_per_kwh",
       .group = kGroup,
       .label = "Power price",
       .help = "Above 0: energy is paid on top of the GPU price, as with hardware of your own.",
       .unit = "USD/kWh",
       .topic = "7.1"},
      {0, 5, 0}),
    number < [](auto& p) -> auto&
{
    return p.cost.pue;
}
> ({.key = "cost.pue",
       .group = kGroup,
       .label = "Power usage effectiveness",
       .help = "Energy of the building over energy of its machines.",
       .unit = "",
       .topic = "7.1"},
      {1, 3, 1.3}),
    number < [](auto& p) -> auto&
{
    return p.cost.gramsCo2PerKwh;
}
> ({.key = "cost.gco2_per_kwh",
       .group = kGroup,
       .label = "Carbon intensity",
       .help = "Carbon dioxide that one kilowatt-hour of your grid stands for.",
       .unit = "g/kWh",
       .topic = "7.5"},
      {0, 2000, 400}),
    number < [](auto& p) -> auto&
{
    return p.hardware.calibration.compute;
}
> ({.key = "hardware.calibration_compute",
       .group = kGroup,
       .label = "Compute, measured over shipped",
       .help = "Factor on the compute efficiency that ships, from your own measurements. 1 is as shipped.",
       .unit = "",
       .topic = "11"},
      {0.05, 20, 1, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.hardware.calibration.bandwidth;
}
> ({.key = "hardware.calibration_bandwidth",
       .group = kGroup,
       .label = "Bandwidth, measured over shipped",
       .help = "Factor on the memory efficiency that ships, from your own measurements. 1 is as shipped.",
       .unit = "",
       .topic = "11"},
      {0.05, 20, 1, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.hardware.calibration.network;
}
> ({.key = "hardware.calibration_network",
       .group = kGroup,
       .label = "Network, measured over shipped",
       .help = "Factor on the link efficiency that ships, from your own measurements. 1 is as shipped.",
       .unit = "",
       .topic = "11"},
      {0.05, 20, 1, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.hardware.calibration.overhead;
}
> ({.key = "hardware.calibration_overhead",
       .group = kGroup,
       .label = "Overhead, measured over shipped",
       .help = "Factor on the engine's overheads that ship, from your own measurements. 1 is as shipped.",
       .unit = "",
       .topic = "11"},
      {0.05, 20, 1, Scale::logarithmic}),
}; // namespace headroom::rows

} // namespace

std::span<const Field> hardware() { return kHardware; }

} // namespace headroom::rows
