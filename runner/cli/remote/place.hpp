// SPDX-License-Identifier: Apache-2.0
//
// The server, workspace and project that a command acts on, and what people name there: pipelines, runs,
// integrations, members. One command, one thread; blocks on the server.
#pragma once

#include "runner/cli/remote/fields.hpp"
#include "runner/cli/remote/login.hpp"

namespace latchkey::cli {

// What a command line says of where it acts.
struct place_args {
    bool local = false;
    std::string workspace;
    std::string project;
    bool said() const { return !workspace.empty() || !project.empty(); }
};

namespace remote {

class place {
public:
    place(context&, client::client, login);

    // Nothing: it is the local store. usage: a workspace was said, and there is no login.
    static result<std::optional<place>> find(context&, const place_args&);

    const client::client& api() const { return api_; }
    context& c() const { return *context_; }
    const login& by() const { return login_; }

    // Its domain; the only one where none was said. usage: there are several.
    result<std::string> workspace();
    result<std::string> project();
    // "/workspaces/acme", "/workspaces/acme/projects/web"
    result<std::string> workspace_path();
    result<std::string> project_path();

    // Says on standard error where something is about to be changed.
    void announce();

    // Whole objects, as the API shows them. not_found with the nearest name.
    result<json> pipeline(const std::string& name_or_id);  // of the project; "" where it has one only
    result<json> execution(const std::string& number);
    result<json> integration(const std::string& identifier_or_hash);
    result<json> member(const std::string& email_or_id);
    result<json> group(const std::string& name_or_id);
    result<json> permission_set(const std::string& name_or_id);

private:
    result<json> named(const std::string& path, const std::string& list, const std::string& what,
                       const std::vector<const char*>& fields, const std::string& reference, const std::string& hint);
    context* context_;
    client::client api_;
    login login_;
};

// "/latchkey/v1" before an address of Buddy's.
std::string own(const std::string& path);
// ".../pipelines/3/executions/42", of an execution that was looked up.
std::string path_of_execution(const std::string& project_path, const json& execution);

}  // namespace remote
}  // namespace latchkey::cli
