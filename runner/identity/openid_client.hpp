// SPDX-License-Identifier: Apache-2.0
//
// Logging in with an identity provider: OpenID Connect's authorization code with PKCE. Nothing of a login under way
// is kept here: the browser carries a ticket, and what the provider is sent and must send back follows from it.
// Blocks while it asks the provider; any thread.
#pragma once

#include "runner/identity/id_token.hpp"
#include "runner/identity/provider.hpp"
#include "runner/vault/secret.hpp"

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace latchkey::identity {

struct openid_settings {
    std::string issuer;  // as the provider writes it
    std::string client_id;
    vault::secret client_secret;
    std::vector<std::string> email_domains;  // who is let in; empty: anybody whom the provider knows
    bool makes_users = false;                // of whom nobody here knows; else they are refused
};

// refused: others may read it. A line end at its end is no part of it.
result<vault::secret> read_client_secret(const std::filesystem::path&);

class openid_client {
public:
    // usage: the issuer is no https address, or the client has no id.
    static result<void> check(const openid_settings&);
    explicit openid_client(openid_settings);

    const openid_settings& settings() const { return settings_; }

    static std::string new_ticket();
    // Where the browser is sent. `again`: its user must prove anew who they are.
    result<std::string> address(const std::string& ticket, const std::string& redirect_uri, bool again,
                                policy::time_point now);

    struct returned {
        std::string state;
        std::string code;
        std::string issuer;  // as the address names it (RFC 9207); empty: it does not
    };
    // refused: it is not what this ticket's login must bring, or the token is not accepted. io: the provider does not
    // answer.
    result<outside_person> finish(const std::string& ticket, const returned&, const std::string& redirect_uri,
                                  policy::time_point now);

private:
    struct tokens {
        std::string id;
        std::string access;
    };
    result<tokens> exchange(const provider::addresses&, const std::string& code, const std::string& verifier,
                            const std::string& redirect_uri) const;
    // The claims of a token whose signature is right.
    result<nlohmann::json> verified(const std::string& token, policy::time_point now);
    // Many providers keep the address out of the token, and give it to who asks.
    static result<void> complete(nlohmann::json& claims, const provider::addresses&, const std::string& access);

    openid_settings settings_;
    provider provider_;
};

}  // namespace latchkey::identity
