// SPDX-License-Identifier: Apache-2.0
#include "runner/native/http.hpp"

#include "runner/native/curl.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <netinet/in.h>

namespace latchkey::native {

namespace {

constexpr std::size_t longest_body = 1UL << 20U;

std::size_t take_body(char* bytes, std::size_t, std::size_t size, void* into) {
    auto& body = *static_cast<std::string*>(into);
    body.append(bytes, std::min(size, longest_body - std::min(longest_body, body.size())));
    return size;
}

}  // namespace

std::string host_of(const std::string& url) {
    const std::size_t scheme = url.find("://");
    std::string rest = scheme == std::string::npos ? url : url.substr(scheme + 3);
    rest = rest.substr(0, rest.find_first_of("/?#"));
    if (const std::size_t at = rest.rfind('@'); at != std::string::npos) rest.erase(0, at + 1);
    return rest;
}

bool is_loopback(const std::string& host) {
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    const std::string name = bracketed ? host.substr(1, host.size() - 2) : host;
    in_addr four{};
    in6_addr six{};
    if (::inet_pton(AF_INET, name.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24U) == 127;
    if (::inet_pton(AF_INET6, name.c_str(), &six) == 1) return IN6_IS_ADDR_LOOPBACK(&six);
    return name == "localhost";
}

result<http_answer> exchange(const http_request& r) {
    const curl_handle c = new_curl("http,https");
    if (!c) return failure(errc::io, "libcurl can't be used");
    http_answer answer;
    const curl_list headers = list_of(r.headers);
    set(c, CURLOPT_URL, r.url.c_str());
    set(c, CURLOPT_HTTPHEADER, headers.get());
    set(c, CURLOPT_WRITEFUNCTION, take_body);
    set(c, CURLOPT_WRITEDATA, &answer.body);
    set(c, CURLOPT_FOLLOWLOCATION, 1L);
    set(c, CURLOPT_MAXREDIRS, 10L);
    set(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    set(c, CURLOPT_TIMEOUT, static_cast<long>(r.seconds));
    if (r.port > 0) set(c, CURLOPT_PORT, static_cast<long>(r.port));
    if (!r.user.empty()) {
        set(c, CURLOPT_USERNAME, r.user.c_str());
        set(c, CURLOPT_PASSWORD, r.password.c_str());
    }
    if (r.method == "HEAD") set(c, CURLOPT_NOBODY, 1L);
    if (r.method != "GET" && r.method != "HEAD") {
        set(c, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(r.body.size()));
        set(c, CURLOPT_POSTFIELDS, r.body.c_str());
        set(c, CURLOPT_CUSTOMREQUEST, r.method.c_str());
    }
    if (auto done = perform(c); !done)
        return failure(errc::io, "no answer from " + host_of(r.url) + ": " + done.error().what);
    curl_easy_getinfo(c.get(), CURLINFO_RESPONSE_CODE, &answer.status);
    return answer;
}

}  // namespace latchkey::native
