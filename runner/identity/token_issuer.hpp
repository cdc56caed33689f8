// SPDX-License-Identifier: Apache-2.0
//
// This server as an issuer of OpenID Connect: tokens that say which run an action belongs to, for clouds and others
// that take them instead of a stored credential. The newest key signs; an older one stays in the key set until the
// last token that it signed has ended. Blocks on the store; any thread.
#pragma once

#include "policy/model.hpp"
#include "runner/error.hpp"
#include "runner/identity/keys.hpp"
#include "runner/store/signing_keys.hpp"
#include "runner/vault/vault.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <map>
#include <mutex>
#include <string>

namespace latchkey::identity {

struct run_facts {
    std::string workspace;  // its domain
    std::string project;    // its name in addresses
    std::int64_t pipeline_id = 0;
    std::string pipeline;
    std::string ref_type;  // BRANCH, TAG, PULL_REQUEST
    std::string ref;       // in full: refs/heads/main
    std::string actor;     // the e-mail address of who started it; empty: nobody did
    std::int64_t run = 0;  // its number in the project
    int attempt = 1;
};

class token_issuer {
public:
    static constexpr std::chrono::minutes longest_life{15};

    // `issuer` is the address that others reach this server at: the tokens' `iss`. Keys and vault outlive this.
    token_issuer(store::signing_keys& keys, const vault::vault& vault, std::string issuer)
        : keys_(keys), vault_(vault), issuer_(std::move(issuer)) {}

    const std::string& issuer() const { return issuer_; }
    // Good for ten minutes. usage: the audience is empty or longer than 255 bytes.
    result<std::string> issue_run_token(const run_facts&, const std::string& audience, policy::time_point now);
    // The keys that tokens may be signed with now, as a JWKS. Makes the first.
    result<nlohmann::json> key_set(policy::time_point now);
    // OpenID Connect Discovery: where the key set is, and what the tokens are.
    nlohmann::json description() const;
    // From now on a new key signs. Gives its id.
    result<std::string> rotate(policy::user_id actor, policy::time_point now);

    // workspace:W:project:P:pipeline:ID:ref:REF; a colon inside of W or P is %3A.
    static std::string subject_of(const run_facts&);

private:
    result<std::vector<store::signing_key_record>> keys_with_one_that_signs(policy::time_point now);
    result<void> make_key(const std::string& instead_of, policy::user_id actor, policy::time_point now);
    result<private_key> opened(const store::signing_key_record&);

    store::signing_keys& keys_;
    const vault::vault& vault_;
    const std::string issuer_;
    std::mutex mutex_;
    std::map<std::string, private_key> opened_;  // by id
};

}  // namespace latchkey::identity
