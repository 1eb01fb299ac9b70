// How an engine forms batches (topic 4). Closed forms and simulator share the names.
#pragma once

namespace headroom {

enum class BatchPolicy {
    static_,       ///< wait for a batch, pad, return together (FasterTransformer)
    continuous,    ///< join and leave between steps, prompts and decodes share a step (Orca)
    prefillFirst,  ///< a step is all prompts or all decodes, prompts first (vLLM 2023)
    chunked,       ///< decodes first, prompts fill the token budget in chunks (Sarathi, vLLM of today)
    disaggregated, ///< one pool prefills, another decodes, KV is transferred (Splitwise, DistServe)
};

} // namespace headroom
