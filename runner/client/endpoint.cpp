// SPDX-License-Identifier: Apache-2.0
#include "runner/client/endpoint.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <memory>
#include <netinet/in.h>

namespace latchkey::client {

namespace {

struct end_url {
    void operator()(CURLU* u) const { curl_url_cleanup(u); }
};
using url_handle = std::unique_ptr<CURLU, end_url>;

// Empty: it has no such part.
std::string part_of(const url_handle& url, CURLUPart part) {
    char* text = nullptr;
    if (curl_url_get(url.get(), part, &text, 0) != CURLUE_OK || text == nullptr) return {};
    std::string copy(text);
    curl_free(text);
    return copy;
}

bool is_this_machine(std::string name) {
    if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
    in_addr four{};
    in6_addr six{};
    if (::inet_pton(AF_INET, name.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24U) == 127;
    if (::inet_pton(AF_INET6, name.c_str(), &six) == 1) return IN6_IS_ADDR_LOOPBACK(&six);
    return name == "localhost";
}

}  // namespace

result<endpoint> endpoint_from(const std::string& text, plain_http allowed) {
    const failure none(errc::usage, "this is no address of a server: say https://HOST, or http://127.0.0.1:PORT");
    const url_handle url(curl_url());
    if (!url || text.find("://") == std::string::npos || text.size() > 2000) return none;
    if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return none;
    const std::string scheme = part_of(url, CURLUPART_SCHEME);
    const std::string host = part_of(url, CURLUPART_HOST);
    if ((scheme != "http" && scheme != "https") || host.empty()) return none;
    if (!part_of(url, CURLUPART_USER).empty() || !part_of(url, CURLUPART_PASSWORD).empty())
        return failure(errc::usage,
                       "the address of a server has no user and no password in it: a token is read "
                       "from a prompt, a file or standard input");
    if (!part_of(url, CURLUPART_QUERY).empty() || !part_of(url, CURLUPART_FRAGMENT).empty()) return none;
    endpoint e;
    const std::string port = part_of(url, CURLUPART_PORT);
    e.host = port.empty() ? host : host + ":" + port;
    e.encrypted = scheme == "https";
    e.this_machine = is_this_machine(host);
    std::string path = part_of(url, CURLUPART_PATH);
    while (path.ends_with('/')) path.pop_back();
    e.base = scheme + "://" + e.host + path;
    if (!e.encrypted && !e.this_machine && allowed != plain_http::anywhere)
        return failure(errc::refused, "http to " + e.host +
                                          " would show the token to everybody on the way: use https, or say "
                                          "--insecure-http to `latchkey login` where the network is yours");
    return e;
}

std::string in_path(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '_' || c == '~' || (c == '.' && text != "." && text != "..");
        if (plain) {
            out += c;
            continue;
        }
        const auto u = static_cast<unsigned char>(c);
        out += '%';
        out += "0123456789ABCDEF"[u >> 4U];
        out += "0123456789ABCDEF"[u & 15U];
    }
    return out;
}

}  // namespace latchkey::client
