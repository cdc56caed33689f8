// SPDX-License-Identifier: Apache-2.0
//
// From a file's text to the model. Reads all three syntaxes, collects every diagnostic, never throws for what is
// in the file. Unknown keys and types are warnings with the nearest name; what can't be understood is an error.
// Pure functions, no thread rule.
#pragma once

#include "pipelines/custom_action.hpp"
#include "pipelines/model.hpp"

namespace latchkey::pipelines {

struct parsed {
    document model;        // what could be read, even when there are errors
    diagnostics problems;  // sorted by place
};

// Types that are not built in are asked for there; without it there are none.
parsed parse(const source&, type_source* types = nullptr);

}  // namespace latchkey::pipelines
