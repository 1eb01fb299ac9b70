#include "core/plan/plan_io.h"

#include "core/plan/catalog.h"
#include "core/plan/field_rows.h"
#include "core/plan/json_tree.h"
#include "core/plan/migrations.h"
#include "core/plan/spec_io.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace headroom {

namespace {

constexpr std::size_t kMostQuantiles = 10'001;
constexpr double kLongest = 1e10; // tokens; a thousand times the longest mean length: the far tail of the widest spread
constexpr std::array<std::string_view, 3> kTexts{"name", "notes", "workload.trace_file"};
constexpr std::array<std::string_view, 10> kSections{"workload", "model", "hardware", "deployment", "batching",
    "scheduling", "latency", "targets", "cost", "operations"};
/// Objects and arrays that this version reads inside: what it does not know may stand in them.
constexpr std::array<std::string_view, 15> kContainers{"workload", "model", "hardware", "deployment", "batching",
    "scheduling", "latency", "targets", "cost", "operations", "classes", "spec", "groups", "attention", "feed_forward"};

/// Reads one plan out of a tree, taking what it knows; what is left is kept as it is.
class PlanReader {
public:
    PlanReader(JsonNode& root, std::string_view file) : m_root(root), m_log(file) {}

    Plan read()
    {
        Plan plan = defaultPlan();
        plan.name = Plan().name;
        if (!checkSections())
            return plan;
        // No pointer into the tree lives across take(), which moves the members behind the one it takes.
        const auto prompt = statedMean(m_root.find("workload"), "prompt");
        const auto output = statedMean(m_root.find("workload"), "output");
        const auto unstated = unstatedEssential();
        readModel(plan);
        readHardware(plan);
        for (const auto key : kTexts)
            readText(plan, key);
        for (const Field& field : fields())
            if (!info(field).derived)
                readField(plan, field);
        if (const auto edited = take("hardware.price_edited", JsonNode::Kind::boolean))
            plan.hardware.priceEdited = edited->text == "true";
        if (JsonNode* const workload = m_root.find("workload")) {
            readQuantiles({*workload, "workload."}, "prompt", prompt, plan.workload.shape.prompt);
            readQuantiles({*workload, "workload."}, "output", output, plan.workload.shape.output);
            readClasses(plan, *workload);
        }
        for (const Field& field : fields()) // these scale what was read before
            if (info(field).derived)
                readField(plan, field);
        if (unstated) // last: a wrong value says more
            m_log.refuse(m_root.line, unstated->key, "is missing; expected " + std::string(unstated->expected));
        plan.unknownKeys = leftovers();
        return plan;
    }
    const ReadLog& log() const { return m_log; }

private:
    struct Place {
        JsonNode& object;
        std::string prefix; ///< of its keys, in messages
    };

    struct Essential {
        std::string_view key, expected;
    };
    /// The first of the values no default can stand for: an answer about a load, model or GPU that nobody named would
    /// be about somebody else's service. A closed loop states its concurrency instead of a rate.
    std::optional<Essential> unstatedEssential()
    {
        const auto stated = [this](std::string_view section, std::string_view name) -> const JsonNode* {
            JsonNode* const object = m_root.find(section);
            const JsonNode* const node = object ? object->find(name) : nullptr;
            return node && node->kind != JsonNode::Kind::null ? node : nullptr;
        };
        const auto states = [&](std::string_view section, std::string_view name) {
            return stated(section, name) != nullptr;
        };
        const JsonNode* const process = stated("workload", "process"); // saved plans state both, whatever it is
        const bool isLoop = process && process->text == "closed_loop" && states("workload", "concurrency");
        if (!states("workload", "arrival_rate_req_s") && !isLoop)
            return Essential{"workload.arrival_rate_req_s", "the requests per second to plan for"};
        if (!states("model", "name") && !states("model", "spec"))
            return Essential{"model.name", "a model; `headroom-cli catalog models` lists them"};
        if (!states("hardware", "gpu") && !states("hardware", "spec"))
            return Essential{"hardware.gpu", "a GPU; `headroom-cli catalog gpus` lists them"};
        return std::nullopt;
    }

