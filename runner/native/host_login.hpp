// SPDX-License-Identifier: Apache-2.0
//
// Where an action goes and how it logs in there: from `targets`, or from the older keys host, port, login and
// authentication_mode. Value type.
#pragma once

#include "runner/native/action.hpp"

namespace latchkey::native {

struct host_login {
    std::string host;
    int port = 0;  // 0: the protocol's own
    std::string user;
    std::string password;  // or
    std::string key;       // a private key
    std::string path;      // of the target
    std::string type;      // of the target: "SSH", "FTP"
    bool secure = false;   // a target of the type FTP: over TLS
};

// One for each target. invalid: a key is missing or can't be used here, with what to write instead.
result<std::vector<host_login>> logins_of(const action&);

// The key that a server has for the workspace (WORKSPACE_KEY) or for the project (PUBLIC_KEY, PUBLIC_BUDDY_KEY).
// invalid: it is not given to this action, with what to write instead.
result<std::string> default_key(const action&, const std::string& mode);

}  // namespace latchkey::native
