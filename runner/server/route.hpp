// SPDX-License-Identifier: Apache-2.0
//
// The one table of what can be called: method, address, the token scope and the right that it needs, and the handler.
// The router enforces both before a handler runs; the OpenAPI document and the test that walks every route × role are
// made from it. Immutable; any thread.
#pragma once

#include "runner/server/call.hpp"
#include "runner/server/scopes.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace latchkey::server {

// Who may call, each including those below it in its family. Who may not see what the address names gets 404, who may
// see it and not do this gets 403.
enum class right : unsigned char {
    anybody,               // also without a token
    user,                  // whoever is signed in
    member,                // of the workspace
    administrator,         // or owner of it
    project_member,        // has a role in the project
    repository_writer,     // may write its repository
    project_manager,       // manages its team
    pipeline_reader,       // READ_ONLY on the pipeline, or more
    pipeline_runner,       // RUN_ONLY
    pipeline_manager,      // READ_WRITE
    server_administrator,  // administers the server's first workspace
    agent,                 // a machine that executes actions, by its signature
};

std::string_view to_string(right);

// Where a handler runs: what takes much memory, or waits for other servers, must not keep the rest waiting.
enum class lane : unsigned char {
    ordinary,
    passwords,     // two at once
    outgoing,      // likewise
    repositories,  // likewise: who signs in does not wait for somebody's git server
    trials,        // likewise: nor for services that are asked whether they take a credential
    pushes,        // likewise: nor does who reads a repository wait for those who write
};

// Whether a handler may wait for other servers: the store is not kept looking at one moment meanwhile.
constexpr bool waits_for_others(lane l) {
    return l == lane::outgoing || l == lane::repositories || l == lane::trials || l == lane::pushes;
}

struct manner {
    bool confirmed = false;  // a session must have given its password lately, where the server asks for it
    lane on = lane::ordinary;
    bool raw = false;  // the body is the handler's to read, as it came
    // What it answers is made of the store, the address and the caller alone (and until call::until): it may be given
    // to the same call again, see remembered_answers.hpp.
    bool remembered = false;
};

// What a call of the route gives, where that is not what its method says: an object (and 204 for DELETE).
enum class gives : unsigned char { usual, nothing, events, picture, text };

struct route {
    std::string_view method;
    std::string_view path;  // "/workspaces/:workspace/projects/:project"; at its end ":path*" is all that follows
    scope needed;
    server::right right;
    handler run;
    std::string_view title;  // for the OpenAPI document, as is
    manner how = {};
    server::gives gives = gives::usual;
};

std::span<const route> routes();
std::span<const route> routes_of_views();   // a part of them
std::span<const route> routes_of_agents();  // another

struct match {
    const route* found = nullptr;
    std::map<std::string, std::string, std::less<>> at;
    std::vector<std::string_view> methods;  // of the address, where none has the request's
    bool below_api = false;                 // the address began with /api
};

match find_route(const http::request&);

}  // namespace latchkey::server
