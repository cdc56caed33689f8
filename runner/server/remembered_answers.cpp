// SPDX-License-Identifier: Apache-2.0
#include "runner/server/remembered_answers.hpp"

#include "runner/vault/token.hpp"

namespace latchkey::server {

namespace {

constexpr std::size_t most_bytes = 4UL * 1024 * 1024;
constexpr std::size_t largest = 64UL * 1024;

}  // namespace

std::string remembered_answers::key_of(const http::request& r) {
    // A session's end is a matter of the clock with every call; a token in the address is seldom worth the trouble.
    const std::string* token = r.header("Authorization");
    if (r.method != "GET" || token == nullptr || !r.body.empty() || r.parameter("access_token") != nullptr) return {};
    const std::string* host = r.header("Host");
    std::string key = vault::hash_of_token(*token);
    // None of these can hold a line's end.
    for (const std::string_view part :
         {std::string_view(r.peer), std::string_view(r.secure ? "s" : "p"),
          host == nullptr ? std::string_view() : std::string_view(*host), std::string_view(r.target)}) {
        key += '\n';
        key += part;
    }
    return key;
}

const remembered_answer* remembered_answers::find(const std::string& key, std::int64_t version,
                                                  policy::time_point now) {
    if (version != version_) {
        forget();
        return nullptr;
    }
    const auto at = kept_.find(key);
    if (at == kept_.end() || now < at->second.at || now >= at->second.until) return nullptr;
    return &at->second;
}

void remembered_answers::keep(std::string key, std::int64_t version, remembered_answer a) {
    const std::size_t size = key.size() + a.response.body.size() + 1024;
    if (size > largest) return;
    if (version != version_ || bytes_ + size > most_bytes) forget();
    version_ = version;
    if (kept_.insert_or_assign(std::move(key), std::move(a)).second) bytes_ += size;
}

void remembered_answers::forget() {
    kept_.clear();
    bytes_ = 0;
}

}  // namespace latchkey::server
