// SPDX-License-Identifier: Apache-2.0
#include "runner/identity/jwt.hpp"

#include "runner/identity/base64url.hpp"
#include "runner/identity/json_object.hpp"

namespace latchkey::identity {

namespace {

failure no_token() {
    return {errc::invalid, "it is no signed token"};
}

}  // namespace

result<unverified_jwt> read_jwt(std::string_view text) {
    const auto first = text.find('.');
    const auto second = first == std::string_view::npos ? first : text.find('.', first + 1);
    if (text.size() > longest_jwt || second == std::string_view::npos) return no_token();
    const auto header = from_base64url(text.substr(0, first));
    const auto claims = from_base64url(text.substr(first + 1, second - first - 1));
    // A third point is no letter of base64url.
    auto signature = from_base64url(text.substr(second + 1));
    if (!header || !claims || !signature) return no_token();
    const auto head = read_object(*header, "the token's header");
    if (!head) return head.error();
    const auto by = algorithm_from(text_of(*head, "alg").value_or(""));
    if (!by) return by.error();
    if (head->contains("crit")) return failure(errc::invalid, "the token demands something that is not known here");
    auto said = read_object(*claims, "the token");
    if (!said) return said.error();
    unverified_jwt read;
    read.signed_by = *by;
    read.key_id = text_of(*head, "kid").value_or("");
    read.claims = std::move(*said);
    read.signed_text = text.substr(0, second);
    read.signature = std::move(*signature);
    return read;
}

result<std::string> make_jwt(const private_key& key, const nlohmann::json& claims) {
    const nlohmann::json header = {{"alg", "RS256"}, {"typ", "JWT"}, {"kid", key.id()}};
    // Names of refs may hold bytes that are no UTF-8.
    const auto part = [](const nlohmann::json& j) {
        return to_base64url(j.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    };
    std::string token = part(header) + "." + part(claims);
    auto signature = key.sign(token);
    if (!signature) return signature.error();
    return token + "." + to_base64url(*signature);
}

}  // namespace latchkey::identity
