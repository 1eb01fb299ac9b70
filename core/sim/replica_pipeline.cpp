// Replica: several pipeline stages. Up to as many micro-batches are in flight, and pass the stages one behind the other
// (MODEL.md 6.2): a long one makes those behind it wait, and the stages idle (Sarathi-Serve's bubbles).
#include "core/sim/replica.h"

#include "core/error.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace headroom::sim {

namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

} // namespace

/// One micro-batch: the sequences that go through the stages together. They stay in it until they leave, as in engines
/// that keep a running batch for each (SGLang) or a scheduler (virtual engines of vLLM).
struct Replica::Lane {
    explicit Lane(StepRing ring) : completions(std::move(ring)) {}

    std::vector<std::int32_t> prefilling;
    std::int64_t prefillLeft = 0;
    std::int64_t decodes = 0, step = 0;
    std::array<double, kReaches> contextSum{};
    std::array<double, kReaches> growing{};
    StepRing completions;
    std::vector<StepRing> crossings;
    TokenGroup body{};
    std::vector<TokenGroup> groups;
    double lastDecodeEnd = 0;
    bool running = false, decodesRun = false;
    std::vector<Chunk> chunks;
    ChunkSums sums;
    Leap leap;
    double leapEnd = kNever;
    std::unique_ptr<GapLog> gapLog;
    KvBlocks::Wheel wheel;
    std::int64_t seats = 0;
};

struct Replica::Pipeline {
    std::vector<Lane> lanes;
    std::vector<double> stageFree;      ///< when the last micro-batch leaves each stage, s
    std::vector<std::int16_t> inFlight; ///< lanes, in the order in which they entered and will leave
    std::size_t next = 0;               ///< lane whose turn it is
    std::int16_t here = 0;              ///< lane that is looked at
    std::int64_t seatsElsewhere = 0;    ///< of the other lanes
    bool firstStageBusy = false;
    double bookedUntil = 0; ///< the replica's time at work, s
};

void Replica::EndOfPipeline::operator()(Pipeline* p) const noexcept { delete p; }

void Replica::makeLanes(int stages)
{
    HR_ASSERT(stages <= std::numeric_limits<std::int16_t>::max());
    m_pipeline.reset(new Pipeline);
    m_pipeline->stageFree.assign(static_cast<std::size_t>(stages), 0);
    for (std::int32_t i = 0; i < stages; ++i) {
        const std::int32_t owner = m_completions.owner() + i;
        auto& due = m_context.slots.due;
        Lane& lane = m_pipeline->lanes.emplace_back(StepRing(due[0], owner, m_context.slots.ringSize));
        for (std::size_t r = 1; r <= m_crossings.size(); ++r)
            lane.crossings.emplace_back(due[r], owner, m_context.slots.ringSize);
        if (m_gapLog)
            lane.gapLog = std::make_unique<GapLog>();
    }
}

/// Puts what belongs to a micro-batch where the rest of the replica works on it, or back.
void Replica::exchange(Lane& lane)
{
    std::swap(m_prefilling, lane.prefilling);
    std::swap(m_prefillLeft, lane.prefillLeft);
    std::swap(m_decodes, lane.decodes);
    std::swap(m_step, lane.step);
    std::swap(m_contextSum, lane.contextSum);
    std::swap(m_growing, lane.growing);
    std::swap(m_completions, lane.completions);
    std::swap(m_crossings, lane.crossings);
    std::swap(m_body, lane.body);
    std::swap(m_groups, lane.groups);
    std::swap(m_lastDecodeEnd, lane.lastDecodeEnd);
    std::swap(m_running, lane.running);
    std::swap(m_decodesRun, lane.decodesRun);
    std::swap(m_chunks, lane.chunks);
    std::swap(m_sums, lane.sums);
    std::swap(m_leap, lane.leap);
    std::swap(m_leapEnd, lane.leapEnd);
    std::swap(m_gapLog, lane.gapLog);
    m_blocks.exchange(lane.wheel);
}

void Replica::take(std::int16_t lane)
{
    Lane& l = m_pipeline->lanes[static_cast<std::size_t>(lane)];
    m_pipeline->here = lane;
    m_pipeline->seatsElsewhere = m_seats - l.seats;
    exchange(l);
}

