#include "app/commands/result_json.h"

#include "core/derived_bands.h"
#include "ui/plots/numbers.h"

#include <nlohmann/json.hpp>

namespace headroom::cli {
namespace {

using Json = nlohmann::ordered_json; // keys stay in the order of the contract; infinite numbers are written as null

Json summary(const LatencySummary& s)
{
    return {{"mean", s.mean.si()}, {"p50", s.p50.si()}, {"p95", s.p95.si()}, {"p99", s.p99.si()}, {"lo", s.lo.si()},
        {"hi", s.hi.si()}};
}

Json parts(const LatencyParts& p)
{
    return {{"network", p.network.si()}, {"retrieval", p.retrieval.si()}, {"queue", p.queue.si()},
        {"prefill", p.prefill.si()}, {"decode", p.decode.si()}, {"post", p.post.si()}};
}

Json band(const Band& b, double scale = 1) { return {{"lo", b.lo * scale}, {"hi", b.hi * scale}}; }

double perMillion(UsdPerToken price) { return (price * millionTokens).in(dollar); }

/// Dollars are null where the GPUs have no price: 0 would be the cheapest of all.
Json cost(const CostResult& c)
{
    const auto known = [&](double dollars) { return c.priced ? Json(dollars) : Json(nullptr); };
    return {{"usd_per_hour", known((c.fleet * hour).in(dollar))},
        {"usd_per_million_output_tokens", known(perMillion(c.perOutputToken))},
        {"usd_per_million_tokens", known(perMillion(c.perToken))},
        {"usd_per_million_output_tokens_at_capacity", known(perMillion(c.perOutputTokenAtCapacity))},
        {"input_price_usd_per_million_tokens", known(perMillion(c.inputPrice))},
        {"output_price_usd_per_million_tokens", known(perMillion(c.outputPrice))},
        {"tokens_per_usd", known(c.tokensPerUsd.si())}, {"quality_adjusted", known(perMillion(c.qualityAdjusted))},
        {"joules_per_token", c.joulesPerToken}, {"grams_co2_per_token", c.gramsCo2PerToken}};
}

Json elasticities(const Evaluation& e)
{
    Json object = Json::object();
    for (const Elasticity& item : e.elasticities)
        object[std::string(name(item.resource))] = item.elasticity;
    return object;
}

Json stepObject(const StepParts& p)
{
    return {{"seconds", p.total().si()},
        {"parts", {{"compute", p.compute.si()}, {"bandwidth", p.bandwidth.si()}, {"network", p.network.si()},
                      {"host", p.host.si()}, {"overhead", p.overhead.si()}}},
        {"groups",
            {{"attention", p.attention.si()}, {"projections", p.projections.si()}, {"feed_forward", p.feedForward.si()},
                {"experts", p.experts.si()}, {"head", p.head.si()}, {"other", p.other.si()},
                {"communication", p.communication.si()}, {"host", p.host.si()}, {"engine", p.engine.si()}}}};
}

/// `band` of the whole, and `bands` of what it is made of: errors are known of whole steps, so all of it moves alike.
void addStepBands(Json& object, const StepParts& p, const Band& whole)
{
    Json bands;
    const double total = p.total().si();
    for (const char* split : {"parts", "groups"})
        for (const auto& [key, value] : object[split].items())
            bands[std::string(split) + "." + key] = band(inProportion(value.get<double>(), total, whole));
    object["band"] = band(whole);
    object["bands"] = bands;
}

void addVerdict(Json& object, const Evaluation& e)
{
    object["fits"] = e.fits;
    object["stable"] = e.stable;
    object["meets_targets"] = e.meetsTargets;
    object["utilization"] = e.utilization;
    object["busy_fraction"] = e.busyFraction;
    object["kv_fraction"] = e.kvFraction;
    object["capacity_req_s"] = e.capacity.si();
    object["headroom_req_s"] = e.headroom.si();
    object["headroom_fraction"] = e.headroomFraction;
    object["headroom_lo_req_s"] = e.headroomLo.si();
    object["target_rate_req_s"] = e.targetRate.si();
    object["replicas_needed"] = e.replicasNeeded ? Json(*e.replicasNeeded) : Json(nullptr);
    object["binding"] = name(e.binding);
    object["binding_elasticities"] = elasticities(e);
    object["not_covered"] = e.notCovered;
}

void addLatency(Json& object, const Evaluation& e, const Targets& targets)
{
    object["ttft_s"] = summary(e.ttft);
    object["tpot_s"] = summary(e.tpot);
    object["e2e_s"] = summary(e.e2e);
    object["bands"] = {{"ttft_s.mean", band(e.ttftMeanBand)}, {"tpot_s.mean", band(e.tpotMeanBand)},
        {"e2e_s.mean", band(e.e2eMeanBand)}, {"throughput.output_tok_s", band(e.throughputBand)},
        {"capacity_req_s", band(e.capacityBand)},
        {"cost.usd_per_million_output_tokens", band(e.costBand, millionTokens.si())}};
    for (const NamedBand& derived : derivedBands(e, targets)) {
        const bool isPrice = derived.key.starts_with("cost.") && derived.key != "cost.tokens_per_usd" &&
                             derived.key != "cost.joules_per_token" && derived.key != "cost.grams_co2_per_token";
        object["bands"][std::string(derived.key)] = band(derived.band, isPrice ? millionTokens.si() : 1);
    }
    object["latency_parts_s"] = {{"mean", parts(e.partsMean)}, {"p95", parts(e.partsP95)}, {"p99", parts(e.partsP99)}};
}

void addMemory(Json& object, const Evaluation& e)
{
    const MemoryUse& m = e.memory;
    object["concurrency"] = {{"mean", e.meanConcurrency}, {"max", m.seats}, {"worst_case", e.worstCaseSeats},
        {"running", e.meanRunning}, {"decoding", e.meanDecodes}, {"queued", e.meanQueue}};
    object["kv_bytes_per_token"] = e.kvBytesPerToken.si();
    object["kv_capacity_tokens"] = m.kvCapacity.si();
    object["weights_bytes"] = m.weights.total().si();
    object["workspace_bytes"] = m.workspace.si();
    object["kv_pool_bytes"] = m.kvPool.si();
    object["host_bytes"] = {{"weights", m.host.weights.si()}, {"kv", m.host.kvPool.si()}};
    object["disk_bytes"] = {{"weights", m.disk.weights.si()}, {"kv", m.disk.kvPool.si()}};
    object["gpu_memory_bytes"] = m.gpuMemory.si();
    object["fragmentation"] = {{"reserved", m.fragmentation.reserved}, {"internal", m.fragmentation.internal},
        {"external", m.fragmentation.external}};
    object["preemption_probability"] = m.preemptionProbability;
}

Json evaluationObject(const Evaluation& e, const Targets& targets)
{
    Json object;
    addVerdict(object, e);
    addLatency(object, e, targets);
    addMemory(object, e);
    object["throughput"] = {{"output_tok_s", e.throughput.output.si()}, {"total_tok_s", e.throughput.total.si()},
        {"req_s", e.throughput.requests.si()}, {"goodput_req_s", e.throughput.goodput.si()}};
    object["slo_attainment"] = e.sloAttainment;
    object["cost"] = cost(e.cost);
    object["gpus"] = e.gpus;
    object["error_budget"] = {{"allowed", e.errorBudget.allowed}, {"spent", e.errorBudget.spent},
        {"burn_rate", e.errorBudget.burnRate}, {"exhaustion_s", e.errorBudget.exhaustion.si()}};
    object["decode_step"] = stepObject(e.step);
    object["decode_step"]["batch"] = e.stepDecodes;
    addStepBands(object["decode_step"], e.step, e.stepBand);
    return object;
}

/// The leaves of an object with dotted keys.
void flatten(const Json& object, const std::string& prefix, std::vector<std::pair<std::string, std::string>>& cells)
{
    for (const auto& [key, value] : object.items()) {
        const std::string path = prefix.empty() ? key : prefix + "." + key;
        if (value.is_object())
            flatten(value, path, cells);
        else if (value.is_number_float())
            cells.emplace_back(path, ui::exact(value.get<double>()));
        else if (value.is_string())
            cells.emplace_back(path, value.get<std::string>());
        else
            cells.emplace_back(path, value.is_null() ? std::string() : value.dump());
    }
}

} // namespace

std::string evaluationJson(const Evaluation& e, const Targets& targets, const std::optional<Band>& targetRate)
{
    Json object = evaluationObject(e, targets);
    if (targetRate)
        object["bands"]["target_rate_req_s"] = band(*targetRate);
    return object.dump();
}

std::vector<std::pair<std::string, std::string>> evaluationCells(const Evaluation& e, const Targets& targets)
{
    Json object = evaluationObject(e, targets);
    object.erase("binding_elasticities"); // which resources it names differs from plan to plan; columns may not
    std::vector<std::pair<std::string, std::string>> cells;
    flatten(object, "", cells);
    return cells;
}

std::vector<std::pair<std::string, std::string>> jsonCells(const std::string& compact, const std::string& prefix)
{
    std::vector<std::pair<std::string, std::string>> cells;
    flatten(Json::parse(compact), prefix, cells);
    return cells;
}

std::string stepJson(const StepParts& p, const ErrorBand& errors)
{
    Json object = stepObject(p);
    const double total = p.total().si();
    addStepBands(object, p, {errors.lo * total, errors.hi * total});
    return object.dump();
}

std::string calibrationJson(const Calibration& c)
{
    if (c == Calibration{})
        return "null";
    return Json{{"compute", c.compute}, {"bandwidth", c.bandwidth}, {"network", c.network}, {"overhead", c.overhead}}
        .dump();
}

std::string withFirstMembers(const std::string& object, const std::string& members)
{
    const bool bothFilled = !members.empty() && object.size() > 2;
    return "{" + members + (bothFilled ? "," : "") + object.substr(1);
}

std::string withoutMember(const std::string& object, const std::string& key)
{
    Json json = Json::parse(object);
    json.erase(key);
    return json.dump();
}

std::string indented(const std::string& compact) { return Json::parse(compact).dump(2); }

std::string quoted(const std::string& text)
{
    return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace); // a file name need not be UTF-8
}

} // namespace headroom::cli
