// One attempt of one request on its way through the fleet, and the pool these live in.
#pragma once

#include "core/sim/reserve.h"
#include "core/sim/result.h"

#include <cstdint>
#include <vector>

namespace headroom::sim {

inline constexpr std::int32_t kNoSlot = -1; ///< end of an intrusive list of slots (never a value seen from outside)

enum class Stage : std::uint8_t { free, fetching, waiting, prefilling, transferring, decoding, swapped, withdrawn };

/// Hot fields first: most of what a leap asks stands in the first 64 bytes.
struct Sequence {
    std::int64_t finishStep = 0;  ///< decode step of its replica after which it has all its tokens
    std::int64_t joinStep = 0;    ///< decode step at which it joined the decodes
    std::int32_t joinContext = 0; ///< tokens in the cache at that moment
    std::int32_t prompt = 1, output = 1;
    std::int32_t generated = 0; ///< tokens produced when it last joined or left the decodes
    std::int32_t target = 0;    ///< tokens to prefill: the prompt, or prompt and generated after a preemption
    std::int32_t prefilled = 0; ///< of these, in the cache
    std::int32_t previous = kNoSlot, following = kNoSlot; ///< running sequences of the replica in order of arrival
    double reached = 0;                                   ///< time it reached the engine
    std::int32_t cached = 0;                              ///< prompt tokens found in the prefix cache
    Stage stage = Stage::free;
    bool scheduled = false; ///< has had its first step
    bool abandoned = false; ///< its client has gone
    std::uint8_t pad = 0;
    std::uint64_t order = 0; ///< number of the attempt, in order of arrival at the engine
    double firstScheduled = 0, firstToken = 0;
    double lastToken = 0;      ///< of a sequence outside the decodes
    std::uint64_t request = 0; ///< number of the request
    std::int32_t requestClass = 0;
    std::int32_t predicted = 0;
    std::int32_t preemptions = 0;
    std::int16_t attempt = 0;
    std::int16_t lane = 0; ///< its micro-batch, where the replica is a pipeline
    std::int32_t replica = 0, prefillReplica = 0;
    std::uint32_t firstHash = 0, hashCount = 0;
    std::int64_t reserved = 0; ///< start of its buddy chunk (reserving policies)
    double headOfLine = 0;     ///< seconds blocked by longer requests
    double slowestGaps = 0;    ///< mean of the slowest tenth of its gaps when it is done, s, if that is asked for
};

/// Slots are reused, the last freed first, so that the working set stays small. References do not survive take().
class SequencePool {
public:
    /// Room for as many requests as may wait in an overload.
    void expect(std::uint64_t requests) { reserveIfPossible(m_slots, requests); }
    std::int32_t take()
    {
        if (m_free.empty()) {
            m_slots.emplace_back();
            return static_cast<std::int32_t>(m_slots.size() - 1);
        }
        const auto slot = m_free.back();
        m_free.pop_back();
        m_slots[static_cast<std::size_t>(slot)] = m_blank;
        return slot;
    }
    void release(std::int32_t slot)
    {
        (*this)[slot].stage = Stage::free;
        m_free.push_back(slot);
    }
    Sequence& operator[](std::int32_t slot) { return m_slots[static_cast<std::size_t>(slot)]; }
    const Sequence& operator[](std::int32_t slot) const { return m_slots[static_cast<std::size_t>(slot)]; }
    std::size_t inUse() const { return m_slots.size() - m_free.size(); }
    std::size_t size() const { return m_slots.size(); }

private:
    std::vector<Sequence> m_slots;
    std::vector<std::int32_t> m_free;
    Sequence m_blank; ///< never written to. Not a constant: compilers write that field by field, which costs more
};

} // namespace headroom::sim
