// SPDX-License-Identifier: Apache-2.0
// How members of a workspace sign in at their company's provider (rest-api §2). The client's secret goes in and never
// comes back.
#include "runner/server/handlers.hpp"
#include "runner/server/views.hpp"

#include <algorithm>
#include <array>

namespace latchkey::server {

namespace {

struct setting {
    const char* name;
    const char* otherwise = nullptr;
    const char* words = nullptr;  // that it may be, with spaces around each
};

constexpr std::array<setting, 8> settings = {{{"type", "SAML", " SAML OIDC "},
                                              {"sso_provider_type"},
                                              {"sso_url"},
                                              {"issuer"},
                                              {"certificate"},
                                              {"client_id"},
                                              {"signature_method", "sha256", " sha1 sha256 sha512 "},
                                              {"digest_method", "sha256", " sha1 sha256 sha512 "}}};
constexpr const char* for_all = store::sso_for_all;

std::string get(const store::facts& from, std::string_view name) {
    const auto at = std::ranges::find(from, name, &std::pair<std::string, std::string>::first);
    return at == from.end() ? std::string() : at->second;
}

void set(store::facts& to, const std::string& name, std::string value) {
    std::erase_if(to, [&](const auto& s) { return s.first == name; });
    to.emplace_back(name, std::move(value));
}

json view(const call& c, const store::sign_on_record& r) {
    json v = {{"url", c.workspace_url() + "/sso"},
              {"html_url", c.base + "/app/" + c.workspace->domain + "/sso"},
              {"client_secret", nullptr},
              {for_all, get(r.settings, for_all) == "true"}};
    for (const setting& s : settings) {
        std::string value = get(r.settings, s.name);
        if (value.empty() && s.otherwise != nullptr) value = s.otherwise;
        v[s.name] = value.empty() ? json() : json(value);
    }
    return v;
}

std::optional<std::string> fill(input& in, store::facts& to) {
    for (const setting& s : settings) {
        auto value = in.text(s.name);
        if (!value) continue;
        const bool fits = s.words == nullptr || value->empty() ||
                          (value->find(' ') == std::string::npos &&
                           std::string(s.words).find(" " + *value + " ") != std::string::npos);
        if (!fits)
            in.refuse("`" + std::string(s.name) + "` must be one of" +
                      std::string(s.words, std::string_view(s.words).size() - 1));
        set(to, s.name, std::move(*value));
    }
    if (const auto all = in.flag(for_all)) set(to, for_all, *all ? "true" : "false");
    return in.text("client_secret");
}

}  // namespace

result<answer> get_sign_on(call& c) {
    auto found = c.server.stores.sso->get(c.workspace->id);
    if (!found) return found.error();
    return answer{200, view(c, *found), {}};
}

result<answer> edit_sign_on(call& c) {
    constexpr int most_tries = 50;
    for (int i = 0; i < most_tries; ++i) {
        auto known = c.server.stores.sso->get(c.workspace->id);
        if (!known) return known.error();
        input in(c.body);
        auto secret = fill(in, known->settings);
        if (auto fine = in.checked(); !fine) return fine.error();
        const std::int64_t version = known->secret ? known->secret->version + 1 : 1;
        if (secret && secret->empty())
            known->secret.reset();
        else if (secret)
            known->secret = c.server.vault.seal_value({vault::value_kind::sign_on, c.workspace->id.value()},
                                                      "client_secret", version, vault::secret(std::move(*secret)));
        auto edited = c.server.stores.sso->edit(*known, c.actor(), c.now());
        if (edited) return answer{200, view(c, *edited), {}};
        if (edited.error().code != errc::conflict) return edited.error();
    }
    return failure(errc::conflict, "too many others change this: try again");
}

result<answer> enable_sign_on(call& c) {
    if (auto done = c.server.stores.sso->enable(c.workspace->id, c.actor(), c.now()); !done) return done.error();
    return answer{204, {}, {}};
}

result<answer> disable_sign_on(call& c) {
    if (auto done = c.server.stores.sso->disable(c.workspace->id, c.actor(), c.now()); !done) return done.error();
    return answer{204, {}, {}};
}

}  // namespace latchkey::server
