// SPDX-License-Identifier: Apache-2.0
//
// The services of an action as a backend starts them: images, names and settings with variables filled in, passwords
// as secrets that the service's image reads from a file. Pure, no thread rule.
#pragma once

#include "pipelines/plan.hpp"
#include "pipelines/variables.hpp"
#include "runner/exec/backend.hpp"

#include <string>
#include <vector>

namespace latchkey::run {

// `plain` knows what may be seen by who may look at containers, `any` secrets too: for passwords only. `volumes` is
// what the names of persistent data begin with. Names without a value are added to `unknown`. usage: a port that is
// none.
result<std::vector<exec::service>> services_for(const pipelines::action&, const pipelines::variable_lookup& plain,
                                                const pipelines::variable_lookup& any, const std::string& volumes,
                                                std::vector<std::string>& unknown);

}  // namespace latchkey::run
