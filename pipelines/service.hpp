// SPDX-License-Identifier: Apache-2.0
//
// The services that an action asks for (pipeline-yaml §5): databases and the like that run beside it, on its network,
// while it runs. What each type is, as data, and what the file says, variables not yet filled in. Pure, no thread
// rule.
#pragma once

#include "pipelines/model.hpp"

#include <cstdint>
#include <string_view>

namespace latchkey::pipelines {

struct service_type {
    std::string_view name;   // as files write it
    std::string_view image;  // without a tag; empty: the file says
    std::string_view host;   // where the file says none
    std::uint16_t port = 0;
    // Variables of the image: an empty one means that it knows none.
    std::string_view user = "";
    std::string_view password_file = "";       // holds a path
    std::string_view root_password_file = "";  // for a user root, or none
    std::string_view database = "";
    std::string_view data = "";              // the folder that `persistent` keeps
    std::string_view without_password = "";  // NAME=value that it needs then
    std::string_view always = "";            // NAME=value pairs with spaces between
    // How it starts with a password that it takes from no variable; the shell has its file as $PASSWORD_FILE.
    std::string_view with_password = "";
};

// nullptr: no such type.
const service_type* find_service_type(std::string_view name);
std::vector<std::string_view> service_type_names();

struct service {
    const service_type* type = nullptr;
    span where;
    std::string image;  // with its tag
    std::string host;
    std::string port;
    std::string user;
    std::string password;
    std::string database;
    std::string command;  // CUSTOM; empty: the image's own
    bool persistent = false;
    std::vector<std::pair<std::string, std::string>> variables;  // CUSTOM
};

inline constexpr std::size_t most_services = 5;  // of one action

// Of the action's `services`. What can't be is left out; `problems`, where given, has an error with its place (P049).
std::vector<service> services_of(const action&, diagnostics* problems = nullptr);

}  // namespace latchkey::pipelines