    /// Sections must be objects; an empty one (null) is the same as none.
    bool checkSections()
    {
        if (m_root.kind != JsonNode::Kind::object)
            m_log.refuse(m_root.line, "", "holds " + std::string(m_root.kindName()) + "; expected an object");
        for (const auto section : kSections)
            if (const JsonNode* node = m_root.find(section); node && node->kind == JsonNode::Kind::null)
                takeMember(m_root, section);
            else if (node && node->kind != JsonNode::Kind::object)
                m_log.refuse(node->line, section, "is " + std::string(node->kindName()) + "; expected an object");
        return !m_log.error();
    }

    /// Takes the node at a dotted path; a wrong kind is a complaint, null the same as absent.
    /// \param number whose range the complaint names, or null
    std::optional<JsonNode> take(std::string_view path, JsonNode::Kind kind, const NumberField* number = nullptr)
    {
        auto node = take(path);
        if (!node || node->kind == kind)
            return node;
        JsonNode wanted;
        wanted.kind = kind;
        const std::string expected = number ? rows::expectation(rows::ruleOf(*number)) : std::string(wanted.kindName());
        m_log.refuse(node->line, path, "is " + node->kindAndValue() + "; expected " + expected);
        return std::nullopt;
    }
    /// Sections are objects, and no key is deeper: checkSections().
    std::optional<JsonNode> take(std::string_view path)
    {
        JsonNode* object = &m_root;
        for (auto dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
            object = object->find(path.substr(0, dot));
            path.remove_prefix(dot + 1);
            if (!object)
                return std::nullopt;
        }
        auto node = takeMember(*object, path);
        return node && node->kind == JsonNode::Kind::null ? std::nullopt : std::move(node);
    }

    /// Runs a setter of the field table on a value of the file and gives its complaint the place in the file.
    void set(Plan& plan, std::string_view key, const JsonNode& node, std::string_view text)
    {
        if (const auto done = setField(plan, key, text); !done)
            m_log.refuse(node.line, key, done.error().message);
    }
    void readField(Plan& plan, const Field& field)
    {
        const std::string_view key = info(field).key;
        const auto* const number = std::get_if<NumberField>(&field);
        const bool isNumber = number != nullptr;
        if (const auto node = take(key, isNumber ? JsonNode::Kind::number : JsonNode::Kind::string, number))
            if (isNumber || !node->text.empty()) // an empty choice is the default
                set(plan, key, *node, node->text);
    }
    void readText(Plan& plan, std::string_view key)
    {
        if (const auto node = take(key, JsonNode::Kind::string))
            set(plan, key, *node, node->text);
    }

    /// The name and the figures. Figures that stand in the file count; a name alone asks the catalog.
    void readModel(Plan& plan)
    {
        const auto name = take("model.name", JsonNode::Kind::string);
        if (JsonNode* spec = findObject("model", "spec")) {
            plan.model.spec = readModelSpec(*spec, "model.spec", m_log);
            plan.model.spec.name = name ? name->text : "custom";
        } else if (name && !name->text.empty()) {
            set(plan, "model.name", *name, name->text);
        }
    }
    void readHardware(Plan& plan)
    {
        const auto name = take("hardware.gpu", JsonNode::Kind::string);
        if (JsonNode* spec = findObject("hardware", "spec")) {
            plan.hardware.gpu = readGpuSpec(*spec, "hardware.spec", m_log);
            plan.hardware.gpu.name = name ? name->text : "custom";
            const CatalogGpu* const known = findGpu(plan.hardware.gpu.name); // what stands here is the default GPU's
            plan.hardware.pricePerGpu = known ? known->price.value_or(UsdRate(0)) : UsdRate(0);
        } else if (name && !name->text.empty()) {
            set(plan, "hardware.gpu", *name, name->text);
        }
    }
    JsonNode* findObject(std::string_view section, std::string_view name)
    {
        JsonNode* outer = m_root.find(section);
        JsonNode* inner = outer ? outer->find(name) : nullptr;
        if (!inner || inner->kind == JsonNode::Kind::null)
            return nullptr;
        if (inner->kind == JsonNode::Kind::object)
            return inner;
        m_log.refuse(inner->line, std::string(section) + "." + std::string(name),
            "is " + std::string(inner->kindName()) + "; expected an object");
        return nullptr;
    }

