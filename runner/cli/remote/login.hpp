// SPDX-License-Identifier: Apache-2.0
//
// Which server commands act on, and the token for it: from the environment, else as `latchkey login` kept it, in a
// file of the user's own (0600) that is never in a repository. One thread.
#pragma once

#include "runner/cli/context.hpp"
#include "runner/client/client.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace latchkey::cli::remote {

struct login {
    std::string server;
    std::string ca_file;
    bool insecure_http = false;
    std::string user;       // for people: an address or a name
    std::string workspace;  // default; empty: none
    std::string project;
    vault::secret token;
    std::string from;  // "LATCHKEY_SERVER and LATCHKEY_TOKEN", or the file's path
};

// $XDG_CONFIG_HOME/latchkey/login.json, else below ~/.config.
result<std::filesystem::path> login_path();

// Nothing: commands act on the local store. refused: the file is open to others, or half of the environment is set.
result<std::optional<login>> find_login();
result<void> keep_login(const login&);
// False: there was none.
result<bool> forget_login();

// Takes the value of a variable that holds a token out of this process's environment. Empty: it is not set.
vault::secret token_from_environment(const char* name);

// usage: it has characters that no token has.
result<void> check_token(const vault::secret&);

// Ready to ask; nothing is sent yet.
result<client::client> client_for(login&);

}  // namespace latchkey::cli::remote
