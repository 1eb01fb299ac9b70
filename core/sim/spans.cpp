#include "core/sim/spans.h"

#include <array>
#include <charconv>

namespace headroom::sim {

namespace {

void put(std::string& out, double value)
{
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr; // shortest that reads back equal
    out.append(text.data(), end);
}

void put(std::string& out, std::int64_t value) { out += std::to_string(value); }

void event(std::string& out, std::string_view name, const RequestRow& row, double begin, double end)
{
    constexpr double kMicroseconds = 1e6; // unit of the format
    out += R"({"name":")";
    out += name;
    out += R"(","cat":"request","ph":"X","pid":)";
    put(out, std::int64_t{row.replica});
    out += R"(,"tid":)";
    put(out, static_cast<std::int64_t>(row.request));
    out += R"(,"ts":)";
    put(out, begin * kMicroseconds);
    out += R"(,"dur":)";
    put(out, (end - begin) * kMicroseconds);
}

void facts(std::string& out, const RequestRow& row)
{
    out += R"(,"args":{"request":)";
    put(out, static_cast<std::int64_t>(row.request));
    out += R"(,"attempt":)";
    put(out, std::int64_t{row.attempt});
    out += R"(,"class":)";
    put(out, std::int64_t{row.requestClass});
    out += R"(,"prompt_tokens":)";
    put(out, std::int64_t{row.promptTokens});
    out += R"(,"cached_tokens":)";
    put(out, std::int64_t{row.cachedTokens});
    out += R"(,"output_tokens":)";
    put(out, std::int64_t{row.outputTokens});
    out += R"(,"preemptions":)";
    put(out, std::int64_t{row.preemptions});
    out += R"(,"status":")";
    out += name(row.status);
    out += R"("})";
}

} // namespace

std::array<Span, 7> spansOf(const RequestRow& row, const FixedLatency& fixed)
{
    const double half = fixed.network.si() / 2;
    const double atFrontend = row.arrival + half, atRetrieval = atFrontend + fixed.frontend.si();
    const double atEngine = atRetrieval + fixed.retrieval.si(), scheduled = atEngine + row.queue;
    const double last = row.status == Status::completed ? row.finish - half - fixed.post.si() : row.finish;
    const double first = std::max(scheduled, row.firstToken);
    const double replied = row.status == Status::completed ? row.finish - half : row.finish;
    return {{{"network", row.arrival, atRetrieval}, {"retrieval", atRetrieval, atEngine},
        {"queue", atEngine, scheduled}, {"prefill", scheduled, first}, {"decode", first, std::max(first, last)},
        {"post", std::max(first, last), std::max(first, replied)},
        {"network", std::max(first, replied), std::max(first, row.finish)}}};
}

std::string chromeTrace(std::span<const RequestRow> rows, const FixedLatency& fixed)
{
    std::string out = R"({"displayTimeUnit":"ms","traceEvents":[)";
    bool any = false;
    for (const auto& row : rows) {
        out += any ? ",\n" : "\n";
        any = true;
        event(out, "request", row, row.arrival, row.finish);
        facts(out, row);
        out += '}';
        for (const auto& span : spansOf(row, fixed)) {
            if (!(span.end > span.begin))
                continue;
            out += ",\n";
            event(out, span.name, row, span.begin, span.end);
            out += '}';
        }
    }
    out += "\n]}\n";
    return out;
}

std::string rowsCsv(std::span<const RequestRow> rows)
{
    std::string out = "request,class,arrival_s,queue_s,first_token_s,finish_s,prompt_tokens,output_tokens,preemptions,"
                      "replica,status,attempt,cached_tokens,rejection\r\n";
    for (const auto& row : rows) {
        const auto column = [&out](auto value) {
            out += ',';
            put(out, value);
        };
        put(out, static_cast<std::int64_t>(row.request));
        column(std::int64_t{row.requestClass});
        for (const double seconds : {row.arrival, row.queue, row.firstToken, row.finish})
            column(seconds);
        for (const std::int32_t count : {row.promptTokens, row.outputTokens, row.preemptions, row.replica})
            column(std::int64_t{count});
        out += ',';
        out += name(row.status);
        out += ',';
        put(out, std::int64_t{row.attempt});
        out += ',';
        put(out, std::int64_t{row.cachedTokens});
        out += ',';
        out += row.rejection == Rejection::none ? std::string_view() : name(row.rejection);
        out += "\r\n";
    }
    return out;
}

} // namespace headroom::sim
