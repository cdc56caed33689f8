// SPDX-License-Identifier: Apache-2.0
//
// What an ID token of OpenID Connect says, and whether it was said to us, now, about this login. Pure; any thread.
#pragma once

#include "policy/model.hpp"
#include "runner/error.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <vector>

namespace latchkey::identity {

// Whom another issuer says that it has before it.
struct outside_person {
    std::string issuer;
    std::string subject;
    std::string email;  // verified by the issuer
    std::string name;
    std::optional<policy::time_point> proved_at;  // when they last proved who they are, where the issuer says it
};

struct expected_token {
    std::string issuer;
    std::string client;
    std::string nonce;
    std::vector<std::string> email_domains;  // in lower case; empty: any
    policy::time_point now{};
};

// Of claims whose signature was verified. refused: of another issuer or login, for another client, expired, from the
// future, or about nobody.
result<void> check_id_token(const nlohmann::json& claims, const expected_token&);
// Of claims that were checked. refused: they have no verified e-mail address of the domains.
result<outside_person> person_in(const nlohmann::json& claims, const expected_token&);

}  // namespace latchkey::identity
