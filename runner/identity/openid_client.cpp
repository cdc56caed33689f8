// SPDX-License-Identifier: Apache-2.0
#include "runner/identity/openid_client.hpp"

#include "runner/identity/base64url.hpp"
#include "runner/identity/fetch.hpp"
#include "runner/identity/json_object.hpp"
#include "runner/identity/jwt.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace latchkey::identity {

namespace {

// Each is a text of its own that says nothing of the ticket or of the others.
std::string part_of(const std::string& ticket, const char* which) {
    return sha256_base64url(std::string("latchkey ") + which + " " + ticket);
}

}  // namespace

result<vault::secret> read_client_secret(const std::filesystem::path& file) {
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return failure(errc::io, "can't read the client's secret in " + file.string() + ": " +
                                     std::system_category().message(errno));
    struct stat facts{};
    std::string text(4096, '\0');
    const bool known = ::fstat(fd, &facts) == 0;
    const ssize_t n = ::read(fd, text.data(), text.size());
    ::close(fd);
    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
    vault::secret kept(std::move(text));
    if (!known || n < 0) return failure(errc::io, "can't read the client's secret in " + file.string());
    if (!S_ISREG(facts.st_mode) || (facts.st_mode & 077U) != 0)
        return failure(errc::refused, "others can read the client's secret in " + file.string() + ": chmod 600 it");
    if (kept.empty()) return failure(errc::usage, "there is no client's secret in " + file.string());
    return kept;
}

result<void> openid_client::check(const openid_settings& s) {
    if (!is_safe_url(s.issuer))
        return failure(errc::usage, "the issuer \"" + s.issuer.substr(0, 200) +
                                        "\" is no https address (http is for this machine)");
    if (s.client_id.empty()) return failure(errc::usage, "the identity provider's client has no id");
    return {};
}

openid_client::openid_client(openid_settings settings)
    : settings_(std::move(settings)), provider_(settings_.issuer) {}

std::string openid_client::new_ticket() {
    return random_base64url();
}

result<std::string> openid_client::address(const std::string& ticket, const std::string& redirect_uri, bool again,
                                           policy::time_point now) {
    const auto at = provider_.where(now);
    if (!at) return at.error();
    std::string url = at->authorization;
    url += url.find('?') == std::string::npos ? '?' : '&';
    url += "response_type=code&scope=openid%20email%20profile&client_id=" + url_encoded(settings_.client_id) +
           "&redirect_uri=" + url_encoded(redirect_uri) + "&state=" + part_of(ticket, "state") +
           "&nonce=" + part_of(ticket, "nonce") +
           "&code_challenge_method=S256&code_challenge=" + sha256_base64url(part_of(ticket, "verifier"));
    if (again) url += "&prompt=login&max_age=0";
    return url;
}

result<openid_client::tokens> openid_client::exchange(const provider::addresses& at, const std::string& code,
                                                      const std::string& verifier,
                                                      const std::string& redirect_uri) const {
    fetch_request ask;
    ask.url = at.token;
    ask.form = {{"grant_type", "authorization_code"},
                {"code", code},
                {"redirect_uri", redirect_uri},
                {"code_verifier", verifier}};
    if (at.secret_in_form || settings_.client_secret.empty()) {
        ask.form->emplace_back("client_id", settings_.client_id);
        if (!settings_.client_secret.empty())
            ask.form->emplace_back("client_secret", settings_.client_secret.reveal());
    } else {
        ask.user = url_encoded(settings_.client_id);
        ask.password = url_encoded(settings_.client_secret.reveal());
    }
    auto got = fetch(ask);
    vault::wipe(ask.password);
    for (auto& [name, value] : *ask.form) vault::wipe(value);
    if (!got) return got.error();
    const auto said = read_object(got->body, "the identity provider's answer");
    if (got->status != 200) {
        const std::string why = said ? text_of(*said, "error").value_or("") : "";
        return failure(errc::refused, "the identity provider refuses the login" +
                                          (why.empty() ? "" : " (" + why.substr(0, 60) + ")") + ": begin it again");
    }
    if (!said) return said.error();
    auto token = text_of(*said, "id_token");
    if (!token) return failure(errc::refused, "the identity provider's answer has no ID token");
    return tokens{std::move(*token), text_of(*said, "access_token").value_or("")};
}

result<nlohmann::json> openid_client::verified(const std::string& token, policy::time_point now) {
    auto read = read_jwt(token);
    if (!read) return failure(errc::refused, "the identity provider's token is not accepted: " + read.error().what);
    const auto key = provider_.key(read->key_id, read->signed_by, now);
    if (!key) return key.error();
    if (!key->verifies(read->signed_by, read->signed_text, read->signature))
        return failure(errc::refused, "the identity provider's token is not accepted: its signature is wrong");
    return std::move(read->claims);
}

result<void> openid_client::complete(nlohmann::json& claims, const provider::addresses& at,
                                     const std::string& access) {
    if (claims.contains("email") || at.person.empty() || access.empty()) return {};
    fetch_request ask;
    ask.url = at.person;
    ask.bearer = access;
    const auto got = fetch(ask);
    if (!got) return got.error();
    if (got->status != 200)
        return failure(errc::refused, "the identity provider does not say who has logged in: it answers with " +
                                          std::to_string(got->status));
    const auto said = read_object(got->body, "what the identity provider says of a person");
    if (!said) return said.error();
    // Of somebody else it would be a way to become them.
    if (text_of(*said, "sub") != text_of(claims, "sub"))
        return failure(errc::refused, "the identity provider speaks of somebody else than who has logged in");
    for (const char* name : {"email", "email_verified", "name"})
        if (said->contains(name)) claims[name] = said->at(name);
    return {};
}

result<outside_person> openid_client::finish(const std::string& ticket, const returned& came,
                                             const std::string& redirect_uri, policy::time_point now) {
    if (ticket.empty() || !same_text(came.state, part_of(ticket, "state")))
        return failure(errc::refused, "this is not the login that this browser began: begin it again");
    if (!came.issuer.empty() && came.issuer != settings_.issuer)
        return failure(errc::refused, "another identity provider answers than was asked: begin the login again");
    const auto at = provider_.where(now);
    if (!at) return at.error();
    const auto got = exchange(*at, came.code, part_of(ticket, "verifier"), redirect_uri);
    if (!got) return got.error();
    auto claims = verified(got->id, now);
    if (!claims) return claims.error();
    const expected_token want{settings_.issuer, settings_.client_id, part_of(ticket, "nonce"),
                              settings_.email_domains, now};
    if (auto good = check_id_token(*claims, want); !good) return good.error();
    if (auto whole = complete(*claims, *at, got->access); !whole) return whole.error();
    return person_in(*claims, want);
}

}  // namespace latchkey::identity
