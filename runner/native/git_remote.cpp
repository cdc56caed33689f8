// SPDX-License-Identifier: Apache-2.0
#include "runner/native/git_remote.hpp"

#include "runner/native/host_login.hpp"
#include "runner/native/http.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace latchkey::native {

namespace {

int hex_digit(char c) {
    const std::size_t at = std::string_view("0123456789abcdef").find(static_cast<char>(c | 0x20));
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool coded =
            text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
        out += coded ? static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])) : text[i];
        if (coded) i += 2;
    }
    return out;
}

bool only_plain(const std::string& text) {
    return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; });
}

void read_host(git_remote& r, std::string_view authority) {
    const std::size_t colon = authority.rfind(':');
    const bool has_port = colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
    if (has_port) std::from_chars(authority.data() + colon + 1, authority.data() + authority.size(), r.port);
    r.host = authority.substr(0, has_port ? colon : authority.size());
}

// A token of the service is shown to this service's own host, never to another.
bool is_for(const integration& i, const std::string& host) {
    if (i.type == "GIT_HUB") return host == "github.com";
    if (i.type == "GIT_LAB") return host == "gitlab.com";
    if (i.type == "BITBUCKET") return host == "bitbucket.org";
    const auto own = i.fields.find("host_url");
    return (i.type == "GIT_HUB_ENTERPRISE" || i.type == "GIT_LAB_ENTERPRISE") && own != i.fields.end() &&
           !own->second.empty() && (own->second == host || host_of(own->second) == host);
}

constexpr std::array<const char*, 5> services = {"GIT_HUB", "GIT_HUB_ENTERPRISE", "GIT_LAB", "GIT_LAB_ENTERPRISE",
                                                 "BITBUCKET"};

void log_in_by_integration(const action& a, git_remote& r) {
    if (r.ssh || !r.password.empty()) return;
    for (const char* type : services) {
        const integration* i = a.of(type);
        if (i == nullptr || !is_for(*i, r.host)) continue;
        const auto field = [i](const char* name) {
            const auto at = i->fields.find(name);
            return at == i->fields.end() ? std::string() : at->second;
        };
        // Any name goes with a token; these are what the services themselves write.
        r.user = !field("username").empty()       ? field("username")
                 : i->type.starts_with("GIT_LAB") ? "oauth2"
                                                  : "x-access-token";
        r.password = field("token").empty() ? field("password") : field("token");
        return;
    }
}

// How a target or the older keys say it: by words of their own.
struct written_login {
    std::string mode;
    std::string user;
    std::string password;
    std::string key;  // its text, or a variable's name
};

result<void> log_in(const action& a, git_remote& r, const written_login& w) {
    if (w.mode == "CURRENT")
        return failure(
            errc::invalid,
            "git_auth_mode CURRENT means an account of Buddy: use HTTP with login and password, or ENV_KEY");
    if (r.ssh) {
        if (w.mode == "WORKSPACE_KEY" || w.mode == "PUBLIC_BUDDY_KEY" || w.mode == "PUBLIC_KEY") {
            auto key = default_key(a, w.mode);
            if (!key) return key.error();
            r.key = std::move(*key);
        } else {
            r.key = w.key.find("PRIVATE KEY") != std::string::npos ? w.key : a.key(w.key);
        }
        r.password = w.password;
        if (!w.user.empty() && r.user.empty()) r.user = w.user;
        if (r.user.empty()) r.user = "git";
        if (r.key.empty() && r.password.empty())
            return failure(errc::invalid, "no key is given for " + r.host +
                                              ": git_auth_mode ENV_KEY with env_key, a variable whose value "
                                              "--secret-file gives");
        return {};
    }
    if (!w.key.empty()) return failure(errc::invalid, "a key can't log in to an https address: write git@host:path");
    if (!w.user.empty()) r.user = w.user;
    if (!w.password.empty()) r.password = w.password;
    log_in_by_integration(a, r);
    for (const std::string& text : {r.user, r.password})
        if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
            return failure(errc::invalid, "login and password can't hold line ends");
    return {};
}

// The login in an address that the repository's own configuration holds is the user's: nobody allowed this pipeline
// to use it.
enum class login_in_address : bool { dropped, used };

result<git_remote> remote_of(const action& a, const std::string& address, const written_login& w,
                             login_in_address own = login_in_address::used) {
    auto r = read_remote(address);
    if (!r) return r;
    if (own == login_in_address::dropped) {
        r->password.clear();
        if (!r->ssh) r->user.clear();
    }
    if (auto in = log_in(a, *r, w); !in) return in.error();
    // What the wire shows everybody is no secret any more.
    if (!r->password.empty() && r->url.starts_with("http://") && !is_loopback(r->host))
        return failure(errc::invalid, "a password does not go to " + r->host + " without TLS: write https://");
    return r;
}

