// SPDX-License-Identifier: Apache-2.0
//
// An identity provider on a free port of 127.0.0.1 that answers as a test tells it to, truthfully or not: it logs
// everybody in at once, as one person. Answers on a thread of its own; what a test changes, it changes between two
// calls.
#pragma once

#include "runner/identity/keys.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace latchkey::test {

class small_provider {
public:
    small_provider();
    ~small_provider();
    small_provider(const small_provider&) = delete;
    small_provider& operator=(const small_provider&) = delete;

    std::string issuer() const;
    // Where a browser that comes with this address is sent back to.
    std::string back_from(const std::string& authorization_url);

    identity::private_key key;                 // signs
    std::vector<nlohmann::json> published;     // the key set
    nlohmann::json claims;                     // beside iss, aud, nonce, iat and exp, which are right
    std::function<void(nlohmann::json&)> lie;  // changes all claims at last
    std::function<std::string(const nlohmann::json&)> make_token;  // instead of signing them
    nlohmann::json person;                                         // what /userinfo says
    nlohmann::json description;                                    // put over its own
    int key_fetches = 0;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace latchkey::test
