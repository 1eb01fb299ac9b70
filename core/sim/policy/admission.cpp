#include "core/sim/policy/admission.h"

#include "core/error.h"

#include <algorithm>
#include <array>

namespace headroom::sim {

namespace {

Rejection everybody(const AdmissionView&, AdmissionState&) { return Rejection::none; }

Rejection queueCap(const AdmissionView& v, AdmissionState&)
{
    return v.waiting >= v.scheduling.queueCap ? Rejection::queueCap : Rejection::none;
}

/// Would it miss its TTFT? Prompts before it and its own, and those who have to leave for it (Mooncake rejects early by the
/// first of these.)
Rejection deadline(const AdmissionView& v, AdmissionState&)
{
    const double transfer = v.prefix.fetched > 0 ? v.replica.fetchSeconds(v.now, v.prefix.fetched) : 0;
    const std::int64_t cached = std::max(v.prefix.tokens(), v.replica.cachedTokens(v.request, v.now));
    const double expected = v.latencyBefore + transfer + v.replica.expectedTtft(v.now, v.request, cached);
    return expected > v.ttftTarget ? Rejection::deadline : Rejection::none;
}

Rejection tokenBucket(const AdmissionView& v, AdmissionState& state)
{
    const double burst = std::max(1.0, v.scheduling.bucketBurst);
    state.level = std::min(burst, state.level + (v.now - state.filledAt) * v.scheduling.bucketRate.si());
    state.filledAt = v.now;
    if (state.level < 1)
        return Rejection::rateLimit;
    state.level -= 1;
    return Rejection::none;
}

Rejection memory(const AdmissionView& v, AdmissionState&)
{
    return v.replica.hasRoomFor(v.request, v.now) ? Rejection::none : Rejection::memory;
}

constexpr std::array<AdmissionRow, 5> kAdmissions{{
    {Admission::none, "none", "Everybody", &everybody},
    {Admission::queueCap, "queue_cap", "Queue cap", &queueCap},
    {Admission::deadline, "deadline", "Deadline", &deadline},
    {Admission::tokenBucket, "token_bucket", "Token bucket", &tokenBucket},
    {Admission::memory, "memory", "Memory", &memory},
}};

} // namespace

std::span<const AdmissionRow> admissions() { return kAdmissions; }

const AdmissionRow& admissionPolicy(Admission admission)
{
    const auto row = std::ranges::find(kAdmissions, admission, &AdmissionRow::admission);
    HR_ASSERT(row != kAdmissions.end());
    return *row;
}

} // namespace headroom::sim