    static std::optional<double> statedMean(const JsonNode* object, const std::string& which)
    {
        const JsonNode* node = object ? object->find(which + "_tokens_mean") : nullptr;
        const auto value = node ? rows::readNumber({0, kLongest, "tok"}, node->text) : rows::Number{};
        return value ? *value : std::nullopt;
    }
    /// The quantiles of a measured distribution. A mean that the file states beside them rescales them.
    void readQuantiles(const Place& place, const std::string& which, std::optional<double> mean, LengthDistribution& d)
    {
        const auto node = takeMember(place.object, which + "_quantiles_tokens");
        const std::string key = place.prefix + which + "_quantiles_tokens";
        if (!node) {
            if (d.shape == LengthShape::empirical)
                m_log.refuse(place.object.line, key, "is missing; an empirical distribution needs its quantiles");
            return;
        }
        const auto refuse = [&](const std::string& why) { m_log.refuse(node->line, key, why); };
        if (node->kind != JsonNode::Kind::array || node->members.size() < 2 || node->members.size() > kMostQuantiles)
            return refuse("is not an array of 2 to 10001 numbers");
        std::vector<double> values;
        for (const auto& [unused, element] : node->members) {
            const auto value = rows::readNumber({0, kLongest, "tok"}, element.text);
            if (element.kind != JsonNode::Kind::number || !value)
                return refuse("holds " + (value ? std::string(element.kindName()) : value.error().message));
            if (!values.empty() && **value < values.back())
                return refuse("goes down at " + element.text.substr(0, 30) + "; expected ascending numbers");
            values.push_back(**value);
        }
        if (values.back() <= 0)
            return refuse("holds no length above 0");
        d.quantiles = std::move(values);
        if (d.shape == LengthShape::empirical)
            rows::changeMean(d, mean.value_or(meanOf(d)));
    }

    void readClasses(Plan& plan, JsonNode& workload)
    {
        JsonNode* const list = workload.find("classes");
        if (!list || list->kind == JsonNode::Kind::null)
            return;
        if (list->kind != JsonNode::Kind::array || list->members.size() > kMaxClasses)
            return m_log.refuse(list->line, "workload.classes",
                "is not an array of at most " + std::to_string(kMaxClasses) + " objects");
        for (std::size_t i = 0; i < list->members.size(); ++i)
            readClass(plan, list->members[i].second, "workload.classes[" + std::to_string(i) + "]");
    }
    void readClass(Plan& plan, JsonNode& object, const std::string& path)
    {
        if (object.kind != JsonNode::Kind::object)
            return m_log.refuse(object.line, path, "is " + std::string(object.kindName()) + "; expected an object");
        const std::size_t index = plan.workload.classes.size();
        RequestClass& fresh = plan.workload.classes.emplace_back();
        fresh.name = "class " + std::to_string(index + 1);
        const auto prompt = statedMean(&object, "prompt"), output = statedMean(&object, "output");
        const auto readMember = [&](std::string_view name, JsonNode::Kind kind) {
            const auto node = takeMember(object, name);
            if (!node || node->kind == JsonNode::Kind::null)
                return;
            const std::string key = path + "." + std::string(name);
            if (node->kind == kind)
                return set(plan, key, *node, node->text);
            m_log.refuse(node->line, key,
                "is " + node->kindAndValue() + "; expected " + (kind == JsonNode::Kind::string ? "text" : "a number"));
        };
        for (const auto text : {"name", "prompt_distribution", "output_distribution"})
            readMember(text, JsonNode::Kind::string);
        for (const ClassField& field : classFields())
            readMember(field.info.key, JsonNode::Kind::number);
        readQuantiles({object, path + "."}, "prompt", prompt, plan.workload.classes[index].shape.prompt);
        readQuantiles({object, path + "."}, "output", output, plan.workload.classes[index].shape.output);
    }

