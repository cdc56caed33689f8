// SPDX-License-Identifier: Apache-2.0
#include "runner/identity/fetch.hpp"

#include <cstdlib>
#include <curl/curl.h>
#include <memory>

namespace latchkey::identity {

namespace {

constexpr std::size_t largest = 1024UL * 1024;

struct end_curl {
    void operator()(CURL* c) const { curl_easy_cleanup(c); }
};
struct free_list {
    void operator()(curl_slist* l) const { curl_slist_free_all(l); }
};

// What stands between "//" and the path.
std::string_view authority_of(std::string_view url) {
    const auto start = url.find("://");
    if (start == std::string_view::npos) return {};
    url.remove_prefix(start + 3);
    return url.substr(0, url.find_first_of("/?#"));
}

bool is_of_this_machine(std::string_view authority) {
    if (authority.starts_with("[::1]")) return authority.size() == 5 || authority[5] == ':';
    const std::string_view host = authority.substr(0, authority.find(':'));
    return host == "127.0.0.1" || host == "localhost";
}

std::size_t keep(char* bytes, std::size_t size, std::size_t count, void* into) {
    std::string& body = *static_cast<std::string*>(into);
    if (body.size() + size * count > largest) return 0;
    body.append(bytes, size * count);
    return size * count;
}

std::string encoded_form(const std::vector<std::pair<std::string, std::string>>& form) {
    std::string text;
    for (const auto& [name, value] : form)
        text += (text.empty() ? "" : "&") + url_encoded(name) + "=" + url_encoded(value);
    return text;
}

}  // namespace

bool is_safe_url(std::string_view url) {
    for (const char c : url)
        // Readers of URLs differ about a backslash.
        if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '\\') return false;
    const std::string_view authority = authority_of(url);
    if (authority.empty() || authority.find('@') != std::string_view::npos) return false;
    return url.starts_with("https://") || (url.starts_with("http://") && is_of_this_machine(authority));
}

std::string url_encoded(std::string_view text) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '.' || c == '_' || c == '~';
        if (plain) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += digits[byte >> 4U];
        out += digits[byte & 15U];
    }
    return out;
}

result<fetched> fetch(const fetch_request& r) {
    if (!is_safe_url(r.url))
        return failure(errc::refused,
                       "\"" + r.url.substr(0, 200) + "\" is no https address (http is for this machine)");
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    const std::unique_ptr<CURL, end_curl> c(started == CURLE_OK ? curl_easy_init() : nullptr);
    if (!c) return failure(errc::io, "libcurl could not be started");
    const auto set = [&c](CURLoption option, auto value) { curl_easy_setopt(c.get(), option, value); };
    fetched got;
    char words[CURL_ERROR_SIZE] = {};
    set(CURLOPT_URL, r.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT, 5L);
    set(CURLOPT_TIMEOUT, 10L);
    set(CURLOPT_USERAGENT, "latchkey");
    set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    set(CURLOPT_ERRORBUFFER, words);
    set(CURLOPT_WRITEFUNCTION, &keep);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&got.body));
    if (is_of_this_machine(authority_of(r.url))) set(CURLOPT_NOPROXY, "*");
    // As OpenSSL's own programs take it; libcurl alone would not look.
    if (const char* file = std::getenv("SSL_CERT_FILE"); file != nullptr && *file != '\0') set(CURLOPT_CAINFO, file);
    const std::unique_ptr<curl_slist, free_list> headers(curl_slist_append(nullptr, "Accept: application/json"));
    set(CURLOPT_HTTPHEADER, headers.get());
    if (!r.bearer.empty()) {
        set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BEARER));
        set(CURLOPT_XOAUTH2_BEARER, r.bearer.c_str());
    }
    std::string body;
    if (r.form) {
        body = encoded_form(*r.form);
        set(CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
        set(CURLOPT_POSTFIELDS, body.c_str());
    }
    if (!r.user.empty()) {
        set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
        set(CURLOPT_USERNAME, r.user.c_str());
        set(CURLOPT_PASSWORD, r.password.c_str());
    }
    const CURLcode code = curl_easy_perform(c.get());
    if (code != CURLE_OK)
        return failure(errc::io, "no answer from " + std::string(authority_of(r.url)) + ": " +
                                     (words[0] != '\0' ? words : curl_easy_strerror(code)));
    long status = 0;
    curl_easy_getinfo(c.get(), CURLINFO_RESPONSE_CODE, &status);
    got.status = static_cast<int>(status);
    return got;
}

}  // namespace latchkey::identity