void Replica::park(std::int16_t lane)
{
    Lane& l = m_pipeline->lanes[static_cast<std::size_t>(lane)];
    exchange(l);
    l.seats = m_seats - m_pipeline->seatsElsewhere;
}

/// When the pipeline is to be looked at next: the first stage becomes free, or a micro-batch leaves the last.
void Replica::awaitStages()
{
    const Pipeline& p = *m_pipeline;
    m_running = p.firstStageBusy || p.inFlight.size() == p.lanes.size();
    m_leapEnd = p.firstStageBusy ? p.stageFree.front() : kNever;
    if (!p.inFlight.empty())
        m_leapEnd = std::min(m_leapEnd, p.lanes[static_cast<std::size_t>(p.inFlight.front())].leapEnd);
    noteLoad();
}

/// plan() of a pipeline: the next micro-batch in turn that is not in flight enters the first stage, if that is free.
double Replica::planLanes(double now)
{
    Pipeline& p = *m_pipeline;
    const std::size_t count = p.lanes.size();
    // A second time round, since one that gave up its memory at the first try leaves it to others, or may come again.
    const std::size_t tries = p.firstStageBusy ? 0 : p.inFlight.empty() ? 2 * count : count;
    for (std::size_t i = 0; i < tries && !p.firstStageBusy; ++i) {
        const std::size_t lane = (p.next + i) % count;
        if (p.lanes[lane].running)
            continue;
        take(static_cast<std::int16_t>(lane));
        formStep<Kind::any>(now);
        p.firstStageBusy = m_running;
        park(static_cast<std::int16_t>(lane));
        if (p.firstStageBusy) {
            p.next = (lane + 1) % count;
            p.inFlight.push_back(static_cast<std::int16_t>(lane));
            break;
        }
    }
    awaitStages();
    return kNever;
}

/// The micro-batch that has been timed starts on each stage when it has left the one before, and the micro-batch in
/// front of it has left this one. All stages take it equally long, as they hold equally many layers.
void Replica::enterStages(double now)
{
    Pipeline& p = *m_pipeline;
    // What is swapped crosses the links of each stage's own GPUs.
    const double stage = (m_leap.first - m_extra) / static_cast<double>(p.stageFree.size()) + m_extra;
    double left = now;
    for (double& free : p.stageFree) {
        left = std::max(left, free) + stage;
        free = left;
    }
    m_leap = {.start = now, .first = left - now, .increment = 0, .steps = 1};
    m_leapEnd = left;
    m_running = true;
    if (m_decodesRun && m_promise == Promise::paged) { // now, or another micro-batch takes the blocks meanwhile
        m_blocks.grow(1, m_decodes);
        if (m_prefix)
            m_prefix->shrinkIdle(m_blocks.free());
    }
}

/// finishLeap() of a pipeline.
void Replica::finishLanes()
{
    Pipeline& p = *m_pipeline;
    const double now = m_leapEnd;
    if (p.stageFree.front() <= now)
        p.firstStageBusy = false;
    while (!p.inFlight.empty()) {
        const std::int16_t lane = p.inFlight.front();
        if (p.lanes[static_cast<std::size_t>(lane)].leapEnd > now)
            break;
        p.inFlight.erase(p.inFlight.begin());
        take(lane);
        m_running = false;
        bookAnySteps();
        p.bookedUntil = m_leapEnd;
        m_leapEnd = kNever;
        park(lane);
    }
    awaitStages();
}

/// endAt() of a pipeline.
void Replica::endLanesAt(double now)
{
    Pipeline& p = *m_pipeline;
    if (!p.inFlight.empty())
        m_context.recorder.work(
            std::min(now, now - (busySecondsOfLanes(now) - m_busySeconds)), now, m_seats, m_blocks.share(), 0);
    p.inFlight.clear();
    p.firstStageBusy = false;
    for (std::size_t i = 0; i < p.lanes.size(); ++i) {
        take(static_cast<std::int16_t>(i));
        m_running = false;
        forEachRunning([&](std::int32_t slot) {
            if (Sequence& s = at(slot); s.stage == Stage::decoding && !isElsewhere(s))
                s.generated = static_cast<std::int32_t>(s.output - (s.finishStep - m_step));
        });
        park(static_cast<std::int16_t>(i));
    }
    awaitStages();
}