    /// What no reader took, as text; empty if nothing.
    std::string leftovers()
    {
        pruneRead(m_root);
        return m_root.members.empty() ? "" : writeCompactJson(m_root);
    }
    /// Removes the containers of known keys that are empty now. An array of which something is left becomes an object
    /// named "classes[]" with the positions as keys, for keepUnknown() to find the place again. Sorted, so that the
    /// same unknown keys compare equal wherever they stood.
    static void pruneRead(JsonNode& object)
    {
        for (auto& [name, node] : object.members) {
            if (std::ranges::find(kContainers, name) == kContainers.end())
                continue;
            if (node.kind == JsonNode::Kind::array) {
                for (std::size_t i = 0; i < node.members.size(); ++i)
                    node.members[i].first = std::to_string(i);
                node.kind = JsonNode::Kind::object;
                for (auto& [position, element] : node.members)
                    pruneRead(element);
                std::erase_if(node.members, [](const auto& m) { return m.second.members.empty(); });
                name += "[]";
            } else {
                pruneRead(node);
            }
            node.text = "read";
        }
        std::erase_if(object.members, [](const auto& m) {
            return m.second.kind == JsonNode::Kind::object && m.second.text == "read" && m.second.members.empty();
        });
        std::ranges::sort(object.members, {}, &std::pair<std::string, JsonNode>::first);
    }

