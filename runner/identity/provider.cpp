// SPDX-License-Identifier: Apache-2.0
#include "runner/identity/provider.hpp"

#include "runner/identity/fetch.hpp"
#include "runner/identity/json_object.hpp"

#include <algorithm>

namespace latchkey::identity {

namespace {

using nlohmann::json;

constexpr std::chrono::hours known_for{1};
constexpr std::chrono::seconds try_again_after{10};
constexpr std::chrono::seconds keys_again_after{30};
constexpr std::size_t most_keys = 100;

// A clock that was set back does not keep what is known forever.
bool within(const std::optional<policy::time_point>& since, policy::time_point now, std::chrono::seconds window) {
    return since && now >= *since && now - *since < window;
}

result<json> fetch_object(const std::string& url, const std::string& what) {
    fetch_request ask;
    ask.url = url;
    auto got = fetch(ask);
    if (!got) return got.error();
    if (got->status != 200)
        return failure(errc::io, what + " at " + url + " answers with " + std::to_string(got->status));
    return read_object(got->body, what);
}

bool lists(const json& object, const char* name, const char* value) {
    const auto at = object.find(name);
    return at != object.end() && at->is_array() && std::ranges::find(*at, json(value)) != at->end();
}

}  // namespace

result<provider::addresses> provider::discover() const {
    std::string base = issuer_;
    while (base.ends_with('/')) base.pop_back();
    const auto said = fetch_object(base + "/.well-known/openid-configuration", "the identity provider's description");
    if (!said) return said.error();
    if (text_of(*said, "issuer") != issuer_)
        return failure(errc::refused, "the identity provider at " + issuer_ +
                                          " says that it is another issuer: put the issuer as it writes it itself");
    addresses found{text_of(*said, "authorization_endpoint").value_or(""),
                    text_of(*said, "token_endpoint").value_or(""), text_of(*said, "jwks_uri").value_or(""),
                    text_of(*said, "userinfo_endpoint").value_or(""), false};
    if (!is_safe_url(found.person)) found.person.clear();
    for (const std::string& url : {found.authorization, found.token, found.keys})
        if (!is_safe_url(url))
            return failure(errc::refused,
                           "the identity provider at " + issuer_ + " names an address that is not https");
    found.secret_in_form = lists(*said, "token_endpoint_auth_methods_supported", "client_secret_post") &&
                           !lists(*said, "token_endpoint_auth_methods_supported", "client_secret_basic");
    return found;
}

result<provider::addresses> provider::where(policy::time_point now) {
    const std::lock_guard alone(mutex_);
    if (known_ && within(discovered_at_, now, known_for)) return *known_;
    if (failed_ && within(discovered_at_, now, try_again_after)) return *failed_;
    discovered_at_ = now;
    auto found = discover();
    if (!found) {
        known_.reset();
        failed_ = found.error();
        return found.error();
    }
    failed_.reset();
    known_ = *found;
    return *found;
}

result<std::vector<public_key>> provider::fetch_keys(const std::string& url) const {
    const auto said = fetch_object(url, "the identity provider's key set");
    if (!said) return said.error();
    const auto list = said->find("keys");
    if (list == said->end() || !list->is_array() || list->size() > most_keys)
        return failure(errc::refused, "the identity provider's key set has no list of keys");
    std::vector<public_key> usable;
    // A set may hold keys for other uses and of other kinds.
    for (const json& jwk : *list)
        if (auto key = public_key::from_jwk(jwk)) usable.push_back(std::move(*key));
    return usable;
}

const public_key* provider::find(const std::string& id, algorithm by) const {
    const public_key* found = nullptr;
    for (const public_key& key : keys_) {
        if (id.empty() ? key.kind() != by : key.id() != id) continue;
        if (found != nullptr) return nullptr;  // two that fit: which one is not ours to guess
        found = &key;
    }
    return found;
}

result<public_key> provider::key(const std::string& id, algorithm by, policy::time_point now) {
    const auto at = where(now);
    if (!at) return at.error();
    const std::lock_guard alone(mutex_);
    // A key that was withdrawn must not be believed forever.
    if (!within(keys_at_, now, known_for)) keys_.clear();
    if (const public_key* known = find(id, by)) return *known;
    if (!within(keys_at_, now, keys_again_after)) {
        keys_at_ = now;
        auto fresh = fetch_keys(at->keys);
        if (!fresh) return fresh.error();
        keys_ = std::move(*fresh);
        if (const public_key* known = find(id, by)) return *known;
    }
    return failure(errc::refused, "the identity provider's token is signed with a key that is not in its key set");
}

}  // namespace latchkey::identity
