// SPDX-License-Identifier: Apache-2.0
//
// JSON Web Tokens in their compact form: taken apart within bounds, and made. Taking one apart says nothing of
// whether it is true. Pure; any thread.
#pragma once

#include "runner/error.hpp"
#include "runner/identity/keys.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace latchkey::identity {

constexpr std::size_t longest_jwt = 32UL * 1024;

struct unverified_jwt {
    algorithm signed_by = algorithm::rs256;
    std::string key_id;  // empty: it names none
    nlohmann::json claims;
    std::string signed_text;
    std::string signature;
};

// invalid: it is none, is too long, has another algorithm than RS256 or ES256, or demands what we don't know
// (`crit`).
result<unverified_jwt> read_jwt(std::string_view text);

result<std::string> make_jwt(const private_key&, const nlohmann::json& claims);

}  // namespace latchkey::identity
