// Which attention and which feed-forward each layer of a config.json has. The families spell this in many ways
// (FORMATS.md 7); a rule here is a spelling, not a family, where that is possible.
#pragma once

#include "core/importers/hf_values.h"
#include "core/model/transformer.h"

#include <string>
#include <string_view>
#include <vector>

namespace headroom::hf {

/// What a config leaves unsaid because the family's code fixes it.
struct Family {
    std::string_view type;      ///< model_type
    int matrices = 3;           ///< feed-forward: 3 gated, 2 plain
    bool tied = false;          ///< embedding and head are one table, where the file does not say
    bool attentionBias = false; ///< biases on the attention projections
    bool feedForwardBias = false;
    bool parallel = false;        ///< attention and feed-forward side by side
    int norms = 2;                ///< per layer
    bool sharedByDefault = false; ///< one shared expert as wide as a routed one, not in the file (Llama 4)
};
Family familyOf(std::string_view modelType);

/// The figures that every layer shares.
struct Basics {
    Family family;
    int hidden = 0, layers = 0, heads = 0, kvHeads = 0, headDim = 0;
};

struct Layer {
    AttentionSpec attention;
    FeedForwardSpec feedForward;
};

/// One entry for each layer. What it has no field for goes to `ignored`; what is wrong goes to Values::error().
std::vector<Layer> readLayers(const Values&, const Basics&, std::vector<std::string>& ignored);

/// Letters or words of a layer list such as Nemotron's; empty if the file has none.
std::vector<std::string> blockTypes(const Values&);

} // namespace headroom::hf
