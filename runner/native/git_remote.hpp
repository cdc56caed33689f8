// SPDX-License-Identifier: Apache-2.0
//
// Where a PUSH goes and how git logs in there: from `targets`, or from the older keys push_url and git_auth_mode.
// Private to this room.
#pragma once

#include "runner/native/action.hpp"

namespace latchkey::native {

struct git_remote {
    std::string url;   // without a login in it: git's arguments show it
    std::string host;  // for messages
    std::string user;
    std::string password;  // or
    std::string key;       // a private key
    bool ssh = false;
    int port = 0;
};

// One for each target. `origin` is the project's own repository, for the target project_repository. invalid: a key is
// missing or can't be used here, with what to write instead.
result<std::vector<git_remote>> git_remotes_of(const action&, const std::string& origin);

// Makes an address a remote: https://, http://, ssh:// and user@host:path are known. A login in an https address is
// taken out of it. invalid: another kind, or one that would be an option of git.
result<git_remote> read_remote(const std::string& address);

}  // namespace latchkey::native
