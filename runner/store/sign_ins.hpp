// SPDX-License-Identifier: Apache-2.0
//
// How people come in: sessions, links that set a password once, and whom another issuer knows a user as. Of what a
// person carries (a cookie, a link's code) only a hash is kept. One method is one transaction; any thread may call;
// calls block.
#pragma once

#include "policy/model.hpp"
#include "runner/error.hpp"

#include <optional>
#include <string>

namespace latchkey::store {

struct session_record {
    std::string hash;  // of the cookie, hex
    policy::user_id user;
    std::string how;  // "password", "openid"
    policy::time_point created_at{};
    policy::time_point used_at{};                    // to the minute
    std::optional<policy::time_point> confirmed_at;  // when its user last proved who they are
};

struct password_link_record {
    std::string hash;  // of the code, hex
    policy::user_id user;
    policy::user_id created_by;
    policy::time_point expires_at{};
    policy::workspace_id workspace = {};  // whose audit log says so; not kept
};

class sign_ins {
public:
    virtual ~sign_ins() = default;

    // -- sessions. What begins and ends one is audited.
    virtual result<void> begin_session(const session_record&, const std::string& peer) = 0;
    // not_found: there is none, or it has been ended. Whether it is too old is the caller's to judge.
    virtual result<session_record> session(const std::string& hash) = 0;
    virtual result<void> session_used(const std::string& hash, policy::time_point) = 0;
    virtual result<void> session_confirmed(const std::string& hash, policy::time_point) = 0;
    virtual result<void> end_session(const std::string& hash, policy::time_point) = 0;
    // All of a user's.
    virtual result<void> end_sessions(policy::user_id, policy::time_point) = 0;
    // Those of anybody that began, or were last used, before these times. Not audited: nobody did it.
    virtual result<void> drop_old_sessions(policy::time_point began, policy::time_point used) = 0;

    // -- passwords, as hashes of Argon2id
    // Ends the user's sessions but `keep`. Audited.
    virtual result<void> change_password(policy::user_id, const std::string& hash, const std::string& keep,
                                         policy::time_point) = 0;
    // Takes the place of an older link of the user. denied: its maker does not administer every workspace that the
    // user is in, with no lower role: the password opens them all. Audited.
    virtual result<void> add_password_link(const password_link_record&, policy::time_point) = 0;
    // not_found: there is no such link, or it has expired.
    virtual result<policy::user_id> user_of_password_link(const std::string& hash, policy::time_point) = 0;
    // Sets the password, uses the link up and ends all sessions of the user. Also denied as above. Audited.
    virtual result<policy::user_id> use_password_link(const std::string& hash, const std::string& password,
                                                      policy::time_point) = 0;

    // -- other issuers
    // not_found: this issuer's subject is nobody here yet.
    virtual result<policy::user_id> outside_user(const std::string& issuer, const std::string& subject) = 0;
    // conflict: it is somebody already. Audited.
    virtual result<void> add_outside_user(const std::string& issuer, const std::string& subject, policy::user_id,
                                          policy::time_point) = 0;
};

}  // namespace latchkey::store
