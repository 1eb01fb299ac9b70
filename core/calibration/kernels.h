// Single kernels measured alone: matrix products, attention, routed experts, all-reduce. Their times are fitted by a few
// coefficients per kind and number format with factors per architecture, and predicted for GPUs that were left out of
// the fit. These are the shapes that core/model/efficiency works with; a kernel alone also has a launch and a cache that
// a serving step does not show, so both are fitted here and not carried over.
#pragma once

#include "core/error.h"
#include "core/model/hardware.h"

#include <array>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace headroom {

enum class KernelKind { gemm, attentionDecode, attentionPrefill, moe, allReduce };
std::string_view name(KernelKind);

/// Number formats of products; a group of the kernels of TensorRT-LLM is that many above the same of vLLM.
inline constexpr std::size_t kKernelFormats = 8;

/// Most sizes that describe one kernel.
inline constexpr std::size_t kKernelSizes = 8;

/// One measured kernel.
struct KernelRun {
    GpuSpec gpu;
    std::string gpuName;   ///< as written, to leave out
    std::size_t group = 0; ///< number format, or library of a collective: has coefficients of its own
    double seconds = 0;
    /// gemm: rows, columns, depth. attention: sequences, queries, keys (of each), heads, KV heads, head width, bytes of
    /// a KV entry. moe: tokens, hidden, width, choices, experts (these two of the model), tensor and expert ranks.
    /// all-reduce: ranks, bytes.
    std::array<double, kKernelSizes> size{};
    std::string label{}; ///< number format and library, for people
};

struct KernelTable {
    KernelKind kind = KernelKind::gemm;
    std::vector<KernelRun> runs;
    int skipped = 0; ///< lines of a GPU or number format that is not known, or of another kind
};

/// Reads a table of single kernels; its kind follows from the columns (gpu and latency_us, and m,n,k or q_len or topk or
/// num_gpus). \param name for messages
/// Errors: an empty file, columns of no known kind, a size or latency that is not above 0.
Result<KernelTable> readKernels(std::istream&, std::string_view name);

/// Fitted coefficients of one kind, as logarithms: shared ones, then factors of architectures.
struct KernelFit {
    KernelKind kind = KernelKind::gemm;
    std::vector<double> values;
};

/// Least squares on ln(predicted / measured), robust, of at most about `most` runs spread evenly over the table. Runs of
/// the GPU called `without` are left out. Errors: fewer than 20 runs are left.
Result<KernelFit> fitKernels(const KernelTable&, std::string_view without = {}, std::size_t most = 3000);

/// Seconds; finite and above 0.
double kernelSeconds(const KernelFit&, const KernelRun&);

/// A coefficient of a fit in its unit, without factors.
struct KernelCoefficient {
    std::string name, unit;
    double value = 0;
};
std::vector<KernelCoefficient> coefficientsOf(const KernelFit&);

/// Error |predicted / measured - 1| of runs by a fit that did not see their GPU.
struct KernelErrors {
    std::string of; ///< a GPU, or a number format and library
    int runs = 0;
    double median = 0, p90 = 0;
};
/// The same errors three times: of each GPU, of each number format and library, of all.
struct KernelValidation {
    std::vector<KernelErrors> byGpu, byLabel;
    KernelErrors all;
};
/// Errors: fewer than two GPUs.
Result<KernelValidation> crossValidateKernels(const KernelTable&, std::size_t most = 3000);

} // namespace headroom
