#include "core/importers/hf_mixers.h"

namespace headroom::hf {

namespace {

constexpr int kWidest = 1 << 20;
constexpr double kConvolutionBytes = 2; // the convolution's last inputs are kept in 16 bit

/// Bytes of one value of the recurrent state: 32 bit unless the file says otherwise, as vLLM and SGLang keep it.
double stateValueBytes(const Values& v)
{
    const std::string format = v.text({"mamba_ssm_dtype", "mamba_ssm_cache_dtype"});
    return format == "bfloat16" || format == "float16" ? 2 : 4;
}

AttentionSpec mixer(double params, double stateBytes)
{
    AttentionSpec a;
    a.kind = AttentionKind::linear;
    a.mixerParams = params;
    a.stateBytes = stateBytes;
    return a;
}

} // namespace

AttentionSpec linearMixer(const Values& v)
{
    if (!v.has("linear_num_value_heads"))
        return {};
    const double hidden = v.integer({"hidden_size"}, 1, kWidest).value_or(0);
    const double keyHeads = v.integer({"linear_num_key_heads"}, 1, kWidest).value_or(0);
    const double valueHeads = v.integer({"linear_num_value_heads"}, 1, kWidest).value_or(0);
    const double keyDim = v.integer({"linear_key_head_dim"}, 1, kWidest).value_or(0);
    const double valueDim = v.integer({"linear_value_head_dim"}, 1, kWidest).value_or(0);
    const double kernel = v.integer({"linear_conv_kernel_dim"}, 1, 1024).value_or(4);
    const double keys = keyHeads * keyDim, values = valueHeads * valueDim, convolved = 2 * keys + values;
    // In: queries, keys, values and output gate, and two scalars a head; out; the convolution; decay and norm.
    const double params = hidden * (convolved + values + 2 * valueHeads) + values * hidden + convolved * kernel +
                          2 * valueHeads + valueDim;
    return mixer(
        params, valueHeads * keyDim * valueDim * stateValueBytes(v) + convolved * (kernel - 1) * kConvolutionBytes);
}

AttentionSpec mambaMixer(const Values& v, int hidden)
{
    const double heads = v.integer({"mamba_num_heads"}, 1, kWidest).value_or(0);
    const double headDim = v.integer({"mamba_head_dim"}, 1, kWidest).value_or(0);
    const double state = v.integer({"ssm_state_size"}, 1, kWidest).value_or(0);
    const double groups = v.integer({"n_groups", "mamba_n_groups"}, 1, kWidest).value_or(1);
    const double kernel = v.integer({"conv_kernel"}, 1, 1024).value_or(4);
    if (heads * headDim * state <= 0)
        v.refuse("mamba_num_heads", "or mamba_head_dim or ssm_state_size is missing, but the model has mamba blocks");
    const double inner = heads * headDim, convolved = inner + 2 * groups * state;
    const double params =
        hidden * (inner + convolved + heads) + inner * hidden + convolved * (kernel + 1) + 3 * heads + inner;
    return mixer(params, inner * state * stateValueBytes(v) + convolved * (kernel - 1) * kConvolutionBytes);
}

AttentionSpec deltaMixer(const Values& v, int hidden)
{
    const double heads = v.integer({"num_heads"}, 1, kWidest).value_or(0);
    const double dim = v.integer({"head_dim"}, 1, kWidest).value_or(0);
    const double kernel = v.integer({"short_conv_kernel_size"}, 1, 1024).value_or(4);
    const double width = heads * dim;
    // Queries, keys, values and output; decay and gate through a rank of one head; one scalar a head.
    const double params = 4 * hidden * width + 2 * dim * (hidden + width) + hidden * heads + 3 * width * kernel;
    return mixer(params, width * dim * stateValueBytes(v) + 3 * width * (kernel - 1) * kConvolutionBytes);
}

AttentionSpec lightningMixer(int hidden, int heads, int headDim)
{
    const double width = double(heads) * headDim;
    return mixer(5.0 * hidden * width, width * headDim * 4);
}

} // namespace headroom::hf
