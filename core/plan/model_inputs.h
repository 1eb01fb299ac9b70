// What the step model and the memory model read of a plan: said once, for the closed forms and the simulator.
#pragma once

#include "core/model/memory.h"
#include "core/model/step_time.h"
#include "core/plan/plan.h"

namespace headroom {

/// \param workload of the plan (summarize). Plan and summary must outlive the result.
StepInput stepInput(const Plan&, const WorkloadSummary& workload);
MemoryInput memoryInput(const Plan&, const WorkloadSummary& workload);

} // namespace headroom
