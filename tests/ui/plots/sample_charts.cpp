#include "sample_charts.h"

#include <cmath>
#include <limits>
#include <random>

namespace headroom::ui {

namespace {

std::vector<double> spaced(double from, double to, int n, bool logarithmic = false)
{
    std::vector<double> v;
    for (int i = 0; i < n; ++i) {
        const double s = static_cast<double>(i) / (n - 1);
        v.push_back(logarithmic ? from * std::pow(to / from, s) : from + s * (to - from));
    }
    return v;
}

constexpr double kSaturation = 5.9;
double ttft(double rate, double saturation)
{
    return rate < saturation ? 180 / std::pow(1 - rate / saturation, 0.7) : INFINITY;
}

} // namespace

ChartSpec sampleLatency(double load)
{
    LineChart c;
    c.x = {"arrival rate", "req/s", false, {}, 7};
    c.y = {"TTFT p95", "ms", true, {}, {}};
    Curve now{"this plan", Role::primary, {}, {}, {}, {}, false, false, {}, {}};
    for (const double x : spaced(0.1, 6.2, 200)) {
        const double y = ttft(x, kSaturation);
        now.x.push_back(x);
        now.y.push_back(y);
        now.lo.push_back(y * 0.86);
        now.hi.push_back(y * 1.16);
    }
    Curve ghost{"today's A10G", Role::ghost, {}, {}, {}, {}, false, false, {}, {}};
    for (const double x : spaced(0.1, 1.9, 60)) {
        ghost.x.push_back(x);
        ghost.y.push_back(1.7 * ttft(x, 1.95));
    }
    Curve simulated{"simulated, 95 % interval", Role::simulated, {}, {}, {}, {}, false, true, {}, {}};
    for (const double x : {0.7, 1.4, 2.1, 2.8, 3.5, 4.2, 4.9, 5.4}) {
        const double y = ttft(x, kSaturation) * (1 + 0.04 * std::sin(7 * x));
        simulated.x.push_back(x);
        simulated.y.push_back(y);
        simulated.errorLo.push_back(y * 0.92);
        simulated.errorHi.push_back(y * 1.09);
    }
    c.curves = {now, ghost, simulated};
    c.limits = {{"target 800 ms", Role::target, 800, false}, {"saturates", Role::saturation, kSaturation, true}};
    c.markers = {{"you: " + std::to_string(static_cast<int>(ttft(load, kSaturation))) + " ms", Role::primary, load,
        ttft(load, kSaturation)}};
    return {"Time to first token, p95", "ms, log", "p95 stays below the target up to 5.2 req/s.", "", c};
}

ChartSpec sampleParts(double scale)
{
    StackedBars b;
    b.value = {"time", "s", false, {}, {}};
    b.categories = {"mean", "p95", "p99"};
    const auto segment = [&](const char* name, Role role, double a, double p95, double p99) {
        b.segments.push_back({name, role, {a * scale, p95 * scale, p99 * scale}, {}});
    };
    segment("queue", Role::queue, 0.1, 0.9, 1.6);
    segment("retrieval", Role::retrieval, 0.05, 0.1, 0.12);
    segment("prefill", Role::prefill, 0.2, 0.3, 0.35);
    segment("decode", Role::decode, 10.9, 25.2, 31.5);
    segment("post", Role::post, 0.1, 0.1, 0.1);
    segment("network", Role::network, 0.15, 0.2, 0.23);
    b.totals = {"11.5 s", "26.8 s", "33.9 s"};
    return {"Where the time goes", "s per request", "Decode takes 94 % of the mean request.", "", b};
}

ChartSpec sampleMemoryBar()
{
    StackedBars b;
    b.value = {"", "GiB", false, {}, 45};
    b.categories = {""};
    b.segments = {{"weights", Role::weights, {15}, {}}, {"KV", Role::kv, {7.5}, {}},
        {"KV free", Role::free, {15.7}, {}}, {"workspace", Role::workspace, {2.2}, {}},
        {"waste", Role::waste, {0.1}, {}}, {"spare", Role::free, {4.5}, {}}};
    return {"Memory of one GPU", "GiB per GPU", "A third of the KV memory is in use.", "", b};
}

ChartSpec sampleSeats()
{
    LineChart c;
    c.x = {"context length", "tokens", true, {}, {}};
    c.y = {"seats", "requests", false, {}, {}};
    Curve now{"bf16 KV", Role::primary, {}, {}, {}, {}, false, false, {}, {}};
    Curve ghost{"with fp8 KV", Role::ghost, {}, {}, {}, {}, false, false, {}, {}};
    for (const double x : spaced(500, 32000, 120, true)) {
        now.x.push_back(x);
        now.y.push_back(std::min(256.0, 200000 / x));
        ghost.x.push_back(x);
        ghost.y.push_back(std::min(256.0, 400000 / x));
    }
    c.curves = {now, ghost};
    c.limits = {{"max_sequences 256", Role::saturation, 256, false}};
    c.markers = {{"146 seats", Role::primary, 1366, 200000.0 / 1366}};
    return {"Memory and concurrency", "requests at once", "146 requests fit at the present length.", "", c};
}

ChartSpec sampleCost()
{
    LineChart c;
    c.x = {"arrival rate", "req/s", false, {}, {}};
    c.y = {"cost", "USD/M output tokens", true, {}, {}};
    Curve now{"this plan", Role::primary, {}, {}, {}, {}, false, false, {}, {}};
    Curve missed{"misses targets", Role::bad, {}, {}, {}, {}, true, false, {}, {}};
    for (const double x : spaced(0.2, 5.2, 150)) {
        now.x.push_back(x);
        now.y.push_back(1.65 / x);
        now.lo.push_back(1.65 / x * 0.91);
        now.hi.push_back(1.65 / x * 1.09);
    }
    for (const double x : spaced(5.2, 5.9, 20)) {
        missed.x.push_back(x);
        missed.y.push_back(1.65 / x);
    }
    c.curves = {now, missed};
    c.limits = {{"hosted API $0.60: own GPU wins above 2.7 req/s", Role::good, 0.6, false}};
    c.markers = {{"$0.39", Role::primary, 4.2, 1.65 / 4.2}};
    return {"Cost at the load you have", "$ per M output tokens, log", "Cheaper than the hosted API above 2.7 req/s.",
        "", c};
}

ChartSpec sampleTornado()
{
    StackedBars b;
    b.value = {"change of TTFT p95", "%", false, {}, {}};
    b.categories = {"arrival rate", "output tokens", "HBM bandwidth", "prompt tokens", "token budget"};
    b.segments = {{"10 % less", Role::good, {-20, -14, 13, -9, -3}, {}},
        {"10 % more", Role::secondary, {34, 19, -11, 10, 5}, {}}};
    b.totals = {"+34 %", "+19 %", "+13 %", "+10 %", "+5 %"};
    return {"If it changed by 10 %", "% of TTFT p95", "The arrival rate matters most.", "", b};
}

ChartSpec sampleWaterfall()
{
    StackedBars b;
    b.value = {"time", "ms", false, {}, {}};
    b.categories = {"network", "queue", "prefill", "first token"};
    b.segments = {{"network", Role::network, {20, 0, 0, 0}, {0, 0, 0, 0}},
        {"queue", Role::queue, {0, 150, 0, 0}, {0, 20, 0, 0}},
        {"prefill", Role::prefill, {0, 0, 240, 0}, {0, 0, 170, 0}},
        {"total", Role::primary, {0, 0, 0, 410}, {0, 0, 0, 0}}};
    b.totals = {"20 ms", "150 ms", "240 ms", "410 ms"};
    b.limits = {{"target 800 ms", Role::target, 800, true}};
    return {"How the first token comes about", "ms", "Prefill is the larger half.", "", b};
}

ChartSpec samplePolicies()
{
    LineChart c;
    c.x = {"batch size", "sequences", true, {}, {}};
    c.y = {"throughput", "tok/s", false, {}, {}};
    const std::vector<std::pair<const char*, Role>> names{{"static", Role::series1}, {"continuous", Role::series2},
        {"prefill first", Role::series3}, {"chunked", Role::series4}, {"disaggregated", Role::series5},
        {"oracle", Role::series6}, {"half precision", Role::series7}};
    double k = 1;
    for (const auto& [name, role] : names) {
        Curve curve{name, role, {}, {}, {}, {}, false, false, {}, {}};
        for (const double x : spaced(1, 256, 100, true)) {
            curve.x.push_back(x);
            curve.y.push_back(5000 * k * x / (x + 40));
        }
        k *= 0.85;
        c.curves.push_back(curve);
    }
    c.markers = {{"you: 3.1k tok/s", Role::primary, 64, 3077}};
    return {"Throughput against batch size", "tok/s", "Chunked reaches 3,100 tok/s.", "", c};
}

ChartSpec sampleRoofline()
{
    LineChart c;
    c.x = {"operations per byte", "FLOP/B", true, {}, {}};
    c.y = {"reached", "TFLOP/s", true, {}, {}};
    Curve roof{"bf16 roof", Role::primary, {}, {}, {}, {}, false, false, {}, {}};
    Curve fp8{"fp8 roof", Role::series2, {}, {}, {}, {}, false, false, {}, {}};
    for (const double x : spaced(0.5, 4000, 120, true)) {
        roof.x.push_back(x);
        roof.y.push_back(std::min(989.0, 3.35 * x));
        fp8.x.push_back(x);
        fp8.y.push_back(std::min(1979.0, 3.35 * x));
    }
    c.curves = {roof, fp8};
    c.markers = {{"decode step, 48 sequences", Role::decode, 46, 120}, {"prefill chunk", Role::prefill, 900, 610}};
    return {"Roofline", "TFLOP/s, log", "Decode is bound by bandwidth.", "", c};
}

ChartSpec sampleValidation()
{
    ScatterChart c;
    c.x = {"measured", "ms", true, {}, {}};
    c.y = {"predicted", "ms", true, {}, {}};
    std::mt19937 generator(7);
    const auto random = [&] { return static_cast<double>(generator()) / 4294967296.0; };
    int group = 0;
    for (const char* name : {"H100", "A100", "L40S"}) {
        Curve points{
            name, static_cast<Role>(static_cast<int>(Role::series1) + group++), {}, {}, {}, {}, false, true, {}, {}};
        std::vector<std::string> hover;
        for (int i = 0; i < 60; ++i) {
            const double x = std::pow(10, 0.5 + 3 * random());
            points.x.push_back(x);
            points.y.push_back(x * std::exp(0.4 * (random() + random() - 1)));
            hover.push_back(std::string(name) + ", row " + std::to_string(i));
        }
        c.groups.push_back(points);
        c.hover.push_back(hover);
    }
    c.lines = {{"predicted = measured", Role::ghost, {1, 10000}, {1, 10000}, {}, {}, false, false, {}, {}}};
    return {"Predicted against measured", "ms, log", "Half the rows are within 9 %.", "", c};
}

ChartSpec sampleGantt()
{
    SpanChart c;
    c.x = {"simulated time", "s", false, {}, {}};
    for (int i = 0; i < 14; ++i) {
        c.rows.push_back("request " + std::to_string(i + 1));
        const double start = 0.3 * i, queue = 0.02 * i * i / 3, prefill = 0.15 + 0.03 * (i % 4),
                     decode = 1 + 0.5 * ((i * 5) % 7);
        c.spans.push_back({i, start, start + queue, Role::queue, "queue"});
        c.spans.push_back({i, start + queue, start + queue + prefill, Role::prefill, "prefill"});
        c.spans.push_back({i, start + queue + prefill, start + queue + prefill + decode, Role::decode, "decode"});
    }
    return {"Requests one by one", "s", "Request 14 waits longest.", "", c};
}

ChartSpec sampleHeatMap()
{
    HeatMap h;
    h.x = {"arrival rate", "req/s", false, {}, {}};
    h.y = {"prompt length", "tokens", true, {}, {}};
    h.value = {"TTFT p95", "ms", true, {}, {}};
    h.xs = spaced(0.5, 12, 24);
    h.ys = spaced(128, 16384, 16, true);
    for (const double y : h.ys)
        for (const double x : h.xs)
            h.values.push_back(ttft(x, 16000 / (y + 800)) * (1 + y / 2000));
    return {"Load and prompt length", "TTFT p95, ms, log", "Long prompts saturate early.", "", h};
}

ChartSpec sampleTable()
{
    Table t;
    t.columns = {"GPU", "GPUs", "USD/h", "USD per M tokens", "TTFT p95", "Binds"};
    t.numeric = {false, true, true, true, true, false};
    t.rows = {{"L40S", "1", "1.25", "0.39", "410 ms", "bandwidth"},
        {"A100 80GB SXM", "1", "1.79", "0.51", "290 ms", "bandwidth"},
        {"H100 SXM", "1", "2.99", "0.74", "160 ms", "overhead"},
        {"H200 SXM", "1", "3.79", "0.93", "155 ms", "overhead"}, {"RTX 4090", "2", "0.88", "0.31", "620 ms", "memory"}};
    t.highlighted = 0;
    return {"The same service on other GPUs", "cheapest first", "Two RTX 4090 cost least.", "", t};
}

ChartSpec sampleEmpty()
{
    return {"Cost at the load you have", "$ per M output tokens", "",
        "The model does not fit: 141 GiB of weights, 80 GiB of memory.", LineChart{}};
}

std::vector<ChartSpec> sampleCharts()
{
    return {sampleLatency(), sampleParts(), sampleMemoryBar(), sampleSeats(), sampleCost(), sampleTornado(),
        sampleWaterfall(), samplePolicies(), sampleRoofline(), sampleValidation(), sampleGantt(), sampleHeatMap(),
        sampleTable(), sampleEmpty()};
}

} // namespace headroom::ui
