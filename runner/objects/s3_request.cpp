// SPDX-License-Identifier: Apache-2.0
#include "runner/objects/s3_request.hpp"

#include "runner/vault/sha256.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <curl/curl.h>

namespace latchkey::objects {

namespace {

constexpr std::size_t most_idle = 4;

struct end_handle {
    void operator()(CURL* c) const { curl_easy_cleanup(c); }
};
struct free_list {
    void operator()(curl_slist* l) const { curl_slist_free_all(l); }
};

struct transfer {
    const s3_request& request;
    const std::atomic<bool>& cut;
    std::string body;
    bool too_long = false;
    bool unreadable = false;
};

std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* data) {
    auto& t = *static_cast<transfer*>(data);
    if (t.body.size() + size * count > std::max<std::size_t>(t.request.most, 64UL * 1024)) {
        t.too_long = true;
        return 0;
    }
    t.body.append(bytes, size * count);
    return size * count;
}

std::size_t give_body(char* into, std::size_t size, std::size_t count, void* data) {
    auto& t = *static_cast<transfer*>(data);
    auto n = t.request.body->read(into, size * count);
    if (n) return *n;
    t.unreadable = true;
    return CURL_READFUNC_ABORT;
}

// libcurl sends it anew where a kept connection turns out to be closed.
int seek_body(void* data, curl_off_t offset, int origin) {
    if (offset != 0 || origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
    static_cast<transfer*>(data)->request.body->rewind();
    return CURL_SEEKFUNC_OK;
}

int look_whether_cut(void* data, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<transfer*>(data)->cut ? 1 : 0;
}

// The server checks it, so that what it keeps is what was read here. libcurl can't know it before it sends, and
// without it would sign the hash of nothing.
result<std::string> hash_of(object_file* body) {
    vault::sha256 hash;
    if (body == nullptr) return hash.hex();
    std::array<char, 64UL * 1024> buffer{};
    body->rewind();
    for (;;) {
        auto n = body->read(buffer.data(), buffer.size());
        if (!n) return n.error();
        if (*n == 0) break;
        hash.add({buffer.data(), *n});
    }
    body->rewind();
    return hash.hex();
}

std::string url_of(const s3_place& place, const s3_request& r) {
    std::string url = place.endpoint + "/" + place.bucket;
    if (!r.key.empty()) url += "/" + s3_encoded(r.key, true);
    // It is signed as it stands here: in order, each with its `=`.
    auto query = r.query;
    std::ranges::sort(query);
    char separator = '?';
    for (const auto& [name, value] : query) {
        url += separator + s3_encoded(name, false) + "=" + s3_encoded(value, false);
        separator = '&';
    }
    return url;
}

}  // namespace

struct s3_client::handle {
    std::unique_ptr<CURL, end_handle> curl;
};

s3_client::s3_client(s3_place place, s3_login login) : place_(std::move(place)), login_(std::move(login)) {}
s3_client::~s3_client() = default;

std::unique_ptr<s3_client::handle> s3_client::take() {
    {
        const std::lock_guard lock(mutex_);
        if (!idle_.empty()) {
            auto one = std::move(idle_.back());
            idle_.pop_back();
            return one;
        }
    }
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    auto one = std::make_unique<handle>();
    if (started == CURLE_OK) one->curl.reset(curl_easy_init());
    return one;
}

result<s3_response> s3_client::send(const s3_request& r) {
    auto with = take();
    CURL* const c = with->curl.get();
    if (c == nullptr) return failure(errc::io, "libcurl could not be started");
    auto hash = hash_of(r.body);
    if (!hash) return hash.error();
    curl_slist* list = curl_slist_append(nullptr, ("x-amz-content-sha256: " + *hash).c_str());
    // All that is in this list is signed, also what would only keep libcurl from sending a header of its own.
    if (!login_.session.empty()) {
        std::string line = "x-amz-security-token: " + std::string(login_.session.reveal());
        list = curl_slist_append(list, line.c_str());
        vault::wipe(line);
    }
    const std::unique_ptr<curl_slist, free_list> headers(list);
    transfer t{.request = r, .cut = cut_, .body = {}};
    char words[CURL_ERROR_SIZE] = {};
    const std::string url = url_of(place_, r);
    const std::string signing = "aws:amz:" + place_.region + ":s3";
    std::string key(login_.key.reveal());
    curl_easy_reset(c);
    const auto set = [c](CURLoption option, auto value) { curl_easy_setopt(c, option, value); };
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PATH_AS_IS, 1L);
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT, 10L);
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, 30L);
    set(CURLOPT_USERAGENT, "latchkey");
    set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    if (place_.endpoint.starts_with("http://")) set(CURLOPT_NOPROXY, "*");
    if (const char* file = std::getenv("SSL_CERT_FILE"); file != nullptr && *file != '\0') set(CURLOPT_CAINFO, file);
    set(CURLOPT_AWS_SIGV4, signing.c_str());
    set(CURLOPT_USERNAME, login_.key_id.c_str());
    set(CURLOPT_PASSWORD, key.c_str());
    vault::wipe(key);
    set(CURLOPT_HTTPHEADER, headers.get());
    set(CURLOPT_ERRORBUFFER, words);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &look_whether_cut);
    set(CURLOPT_XFERINFODATA, static_cast<void*>(&t));
    set(CURLOPT_WRITEFUNCTION, &take_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&t));
    if (!r.range.empty()) set(CURLOPT_RANGE, r.range.c_str());
    if (r.how == s3_request::method::remove) set(CURLOPT_CUSTOMREQUEST, "DELETE");
    if (r.how == s3_request::method::put) {
        set(CURLOPT_UPLOAD, 1L);
        set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(r.body->size()));
        set(CURLOPT_READFUNCTION, &give_body);
        set(CURLOPT_READDATA, static_cast<void*>(&t));
        set(CURLOPT_SEEKFUNCTION, &seek_body);
        set(CURLOPT_SEEKDATA, static_cast<void*>(&t));
    }
    const CURLcode code = curl_easy_perform(c);
    long status = 0;
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    set(CURLOPT_ERRORBUFFER, static_cast<char*>(nullptr));
    set(CURLOPT_PASSWORD, static_cast<char*>(nullptr));
    if (code == CURLE_OK) {
        const std::lock_guard lock(mutex_);
        if (idle_.size() < most_idle) idle_.push_back(std::move(with));
        return s3_response{static_cast<int>(status), std::move(t.body)};
    }
    const std::string from = name_of(place_);
    if (t.too_long) return failure(errc::io, from + " answers with more than it was asked for");
    if (t.unreadable) return failure(errc::io, "a file that goes to " + from + " can't be read any more");
    if (cut_) return failure(errc::cancelled, "the request to " + from + " was given up");
    return failure(errc::io, "no answer from " + from + ": " + (words[0] != '\0' ? words : curl_easy_strerror(code)));
}

}  // namespace latchkey::objects