/// Those whose KV has come and who belong to this micro-batch.
void Replica::joinArrivedHere()
{
    std::erase_if(m_arrived, [&](std::int32_t slot) {
        if (isElsewhere(at(slot)))
            return false;
        m_groups.push_back({at(slot).lastToken, 1});
        joinDecodes(slot, at(slot).target);
        return true;
    });
}

void Replica::noteLane(Sequence& s) const { s.lane = m_pipeline->here; }

/// Whether a running sequence is in another micro-batch than the one that is looked at.
bool Replica::isElsewhere(const Sequence& s) const { return s.stage != Stage::swapped && s.lane != m_pipeline->here; }

/// Where the time at work of the micro-batch that leaves begins: before that others were in flight, and were booked.
double Replica::bookedFrom() const { return std::max(m_leap.start, m_pipeline->bookedUntil); }

/// Of those that wait, how many memory has room for, were they all like the first.
std::int64_t Replica::waitingThatFit()
{
    const auto head = m_queue.front(m_context.pool);
    if (head == kNoSlot)
        return 0;
    const Sequence& s = at(head);
    const std::int64_t each =
        m_promise == Promise::buddy ? BuddyAllocator::chunkFor(reservedTokens(s)) : admissionBlocks(s);
    return std::min(m_queue.size(), std::max<std::int64_t>(1, m_blocks.free() / std::max<std::int64_t>(1, each)));
}

/// Sequences that this micro-batch may still take in: no more than its share of all there can be, since a short one behind
/// a long one gains nothing.
std::int64_t Replica::seatsLeft()
{
    const auto count = static_cast<std::int64_t>(m_pipeline->lanes.size());
    const std::int64_t all = std::min(m_limits.maxSequences, m_seats + waitingThatFit());
    const std::int64_t here = m_seats - m_pipeline->seatsElsewhere, share = (all + count - 1) / count;
    return std::clamp<std::int64_t>(share - here, 0, m_limits.maxSequences - m_seats);
}

std::int64_t Replica::backlogOfLanes() const
{
    std::int64_t left = m_waitingTokens + m_prefillLeft;
    for (const Lane& lane : m_pipeline->lanes)
        left += lane.prefillLeft;
    return left;
}

double Replica::busySecondsOfLanes(double now) const
{
    const Pipeline& p = *m_pipeline;
    if (p.inFlight.empty())
        return m_busySeconds;
    const double start = p.lanes[static_cast<std::size_t>(p.inFlight.front())].leap.start;
    return m_busySeconds + std::max(0.0, now - std::max(start, p.bookedUntil));
}

/// expectedTtft() of a pipeline: a prompt is in one micro-batch, those before it are shared out over all.
double Replica::expectedTtftOfLanes(double now, const Sequence& s, std::int64_t tokens)
{
    const bool mixes = m_policy->policy != BatchPolicy::prefillFirst && m_role != Role::prefill;
    const bool isBudgeted = m_policy->policy == BatchPolicy::chunked || m_role == Role::decode;
    const auto count = static_cast<std::int64_t>(m_pipeline->lanes.size());
    std::int64_t decodes = 0;
    std::array<double, kReaches> context{};
    for (const Lane& lane : m_pipeline->lanes) {
        decodes += mixes ? lane.decodes : 0;
        for (std::size_t r = 0; r < kReaches; ++r)
            context[r] += mixes ? lane.contextSum[r] / static_cast<double>(count) : 0;
    }
    decodes = (decodes + count - 1) / count;
    const std::int64_t room =
        isBudgeted ? std::max<std::int64_t>(1, m_limits.tokenBudget - decodes) : m_limits.tokenBudget;
    const std::int64_t before = backlogOfLanes() / count;
    const std::int64_t perStep = std::min(room, before + tokens);
    ChunkSums sums;
    m_context.laws.addChunk(sums, perStep, 0);
    const auto law = m_context.laws.mixed(decodes, perStep, 1);
    double step = law.base();
    for (std::size_t r = 0; r < static_cast<std::size_t>(m_context.laws.reaches()); ++r)
        step += law.perPair(r) * sums.pairs[r] + law.perContext(r) * context[r];
    const double steps = std::ceil(static_cast<double>(before + tokens) / static_cast<double>(perStep));
    const double residual = m_running ? std::max(0.0, m_leapEnd - now) : 0;
    return residual + steps * step + expectedSeatWait(now, s);
}

} // namespace headroom::sim