written_login older_login(const action& a) {
    const std::string mode = a.text("git_auth_mode");
    written_login w{mode, a.text("login"), a.text("password"), ""};
    if (mode == "ENV_KEY") w.key = a.text("env_key");
    if (mode == "PRIVATE_KEY") w.key = a.text("private_key").empty() ? a.text("key") : a.text("private_key");
    return w;
}

result<git_remote> remote_of_target(const action& a, const std::map<std::string, std::string>& target) {
    const auto get = [&target](std::initializer_list<const char*> keys) {
        for (const char* key : keys)
            if (const auto at = target.find(key); at != target.end() && !at->second.empty()) return at->second;
        return std::string();
    };
    const std::string address = get({"repository", "url"});
    if (address.empty())
        return failure(errc::invalid,
                       "the target " + get({"target"}) + " is not in this file: write its repository and auth here");
    const std::string mode = get({"auth.method", "auth"});
    return remote_of(a, address,
                     {mode, get({"auth.username", "username", "login"}), get({"auth.password", "password"}),
                      get({"auth.key", "auth.asset", "auth.env_key", "env_key", "key"})});
}

}  // namespace

result<git_remote> read_remote(const std::string& address) {
    git_remote r;
    if (address.empty()) return failure(errc::invalid, "push_url is empty: say where to push to");
    // "name::address" is for a program of git's; an IPv6 address stands in brackets.
    const bool of_program = address.find("::") < address.find_first_of("/[");
    if (address.front() == '-' || !only_plain(address) || of_program)
        return failure(errc::invalid, "push_url is no address that git can push to");
    const std::size_t scheme = address.find("://");
    if (scheme == std::string::npos) {
        // user@host:path
        const std::size_t colon = address.find(':');
        const std::size_t at = address.find('@');
        if (colon == std::string::npos || address.find('/') < colon || colon + 1 == address.size())
            return failure(errc::invalid,
                           "push_url is no address of a server: write https://host/path or git@host:path");
        r.ssh = true;
        const bool named = at != std::string::npos && at < colon;
        if (named) r.user = address.substr(0, at);
        r.host = address.substr(named ? at + 1 : 0, colon - (named ? at + 1 : 0));
        r.url = address;
    } else {
        const std::string kind = address.substr(0, scheme);
        if (kind != "https" && kind != "http" && kind != "ssh")
            return failure(errc::invalid, "push_url can't be a " + kind + " address: https and ssh are known");
        const std::size_t path = std::min(address.find('/', scheme + 3), address.size());
        std::string authority = address.substr(scheme + 3, path - scheme - 3);
        if (const std::size_t at = authority.rfind('@'); at != std::string::npos) {
            const std::string login = authority.substr(0, at);
            authority.erase(0, at + 1);
            const std::size_t colon = std::min(login.find(':'), login.size());
            r.user = percent_decoded(login.substr(0, colon));
            if (colon < login.size()) r.password = percent_decoded(login.substr(colon + 1));
        }
        read_host(r, authority);
        r.ssh = kind == "ssh";
        r.url = kind + "://" + (r.ssh && !r.user.empty() ? r.user + "@" : "") + authority + address.substr(path);
    }
    if (r.host.empty() || r.host.front() == '-' || r.user.starts_with('-'))
        return failure(errc::invalid, "push_url names no host");
    return r;
}

result<std::vector<git_remote>> git_remotes_of(const action& a, const std::string& origin) {
    std::vector<git_remote> all;
    const auto add = [&all](result<git_remote> r) -> result<void> {
        if (!r) return r.error();
        all.push_back(std::move(*r));
        return {};
    };
    for (const std::string& name : a.list("targets")) {
        if (name.empty()) continue;  // a map
        if (name != "project_repository")
            return failure(errc::invalid,
                           "the target " + name + " is not in this file: write its repository and auth here");
        if (origin.empty())
            return failure(errc::invalid,
                           "the project's repository has no remote \"origin\": add one, or write push_url");
        if (auto added = add(remote_of(a, origin, older_login(a), login_in_address::dropped)); !added)
            return added.error();
    }
    for (const auto& target : a.maps("targets"))
        if (auto added = add(remote_of_target(a, target)); !added) return added.error();
    if (all.empty())
        if (auto added = add(remote_of(a, a.text("push_url"), older_login(a))); !added) return added.error();
    return all;
}

}  // namespace latchkey::native
