// Layers whose cache does not grow: what their parameters and their state of one sequence come to.
#pragma once

#include "core/importers/hf_values.h"
#include "core/model/transformer.h"

namespace headroom::hf {

/// Gated delta rule (Qwen3-Next, Qwen3.5), from linear_num_key_heads and its siblings.
AttentionSpec linearMixer(const Values&);
/// Mamba 2 (Nemotron-H), from mamba_num_heads, ssm_state_size, n_groups and conv_kernel.
AttentionSpec mambaMixer(const Values&, int hidden);
/// Kimi delta attention, from linear_attn_config.
AttentionSpec deltaMixer(const Values&, int hidden);
/// Lightning attention (MiniMax-Text-01): heads * headDim wide, with an output gate.
AttentionSpec lightningMixer(int hidden, int heads, int headDim);

} // namespace headroom::hf
