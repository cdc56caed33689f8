// SPDX-License-Identifier: Apache-2.0
//
// Sessions of browsers: the cookie, the token that a page must send with what it changes, where a call may come from,
// and how old a session gets. Blocks where it asks the store; any thread.
#pragma once

#include "runner/server/call.hpp"

namespace latchkey::server {

enum class cookie : unsigned char {
    session,
    login,  // of a login with the identity provider that is under way
};

// What the browser sent; empty: nothing. Over TLS only a cookie that this very host has set (`__Host-`) counts.
std::string cookie_in(const state&, const http::request&, cookie);
// The Set-Cookie header; an empty value removes it.
std::pair<std::string, std::string> set_cookie(const call&, cookie, const std::string& value,
                                               std::chrono::seconds life);

// What a page sends as X-CSRF-Token: it follows from the cookie, which no page can read.
std::string csrf_token_of(const std::string& session_cookie);
// Whether the call came from a page of this server, or from no page at all.
bool comes_from_here(const state&, const http::request&);

bool has_ended(const state&, const store::session_record&, policy::time_point now);
policy::time_point ends_at(const state&, const store::session_record&);

// Gives the Set-Cookie header, and fills in the call's session and user. One that the browser had before ends.
result<std::pair<std::string, std::string>> begin_session(call&, const store::user_record&, const std::string& how,
                                                          std::optional<policy::time_point> confirmed_at);
// Who is signed in and how: what a page asks for first.
json view_of_session(const call&);

// Why a session must give its password again first, where the server asks for it; nothing: it need not. Personal
// tokens are for programs, which have no password to give.
std::optional<std::string> password_needed(const call&);

answer problem(int status, const std::string& why, http::header_list headers = {});
// 429 with the API's headers.
answer too_many(const rate_limit::standing&, policy::time_point now);

}  // namespace latchkey::server
