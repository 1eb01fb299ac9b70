// Prefix cache of one replica: hash blocks with reference counts; those nobody refers to stay until memory is wanted,
// the least recently used first (topic 10.2).
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace headroom::sim {

/// Hash blocks of the prompts of a run: read from a trace, or numbered blocks of shared prefixes.
struct PrefixSource {
    std::int64_t blockTokens = 0; ///< tokens of a hash block; 0 = nothing is cached
    std::span<const std::uint64_t>
        list; ///< of a trace; a request names its first and how many. Empty = shared prefixes
};

class PrefixCache {
public:
    /// \param hashTokens tokens of one hash block \param blocksPerHash KV blocks these fill
    PrefixCache(std::int64_t hashTokens, std::int64_t blocksPerHash)
        : m_hashTokens(hashTokens), m_blocksPerHash(blocksPerHash)
    {}

    std::int64_t hashTokens() const { return m_hashTokens; }
    std::int64_t blocksPerHash() const { return m_blocksPerHash; }
    /// Blocks that are cached and referred to by nobody.
    std::int64_t idleBlocks() const { return m_idle * m_blocksPerHash; }

    /// How many of these hashes, from the first on, are here.
    std::size_t match(std::span<const std::uint64_t> hashes) const;
    /// Of the first `count` hashes (all here), how many nobody refers to.
    std::int64_t idleAmong(std::span<const std::uint64_t> hashes) const;
    /// One more refers to a hash that is here. \return true if nobody did before
    bool hold(std::uint64_t hash);
    /// A new hash, referred to by one. \return false, and nothing done, if it is here already
    bool insert(std::uint64_t hash);
    /// One less refers to it. \return true if it is idle now
    bool drop(std::uint64_t hash);
    /// Forgets idle hashes, oldest first, until at most `blocks` blocks are idle.
    void shrinkIdle(std::int64_t blocks);

private:
    struct Entry {
        std::uint64_t hash = 0;
        std::int32_t references = 0;
        std::int32_t older = -1, newer = -1; ///< neighbours among the idle
    };
    Entry& at(std::int32_t i) { return m_entries[static_cast<std::size_t>(i)]; }
    void unlink(std::int32_t);

    std::int64_t m_hashTokens, m_blocksPerHash, m_idle = 0;
    std::unordered_map<std::uint64_t, std::int32_t> m_index; ///< looked up only; its order is never used
    std::vector<Entry> m_entries;
    std::vector<std::int32_t> m_free;
    std::int32_t m_oldest = -1, m_newest = -1;
};

} // namespace headroom::sim
