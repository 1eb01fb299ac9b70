// Models and GPUs written out by hand for tests of memory and step time, so that these do not depend on the catalog.
#pragma once

#include "core/model/hardware.h"
#include "core/model/transformer.h"

#include <string>
#include <vector>

namespace headroom::example {

inline ModelSpec dense(
    std::string name, int layers, int hidden, int heads, int kvHeads, int headDim, int ffn, int vocab)
{
    ModelSpec m;
    m.name = std::move(name);
    m.hidden = hidden;
    m.vocab = vocab;
    m.maxContext = 131072;
    LayerGroup g;
    g.name = "dense";
    g.layers = layers;
    g.attention.heads = heads;
    g.attention.kvHeads = kvHeads;
    g.attention.headDim = headDim;
    g.feedForward.width = ffn;
    m.groups = {g};
    return m;
}

inline ModelSpec llama8b() { return dense("Llama-3.1-8B", 32, 4096, 32, 8, 128, 14336, 128256); }
inline ModelSpec llama70b() { return dense("Llama-3.1-70B", 80, 8192, 64, 8, 128, 28672, 128256); }

inline ModelSpec opt13b()
{
    ModelSpec m = dense("OPT-13B", 40, 5120, 40, 40, 128, 20480, 50272);
    m.groups[0].feedForward.matrices = 2;
    m.tiedEmbeddings = true;
    m.positions = 2050;
    return m;
}

inline ModelSpec mixtral8x7b()
{
    ModelSpec m = dense("Mixtral-8x7B", 32, 4096, 32, 8, 128, 0, 32000);
    m.groups[0].feedForward.experts = 8;
    m.groups[0].feedForward.expertsPerToken = 2;
    m.groups[0].feedForward.expertWidth = 14336;
    return m;
}

inline ModelSpec deepSeekV3()
{
    ModelSpec m = dense("DeepSeek-V3", 3, 7168, 128, 128, 128, 18432, 129280);
    AttentionSpec& a = m.groups[0].attention;
    a.latent = {.queryRank = 1536, .kvRank = 512, .ropeDim = 64, .nopeDim = 128, .valueDim = 128};
    LayerGroup moe = m.groups[0];
    moe.name = "moe";
    moe.layers = 58;
    moe.feedForward = {};
    moe.feedForward.experts = 256;
    moe.feedForward.expertsPerToken = 8;
    moe.feedForward.expertWidth = 2048;
    moe.feedForward.sharedWidth = 2048;
    m.groups.push_back(moe);
    return m;
}

/// Half of the layers see the last 1,024 tokens only, a quarter a selected 4,096, a quarter keep a fixed state.
inline ModelSpec hybrid()
{
    ModelSpec m = dense("hybrid", 8, 4096, 32, 8, 128, 12288, 128256);
    LayerGroup sliding = m.groups[0], sparse = m.groups[0], linear = m.groups[0];
    sliding.name = "sliding";
    sliding.layers = 16;
    sliding.attention.kind = AttentionKind::sliding;
    sliding.attention.window = 1024;
    sparse.name = "sparse";
    sparse.attention.kind = AttentionKind::sparse;
    sparse.attention.window = 4096;
    sparse.attention.indexHeads = 16;
    sparse.attention.indexDim = 128;
    linear.name = "linear";
    linear.attention = {};
    linear.attention.kind = AttentionKind::linear;
    linear.attention.stateBytes = 2e6;
    linear.attention.mixerParams = 5e7;
    m.groups.push_back(sliding);
    m.groups.push_back(sparse);
    m.groups.push_back(linear);
    return m;
}

inline GpuSpec h100()
{
    GpuSpec g;
    g.name = "H100-SXM-80GB";
    g.architecture = GpuArchitecture::hopper;
    g.memory = 80 * gibibyte;
    g.bandwidth = Bandwidth(3.35e12);
    g.fp16 = FlopRate(989e12);
    g.fp8 = g.int8 = FlopRate(1979e12);
    g.inNode = {LinkTopology::switched, Bandwidth(450e9), true};
    g.betweenNodes = Bandwidth(50e9);
    g.host = Bandwidth(64e9);
    return g;
}

inline GpuSpec a100()
{
    GpuSpec g = h100();
    g.name = "A100-SXM-80GB";
    g.architecture = GpuArchitecture::ampere;
    g.bandwidth = Bandwidth(2.039e12);
    g.fp16 = FlopRate(312e12);
    g.fp8 = std::nullopt;
    g.int8 = FlopRate(624e12);
    g.inNode = {LinkTopology::switched, Bandwidth(300e9), false};
    g.betweenNodes = Bandwidth(25e9);
    return g;
}

inline GpuSpec b200()
{
    GpuSpec g = h100();
    g.name = "B200-180GB";
    g.architecture = GpuArchitecture::blackwell;
    g.memory = 183359 * mebibyte;
    g.bandwidth = Bandwidth(7.7e12);
    g.fp16 = FlopRate(2250e12);
    g.fp8 = g.int8 = FlopRate(4500e12);
    g.fp4 = FlopRate(9000e12);
    g.inNode.perDirection = Bandwidth(900e9);
    return g;
}

inline GpuSpec rtx4090()
{
    GpuSpec g = h100();
    g.name = "RTX-4090-24GB";
    g.architecture = GpuArchitecture::ada;
    g.memory = 24564 * mebibyte;
    g.bandwidth = Bandwidth(1.008e12);
    g.fp16 = FlopRate(165e12);
    g.fp8 = g.int8 = FlopRate(330e12);
    g.inNode = {LinkTopology::pcie, Bandwidth(32e9), false};
    g.host = Bandwidth(32e9);
    return g;
}

inline std::vector<ModelSpec> models()
{
    return {llama8b(), llama70b(), opt13b(), mixtral8x7b(), deepSeekV3(), hybrid()};
}
inline std::vector<GpuSpec> gpus() { return {a100(), h100(), b200(), rtx4090()}; }

} // namespace headroom::example
