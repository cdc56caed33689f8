// SPDX-License-Identifier: Apache-2.0
//
// Which definition a pipeline of a server has, and which files its run works with: what was saved with the pipeline
// (git_config_ref NONE), a file of the run's own commit (DYNAMIC) or of one branch, maybe another project's (FIXED),
// or a template (definition_source REMOTE). Another project is read for who stands behind the run. Blocks; any
// thread.
#pragma once

#include "runner/server/run_executor.hpp"

namespace latchkey::server {

// What positions in a definition that lies in no file are of.
inline constexpr const char* saved_definition = "definition";

struct found_definition {
    std::unique_ptr<run::definition> definition;
    store::run_source source;  // file, commit, ref, repository
};

// usage, not_found: there is none, and why. A definition with errors is found: who makes the run reports them.
result<found_definition> find_definition(store::stores&, project_files*, const std::filesystem::path& data,
                                         const run_order&);

// For a pipeline that another one runs.
result<std::unique_ptr<run::definition>> definition_of_child(store::stores&, project_files*,
                                                             const store::pipeline_record&,
                                                             const store::run_source& parent, policy::user_id actor);

}  // namespace latchkey::server
