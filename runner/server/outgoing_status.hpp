// SPDX-License-Identifier: Apache-2.0
//
// What a run's forge is told of its commit, and by which login: the project's own at its repository, which is sealed
// for that server alone. Blocks (store); any thread.
#pragma once

#include "runner/outgoing/commit_status.hpp"
#include "runner/store/stores.hpp"
#include "runner/vault/vault.hpp"

#include <optional>
#include <string>

namespace latchkey::server {

// A push or a pull request started it, so that its commit has a status.
bool has_commit_status(const store::run_record&);

struct told_status {
    outgoing::status_place place;
    outgoing::commit_status status;
    vault::secret token;
};

// As the run is now. Nothing: its project has no token, or a repository of no forge that is known.
result<std::optional<told_status>> status_of(store::stores&, const vault::vault&, const std::string& base,
                                             const store::due_status&);

}  // namespace latchkey::server
