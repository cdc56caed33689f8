// SPDX-License-Identifier: Apache-2.0
//
// How people sign in to a server, as its settings say. Value types; one thread.
#pragma once

#include "runner/cli/server_config.hpp"
#include "runner/identity/openid_client.hpp"

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace latchkey::cli {

struct sign_in_options {
    std::chrono::minutes session_idle{0};
    std::chrono::minutes session_life{0};
    std::chrono::minutes step_up{0};  // 0: never
    std::string issuer;               // empty: passwords only
    std::string client;
    std::filesystem::path secret_file;  // empty: a client without a secret, which PKCE alone protects
    std::vector<std::string> email_domains;
    bool makes_users = false;
};

// usage: a value that can't be, with where it came from.
result<sign_in_options> read_sign_in(const std::map<std::string, setting, std::less<>>&);
// With its secret, read from its file. None: passwords only.
result<std::unique_ptr<identity::openid_client>> make_openid_client(const sign_in_options&);

}  // namespace latchkey::cli
