// SPDX-License-Identifier: Apache-2.0
//
// Answers to calls that only look, kept for the next same call of the same caller. One is given again only while the
// store's version (store::stores::version) is the one that was read before the first look at the store for it: every
// committed change, of whatever it is, by this process or by another one, makes another version, and with that
// everything here is forgotten. So a token that was revoked and a level that was lowered act on the next call. What
// the clock changes without a write (a token or a grant that expires) ends an answer by its own `until`.
// Lives on the server's loop; holds no token, only its hash.
#pragma once

#include "runner/http/message.hpp"
#include "runner/server/route.hpp"

#include <cstdint>
#include <string>
#include <unordered_map>

namespace latchkey::server {

struct remembered_answer {
    http::response response;  // as the handler and the admission made it: without what differs from call to call
    const server::route* route = nullptr;
    policy::user_id user;
    policy::time_point at{};     // an earlier clock was set back: nothing is known then
    policy::time_point until{};  // from then on it may be another
};

class remembered_answers {
public:
    // Who asks for what, as far as an answer depends on it; empty: a call whose answer is not to be remembered.
    static std::string key_of(const http::request&);

    // Whether one may be there: worth asking the store for its version.
    bool may_know(const std::string& key) const { return kept_.contains(key); }
    // nullptr: none that is still true.
    const remembered_answer* find(const std::string& key, std::int64_t version, policy::time_point now);
    // version: read before the store was looked at.
    void keep(std::string key, std::int64_t version, remembered_answer);

private:
    void forget();

    std::int64_t version_ = 0;  // of all that is kept
    std::size_t bytes_ = 0;
    std::unordered_map<std::string, remembered_answer> kept_;
};

}  // namespace latchkey::server
