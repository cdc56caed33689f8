// SPDX-License-Identifier: Apache-2.0
//
// Tokens and key sets of other servers, over any bytes: the first line is a token, the rest a key set or the claims
// of a token. No crash; no token is taken as signed, since no key of these was ever used; what is read is within
// bounds.
#include "runner/identity/base64url.hpp"
#include "runner/identity/id_token.hpp"
#include "runner/identity/json_object.hpp"
#include "runner/identity/jwt.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace latchkey::identity;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto line = bytes.find('\n');
    const std::string_view token = bytes.substr(0, line);
    const std::string_view rest = line == std::string_view::npos ? std::string_view() : bytes.substr(line + 1);

    const auto read = read_jwt(token);
    if (read && (!token.starts_with(read->signed_text) || !read->claims.is_object())) std::abort();
    // One text for each bytes.
    if (const auto raw = from_base64url(token); raw && to_base64url(*raw) != token) std::abort();

    const auto object = read_object(rest, "it");
    if (!object) return 0;
    expected_token want{"https://issuer.test", "client", "nonce", {"acme.test"}, {}};
    if (check_id_token(*object, want)) {
        const auto who = person_in(*object, want);
        if (who && (who->subject.empty() || who->email.empty() || who->name.size() > 200)) std::abort();
    }
    const auto keys = object->find("keys");
    if (keys == object->end() || !keys->is_array()) return 0;
    for (const auto& jwk : *keys) {
        const auto key = public_key::from_jwk(jwk);
        if (key && read && key->verifies(read->signed_by, read->signed_text + "x", read->signature)) std::abort();
    }
    return 0;
}
