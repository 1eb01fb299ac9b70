// Rows of a table of measured runs, and one case made of them.
#pragma once

#include "core/calibration/measured_case.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

namespace headroom::measured {

inline constexpr const char* kHeader =
    "case_id,source,source_detail,engine,engine_version,model,gpu,num_gpus,tp,pp,ep,weight_dtype,kv_dtype,isl,osl,"
    "concurrency_or_batch_or_rate,load_kind,metric,statistic,value,quality,family\n";

inline MeasurementTable tableOf(const std::string& rows)
{
    std::istringstream in(kHeader + rows);
    const auto table = readMeasurements(in, "rows.csv");
    EXPECT_TRUE(table) << table.error().where << table.error().message;
    return *table;
}

inline MeasuredCase caseAt(double inFlight, LoadKind kind, double prompt, double output)
{
    const MeasurementTable t = tableOf("c,me,,vLLM,,Llama-3.1-8B,H100-SXM-80GB,1,1,1,,,,1024,128,8,fixed_concurrency,"
                                       "tpot_ms,mean,10,A,llama-8b\n");
    MeasuredCase c = *caseOf(t.rows[0]);
    c.loadKind = kind;
    c.inFlight = inFlight;
    c.requests = inFlight;
    c.input.mean = prompt;
    c.output.mean = output;
    return c;
}

} // namespace headroom::measured
