// SPDX-License-Identifier: Apache-2.0
//
// What a backend is asked to execute for one action: its script, where it starts, and its whole environment. Points
// into the secrets it is given, which outlive it. Pure, no thread rule.
#pragma once

#include "pipelines/plan.hpp"
#include "runner/exec/backend.hpp"
#include "runner/run/access.hpp"
#include "runner/run/passed_variables.hpp"

#include <filesystem>
#include <map>

namespace latchkey::run {

// The shell that an `entrypoint` names; nullptr: another program.
const exec::shell* shell_at(std::string_view entrypoint);

// The environment is the base, then the run's, then what actions before it passed on, then the action's own, then
// what its integrations give; the last wins. `for_its_fields`: what variables in its fields may stand for, which is
// everything, also where the action itself is kept from the pipeline's variables.
exec::request request_for(const pipelines::plan&, std::uint32_t action,
                          const std::map<std::string, vault::secret>& supplied_secrets, const passed_variables&,
                          const action_secrets&, const std::vector<std::pair<std::string, std::string>>& base,
                          const std::filesystem::path& workspace, bool for_its_fields = false);

}  // namespace latchkey::run
