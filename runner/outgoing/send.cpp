// SPDX-License-Identifier: Apache-2.0
#include "runner/outgoing/send.hpp"

#include "runner/outgoing/public_address.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <curl/curl.h>
#include <memory>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace latchkey::outgoing {

namespace {

constexpr std::size_t most_kept = 64UL << 10U;
constexpr long most_received = 1L << 20U;

struct end_handle {
    void operator()(CURL* c) const { curl_easy_cleanup(c); }
};
struct free_headers {
    void operator()(curl_slist* l) const { curl_slist_free_all(l); }
};

struct transfer {
    bool private_hosts = false;
    bool kept_out = false;
    std::size_t received = 0;
    const std::atomic<bool>* cut = nullptr;
    std::string body;
};

bool may_reach(const transfer& t, const curl_sockaddr& a) {
    if (t.private_hosts) return true;
    if (a.family == AF_INET) {
        sockaddr_in four{};
        std::memcpy(&four, &a.addr, sizeof four);
        std::array<std::uint8_t, 4> bytes{};
        std::memcpy(bytes.data(), &four.sin_addr, bytes.size());
        return is_public(bytes);
    }
    if (a.family != AF_INET6 || a.addrlen < sizeof(sockaddr_in6)) return false;
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), reinterpret_cast<const char*>(&a.addr) + offsetof(sockaddr_in6, sin6_addr),
                bytes.size());
    return is_public(bytes);
}

// Asked when the name is resolved already, for each address that would be connected to.
curl_socket_t open_socket(void* data, curlsocktype, curl_sockaddr* address) {
    auto& t = *static_cast<transfer*>(data);
    if (!may_reach(t, *address)) {
        t.kept_out = true;
        return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t keep_beginning(char* bytes, std::size_t size, std::size_t count, void* data) {
    auto& t = *static_cast<transfer*>(data);
    const std::size_t all = size * count;
    t.received += all;
    if (t.received > static_cast<std::size_t>(most_received)) return 0;
    t.body.append(bytes, std::min(all, most_kept - std::min(t.body.size(), most_kept)));
    return all;
}

int look_whether_cut(void* data, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    const auto* cut = static_cast<transfer*>(data)->cut;
    return cut != nullptr && *cut ? 1 : 0;
}

bool has_line_end(const std::string& text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos;
}

std::string host_in(const std::string& url) {
    const std::size_t start = url.find("://");
    if (start == std::string::npos) return "that address";
    return url.substr(start + 3, std::min(url.find_first_of("/?#", start + 3), url.size()) - start - 3)
        .substr(0, 200);
}

result<void> check_address(const request& r, const send_options& o) {
    for (const char c : r.url)
        if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f')
            return failure(errc::refused, "the address holds blanks or line ends");
    if (host_in(r.url).find('@') != std::string::npos)
        return failure(errc::refused, "the address holds a login: leave it out");
    if (r.url.starts_with("https://") || (o.private_hosts && r.url.starts_with("http://"))) return {};
    return failure(errc::refused, "the address must begin with https://");
}

result<curl_slist*> add_header(curl_slist* list, const std::string& line) {
    if (has_line_end(line)) {
        curl_slist_free_all(list);
        return failure(errc::refused, "a header of the request holds a line end");
    }
    curl_slist* longer = curl_slist_append(list, line.c_str());
    return longer != nullptr ? longer : list;
}

}  // namespace

result<response> send(const request& r, const vault::secret& secret, const send_options& o) {
    if (auto fine = check_address(r, o); !fine) return fine.error();
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    const std::unique_ptr<CURL, end_handle> c(started == CURLE_OK ? curl_easy_init() : nullptr);
    if (!c) return failure(errc::io, "libcurl could not be started");
    curl_slist* list = nullptr;
    for (const auto& [name, value] : r.headers) {
        auto longer = add_header(list, name + ": " + value);
        if (!longer) return longer.error();
        list = *longer;
    }
    if (!r.secret_header.empty() && !secret.empty()) {
        std::string line = r.secret_header + ": " + r.before_secret + std::string(secret.reveal());
        auto longer = add_header(list, line);
        vault::wipe(line);
        if (!longer) return longer.error();
        list = *longer;
    }
    const std::unique_ptr<curl_slist, free_headers> headers(list);
    transfer t;
    t.private_hosts = o.private_hosts;
    t.cut = o.cut;
    const auto set = [&c](CURLoption option, auto value) { curl_easy_setopt(c.get(), option, value); };
    char words[CURL_ERROR_SIZE] = {};
    set(CURLOPT_URL, r.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS,
        static_cast<long>(std::min<std::chrono::milliseconds>(o.limit, std::chrono::seconds(5)).count()));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(o.limit.count()));
    set(CURLOPT_USERAGENT, "latchkey");
    set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    set(CURLOPT_PROXY, "");  // one would reach what we may not
    set(CURLOPT_ERRORBUFFER, words);
    set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(&t));
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &look_whether_cut);
    set(CURLOPT_XFERINFODATA, static_cast<void*>(&t));
    set(CURLOPT_WRITEFUNCTION, &keep_beginning);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&t));
    set(CURLOPT_HTTPHEADER, headers.get());
    if (r.get) {
        set(CURLOPT_HTTPGET, 1L);
    } else {
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(r.body.size()));
        set(CURLOPT_POSTFIELDS, r.body.c_str());
    }
    if (const char* file = std::getenv("SSL_CERT_FILE"); file != nullptr && *file != '\0') set(CURLOPT_CAINFO, file);
    const CURLcode code = curl_easy_perform(c.get());
    if (t.kept_out && code != CURLE_OK)
        return failure(errc::refused, host_in(r.url) + " is in a network of our own, and not reached from here");
    if (code == CURLE_WRITE_ERROR) return failure(errc::io, host_in(r.url) + " answers with more than 1 MB");
    if (code != CURLE_OK)
        return failure(errc::io, "no answer from " + host_in(r.url) + ": " +
                                     (words[0] != '\0' ? words : curl_easy_strerror(code)));
    long status = 0;
    curl_easy_getinfo(c.get(), CURLINFO_RESPONSE_CODE, &status);
    return response{static_cast<int>(status), std::move(t.body)};
}

}  // namespace latchkey::outgoing
