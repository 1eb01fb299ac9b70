// Request classes: the one list inside a plan, set by workload.classes[i].KEY.
#include "core/plan/field_rows.h"

#include <algorithm>
#include <charconv>

namespace headroom {

namespace {

using rows::Number;

struct ClassRange {
    double min, max;
};

template <auto access>
constexpr ClassField number(FieldInfo info, ClassRange range)
{
    using Member = std::remove_cvref_t<decltype(access(std::declval<RequestClass&>()))>;
    ClassField f;
    f.info = info;
    f.min = range.min, f.max = range.max;
    f.integer = std::is_same_v<Member, int>;
    f.optional = rows::isOptional<Member>;
    f.get = [](const RequestClass& c) { return rows::toNumber(access(c)); };
    f.set = [](RequestClass& c, Number v) { rows::fromNumber(access(c), v); };
    return f;
}

template <auto length>
constexpr ClassField meanTokens(FieldInfo info)
{
    ClassField f;
    f.info = info;
    f.min = 1, f.max = 10'000'000;
    f.get = [](const RequestClass& c) -> Number { return length(c).mean; };
    f.set = [](RequestClass& c, Number v) { rows::changeMean(length(c), *v); };
    return f;
}

constexpr std::string_view kGroup = "workload";
constexpr auto kPrompt = [](auto& c) -> auto& { return c.shape.prompt; };
constexpr auto kOutput = [](auto& c) -> auto& { return c.shape.output; };

constexpr ClassField kClassFields[] = {number < [](auto& c) -> auto& {return c.share;
} // namespace
> ({.key = "share",
       .group = kGroup,
       .label = "Share",
       .help = "Part of the arrivals, relative to the other classes.",
       .unit = "",
       .topic = "2.1"},
      {1e-6, 1e6}),
    meanTokens<kPrompt>({.key = "prompt_tokens_mean",
        .group = kGroup,
        .label = "Prompt length",
        .help = "Mean tokens of a prompt, cached ones included.",
        .unit = "tok",
        .topic = "2.1"}),
    number < [](auto& c) -> auto&
{
    return c.shape.prompt.cv;
}
> ({.key = "prompt_tokens_cv",
       .group = kGroup,
       .label = "Spread of prompts",
       .help = "Standard deviation of the prompt length over its mean.",
       .unit = "",
       .topic = "2.1"},
      {0, 10}),
    meanTokens<kOutput>({.key = "output_tokens_mean",
        .group = kGroup,
        .label = "Output length",
        .help = "Mean tokens that a request generates.",
        .unit = "tok",
        .topic = "2.1"}),
    number < [](auto& c) -> auto&
{
    return c.shape.output.cv;
}
> ({.key = "output_tokens_cv",
       .group = kGroup,
       .label = "Spread of outputs",
       .help = "Standard deviation of the output length over its mean.",
       .unit = "",
       .topic = "2.1"},
      {0, 10}),
    number < [](auto& c) -> auto&
{
    return c.shape.prefixHitRate;
}
> ({.key = "prefix_hit_rate",
       .group = kGroup,
       .label = "Prefix cache hits",
       .help = "Share of prompt tokens whose KV entries are cached already.",
       .unit = "",
       .topic = "10.2"},
      {0, 0.99}),
    number < [](auto& c) -> auto&
{
    return c.priority;
}
> ({.key = "priority",
       .group = kGroup,
       .label = "Priority",
       .help = "The higher one goes first.",
       .unit = "",
       .topic = "8.3"},
      {-100, 100}),
    number < [](auto& c) -> auto&
{
    return c.weight;
}
> ({.key = "weight",
       .group = kGroup,
       .label = "Weight",
       .help = "Share of the seats with weighted priorities, relative to the other classes.",
       .unit = "",
       .topic = "8.3"},
      {0.001, 1000}),
    number < [](auto& c) -> auto&
{
    return c.ttftTarget;
}
> ({.key = "ttft_target_s",
       .group = kGroup,
       .label = "Time to first token, p95",
       .help = "Target of this class; empty: that of the plan.",
       .unit = "s",
       .topic = "1.1"},
      {0.001, 3600}),
    number < [](auto& c) -> auto&
{
    return c.tpotTarget;
}
> ({.key = "tpot_target_s",
       .group = kGroup,
       .label = "Time per output token, p95",
       .help = "Target of this class; empty: that of the plan.",
       .unit = "s",
       .topic = "1.1"},
      {0.0001, 60}),
    number < [](auto& c) -> auto&
{
    return c.e2eTarget;
}
> ({.key = "e2e_target_s",
       .group = kGroup,
       .label = "Whole answer, p99",
       .help = "Target of this class; empty: that of the plan.",
       .unit = "s",
       .topic = "1.1"},
      {0.01, 86'400}),
}; // namespace headroom

Result<void> setShape(LengthDistribution& d, std::string_view text)
{
    const auto position = rows::positionOf(rows::kShapes, text);
    if (!position)
        return tl::unexpected(position.error());
    rows::changeShape(d, static_cast<LengthShape>(*position));
    return {};
}

Result<void> setMember(RequestClass& c, std::string_view key, std::string_view text)
{
    if (key == "prompt_distribution")
        return setShape(c.shape.prompt, text);
    if (key == "output_distribution")
        return setShape(c.shape.output, text);
    if (key == "name") {
        auto read = rows::readText(text);
        if (!read)
            return tl::unexpected(read.error());
        c.name = std::move(*read);
        return {};
    }
    const auto field = std::ranges::find(kClassFields, key, [](const ClassField& f) { return f.info.key; });
    if (field == std::end(kClassFields)) {
        std::string list = "name, prompt_distribution, output_distribution";
        for (const auto& f : kClassFields)
            list += ", " + std::string(f.info.key);
        return fail("", "there is no such key of a class; expected one of " + list);
    }
    const auto value = rows::readNumber(rows::ruleOf(*field), text);
    if (!value)
        return tl::unexpected(value.error());
    field->set(c, *value);
    return {};
}

} // namespace

std::span<const ClassField> classFields() { return kClassFields; }

Result<void> rows::setClassField(Plan& plan, std::string_view rest, std::string_view text)
{
    constexpr std::string_view kForm = "expected workload.classes[0].share or the like";
    auto& classes = plan.workload.classes;
    if (rest.empty()) {
        if (text != "none")
            return fail("", "takes only none, which removes all classes; " + std::string(kForm));
        classes.clear();
        return {};
    }
    std::size_t index = 0;
    const auto [after, error] = rest[0] == '[' ? std::from_chars(rest.data() + 1, rest.data() + rest.size(), index)
                                               : std::from_chars_result{rest.data(), std::errc::invalid_argument};
    const auto tail = rest.substr(static_cast<std::size_t>(after - rest.data()));
    if (error != std::errc{} || !tail.starts_with("]"))
        return fail("", std::string(kForm));
    if (index > classes.size() || index >= kMaxClasses)
        return fail("", "there are " + std::to_string(classes.size()) + " classes; the index may be at most " +
                            std::to_string(std::min(classes.size(), kMaxClasses - 1)) + ", which appends one");
    if (tail == "]") {
        if (text != "none" || index == classes.size())
            return fail("", "takes only none, which removes a class that is there; " + std::string(kForm));
        classes.erase(classes.begin() + static_cast<std::ptrdiff_t>(index));
        return {};
    }
    if (!tail.starts_with("]."))
        return fail("", std::string(kForm));
    const bool isNew = index == classes.size();
    RequestClass changed = isNew ? RequestClass{} : classes[index];
    if (isNew) {
        changed.name = "class " + std::to_string(index + 1);
        changed.shape = plan.workload.shape;
    }
    if (auto done = setMember(changed, tail.substr(2), text); !done)
        return done;
    if (isNew)
        classes.push_back(std::move(changed));
    else
        classes[index] = std::move(changed);
    return {};
}

} // namespace headroom
