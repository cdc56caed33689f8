// SPDX-License-Identifier: Apache-2.0
#include "runner/server/server_log.hpp"

#include "policy/explain.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <unistd.h>

namespace latchkey::server {

namespace {

constexpr std::array<std::string_view, 4> level_names = {"debug", "info", "warning", "error"};

bool is_plain(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return static_cast<unsigned char>(c) > ' ' && static_cast<unsigned char>(c) < 0x7f && c != '"' && c != '=' &&
               c != '\\';
    });
}

// Quoted as JSON quotes, where it is more than one plain word: no value can begin a line or another key.
std::string plain_value(const server_log::facts& value) {
    if (value.is_string() && is_plain(value.get_ref<const std::string&>())) return value.get<std::string>();
    return value.dump(-1, ' ', true, server_log::facts::error_handler_t::replace);
}

void write_whole(int to, std::string_view text) {
    while (!text.empty()) {
        const ssize_t n = ::write(to, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return;  // nobody reads, or the disk is full: there is nowhere to say so
        text.remove_prefix(static_cast<std::size_t>(n));
    }
}

}  // namespace

std::string_view to_string(log_level l) {
    return level_names.at(static_cast<std::size_t>(l));
}

std::optional<log_level> log_level_from(std::string_view name) {
    const auto at = std::ranges::find(level_names, name);
    if (at == level_names.end()) return std::nullopt;
    return static_cast<log_level>(at - level_names.begin());
}

std::string log_line(server_log::form as, policy::time_point at, log_level level, std::string_view what,
                     const server_log::facts& facts) {
    server_log::facts all = {{"time", policy::format_utc(at)}, {"level", to_string(level)}, {"msg", what}};
    for (const auto& [key, value] : facts.items()) all[key] = value;
    if (as == server_log::form::json)
        return all.dump(-1, ' ', false, server_log::facts::error_handler_t::replace) + "\n";
    std::string line;
    for (const auto& [key, value] : all.items()) line += (line.empty() ? "" : " ") + key + "=" + plain_value(value);
    return line + "\n";
}

server_log::server_log(options o) : options_(std::move(o)) {
    if (options_.to >= 0) writer_ = std::thread([this] { write_out(); });
}

server_log::~server_log() {
    if (!writer_.joinable()) return;
    {
        const std::lock_guard alone(mutex_);
        ending_ = true;
    }
    more_.notify_one();
    writer_.join();
}

void server_log::write(log_level level, std::string_view what, const facts& f) {
    if (!wants(level)) return;
    std::string line = log_line(options_.as, options_.clock(), level, what, f);
    {
        const std::lock_guard alone(mutex_);
        if (waiting_.size() >= options_.most_lines) {
            ++dropped_;
            return;
        }
        waiting_.push_back(std::move(line));
    }
    more_.notify_one();
}

void server_log::write_out() {
    // Signals are for the loop.
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
    std::unique_lock lock(mutex_);
    for (;;) {
        more_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        std::deque<std::string> taken;
        taken.swap(waiting_);
        const std::uint64_t dropped = std::exchange(dropped_, 0);
        lock.unlock();
        std::string text;
        for (const std::string& line : taken) text += line;
        if (dropped > 0)
            text += log_line(options_.as, options_.clock(), log_level::warning, "log lines were dropped",
                             {{"lines", dropped}});
        write_whole(options_.to, text);
        lock.lock();
    }
}

server_log& server_log::silent() {
    static server_log nobodys({.to = -1});
    return nobodys;
}

}  // namespace latchkey::server
