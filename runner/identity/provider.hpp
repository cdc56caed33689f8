// SPDX-License-Identifier: Apache-2.0
//
// An identity provider as we know it: its addresses (OpenID Connect Discovery) and its keys, fetched when they are
// needed and kept. Blocks while it fetches; any thread, one fetch at a time.
#pragma once

#include "policy/model.hpp"
#include "runner/error.hpp"
#include "runner/identity/keys.hpp"

#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::identity {

class provider {
public:
    explicit provider(std::string issuer) : issuer_(std::move(issuer)) {}

    struct addresses {
        std::string authorization;
        std::string token;
        std::string keys;
        std::string person;           // what it says of somebody who has logged in; empty: it has no such address
        bool secret_in_form = false;  // where the client's secret goes; else by basic authentication
    };
    // Known for an hour. io, refused: it gives none, or those of another issuer; asked again after some seconds.
    result<addresses> where(policy::time_point now);
    // The key that a token names. Keys are believed for an hour, and one that is not known has them fetched anew, at
    // most every half minute. Without a name: the only one of that algorithm. refused: there is none.
    result<public_key> key(const std::string& id, algorithm, policy::time_point now);

private:
    result<addresses> discover() const;
    result<std::vector<public_key>> fetch_keys(const std::string& url) const;
    const public_key* find(const std::string& id, algorithm) const;

    const std::string issuer_;
    std::mutex mutex_;
    std::optional<addresses> known_;
    std::optional<policy::time_point> discovered_at_;
    std::optional<failure> failed_;
    std::vector<public_key> keys_;
    std::optional<policy::time_point> keys_at_;
};

}  // namespace latchkey::identity
