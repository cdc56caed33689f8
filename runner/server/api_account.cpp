// SPDX-License-Identifier: Apache-2.0
// The caller's addresses and public keys (rest-api §2).
#include "runner/server/handlers.hpp"
#include "runner/server/views.hpp"
#include "runner/vault/ssh_key.hpp"

namespace latchkey::server {

namespace {

json view(const call& c, const store::email_record& e) {
    return {{"url", c.base + "/user/emails"},
            {"html_url", c.base + "/app/my-id/emails"},
            {"email", e.email},
            {"confirmed", e.confirmed}};
}

json view(const call& c, const store::public_key_record& k) {
    return {{"url", c.base + "/user/keys/" + std::to_string(k.id)},
            {"html_url", c.base + "/app/my-id/keys"},
            {"id", k.id},
            {"title", k.title},
            {"content", k.content},
            {"fingerprint", k.fingerprint}};
}

}  // namespace

result<answer> list_emails(call& c) {
    auto all = c.server.stores.persons->emails(c.actor());
    if (!all) return all.error();
    json items = json::array();
    for (const auto& e : *all) items.push_back({{"email", e.email}, {"confirmed", e.confirmed}});
    return answer{200, list_of(c.base + "/user/emails", "emails", std::move(items)), {}};
}

result<answer> add_email(call& c) {
    input in(c.body);
    const std::string email = in.required("email");
    if (auto fine = in.checked(); !fine) return fine.error();
    auto made = c.server.stores.persons->add_email(c.actor(), email, c.now());
    if (!made) return made.error();
    return answer{201, view(c, *made), {}};
}

result<answer> remove_email(call& c) {
    if (auto done = c.server.stores.persons->remove_email(c.actor(), c.at.at("email"), c.now()); !done)
        return done.error();
    return answer{204, {}, {}};
}

result<answer> list_keys(call& c) {
    auto all = c.server.stores.persons->keys(c.actor());
    if (!all) return all.error();
    json items = json::array();
    for (const auto& k : *all) items.push_back(view(c, k));
    return answer{200, list_of(c.base + "/user/keys", "keys", std::move(items)), {}};
}

result<answer> get_key(call& c) {
    const auto id = c.number("key");
    if (!id) return id.error();
    auto found = c.server.stores.persons->key(c.actor(), *id);
    if (!found) return found.error();
    return answer{200, view(c, *found), {}};
}

result<answer> add_key(call& c) {
    input in(c.body);
    store::public_key_record wanted;
    wanted.user = c.actor();
    wanted.created_at = c.now();
    wanted.content = in.required("content");
    const auto title = in.text("title");
    if (auto fine = in.checked(); !fine) return fine.error();
    const auto key = vault::read_public_key(wanted.content);
    if (!key)
        return failure(errc::usage,
                       "`content` must be a public SSH key, one line as in a .pub file: ssh-ed25519 AAAA… comment");
    wanted.fingerprint = key->fingerprint;
    wanted.title = title && !title->empty() ? *title : key->comment.empty() ? key->fingerprint : key->comment;
    auto made = c.server.stores.persons->add_key(std::move(wanted));
    if (!made) return made.error();
    return answer{201, view(c, *made), {}};
}

result<answer> remove_key(call& c) {
    const auto id = c.number("key");
    if (!id) return id.error();
    if (auto done = c.server.stores.persons->remove_key(c.actor(), *id, c.now()); !done) return done.error();
    return answer{204, {}, {}};
}

}  // namespace latchkey::server
