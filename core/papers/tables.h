// The table of each paper, for the list in paper.cpp. Each is defined in the file of its name.
#pragma once

#include "core/papers/paper.h"

namespace headroom::papers {

Paper orca();
Paper pagedAttention();
Paper palm();
Paper flexgen();
Paper sarathi();
Paper splitwise();
Paper distserve();
Paper vidur();
Paper mooncake();

} // namespace headroom::papers