    JsonNode& m_root;
    ReadLog m_log;
};

JsonNode quantileArray(const LengthDistribution& d)
{
    JsonNode array = JsonNode::array();
    for (const double q : d.quantiles)
        array.append(JsonNode::ofNumber(q));
    return array;
}

void writeQuantiles(JsonNode& object, const std::string& which, const LengthDistribution& d)
{
    if (!d.quantiles.empty())
        object.members.emplace_back(which + "_quantiles_tokens", quantileArray(d));
}

JsonNode writeClass(const RequestClass& c)
{
    JsonNode node = JsonNode::object();
    const auto shapeName = [](const LengthDistribution& d) {
        return JsonNode::ofString(rows::kShapes[static_cast<std::size_t>(d.shape)].id);
    };
    node.members.emplace_back("name", JsonNode::ofString(c.name));
    node.members.emplace_back("prompt_distribution", shapeName(c.shape.prompt));
    node.members.emplace_back("output_distribution", shapeName(c.shape.output));
    for (const ClassField& field : classFields())
        if (const auto value = field.get(c))
            node.members.emplace_back(field.info.key, JsonNode::ofNumber(*value));
    writeQuantiles(node, "prompt", c.shape.prompt);
    writeQuantiles(node, "output", c.shape.output);
    return node;
}

/// Puts unknown keys back beside the known ones, which win. A class that is gone takes its unknown keys along.
void keepUnknown(JsonNode& known, const JsonNode& unknown)
{
    for (const auto& [name, node] : unknown.members) {
        if (name.ends_with("[]")) {
            JsonNode* const list = known.find(name.substr(0, name.size() - 2));
            for (const auto& [position, element] : node.members) {
                std::size_t i = 0;
                std::from_chars(position.data(), position.data() + position.size(), i);
                if (list && list->kind == JsonNode::Kind::array && i < list->members.size())
                    keepUnknown(list->members[i].second, element);
            }
        } else if (JsonNode* const there = known.find(name)) {
            if (there->kind == JsonNode::Kind::object && node.kind == JsonNode::Kind::object)
                keepUnknown(*there, node);
        } else {
            known.members.emplace_back(name, node);
        }
    }
}

JsonNode writePlan(const Plan& plan)
{
    JsonNode root = JsonNode::object();
    root.at("schema") = JsonNode::ofNumber(kPlanSchema);
    root.at("name") = JsonNode::ofString(plan.name);
    if (!plan.notes.empty())
        root.at("notes") = JsonNode::ofString(plan.notes);
    for (const Field& field : fields()) {
        const FieldInfo& i = info(field);
        if (i.derived || rows::isModelShape(i.key))
            continue;
        if (const auto* choice = std::get_if<ChoiceField>(&field))
            root.at(i.key) = JsonNode::ofString(choice->get(plan));
        else if (const auto value = std::get<NumberField>(field).get(plan))
            root.at(i.key) = JsonNode::ofNumber(*value);
    }
    root.at("hardware.price_edited") = JsonNode::ofFlag(plan.hardware.priceEdited ? "true" : "false");
    JsonNode& workload = root.at("workload");
    writeQuantiles(workload, "prompt", plan.workload.shape.prompt);
    writeQuantiles(workload, "output", plan.workload.shape.output);
    if (!plan.workload.traceFile.empty())
        workload.at("trace_file") = JsonNode::ofString(plan.workload.traceFile);
    if (!plan.workload.classes.empty()) {
        JsonNode& classes = workload.at("classes") = JsonNode::array();
        for (const auto& c : plan.workload.classes)
            classes.append(writeClass(c));
    }
    root.at("model.spec") = writeModelSpec(plan.model.spec);
    root.at("hardware.spec") = writeGpuSpec(plan.hardware.gpu);
    if (const auto unknown = readJson(plan.unknownKeys, "unknown keys"))
        keepUnknown(root, *unknown);
    return root;
}

void collectNames(const JsonNode& node, const std::string& path, std::vector<std::string>& names)
{
    bool isLeaf = true;
    for (std::size_t i = 0; i < node.members.size(); ++i) {
        const auto& [name, child] = node.members[i];
        if (node.kind == JsonNode::Kind::array) {
            if (child.kind == JsonNode::Kind::object && !child.members.empty()) {
                collectNames(child, path + "[" + std::to_string(i) + "]", names);
                isLeaf = false;
            }
            continue;
        }
        const bool isElement = path.ends_with("[]"); // classes: their numbers are kept as names
        collectNames(child,
            path.empty() ? name
            : isElement  ? path.substr(0, path.size() - 1) + name + "]"
                         : path + "." + name,
            names);
        isLeaf = false;
    }
    if (isLeaf && !path.empty())
        names.push_back(path);
}

} // namespace

std::vector<std::string> unknownKeyNames(const Plan& plan)
{
    std::vector<std::string> names;
    if (const auto unknown = readJson(plan.unknownKeys, "unknown keys"))
        collectNames(*unknown, {}, names);
    return names;
}

Result<Plan> parsePlan(std::string_view json, std::string_view name)
{
    auto root = readJson(json, name);
    if (!root)
        return tl::unexpected(root.error());
    if (root->kind == JsonNode::Kind::object)
        if (auto done = migratePlan(*root, name); !done)
            return tl::unexpected(done.error());
    PlanReader reader(*root, name);
    Plan plan = reader.read();
    if (reader.log().error())
        return tl::unexpected(*reader.log().error());
    return plan;
}

std::string planText(const Plan& plan) { return writeJson(writePlan(plan)); }

std::string planHash(const Plan& plan)
{
    std::uint64_t hash = 14695981039346656037u; // FNV-1a, 64 bits
    for (const char c : writeCompactJson(writePlan(plan)))
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    std::array<char, 16> digits;
    for (std::size_t i = 0; i < digits.size(); ++i)
        digits[i] = "0123456789abcdef"[(hash >> (60 - 4 * i)) & 15u];
    return std::string(digits.begin(), digits.end());
}

} // namespace headroom
