// SPDX-License-Identifier: Apache-2.0
#include "runner/server/log_feed.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace latchkey::server {

namespace {

constexpr std::size_t most_bytes = 64UL * 1024;
constexpr std::size_t most_kept = 16;
// The store is asked no more often than this whether the attempt has ended.
constexpr std::chrono::milliseconds between_questions{100};

std::string event_of(std::uint64_t from, std::uint64_t next, const std::string& text) {
    const nlohmann::json data = {{"offset", from}, {"text", text}};
    return "id: " + std::to_string(next) +
           "\nevent: log\ndata: " + data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n\n";
}

}  // namespace

bool log_feed::has_ended() {
    if (ended_) return true;
    const auto now = std::chrono::steady_clock::now();
    if (now - asked_ < between_questions) return false;
    asked_ = now;
    ended_ = over_();
    return ended_;
}

result<log_feed::piece> log_feed::since(std::uint64_t offset) {
    const std::lock_guard lock(mutex_);
    if (const auto k = std::ranges::find(recent_, offset, &known::from); k != recent_.end())
        return piece{k->text, k->next, false};
    // Asked before the read: what was written until then is read below.
    const bool ended = has_ended();
    auto bytes = places_.read(name_, offset, most_bytes, ended);
    if (!bytes) return bytes.error();
    if (bytes->empty()) return piece{nullptr, offset, ended};
    const std::size_t line = bytes->rfind('\n');
    if (line != std::string::npos)
        bytes->resize(line + 1);
    else if (!ended && bytes->size() < most_bytes)
        return piece{nullptr, offset, false};
    const std::uint64_t next = offset + bytes->size();
    auto text = std::make_shared<const std::string>(event_of(offset, next, *bytes));
    recent_.push_back({offset, next, text});
    if (recent_.size() > most_kept) recent_.pop_front();
    return piece{std::move(text), next, false};
}

}  // namespace latchkey::server
