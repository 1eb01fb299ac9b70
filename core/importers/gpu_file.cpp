#include "core/importers/gpu_file.h"

#include "core/calibration/calibrate.h"
#include "core/plan/field_rows.h"
#include "core/plan/spec_io.h"

#include <array>
#include <cmath>
#include <utility>

namespace headroom {

namespace {

constexpr int kGpuSchema = 1;
constexpr std::string_view kMark = "headroom_gpu";

constexpr std::array<std::pair<std::string_view, double Calibration::*>, 4> kFactors{
    {{"compute", &Calibration::compute}, {"bandwidth", &Calibration::bandwidth}, {"network", &Calibration::network},
        {"overhead", &Calibration::overhead}}};
/// What the fields of a plan take.
constexpr double kLeastFactor = 0.05, kMostFactor = 20;

/// Takes a number out of an object; absent where it is not there.
std::optional<double> takeNumber(
    JsonNode& object, std::string_view key, const rows::NumberRule& rule, const std::string& path, ReadLog& log)
{
    const auto node = takeMember(object, key);
    if (!node || node->kind == JsonNode::Kind::null)
        return std::nullopt;
    const std::string place = path + std::string(key);
    if (node->kind != JsonNode::Kind::number) {
        log.refuse(node->line, place, "is " + node->kindAndValue() + "; expected a number");
        return std::nullopt;
    }
    const Result<rows::Number> value = rows::readNumber(rule, node->text);
    if (!value) {
        log.refuse(node->line, place, value.error().message);
        return std::nullopt;
    }
    return *value;
}

Calibration takeFactors(JsonNode& root, ReadLog& log)
{
    Calibration calibration;
    auto node = takeMember(root, "calibration");
    if (!node || node->kind == JsonNode::Kind::null)
        return calibration;
    if (node->kind != JsonNode::Kind::object) {
        log.refuse(node->line, "calibration", "is " + node->kindAndValue() + "; expected an object");
        return calibration;
    }
    for (const auto& [key, member] : kFactors)
        if (const auto factor = takeNumber(*node, key, {kLeastFactor, kMostFactor, ""}, "calibration.", log))
            calibration.*member = *factor;
    return calibration;
}

std::string takeText(JsonNode& root, std::string_view key)
{
    const auto node = takeMember(root, key);
    return node && node->kind == JsonNode::Kind::string ? node->text : std::string();
}

void nameLeftovers(const JsonNode& object, const std::string& path, std::vector<std::string>& names)
{
    for (const auto& [key, value] : object.members)
        names.push_back(path + key);
}

} // namespace

bool isGpuFile(std::string_view json)
{
    if (json.find(kMark) == std::string_view::npos)
        return false;
    const auto root = readJson(json, "");
    return root && root->find(kMark) != nullptr;
}

Result<GpuImport> readGpuFile(std::string_view json, std::string_view name)
{
    Result<JsonNode> root = readJson(json, name);
    if (!root)
        return tl::unexpected(root.error());
    ReadLog log(name);
    GpuImport read;
    takeNumber(*root, kMark, {1, kGpuSchema, "", true}, "", log);
    const std::string about = takeText(*root, "about");
    const std::string gpuName = takeText(*root, "name");
    if (gpuName.empty())
        log.refuse(root->line, "name", "is missing; expected the name of the GPU");
    auto spec = takeMember(*root, "spec");
    if (spec && spec->kind == JsonNode::Kind::object) {
        read.gpu = readGpuSpec(*spec, "spec", log);
        nameLeftovers(*spec, "spec.", read.ignored);
    } else {
        log.refuse(spec ? spec->line : root->line, "spec", "is missing; expected an object with the datasheet figures");
    }
    read.gpu.name = gpuName;
    read.gpusPerNode =
        static_cast<int>(takeNumber(*root, "gpus_per_node", {1, 1024, "", true}, "", log).value_or(read.gpusPerNode));
    if (const auto usd = takeNumber(*root, "price_usd_per_gpu_hour", {0, 200, ""}, "", log))
        read.price = *usd * dollar / hour;
    read.calibration = takeFactors(*root, log);
    if (log.error())
        return tl::unexpected(*log.error());
    nameLeftovers(*root, "", read.ignored);
    if (!about.empty())
        read.used.push_back(about);
    read.used.emplace_back("datasheet figures of " + gpuName);
    const std::string words = calibrationWords(read.calibration);
    read.used.push_back(words.empty() ? "no calibration: efficiencies are those of the architecture" : words);
    return read;
}

std::string gpuFileText(const HardwareChoice& hardware, std::string_view about)
{
    JsonNode root = JsonNode::object();
    root.at(kMark) = JsonNode::ofNumber(kGpuSchema);
    root.at("name") = JsonNode::ofString(hardware.gpu.name);
    root.at("about") = JsonNode::ofString(about);
    root.at("spec") = writeGpuSpec(hardware.gpu);
    root.at("gpus_per_node") = JsonNode::ofNumber(hardware.gpusPerNode);
    if (hardware.pricePerGpu > UsdRate(0))
        root.at("price_usd_per_gpu_hour") =
            JsonNode::ofNumber(std::round((hardware.pricePerGpu * hour).in(dollar)*1e6) / 1e6);
    for (const auto& [key, member] : kFactors)
        root.at("calibration." + std::string(key)) = JsonNode::ofNumber(hardware.calibration.*member);
    return writeJson(root);
}

} // namespace headroom
