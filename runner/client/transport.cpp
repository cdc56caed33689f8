// SPDX-License-Identifier: Apache-2.0
#include "runner/client/transport.hpp"

#include <cctype>
#include <cstdlib>
#include <cstring>
#include <curl/curl.h>
#include <memory>

namespace latchkey::client {

namespace {

constexpr std::size_t most_header_bytes = 256U << 10U;
constexpr long connect_seconds = 15;
constexpr long exchange_seconds = 300;
// A stream says every 15 seconds that it lives.
constexpr long quiet_seconds = 60;

struct end_curl {
    void operator()(CURL* c) const { curl_easy_cleanup(c); }
};
using curl_handle = std::unique_ptr<CURL, end_curl>;

template <class Value>
void set(const curl_handle& c, CURLoption option, Value value) {
    curl_easy_setopt(c.get(), option, value);
}

// Headers, the token among them: its line is overwritten when they go.
class header_lines {
public:
    header_lines() = default;
    header_lines(const header_lines&) = delete;
    header_lines& operator=(const header_lines&) = delete;
    ~header_lines() {
        for (curl_slist* l = list_; l != nullptr; l = l->next) explicit_bzero(l->data, std::strlen(l->data));
        curl_slist_free_all(list_);
    }
    // What holds an end of a line is left out: it would be another header.
    void add(std::string line) {
        if (line.find_first_of("\r\n") == std::string::npos)
            if (curl_slist* longer = curl_slist_append(list_, line.c_str())) list_ = longer;
        vault::wipe(line);
    }
    curl_slist* get() const { return list_; }

private:
    curl_slist* list_ = nullptr;
};

struct receiver {
    response got;
    std::size_t header_bytes = 0;
    bool too_large = false;
    bool enough = false;
    const std::function<bool(std::string_view)>* on_bytes = nullptr;
    const std::function<bool()>* go_on = nullptr;
    CURL* handle = nullptr;
};

std::size_t take_header(char* bytes, std::size_t, std::size_t size, void* into) {
    auto& r = *static_cast<receiver*>(into);
    r.header_bytes += size;
    if (r.header_bytes > most_header_bytes) {
        r.too_large = true;
        return 0;
    }
    const std::string_view line(bytes, size);
    if (line.starts_with("HTTP/")) r.got.headers.clear();  // after an interim answer
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return size;
    std::string name(line.substr(0, colon));
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && std::isspace(static_cast<unsigned char>(value.front())) != 0) value.remove_prefix(1);
    while (!value.empty() && std::isspace(static_cast<unsigned char>(value.back())) != 0) value.remove_suffix(1);
    r.got.headers[name] = value;
    return size;
}

std::size_t take_body(char* bytes, std::size_t, std::size_t size, void* into) {
    auto& r = *static_cast<receiver*>(into);
    if (r.on_bytes != nullptr) {
        long status = 0;
        curl_easy_getinfo(r.handle, CURLINFO_RESPONSE_CODE, &status);
        if (status == 200) {
            if ((*r.on_bytes)(std::string_view(bytes, size))) return size;
            r.enough = true;
            return 0;
        }
    }
    if (r.got.body.size() + size > largest_body) {
        r.too_large = true;
        return 0;
    }
    r.got.body.append(bytes, size);
    return size;
}

int look_whether_to_go_on(void* of, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    auto& r = *static_cast<receiver*>(of);
    if (r.go_on == nullptr || !*r.go_on || (*r.go_on)()) return 0;
    r.enough = true;
    return 1;
}

failure failed(const peer& to, CURLcode code, const char* words) {
    const std::string why = *words != '\0' ? words : curl_easy_strerror(code);
    if (code == CURLE_PEER_FAILED_VERIFICATION)
        return {errc::io, "the certificate of " + to.where.host + " is not trusted: " + why +
                              "; LATCHKEY_CA, or --ca of `latchkey login`, names a file with the one that signed it"};
    if (code == CURLE_SSL_CACERT_BADFILE)
        return {errc::io, "can't use the certificates in " + to.ca_file + ": " + why};
    return {errc::io, "no answer from " + to.where.host + ": " + why};
}

void set_peer(const curl_handle& c, const peer& to) {
    set(c, CURLOPT_PROTOCOLS_STR, to.where.encrypted ? "https" : "http");
    set(c, CURLOPT_FOLLOWLOCATION, 0L);
    set(c, CURLOPT_NOSIGNAL, 1L);
    set(c, CURLOPT_CONNECTTIMEOUT, connect_seconds);
    set(c, CURLOPT_USERAGENT, "latchkey");
    set(c, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    set(c, CURLOPT_SSL_VERIFYPEER, 1L);
    set(c, CURLOPT_SSL_VERIFYHOST, 2L);
    if (to.where.this_machine) set(c, CURLOPT_PROXY, "");  // no proxy is nearer than this machine
    // As OpenSSL's own programs take it; libcurl alone would not look.
    const char* file = std::getenv("SSL_CERT_FILE");
    if (!to.ca_file.empty())
        set(c, CURLOPT_CAINFO, to.ca_file.c_str());
    else if (file != nullptr && *file != '\0')
        set(c, CURLOPT_CAINFO, file);
}

result<response> perform(const peer& to, const vault::secret& token, const request& what, receiver& r) {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    const curl_handle c(started == CURLE_OK ? curl_easy_init() : nullptr);
    if (!c) return failure(errc::io, "libcurl can't be used");
    const std::string url = to.where.base + what.path;
    header_lines headers;
    if (!token.empty()) {
        std::string line;
        line.reserve(token.size() + 32);
        line += "Authorization: Bearer ";
        line += token.reveal();
        headers.add(std::move(line));
    }
    headers.add("Expect:");
    for (const auto& [name, value] : what.headers) headers.add(name + ": " + value);
    if (!what.body.empty()) headers.add("Content-Type: application/json");
    char words[CURL_ERROR_SIZE] = {};
    set_peer(c, to);
    set(c, CURLOPT_URL, url.c_str());
    set(c, CURLOPT_HTTPHEADER, headers.get());
    set(c, CURLOPT_ERRORBUFFER, words);
    set(c, CURLOPT_HEADERFUNCTION, take_header);
    set(c, CURLOPT_HEADERDATA, &r);
    set(c, CURLOPT_WRITEFUNCTION, take_body);
    set(c, CURLOPT_WRITEDATA, &r);
    r.handle = c.get();
    if (r.on_bytes == nullptr) set(c, CURLOPT_TIMEOUT, exchange_seconds);
    if (r.on_bytes != nullptr) {
        set(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
        set(c, CURLOPT_LOW_SPEED_TIME, quiet_seconds);
        set(c, CURLOPT_NOPROGRESS, 0L);
        set(c, CURLOPT_XFERINFOFUNCTION, look_whether_to_go_on);
        set(c, CURLOPT_XFERINFODATA, &r);
    }
    if (what.method != "GET") {
        set(c, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(what.body.size()));
        set(c, CURLOPT_POSTFIELDS, what.body.c_str());
        set(c, CURLOPT_CUSTOMREQUEST, what.method.c_str());
    }
    const CURLcode code = curl_easy_perform(c.get());
    if (r.too_large)
        return failure(errc::io, "the answer of " + to.where.host + " is larger than any that a server sends");
    if (code != CURLE_OK && !r.enough) return failed(to, code, words);
    curl_easy_getinfo(c.get(), CURLINFO_RESPONSE_CODE, &r.got.status);
    return std::move(r.got);
}

}  // namespace

result<response> exchange(const peer& to, const vault::secret& token, const request& what) {
    receiver r;
    return perform(to, token, what, r);
}

result<response> stream(const peer& to, const vault::secret& token, const request& what,
                        const std::function<bool(std::string_view)>& on_bytes, const std::function<bool()>& go_on) {
    receiver r;
    r.on_bytes = &on_bytes;
    r.go_on = &go_on;
    return perform(to, token, what, r);
}

}  // namespace latchkey::client
