// Replica: booking what a leap has done.
#include "core/sim/replica.h"

#include <algorithm>

namespace headroom::sim {

// As plan(): in one piece.
[[gnu::flatten]] void Replica::finishLeap()
{
    if (m_pipeline) [[unlikely]] {
        finishLanes();
        return;
    }
    m_running = false;
    if (m_kind == Kind::plain)
        bookSteps<Kind::plain>();
    else if (m_isStatic)
        bookStatic();
    else
        bookSteps<Kind::any>();
    m_leapEnd = std::numeric_limits<double>::infinity();
    noteLoad();
}

/// Of every policy but the static one.
template <Replica::Kind kKind>
void Replica::bookSteps()
{
    const double shareBefore = m_blocks.share();
    const std::int64_t decoded = m_decodesRun ? m_leap.steps * m_decodes : 0;
    const std::size_t promptsEnd = m_chunks.empty() ? 0 : bookChunks();
    if (m_decodesRun && isPaged<kKind>() && !(kKind == Kind::any && m_pipeline)) { // there they took it at the start
        m_blocks.grow(m_leap.steps, m_decodes);
        if (keepsPrefixes<kKind>()) // the new blocks were those of prefixes that nobody uses
            m_prefix->shrinkIdle(m_blocks.free());
    }
    bookLeap<kKind>(decoded + static_cast<std::int64_t>(promptsEnd), shareBefore);
    if (m_decodesRun)
        bookDecodes<kKind>();
    if (promptsEnd > 0)
        endPrompts<kKind>(promptsEnd);
    if (m_decodesRun) {
        m_body = {m_leapEnd, m_decodes};
        m_groups.clear();
    }
}

void Replica::bookAnySteps() { bookSteps<Kind::any>(); }

void Replica::endAt(double now)
{
    if (m_pipeline) {
        endLanesAt(now);
        return;
    }
    if (m_running) {
        const double leapEnd = m_leapEnd;
        double booked = m_leap.start;
        // What ends with the leap does so at its last step, which is not over.
        if (const std::int64_t ended = std::min(stepsSoFar(now).ended, m_leap.steps - 1); ended > 0) {
            m_leap.steps = ended;
            booked = m_leapEnd = m_leap.end();
            finishLeap();
        }
        m_context.recorder.work(booked, std::min(now, leapEnd), m_seats, m_blocks.share(), 0);
        m_running = false;
    }
    forEachRunning([&](std::int32_t slot) {
        if (Sequence& s = at(slot); s.stage == Stage::decoding)
            s.generated = static_cast<std::int32_t>(s.output - (s.finishStep - m_step));
    });
}

template <Replica::Kind kKind>
void Replica::bookLeap(std::int64_t tokens, double shareBefore)
{
    const double share = 0.5 * (shareBefore + m_blocks.share());
    const double from = kKind == Kind::any && m_pipeline ? bookedFrom() : m_leap.start;
    m_busySeconds += m_leapEnd - from;
    m_context.recorder.leap(from, m_leapEnd, m_leap.steps, m_seats, share, tokens);
    if (kKind == Kind::any && m_context.scenario.record.headOfLine && m_queue.size() > 0)
        bookHeadOfLine();
}

/// Head-of-line blocking (topic 4.4): each second of waiting counts by the share of seats that longer requests hold, or
/// of the prompts in progress while seats are free. Longer: more prompt and output tokens in all.
void Replica::bookHeadOfLine()
{
    const auto total = [](const Sequence& s) { return std::int64_t{s.prompt} + s.output; };
    const bool onlyPrompts = m_seats < m_limits.maxSequences && !m_prefilling.empty();
    m_blockers.clear();
    forEachRunning([&](std::int32_t slot) {
        if (!onlyPrompts || at(slot).stage == Stage::prefilling)
            m_blockers.push_back(total(at(slot)));
    });
    if (m_blockers.empty())
        return;
    std::ranges::sort(m_blockers);
    m_queue.forEach([&](std::int32_t slot) {
        Sequence& s = at(slot);
        if (s.stage != Stage::waiting || s.scheduled)
            return;
        const auto longer = m_blockers.end() - std::ranges::upper_bound(m_blockers, total(s));
        const double seconds = m_leapEnd - std::max(m_pipeline ? bookedFrom() : m_leap.start, s.reached);
        s.headOfLine += std::max(0.0, seconds) * static_cast<double>(longer) / static_cast<double>(m_blockers.size());
    });
}

/// Gaps between tokens: the first step of the leap ends the gaps of each group since its last token.
void Replica::recordGaps()
{
    auto& recorder = m_context.recorder;
    if (m_groups.empty() && m_body.time == m_leap.start) { // nearly always
        recorder.gaps(m_leap.first, m_leap.increment, m_leap.steps, m_decodes);
        return;
    }
    const double firstEnd = m_leap.start + m_leap.duration(1);
    recorder.gaps(firstEnd - m_body.time, 0, 1, m_body.count);
    for (const auto& group : m_groups)
        recorder.gaps(firstEnd - group.time, 0, 1, group.count);
    recorder.gaps(m_leap.first + m_leap.increment, m_leap.increment, m_leap.steps - 1, m_decodes);
}

template <Replica::Kind kKind>
void Replica::bookDecodes()
{
    recordGaps();
    if (kKind == Kind::any && m_gapLog)
        keepLeap();
    m_step += m_leap.steps;
    m_lastDecodeEnd = m_leapEnd;
    const auto steps = static_cast<double>(m_leap.steps);
    m_contextSum[0] += steps * m_growing[0]; // of most models all there is
    for (std::size_t r = 1; r < reaches<kKind>(); ++r)
        m_contextSum[r] += steps * m_growing[r];
    for (std::size_t r = 1; r < reaches<kKind>(); ++r)
        while (m_crossings[r - 1].takeDue(m_step) != kNoSlot)
            --m_growing[r];
    if (kKind == Kind::any && m_endsInOrder) {
        bookCompletionsInOrder();
        return;
    }
    for (auto slot = m_completions.takeDue(m_step); slot != kNoSlot; slot = m_completions.takeDue(m_step))
        bookCompletion<kKind>(slot);
}

template <Replica::Kind kKind>
void Replica::bookCompletion(std::int32_t slot)
{
    if (kKind == Kind::any && m_gapLog) {
        gatherGaps(slot);
        endGaps(slot);
    }
    release<kKind>(at(slot), slot, contextOf(at(slot)));
    at(slot).generated = at(slot).output;
    leaveDecodes<kKind>(slot);
    complete(slot);
}

/// Those that end together do so by arrival where that can be told: who lets go of shared blocks first decides which are
/// forgotten first, and late answers make their clients come again at one time.
void Replica::bookCompletionsInOrder()
{
    m_ended.clear();
    for (auto slot = m_completions.takeDue(m_step); slot != kNoSlot; slot = m_completions.takeDue(m_step))
        m_ended.push_back(slot);
    std::ranges::sort(m_ended, {}, [&](std::int32_t slot) { return at(slot).order; });
    for (const auto slot : m_ended)
        bookCompletion<Kind::any>(slot);
}

/// \return how many prompts are computed to their end. Chunks are given out in order, so that these come first.
std::size_t Replica::bookChunks()
{
    std::size_t ended = 0;
    for (const auto& chunk : m_chunks) {
        Sequence& s = at(chunk.slot);
        const std::int64_t tokens = chunk.tokens * m_leap.steps;
        s.prefilled = static_cast<std::int32_t>(s.prefilled + tokens);
        m_prefillLeft -= tokens;
        ended += static_cast<std::size_t>(s.prefilled == s.target);
    }
    return ended;
}

template <Replica::Kind kKind>
void Replica::endPrompts(std::size_t ended)
{
    m_prefilling.erase(m_prefilling.begin(), m_prefilling.begin() + static_cast<std::ptrdiff_t>(ended));
    const std::int64_t decodesBefore = m_decodes;
    for (std::size_t i = 0; i < ended; ++i)
        promptDone<kKind>(m_chunks[i].slot);
    if (!m_decodesRun && m_decodes > decodesBefore)
        m_groups.push_back({m_leapEnd, m_decodes - decodesBefore});
}

/// The step that computes the last of a prompt gives a token.
template <Replica::Kind kKind>
void Replica::promptDone(std::int32_t slot)
{
    Sequence& s = at(slot);
    const double now = m_leapEnd;
    ++s.generated;
    if (s.generated == 1)
        m_context.recorder.firstToken(s, now);
    else
        m_context.recorder.gaps(now - s.lastToken, 0, 1, 1); // back from a preemption
    if (kKind == Kind::any && m_gapLog)
        noteLateToken(slot);
    s.lastToken = now;
    if (keepsPrefixes<kKind>())
        shareBlocks(slot);
    if (s.generated == s.output || (isRole<kKind>(Role::prefill) && s.abandoned)) {
        if (kKind == Kind::any && m_gapLog)
            endGaps(slot);
        release<kKind>(s, slot, s.target);
        complete(slot);
        return;
    }
    if (isRole<kKind>(Role::prefill)) {
        // Memory stays taken until the KV has been pulled; the seat is free.
        s.stage = Stage::waiting;
        unlink(slot);
        --m_seats;
        m_context.outbox.prefilled.push_back(slot);
        m_context.outbox.hasAny = true;
        return;
    }
    joinDecodes<kKind>(slot, s.target);
}

template <Replica::Kind kKind>
void Replica::joinDecodes(std::int32_t slot, std::int64_t context)
{
    Sequence& s = at(slot);
    s.stage = Stage::decoding;
    s.joinStep = m_step;
    s.joinContext = static_cast<std::int32_t>(context);
    s.finishStep = m_step + (s.output - s.generated);
    m_completions.insert(slot, s.finishStep, m_step);
    ++m_decodes;
    if (isPaged<kKind>())
        m_blocks.join(context);
    m_contextSum[0] += static_cast<double>(context);
    ++m_growing[0];
    for (std::size_t r = 1; r < reaches<kKind>(); ++r) {
        const double reach = m_context.laws.reach(static_cast<int>(r));
        m_contextSum[r] += std::min(static_cast<double>(context), reach);
        if (static_cast<double>(context) < reach) {
            ++m_growing[r];
            m_crossings[r - 1].insert(slot, m_step + static_cast<std::int64_t>(reach) - context, m_step);
        }
    }
}

template void Replica::joinDecodes<Replica::Kind::any>(std::int32_t, std::int64_t);

/// Takes a sequence out of the sums of the decodes. Memory is another matter: release().
template <Replica::Kind kKind>
void Replica::leaveDecodes(std::int32_t slot)
{
    Sequence& s = at(slot);
    const std::int64_t context = contextOf(s);
    --m_decodes;
    if (isPaged<kKind>())
        m_blocks.leave(context);
    m_contextSum[0] -= static_cast<double>(context);
    --m_growing[0];
    for (std::size_t r = 1; r < reaches<kKind>(); ++r) {
        const double reach = m_context.laws.reach(static_cast<int>(r));
        m_contextSum[r] -= std::min(static_cast<double>(context), reach);
        if (static_cast<double>(context) < reach)
            --m_growing[r];
        m_crossings[r - 1].remove(slot);
    }
    if (s.generated == s.output)
        return; // complete: the groups are made anew after the leap
    m_completions.remove(slot);
    if (kKind == Kind::any && m_gapLog)
        gatherGaps(slot);
    s.generated = static_cast<std::int32_t>(s.output - (s.finishStep - m_step));
    if (s.joinStep != m_step)
        s.lastToken = m_lastDecodeEnd;
    if (m_body.time == s.lastToken && m_body.count > 0) {
        --m_body.count;
        return;
    }
    for (auto& group : m_groups)
        if (group.time == s.lastToken && group.count > 0) {
            --group.count;
            return;
        }
}

template void Replica::leaveDecodes<Replica::Kind::any>(std::int32_t);

void Replica::complete(std::int32_t slot)
{
    unlink(slot);
    --m_seats;
    m_stays += m_leapEnd - at(slot).firstScheduled;
    ++m_gone;
    auto& outbox = m_context.outbox;
    (at(slot).abandoned ? outbox.dropped : outbox.finished).push_back(slot);
    outbox.hasAny = true;
}

/// Tokens of answers that the members of the batch have after so many decode steps. Who is done stays and produces none;
/// whose prompt is longer than what the prompt step took still reads it, a token a step.
std::int64_t Replica::staticTokens(std::int64_t decodeSteps) const
{
    const std::int64_t start = m_padded - m_staticDone; // what the prompt step took
    std::int64_t sum = 0;
    for (const auto slot : m_batch) {
        const Sequence& s = at(slot);
        const std::int64_t reading = std::max<std::int64_t>(0, s.target - start);
        sum += std::clamp<std::int64_t>(decodeSteps - reading + 1, 0, s.output);
    }
    return sum;
}

/// Prompts are padded to the longest, everybody stays until the last has its last token, and all answers go out then.
void Replica::bookStatic()
{
    const bool wasPrefill = !m_decodesRun;
    bookLeap<Kind::any>(
        wasPrefill ? staticTokens(0) : staticTokens(m_staticDone + m_leap.steps) - staticTokens(m_staticDone),
        m_blocks.share());
    if (wasPrefill) {
        m_prefilling.clear();
        m_prefillLeft = 0;
    } else {
        m_staticLeft -= m_leap.steps;
        m_staticDone += m_leap.steps;
        m_padded += m_leap.steps;
    }
    if (m_staticLeft > 0)
        return;
    for (const auto slot : m_batch) {
        Sequence& s = at(slot);
        s.prefilled = s.target;
        s.generated = s.output;
        m_context.recorder.firstToken(s, m_leapEnd);
        release(s, slot, s.target);
        complete(slot);
    }
    m_batch.clear();
}

void Replica::link(std::int32_t slot)
{
    Sequence& s = at(slot);
    if (m_pipeline)
        noteLane(s);
    Level& level = levelOf(s);
    std::int32_t before = level.last; // nearly always: the latest to arrive comes last
    while (before != kNoSlot && at(before).order > s.order)
        before = at(before).previous;
    s.previous = before;
    s.following = before == kNoSlot ? level.first : at(before).following;
    (before == kNoSlot ? level.first : at(before).following) = slot;
    (s.following == kNoSlot ? level.last : at(s.following).previous) = slot;
}

void Replica::unlink(std::int32_t slot)
{
    Sequence& s = at(slot);
    Level& level = levelOf(s);
    (s.previous == kNoSlot ? level.first : at(s.previous).following) = s.following;
    (s.following == kNoSlot ? level.last : at(s.following).previous) = s.previous;
    s.previous = s.following = kNoSlot;
}

} // namespace headroom::sim
