// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/server_sign_in.hpp"

#include "runner/cli/commands.hpp"

namespace latchkey::cli {

namespace {

using sign_in_settings = std::map<std::string, setting, std::less<>>;

failure cannot_be(const setting& s, const std::string& say) {
    return {errc::usage, "\"" + s.value + "\" (" + s.origin + ") can't be: " + say};
}

std::string value_of(const sign_in_settings& all, std::string_view name) {
    const auto at = all.find(name);
    return at == all.end() ? "" : at->second.value;
}

result<std::chrono::minutes> minutes_of(const setting& s) {
    const auto length = length_of_time(s.value);
    if (!length || *length < std::chrono::minutes(1))
        return cannot_be(s, "say a minute or more, as in 10m, 12h or 7d");
    return std::chrono::duration_cast<std::chrono::minutes>(*length);
}

// "acme.test, other.test" in lower case.
result<std::vector<std::string>> domains_of(const setting& s) {
    std::vector<std::string> found;
    std::string one;
    for (const char c : s.value + ",") {
        if (c == ',') {
            if (one.empty() || one.find('@') != std::string::npos)
                return cannot_be(s, "say domains with commas between them, as in acme.test,other.test");
            found.push_back(std::exchange(one, {}));
        } else if (c != ' ') {
            one += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        }
    }
    return found;
}

}  // namespace

result<sign_in_options> read_sign_in(const sign_in_settings& all) {
    sign_in_options o;
    for (const auto& [name, into] : {std::pair("session-idle", &o.session_idle),
                                     std::pair("session-life", &o.session_life), std::pair("step-up", &o.step_up)}) {
        const setting& s = all.find(name)->second;
        if (into == &o.step_up && s.value == "off") continue;
        auto length = minutes_of(s);
        if (!length) return length.error();
        *into = *length;
    }
    o.issuer = value_of(all, "openid-issuer");
    o.client = value_of(all, "openid-client");
    o.secret_file = value_of(all, "openid-secret-file");
    if (o.issuer.empty() != o.client.empty())
        return failure(errc::usage, "an identity provider needs both --openid-issuer URL and --openid-client ID");
    if (!o.issuer.empty()) {
        identity::openid_settings checked;
        checked.issuer = o.issuer;
        checked.client_id = o.client;
        if (auto fine = identity::openid_client::check(checked); !fine) return fine.error();
    }
    if (const auto domains = all.find("openid-domains"); domains != all.end()) {
        auto found = domains_of(domains->second);
        if (!found) return found.error();
        o.email_domains = std::move(*found);
    }
    const setting& makes = all.find("openid-new-users")->second;
    if (makes.value != "yes" && makes.value != "no") return cannot_be(makes, "say yes or no");
    o.makes_users = makes.value == "yes";
    if (o.makes_users && !o.issuer.empty() && o.email_domains.empty())
        return failure(errc::usage,
                       "users are not made of anybody whom an identity provider knows: name your domains with "
                       "--openid-domains");
    return o;
}

result<std::unique_ptr<identity::openid_client>> make_openid_client(const sign_in_options& o) {
    if (o.issuer.empty()) return std::unique_ptr<identity::openid_client>();
    identity::openid_settings s;
    s.issuer = o.issuer;
    s.client_id = o.client;
    s.email_domains = o.email_domains;
    s.makes_users = o.makes_users;
    if (!o.secret_file.empty()) {
        auto secret = identity::read_client_secret(o.secret_file);
        if (!secret) return secret.error();
        s.client_secret = std::move(*secret);
    }
    return std::make_unique<identity::openid_client>(std::move(s));
}

}  // namespace latchkey::cli
