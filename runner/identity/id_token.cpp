// SPDX-License-Identifier: Apache-2.0
#include "runner/identity/id_token.hpp"

#include "runner/identity/base64url.hpp"
#include "runner/identity/json_object.hpp"

#include <algorithm>

namespace latchkey::identity {

namespace {

using nlohmann::json;

// How far the other's clock may be from ours.
constexpr std::chrono::minutes leeway{2};

failure no(const char* why) {
    return {errc::refused, std::string("the identity provider's token is not accepted: ") + why};
}

std::optional<policy::time_point> time_of(const json& claims, const char* name) {
    const auto seconds = number_of(claims, name);
    if (!seconds) return std::nullopt;
    return policy::time_point(std::chrono::seconds(*seconds));
}

bool is_for(const json& claims, const std::string& client) {
    const auto audience = claims.find("aud");
    if (audience == claims.end()) return false;
    if (audience->is_string()) return *audience == client;
    if (!audience->is_array() || std::ranges::find(*audience, json(client)) == audience->end()) return false;
    // Of several, the one that asked for it must be named.
    return audience->size() == 1 || text_of(claims, "azp") == client;
}

std::string domain_of(const std::string& email) {
    std::string domain = email.substr(email.rfind('@') + 1);
    for (char& c : domain)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return domain;
}

}  // namespace

result<void> check_id_token(const json& claims, const expected_token& want) {
    if (text_of(claims, "iss") != want.issuer) return no("it is of another issuer");
    if (!is_for(claims, want.client)) return no("it is for another client");
    if (const auto by = text_of(claims, "azp"); by && *by != want.client) return no("it is for another client");
    const auto expires = time_of(claims, "exp");
    const auto issued = time_of(claims, "iat");
    if (!expires || want.now >= *expires + leeway) return no("it has expired");
    if (!issued || *issued > want.now + leeway) return no("it was issued in the future");
    if (const auto from = time_of(claims, "nbf"); from && *from > want.now + leeway) return no("it is not valid yet");
    if (!same_text(text_of(claims, "nonce").value_or(""), want.nonce) || want.nonce.empty())
        return no("it belongs to another login");
    const auto subject = text_of(claims, "sub");
    if (!subject || subject->empty() || subject->size() > 255) return no("it names nobody");
    return {};
}

result<outside_person> person_in(const json& claims, const expected_token& want) {
    outside_person found;
    found.issuer = want.issuer;
    found.subject = text_of(claims, "sub").value_or("");
    found.email = text_of(claims, "email").value_or("");
    const auto verified = claims.find("email_verified");
    // Some send it as a text.
    if (found.email.empty() || verified == claims.end() || (*verified != json(true) && *verified != json("true")))
        return no("it has no verified e-mail address");
    if (!want.email_domains.empty() &&
        std::ranges::find(want.email_domains, domain_of(found.email)) == want.email_domains.end())
        return no("its e-mail address is of a domain that is not let in here");
    found.name = text_of(claims, "name").value_or("");
    if (found.name.size() > 200) found.name.clear();
    found.proved_at = time_of(claims, "auth_time");
    if (found.proved_at && *found.proved_at > want.now) found.proved_at = want.now;
    return found;
}

}  // namespace latchkey::identity
