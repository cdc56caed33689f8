// SPDX-License-Identifier: Apache-2.0
//
// Whether the integrations that actions name are of a type that these actions take. Looked at before there is a run,
// for who asks for it: of an integration that they may not see nothing is said, not even that it is there. Blocks
// (store); no thread rule.
#pragma once

#include "pipelines/diagnostic.hpp"
#include "pipelines/plan.hpp"
#include "runner/error.hpp"
#include "runner/store/store.hpp"

namespace latchkey::run {

// Adds a P076 for each that does not fit.
result<void> check_integration_types(store::store&, const pipelines::plan&, policy::project_id, policy::pipeline_id,
                                     policy::user_id reader, pipelines::diagnostics& problems);

}  // namespace latchkey::run
