// SPDX-License-Identifier: Apache-2.0
//
// What an action's container looks like: its image with variables filled in, what is mounted where, who it runs as,
// what logs in to its registry. From the action's own keys (pipeline-yaml §6). Pure but for links of the workspace,
// which are followed so that no mount leaves it; no thread rule.
#pragma once

#include "pipelines/plan.hpp"
#include "runner/exec/backend.hpp"
#include "runner/run/access.hpp"
#include "runner/run/passed_variables.hpp"
#include "runner/store/store.hpp"

#include <filesystem>
#include <map>

namespace latchkey::run {

struct container_places {
    std::filesystem::path workspace;  // its last part is the project's name
    std::filesystem::path caches;     // of this pipeline; folders for cached_dirs are made below
    const store::facts& images;       // which stand in for others
    std::string repository = {};      // whose commit is checked out in the workspace; empty: it is the work tree
    std::string commit = {};
    bool here = true;  // these are folders of this machine: those that are missing are made
};

// The image that the action runs in, or empty: it names none and its type has none. Names without a value are added
// to `unknown`. An image that an action of this run has built has a name of this workspace.
std::string image_of(const pipelines::plan&, std::uint32_t action, const passed_variables& = {},
                     std::vector<std::string>* unknown = nullptr, const std::filesystem::path& workspace = {});

// Folders for the cached_dirs of an action without an image. As for container_for.
result<std::vector<exec::mount>> caches_for(const pipelines::plan&, std::uint32_t action, const passed_variables&,
                                            const container_places&);

// None: no image. usage: a key has a value that can't be: a mount that leaves the workspace, a variable without a
// value.
result<std::optional<exec::container>> container_for(const pipelines::plan&, std::uint32_t action,
                                                     const action_secrets&,
                                                     const std::map<std::string, vault::secret>& supplied,
                                                     const passed_variables&, const container_places&);

}  // namespace latchkey::run
