// Several pipeline stages: as many micro-batches are in flight, one behind the other (MODEL.md 6.2), and the longest of
// them sets the pace of all. A step here is one passage of all micro-batches through all stages.
#pragma once

namespace headroom {

/// Prompt tokens that the micro-batch with the most of them holds, on average. Prompts come to micro-batches by chance:
/// their tokens spread as those of a compound Poisson number of chunks do, and the most of n normal variables is about so
/// many standard deviations above the mean (Blom 1958).
/// \param tokens of the step, over all micro-batches
/// \param most of one micro-batch: the token budget beside its decodes
/// \param chunkBySize mean size of a chunk as a token sees it, E[x^2] / E[x]
/// \return tokens with one stage
double longestMicroBatch(double tokens, int stages, double most, double chunkBySize);

/// Decodes of one micro-batch, shared out evenly: a sequence is never in two of them, so that one holds a whole one if
/// there is any.
double decodesOfMicroBatch(double decodes, int stages);

} // namespace headroom
