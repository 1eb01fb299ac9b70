#include "core/model/offload_step.h"

#include <algorithm>
#include <cmath>

namespace headroom {
namespace {

StepLaw operator+(StepLaw a, const StepLaw& b)
{
    a.base += b.base;
    for (std::size_t r = 0; r < kReaches; ++r) {
        a.perContext[r] += b.perContext[r];
        a.perPair[r] += b.perPair[r];
        a.perPrefix[r] += b.perPrefix[r];
    }
    return a;
}

/// Seconds to move `share` of a byte; 0 where nothing is moved.
double secondsPerByte(double share, Bandwidth link)
{
    constexpr double kStandstill = 1; // byte/s: a link that is not there, and yet everything finite
    return share > 0 ? share / std::max(link.si(), kStandstill) : 0;
}

PerReach scaled(const PerReach& values, double factor)
{
    PerReach out = values;
    for (double& x : out)
        x *= factor;
    return out;
}

double sumOf(const PerReach& values)
{
    double sum = 0;
    for (const double x : values)
        sum += x;
    return sum;
}

} // namespace

OffloadStep::OffloadStep(const OffloadInput& in)
    : m_enabled(in.policy.enabled),
      m_overlap(in.policy.overlap),
      m_zigzag(in.policy.schedule == OffloadSchedule::zigzag),
      m_gpuBatch(std::max(1, in.policy.gpuBatch)),
      m_meanContext(in.meanContext),
      m_reach(in.reach)
{
    if (!m_enabled)
        return;
    const Placement w = in.policy.weights(), c = in.policy.cache(), h = in.policy.activations();
    const Bandwidth toGpu = kLinkToGpu * in.link, cacheToHost = kLinkCacheToHost * in.link,
                    activationsToHost = kLinkActivationsToHost * in.link;
    const double sharers = std::max(1, in.gpus);
    const Bandwidth read = in.host.diskRead / sharers, write = in.host.diskWrite / sharers;
    const double cacheAway = c.host + c.disk, weightsAway = w.host + w.disk;
    m_attentionOnGpu = in.policy.cpuAttention ? c.gpu : 1;

    m_toGpu.perLoad = in.weightBytes * secondsPerByte(weightsAway, toGpu);
    m_toGpu.perRow = in.hiddenBytes * secondsPerByte(h.host, toGpu);
    m_toGpu.perPrefix = scaled(in.cacheBytes, secondsPerByte(cacheAway, toGpu)); // prompts attend on the GPU
    if (!in.policy.cpuAttention)
        m_toGpu.perContext = m_toGpu.perPrefix;
    m_toHost.perRow = in.hiddenBytes * secondsPerByte(h.host, activationsToHost);
    m_toHost.perNewToken = sumOf(in.cacheBytes) * secondsPerByte(cacheAway, cacheToHost);
    m_fromDisk.perLoad = in.weightBytes * secondsPerByte(w.disk, read);
    m_fromDisk.perContext = m_fromDisk.perPrefix = scaled(in.cacheBytes, secondsPerByte(c.disk, read));
    m_toDisk.perNewToken = sumOf(in.cacheBytes) * secondsPerByte(c.disk, write);
    if (in.policy.cpuAttention) {
        const double share = hostAttentionShare(in.policy.gpuBatch, in.hidden);
        m_hostAttention = scaled(in.cacheBytes, secondsPerByte(cacheAway, share * in.host.attention / sharers));
    }
}

StepLaw OffloadStep::Chain::law(double loads, double rows, double newTokens) const
{
    StepLaw out;
    out.base = perLoad * loads + perRow * rows + perNewToken * newTokens;
    out.perContext = perContext;
    out.perPrefix = perPrefix;
    return out;
}

double OffloadStep::atMeanContext(const StepLaw& law, double decodes, double prefillTokens, double prompts) const
{
    double seconds = law.base;
    const double half = prompts > 0 ? 0.5 * prefillTokens / prompts : 0; // what a prompt's tokens attend to on average
    for (std::size_t r = 0; r < kReaches; ++r)
        seconds += law.perContext[r] * decodes * std::min(m_meanContext, m_reach[r]) +
                   law.perPair[r] * prefillTokens * std::min(half, m_reach[r]);
    return seconds;
}

StepLaw OffloadStep::law(const StepLaw& gpu, double decodes, double prefillTokens, double prompts) const
{
    const double rows = decodes + prefillTokens;
    const double loads = m_zigzag ? 1 : std::ceil((decodes + prompts) / m_gpuBatch);
    StepLaw compute = gpu;
    for (std::size_t r = 0; r < kReaches; ++r)
        compute.perContext[r] = m_attentionOnGpu * gpu.perContext[r] + m_hostAttention[r];
    const StepLaw toGpu = m_toGpu.law(loads, rows, 0), fromDisk = m_fromDisk.law(loads, rows, 0);
    // A decode step writes one token a sequence: to the host with the activations, so that only prompts pay for it.
    const StepLaw toHost = m_toHost.law(0, rows, prefillTokens), toDisk = m_toDisk.law(0, rows, rows);
    if (!m_overlap)
        return toGpu + fromDisk + toHost + toDisk + compute;
    const auto longest = [&](std::initializer_list<StepLaw> chains) {
        return std::max(chains, [&](const StepLaw& a, const StepLaw& b) {
            return atMeanContext(a, decodes, prefillTokens, prompts) <
                   atMeanContext(b, decodes, prefillTokens, prompts);
        });
    };
    if (decodes > 0)
        return toGpu + longest({compute, toHost, fromDisk, toDisk});
    return longest({compute, toGpu + fromDisk, toHost + toDisk});
}

} // namespace headroom
