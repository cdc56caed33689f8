// SPDX-License-Identifier: Apache-2.0
#include "runner/identity/token_issuer.hpp"

#include "runner/identity/base64url.hpp"
#include "runner/identity/json_object.hpp"
#include "runner/identity/jwt.hpp"

namespace latchkey::identity {

namespace {

using nlohmann::json;

constexpr std::chrono::minutes life{10};
// Verifiers allow for clocks that differ.
constexpr std::chrono::minutes in_key_set_after_retirement = token_issuer::longest_life + std::chrono::minutes(5);

std::string without_colons(const std::string& name) {
    std::string out;
    for (const char c : name) {
        if (c == ':')
            out += "%3A";
        else if (c == '%')
            out += "%25";
        else
            out += c;
    }
    return out;
}

std::int64_t seconds(policy::time_point at) {
    return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
}

}  // namespace

std::string token_issuer::subject_of(const run_facts& f) {
    // The ref stands last and may hold anything: nothing that follows can be mistaken.
    return "workspace:" + without_colons(f.workspace) + ":project:" + without_colons(f.project) +
           ":pipeline:" + std::to_string(f.pipeline_id) + ":ref:" + f.ref;
}

result<void> token_issuer::make_key(const std::string& instead_of, policy::user_id actor, policy::time_point now) {
    auto made = private_key::make();
    if (!made) return made.error();
    const vault::secret pem = made->to_pem();
    if (pem.empty()) return failure(errc::io, "OpenSSL could not write the new signing key");
    store::signing_key_record record;
    record.id = made->id();
    record.public_key = made->to_jwk().dump();
    record.sealed = vault_.seal_own(record.id, 1, pem);
    record.made_at = now;
    return keys_.add(record, instead_of, now - in_key_set_after_retirement, actor);
}

result<std::vector<store::signing_key_record>> token_issuer::keys_with_one_that_signs(policy::time_point now) {
    auto all = keys_.all();
    if (!all) return all.error();
    if (!all->empty() && !all->front().retired_at) return all;
    // Another server of the same store may be faster: its key is as good.
    if (auto made = make_key("", {}, now); !made && made.error().code != errc::conflict) return made.error();
    return keys_.all();
}

result<private_key> token_issuer::opened(const store::signing_key_record& record) {
    const std::lock_guard alone(mutex_);
    if (const auto known = opened_.find(record.id); known != opened_.end()) return known->second;
    const auto pem = vault_.open_own(record.sealed);
    if (!pem) return pem.error();
    auto key = private_key::from_pem(*pem);
    if (!key) return key.error();
    // What the key set shows must be what signs.
    if (key->id() != record.id)
        return failure(errc::corrupt, "the signing key " + record.id + " in the store is another one");
    opened_.clear();  // only one signs
    opened_.emplace(record.id, *key);
    return key;
}

result<std::string> token_issuer::issue_run_token(const run_facts& f, const std::string& audience,
                                                  policy::time_point now) {
    if (audience.empty() || audience.size() > 255)
        return failure(errc::usage, "a token's audience has 1 to 255 bytes");
    const auto keys = keys_with_one_that_signs(now);
    if (!keys) return keys.error();
    if (keys->empty() || keys->front().retired_at)
        return failure(errc::store, "the store has no signing key although one was made");
    const auto key = opened(keys->front());
    if (!key) return key.error();
    const json claims = {{"iss", issuer_},
                         {"sub", subject_of(f)},
                         {"aud", audience},
                         {"iat", seconds(now)},
                         {"nbf", seconds(now)},
                         {"exp", seconds(now + life)},
                         {"jti", random_base64url()},
                         {"workspace", f.workspace},
                         {"project", f.project},
                         {"pipeline_id", std::to_string(f.pipeline_id)},
                         {"pipeline", f.pipeline},
                         {"ref_type", f.ref_type},
                         {"ref", f.ref},
                         {"actor", f.actor},
                         {"run", std::to_string(f.run)},
                         {"attempt", std::to_string(f.attempt)}};
    return make_jwt(*key, claims);
}

result<json> token_issuer::key_set(policy::time_point now) {
    const auto keys = keys_with_one_that_signs(now);
    if (!keys) return keys.error();
    json list = json::array();
    for (const store::signing_key_record& one : *keys) {
        if (one.retired_at && now >= *one.retired_at + in_key_set_after_retirement) continue;
        auto jwk = read_object(one.public_key, "a signing key in the store");
        if (!jwk) return failure(errc::corrupt, jwk.error().what);
        list.push_back(std::move(*jwk));
    }
    return json{{"keys", std::move(list)}};
}

json token_issuer::description() const {
    return {{"issuer", issuer_},
            {"jwks_uri", issuer_ + "/.well-known/jwks.json"},
            {"response_types_supported", {"id_token"}},
            {"subject_types_supported", {"public"}},
            {"id_token_signing_alg_values_supported", {"RS256"}},
            {"claims_supported",
             {"iss", "sub", "aud", "iat", "nbf", "exp", "jti", "workspace", "project", "pipeline_id", "pipeline",
              "ref_type", "ref", "actor", "run", "attempt"}}};
}

result<std::string> token_issuer::rotate(policy::user_id actor, policy::time_point now) {
    const auto keys = keys_with_one_that_signs(now);
    if (!keys) return keys.error();
    if (auto made = make_key(keys->front().id, actor, now); !made) return made.error();
    const auto after = keys_.all();
    if (!after) return after.error();
    return after->front().id;
}

}  // namespace latchkey::identity
