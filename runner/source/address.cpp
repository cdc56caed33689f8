// SPDX-License-Identifier: Apache-2.0
#include "runner/source/address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <utility>

namespace latchkey::source {

namespace {

constexpr std::size_t longest_address = 2000;

int digit_of(char c) {
    const std::size_t at = std::string_view("0123456789abcdef").find(static_cast<char>(c | 0x20));
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

std::string without_percents(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool coded =
            text[i] == '%' && i + 2 < text.size() && digit_of(text[i + 1]) >= 0 && digit_of(text[i + 2]) >= 0;
        out += coded ? static_cast<char>(digit_of(text[i + 1]) * 16 + digit_of(text[i + 2])) : text[i];
        if (coded) i += 2;
    }
    return out;
}

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Of a name, an IPv4 or a bracketed IPv6 address, with a port or without: nothing that means more to git or curl.
bool is_plain_host(std::string_view host) {
    return !host.empty() && host.front() != '-' && host.front() != ':' && std::ranges::all_of(host, [](char c) {
        return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_' || c == ':' || c == '[' || c == ']';
    });
}

bool is_plain_user(std::string_view user) {
    return !user.starts_with('-') && std::ranges::all_of(user, [](char c) {
        return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_' || c == '+' || c == '~';
    });
}

failure no_address(const std::string& why) {
    return {errc::usage, "this is no address of a git repository: " + why};
}

std::string host_only(const std::string& authority) {
    const std::size_t colon = authority.rfind(':');
    const bool port = colon != std::string::npos && authority.find(']', colon) == std::string::npos;
    return authority.substr(0, port ? colon : authority.size());
}

result<git_address> read_local(const std::string& path) {
    git_address a;
    a.by = transport::local;
    a.url = "file://" + path;
    return a;
}

// user@host:path
result<git_address> read_short(const std::string& address) {
    const std::size_t colon = address.find(':');
    if (colon == std::string::npos || colon + 1 == address.size() || address.find('/') < colon)
        return no_address("write https://host/path, git@host:path, or a folder's full path");
    git_address a;
    a.by = transport::ssh;
    a.url = address;
    const std::size_t at = address.find('@');
    const bool named = at < colon;
    if (named) a.user = address.substr(0, at);
    a.host = address.substr(named ? at + 1 : 0, colon - (named ? at + 1 : 0));
    if (!is_plain_host(a.host) || !is_plain_user(a.user) || a.host.find(':') != std::string::npos)
        return no_address("its host or user holds what none can");
    if (address[colon + 1] == '-') return no_address("its path begins with -");
    return a;
}

}  // namespace

result<git_address> read_address(const std::string& address) {
    if (address.empty()) return no_address("it is empty");
    if (address.size() > longest_address) return no_address("it is too long");
    if (address.front() == '-' || std::ranges::any_of(address, [](char c) {
            return static_cast<unsigned char>(c) <= ' ' || c == '\x7f' || c == '\\';
        }))
        return no_address("it begins with - or holds blanks");
    if (address.front() == '/') {
        // In an address a % begins a character's number.
        std::string path;
        for (const char c : address) path += c == '%' ? std::string("%25") : std::string(1, c);
        return read_local(path);
    }
    // "name::address" is for a program of git's; an IPv6 address stands in brackets.
    if (address.find("::") < address.find_first_of("/["))
        return no_address("programs that git would start are not used");
    const std::size_t scheme = address.find("://");
    if (scheme == std::string::npos) return read_short(address);
    const std::string kind = address.substr(0, scheme);
    if (kind == "file" && address.size() > scheme + 3 && address[scheme + 3] == '/')
        return read_local(address.substr(scheme + 3));
    if (kind != "https" && kind != "http" && kind != "ssh")
        return no_address("https, http and ssh are known, and this is " + kind.substr(0, 20));
    git_address a;
    a.by = kind == "https" ? transport::https : kind == "http" ? transport::http : transport::ssh;
    const std::size_t path = std::min(address.find_first_of("/?#", scheme + 3), address.size());
    std::string authority = address.substr(scheme + 3, path - scheme - 3);
    if (const std::size_t at = authority.rfind('@'); at != std::string::npos) {
        const std::string login = authority.substr(0, at);
        authority.erase(0, at + 1);
        const std::size_t colon = std::min(login.find(':'), login.size());
        a.user = without_percents(std::string_view(login).substr(0, colon));
        if (colon < login.size()) a.password = vault::secret(without_percents(login.substr(colon + 1)));
    }
    if (!is_plain_host(authority)) return no_address("its host holds what none can");
    if (a.by == transport::ssh && !is_plain_user(a.user)) return no_address("its user holds what none can");
    if (path == address.size() || path + 1 == address.size() || address[path] != '/')
        return no_address("it names a server and no repository there");
    a.host = host_only(authority);
    a.server = kind + "://" + authority;
    const bool keeps_user = a.by == transport::ssh && !a.user.empty();
    a.url = kind + "://" + (keeps_user ? a.user + "@" : "") + authority + address.substr(path);
    return a;
}

std::string beside(const std::string& url, const std::string& relative) {
    if (!relative.starts_with("./") && !relative.starts_with("../")) return relative;
    std::string base = url;
    while (base.ends_with('/')) base.pop_back();
    const std::size_t scheme = base.find("://");
    // What a step up must not take away: the server.
    const std::size_t root = scheme != std::string::npos ? std::min(base.find('/', scheme + 3), base.size())
                             : base.starts_with('/')     ? 0
                                                         : base.find(':') + 1;
    std::string_view rest = relative;
    for (;;) {
        if (rest.starts_with("./")) {
            rest.remove_prefix(2);
        } else if (rest.starts_with("../")) {
            rest.remove_prefix(3);
            const std::size_t slash = base.rfind('/');
            base.resize(slash != std::string::npos && slash >= root ? slash : root);
        } else {
            break;
        }
    }
    const bool begins = base.ends_with(':') || rest.empty();
    return base + (begins ? "" : "/") + std::string(rest);
}

bool is_loopback_host(const std::string& host) {
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    const std::string name = bracketed ? host.substr(1, host.size() - 2) : host;
    in_addr four{};
    in6_addr six{};
    if (::inet_pton(AF_INET, name.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24U) == 127;
    if (::inet_pton(AF_INET6, name.c_str(), &six) == 1) return IN6_IS_ADDR_LOOPBACK(&six);
    return name == "localhost";
}

bool is_ref_name(std::string_view name) {
    if (!name.starts_with("refs/") || name.size() > 1000 || name.ends_with('/') || name.ends_with('.')) return false;
    for (std::string_view rest = name; !rest.empty();) {
        const std::string_view part = rest.substr(0, rest.find('/'));
        if (part.empty() || part.starts_with('.') || part.ends_with(".lock")) return false;
        rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    }
    return name.find("..") == std::string_view::npos && name.find("@{") == std::string_view::npos &&
           std::ranges::none_of(name, [](char c) {
               return static_cast<unsigned char>(c) <= ' ' || c == '\x7f' ||
                      std::string_view("~^:?*[\\").find(c) != std::string_view::npos;
           });
}

}  // namespace latchkey::source
