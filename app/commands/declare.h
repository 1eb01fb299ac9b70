// The declarations of all commands, for the table in commands.cpp. Each is defined in the file of its name.
#pragma once

#include "app/commands/command.h"

namespace headroom::cli {

Run declareAblation(Arguments);
Run declareFields(Arguments);
Run declareCatalog(Arguments);
Run declareEvaluate(Arguments);
Run declareStep(Arguments);
Run declareSimulate(Arguments);
Run declareSweep(Arguments);
Run declareOffload(Arguments);
Run declareImport(Arguments);
Run declareChart(Arguments);
Run declareTopics(Arguments);
Run declareBench(Arguments);
Run declarePapers(Arguments);
Run declareValidate(Arguments);
Run declareCalibrate(Arguments);

} // namespace headroom::cli
