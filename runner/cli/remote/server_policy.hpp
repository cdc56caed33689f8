// SPDX-License-Identifier: Apache-2.0
//
// Who may use what on a server, now: the document that `export` writes, and the numbers by which the API knows what
// people name. One command, one thread; blocks on the server.
#pragma once

#include "runner/cli/remote/place.hpp"
#include "runner/cli/remote/policy_file.hpp"

namespace latchkey::cli::remote {

struct server_policy {
    policy_document now;
    std::map<std::string, std::int64_t> members;  // by address
    std::map<std::string, std::int64_t> groups;
    std::map<std::string, std::int64_t> roles;
    std::map<std::string, std::int64_t> pipelines;    // by project/name
    std::map<std::string, std::string> integrations;  // hash id by identifier
};

result<server_policy> read_policy(place&);

}  // namespace latchkey::cli::remote
