#include "core/plan/model_inputs.h"

namespace headroom {

StepInput stepInput(const Plan& plan, const WorkloadSummary& workload)
{
    return {.model = &plan.model.spec,
        .gpu = &plan.hardware.gpu,
        .layout = plan.layout(),
        .weightFormat = plan.model.weightFormat,
        .kvFormat = plan.model.kvFormat,
        .engine = plan.deployment.engine,
        .calibration = plan.hardware.calibration,
        .offload = plan.deployment.offload,
        .host = plan.hardware.host,
        .meanContext = workload.contextMean};
}

MemoryInput memoryInput(const Plan& plan, const WorkloadSummary& workload)
{
    return {.model = &plan.model.spec,
        .gpu = &plan.hardware.gpu,
        .layout = plan.layout(),
        .weightFormat = plan.model.weightFormat,
        .kvFormat = plan.model.kvFormat,
        .utilization = plan.deployment.memoryUtilization,
        .maxSequences = plan.batching.maxSequences,
        .tokenBudget = plan.batching.tokenBudget,
        .blockTokens = plan.batching.blockTokens,
        .reservation = plan.batching.isPaged() ? Reservation::paged : plan.batching.reservation,
        .maxContext = plan.model.maxContext,
        .workload = &workload,
        .offload = plan.deployment.offload,
        .host = plan.hardware.host};
}

} // namespace headroom
