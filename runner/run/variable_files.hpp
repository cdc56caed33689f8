// SPDX-License-Identifier: Apache-2.0
//
// Variables that are files: those of the types FILE and SSH_KEY with a place in the container. The action finds each
// in a file of its own, and the variable holds the path. Pure, no thread rule.
#pragma once

#include "pipelines/plan.hpp"
#include "runner/run/access.hpp"

#include <map>
#include <vector>

namespace latchkey::run {

struct placed_file {
    delivered_secret_file file;
    bool secret = false;  // its content is masked
};

// Those of one action; a value supplied for the run wins over the file's. usage: a FILE's value is no base64.
result<std::vector<placed_file>> files_of_variables(const pipelines::plan&, std::uint32_t action,
                                                    const std::map<std::string, vault::secret>& supplied);

// Whether any action of the plan has one: on the host it does not lie where `file_path` says.
bool has_variable_files(const pipelines::plan&);

}  // namespace latchkey::run
