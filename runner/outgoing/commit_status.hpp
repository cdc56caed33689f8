// SPDX-License-Identifier: Apache-2.0
//
// What became of a commit's runs, told to the forge that it came from: GitHub, GitLab, Gitea and Forgejo, Bitbucket
// Cloud. Blocks where it sends; any thread.
#pragma once

#include "runner/outgoing/send.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::outgoing {

enum class status_forge : unsigned char { github, gitlab, gitea, bitbucket };

// Where: the forge's API, and the repository there.
struct status_place {
    status_forge forge = status_forge::github;
    std::string api;         // "https://api.github.com"
    std::string repository;  // "acme/web"
};

// From a repository's address, https or ssh; the kind of forge is told by its host, or given where that is not known.
// The API is always that of the address's own host. Nothing: it is of no forge that is known.
std::optional<status_place> place_of(const std::string& address, std::optional<status_forge> = {});

enum class commit_state : unsigned char { waiting, running, good, failed, cancelled };

// Of a run's status as the API says it; nothing: there is nothing to tell (SKIPPED, or none that is known).
std::optional<commit_state> state_of(std::string_view run_status);

struct commit_status {
    std::string commit;  // whole
    commit_state state = commit_state::waiting;
    std::string name;         // which pipeline's: another's is another status
    std::string description;  // cut to what the forge takes
    std::string target;       // the run's page; empty: none
};

// What is sent, without the token.
request status_request(const status_place&, const commit_status&);

// denied: the token may not; not_found: no such commit, or the token may not know of it; io: anything else, which may
// go better later.
result<void> send_status(const status_place&, const commit_status&, const vault::secret& token,
                         const send_options& = {});

}  // namespace latchkey::outgoing
