// Which values of a plan make no sense, one error per field.
#pragma once

#include "core/error.h"
#include "core/plan/plan.h"

#include <vector>

namespace headroom {

/// Range of every field, and what must hold between fields (tp divides heads, ep <= tp, burst share, lengths within
/// the context limit ...). Empty = the plan can be evaluated. Not fitting and overload are not errors.
std::vector<Error> validate(const Plan&);

} // namespace headroom
